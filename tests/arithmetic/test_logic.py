"""Gates are what their clauses say, methods what their names say, and nothing is there twice."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from random import Random

import numpy as np
import pytest

from smtcheck.arithmetic.logic import FALSE, TRUE, Clause, Kind, Literal, Logic, tseitin_clauses
from tests.arithmetic.gates import Truths, truths_of

A, B, C = 2, 3, 4  #: the inputs of `three_inputs`
LITERALS = [TRUE, FALSE, A, -A, B, -B, C, -C]
POINTS = list(product([False, True], repeat=3))  #: all values of A, B and C

#: What each gate of operands computes, written again.
MEANINGS: dict[Kind, Callable[..., bool]] = {
    Kind.AND: lambda a, b: a and b,
    Kind.XOR: lambda a, b: a != b,
    Kind.MUX: lambda s, a, b: a if s else b,
}
#: The methods that make gates: how many arguments they take, and what they mean.
METHODS: dict[str, tuple[int, Callable[..., bool]]] = {
    "and_": (2, lambda a, b: a and b),
    "or_": (2, lambda a, b: a or b),
    "xor": (2, lambda a, b: a != b),
    "mux": (3, lambda s, a, b: a if s else b),
}


def value(literal: Literal, point: tuple[bool, ...]) -> bool:
    """Of a constant, or of an input: the numbers of inputs go on from that of TRUE."""
    return (True, *point)[abs(literal) - 1] == (literal > 0)


def holds(clauses: tuple[Clause, ...], point: tuple[bool, ...]) -> bool:
    return all(any(value(literal, point) for literal in clause) for clause in clauses)


# ---- clauses ----


@pytest.mark.parametrize("kind", MEANINGS)
def test_clauses_define_every_gate(kind: Kind) -> None:
    """One value of the gate satisfies them, and it is the right one; operands may repeat."""
    meaning, gate = MEANINGS[kind], 5
    for operands in product(LITERALS[2:], repeat=3 if kind is Kind.MUX else 2):
        clauses = tseitin_clauses(kind, gate, operands)
        for point in POINTS:
            expected = meaning(*(value(operand, point) for operand in operands))
            allowed = [found for found in (False, True) if holds(clauses, (*point, found))]
            assert allowed == [expected], operands


def test_the_constant_is_true_and_inputs_are_free() -> None:
    assert tseitin_clauses(Kind.TRUE, 1, ()) == ((1,),)
    assert tseitin_clauses(Kind.INPUT, 7, ()) == ()


def test_only_the_constant_has_a_unit_clause() -> None:
    """CaDiCaL renumbers the clauses that follow a unit."""
    for kind, operands in [(Kind.AND, (2, 3)), (Kind.XOR, (2, 3)), (Kind.MUX, (2, 3, 4))]:
        assert all(len(clause) > 1 for clause in tseitin_clauses(kind, 5, operands))


@pytest.mark.parametrize("kind", Kind)
def test_gates_of_other_numbers_of_operands_are_refused(kind: Kind) -> None:
    fitting = {Kind.TRUE: 0, Kind.INPUT: 0, Kind.AND: 2, Kind.XOR: 2, Kind.MUX: 3}[kind]
    for count in {0, 1, 2, 3, 4} - {fitting}:
        with pytest.raises(ValueError, match=f"no gate {kind.value} of {count} operands"):
            tseitin_clauses(kind, 9, (2, 3, 4, 5)[:count])


# ---- methods ----


def three_inputs() -> Logic:
    logic = Logic()
    assert [logic.input() for _ in range(3)] == [A, B, C]
    return logic


def at_all_points(logic: Logic) -> list[Truths]:
    return truths_of(logic, [np.array(column) for column in zip(*POINTS, strict=True)])


def all_calls(logic: Logic) -> dict[tuple[str, tuple[Literal, ...]], Literal]:
    """Every method on every combination of constants, inputs and negated inputs."""
    return {
        (name, arguments): getattr(logic, name)(*arguments)
        for name, (count, _) in METHODS.items()
        for arguments in product(LITERALS, repeat=count)
    }


def assert_right(logic: Logic, calls: dict[tuple[str, tuple[Literal, ...]], Literal]) -> None:
    truths = at_all_points(logic)
    for (name, arguments), found in calls.items():
        meaning = METHODS[name][1]
        expected = [meaning(*(value(a, point) for a in arguments)) for point in POINTS]
        truth = np.broadcast_to(truths[abs(found) - 1] ^ (found < 0), len(POINTS))
        assert truth.tolist() == expected, (name, arguments)


def test_every_method_on_every_combination_of_arguments() -> None:
    """In one graph, where gates are shared, and each in a graph of its own."""
    logic = three_inputs()
    assert_right(logic, all_calls(logic))
    for name, (count, _) in METHODS.items():
        for arguments in product(LITERALS, repeat=count):
            alone = three_inputs()
            assert_right(alone, {(name, arguments): getattr(alone, name)(*arguments)})
            assert len(alone.gates) <= 5  # at most one new gate


def test_equal_functions_of_the_inputs_are_one_literal() -> None:
    """Up to negation, all gates that single calls make are different functions."""
    logic = three_inputs()
    calls = all_calls(logic)
    kinds = [kind for kind, _ in logic.gates]
    # pairs of signed inputs; pairs of inputs; a condition and two others, of one sign or not
    assert [kinds.count(kind) for kind in MEANINGS] == [3 * 4, 3, 3 * 2 * 2]
    truths = [np.broadcast_to(truth, len(POINTS)) for truth in at_all_points(logic)]
    functions = {min(tuple(truth), tuple(~truth)) for truth in truths}
    assert len(functions) == len(logic.gates)
    by_function: dict[tuple[bool, ...], set[Literal]] = {}
    for found in calls.values():
        by_function.setdefault(tuple(truths[abs(found) - 1] ^ (found < 0)), set()).add(found)
    assert all(len(literals) == 1 for literals in by_function.values())
    assert all_calls(logic) == calls
    assert len(logic.gates) == len(kinds)  # nothing new


def test_arguments_may_be_commuted_and_negated() -> None:
    logic = three_inputs()
    for a, b, s in product(LITERALS, repeat=3):
        assert logic.and_(a, b) == logic.and_(b, a) == -logic.or_(-a, -b)
        assert logic.xor(a, b) == logic.xor(b, a) == -logic.xor(-a, b)
        assert logic.mux(s, a, b) == logic.mux(-s, b, a) == -logic.mux(s, -a, -b)


# ---- graphs ----


def random_graph(draw: Random, steps: int) -> Logic:
    """Gates of gates, over three inputs; some arguments are constants."""
    logic = three_inputs()
    literals = [TRUE, A, B, C]
    for _ in range(steps):
        name, (count, _) = draw.choice(list(METHODS.items()))
        arguments = [draw.choice(literals[-12:]) * draw.choice([1, -1]) for _ in range(count)]
        literals.append(getattr(logic, name)(*arguments))
    return logic


def test_operands_are_earlier_gates_and_no_constants() -> None:
    """Gates are normal forms, each there once: signs are outside where they can be."""
    draw = Random(1)
    for _ in range(100):
        logic = random_graph(draw, 60)
        assert len(set(logic.gates[4:])) == len(logic.gates) - 4
        for number, (kind, operands) in enumerate(logic.gates[4:], start=5):
            assert all(1 < abs(operand) < number for operand in operands)
            assert len(set(map(abs, operands))) == len(operands)
            assert list(operands) == sorted(operands) or kind is Kind.MUX
            assert kind is Kind.AND or operands[0] > 0
            assert kind is Kind.AND or operands[1] > 0


def test_random_graphs_compute_what_the_methods_say() -> None:
    """Against values kept beside the literals, computed with Python's own operators."""
    draw = Random(2)
    for _ in range(60):
        logic = three_inputs()
        known = {TRUE: [True] * 8, **{n: [p[n - 2] for p in POINTS] for n in (A, B, C)}}
        for _ in range(40):
            name, (count, meaning) = draw.choice(list(METHODS.items()))
            picked = [(draw.choice(list(known)), draw.choice([1, -1])) for _ in range(count)]
            columns = [[bit == (sign > 0) for bit in known[n]] for n, sign in picked]
            found = getattr(logic, name)(*(n * sign for n, sign in picked))
            expected = [meaning(*bits) for bits in zip(*columns, strict=True)]
            column = [bit == (found > 0) for bit in expected]
            assert known.setdefault(abs(found), column) == column


