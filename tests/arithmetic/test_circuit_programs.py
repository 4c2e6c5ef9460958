"""Long random programs of all operations, in circuits, terms and arrays what they are of integers.

Operands are drawn from everything that was computed before, so that sums and words are shared,
and bounds of one operation meet those of another; every point of a small box is tried.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from smtcheck.arithmetic.intervals import Interval, Intervals
from smtcheck.arithmetic.operations import Num, Operations, absolute, subtract
from tests.arithmetic.interpretations import by_int64, by_integers, by_objects, by_points, by_terms
from tests.arithmetic.test_circuits import check, points_of

MOST_BITS = 40  #: of a number: products of products grow without end
COUNTS = [120, pytest.param(4000, marks=pytest.mark.slow)]

#: What a program does next: it is given the operations, and gives one more number.
Step = Callable[[Operations[Num], list[Num]], Num]


def random_step(draw: Random, length: int) -> Step[Num]:
    """An operation on numbers that are there already, most often late ones."""
    a, b, c, d = (max(draw.choices(range(length), k=draw.choice([1, 2]))) for _ in range(4))
    n, m = draw.randint(-9, 9), draw.choice([1, 2, 3, 4, 5, 8, 12])
    table = [draw.randint(-9, 9) for _ in range(draw.randint(1, 17))]
    last = len(table) - 1

    def divisor(ops: Operations[Num], value: Num) -> Num:
        kept = ops.minimum(value, ops.constant(m + 6))
        return [
            lambda: ops.maximum(kept, ops.constant(m)),
            lambda: ops.add(ops.modulo(value, ops.constant(m)), ops.constant(1)),
            lambda: ops.add(ops.maximum(kept, ops.constant(n)), ops.constant(1 - n)),
            lambda: ops.constant(m),
        ][(a + b) % 4]()

    def index(ops: Operations[Num], value: Num) -> Num:
        if m % 2:
            return ops.modulo(value, ops.constant(last + 1))
        return ops.minimum(ops.maximum(value, ops.constant(0)), ops.constant(last))

    steps: dict[str, Step[Num]] = {
        "add": lambda ops, x: ops.add(x[a], x[b]),
        "shift": lambda ops, x: ops.add(x[a], ops.constant(n)),
        "subtract": lambda ops, x: subtract(ops, x[a], x[b]),
        "scale": lambda ops, x: ops.multiply(ops.constant(n), x[a]),
        "multiply": lambda ops, x: ops.multiply(x[a], x[b]),
        "divide": lambda ops, x: ops.floor_divide(x[a], divisor(ops, x[b])),
        "modulo": lambda ops, x: ops.modulo(x[a], divisor(ops, x[b])),
        "minimum": lambda ops, x: ops.minimum(x[a], x[b]),
        "maximum": lambda ops, x: ops.maximum(x[a], ops.constant(n)),
        "choose": lambda ops, x: ops.choose(x[a], x[b], x[c], x[d]),
        "decide": lambda ops, x: ops.choose(x[a], x[b], ops.constant(n), ops.constant(m)),
        "lookup": lambda ops, x: ops.lookup(table, index(ops, x[a])),
        "absolute": lambda ops, x: absolute(ops, x[a]),
    }
    return steps[draw.choice(list(steps))]


def random_program(draw: Random, box: list[Interval]) -> Callable[..., object]:
    """Steps whose numbers stay small on the box; all of them count in the end."""
    steps: list[Step[Interval]] = []
    numbers = list(box)
    while len(steps) < 14:
        step: Step[Interval] = random_step(draw, len(numbers))
        bounds = step(Intervals(), numbers)
        if bounds.width_bits <= MOST_BITS:
            steps.append(step)
            numbers.append(bounds)
    signs = [draw.choice([-2, -1, 1, 3]) for _ in numbers]

    def program(ops: Operations[Num], *inputs: Num) -> Num:
        found = list(inputs)
        for one in steps:
            found.append(one(ops, found))  # type: ignore[arg-type]
        total = found[0]
        for sign, number in zip(signs, found, strict=True):
            total = ops.add(total, ops.multiply(ops.constant(sign), number))
        last = found[-1]
        return ops.choose(total, last, last, total)

    return program


@pytest.mark.parametrize("count", COUNTS)
def test_random_programs(count: int) -> None:
    draw = Random(count)
    for _ in range(count):
        box = [Interval(low, low + draw.randint(0, 6)) for low in draw.choices(range(-6, 4), k=2)]
        program = random_program(draw, box)
        check(program, box)
        points = points_of(box)
        expected = by_integers(program, box, points)
        for interpret in (by_int64, by_objects, by_points, by_terms):
            assert interpret(program, box, points) == expected