def naive_cone(logic: Logic, roots: list[Literal], stop: frozenset[int]) -> set[int]:
    reached: set[int] = set()
    pending = [abs(root) for root in roots]
    while pending:
        number = pending.pop()
        if number not in reached:
            reached.add(number)
            operands = () if number in stop else logic.gates[number - 1][1]
            pending += map(abs, operands)
    return reached


def test_cones_are_what_roots_depend_on() -> None:
    draw = Random(3)
    sizes = set()
    for _ in range(200):
        logic = random_graph(draw, 40)
        numbers = range(1, len(logic.gates) + 1)
        roots = [draw.choice([1, -1]) * draw.choice(numbers) for _ in range(draw.randint(0, 3))]
        stop = frozenset(draw.sample(numbers, draw.choice([0, 0, 1, 5])))
        found = logic.cone(roots, stop)
        assert found == sorted(naive_cone(logic, roots, stop))
        if not stop:
            assert logic.cone(roots) == found
        sizes.add(len(found))
    assert len(sizes) > 20


def test_a_stop_is_in_the_cone_but_what_it_depends_on_is_not() -> None:
    logic = three_inputs()
    inner = logic.and_(A, B)
    outer = logic.xor(inner, C)
    assert logic.cone([-outer]) == [A, B, C, inner, outer]
    assert logic.cone([outer], frozenset({inner})) == [C, inner, outer]
    assert logic.cone([outer, A], frozenset({inner})) == [A, C, inner, outer]
    assert logic.cone([outer], frozenset({outer})) == [outer]
    assert logic.cone([]) == []


def test_definitions_are_those_of_the_cone_in_order() -> None:
    """So they hold at the values of all gates, and no longer where one gate is turned round."""
    draw = Random(4)
    for _ in range(40):
        logic = random_graph(draw, 25)
        cone = logic.cone([len(logic.gates)])
        clauses = tuple(logic.definitions(cone))
        assert clauses == tuple(
            clause
            for number in cone
            for clause in tseitin_clauses(
                logic.gates[number - 1][0], number, logic.gates[number - 1][1]
            )
        )
        assert {abs(literal) for clause in clauses for literal in clause} | {A, B, C} == {
            *cone, A, B, C,
        }  # fmt: skip
        truths = [np.broadcast_to(truth, len(POINTS)) for truth in at_all_points(logic)]
        for point in zip(*truths, strict=True):
            assert holds(clauses, point[1:])
            for number in set(cone) - {A, B, C}:
                turned = [bit ^ (place == number) for place, bit in enumerate(point, start=1)]
                assert not holds(clauses, tuple(turned[1:]))
