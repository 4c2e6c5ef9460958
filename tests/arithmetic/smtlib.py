"""SMT-LIB 2 bitvector scripts evaluated by plain integer arithmetic, at many points at once.

Written from the SMT-LIB definitions (QF_BV) and sharing no code with `Terms`, it
says what an emitted script means without a solver.  Widths are checked throughout,
so a script that a solver would reject fails here too.

A constant that is declared but not given is a quotient: the assertions that follow
must hold for exactly one word.  Narrow words are all tried; of the wide ones the floor
quotient, its neighbours and the words one bit away from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from smtcheck.arithmetic.terms import Term, Terms

ALL_WORDS_BITS = 7  #: of quotients up to this width, every word is tried

INT64_BITS = 60  #: words up to this width are int64 elements, wider ones Python integers

Tree = Any  # a name, or a tuple of trees
Bits = Any  # an array of unsigned residues
Word = tuple[Bits, int]  # with their width


@lru_cache(maxsize=10_000)
def parsed(text: str) -> Tree:
    """The only s-expression of a line."""
    stack: list[list[Tree]] = [[]]
    for token in re.findall(r"[()]|[^\s()]+", text):
        if token == "(":
            stack.append([])
        elif token == ")":
            closed = tuple(stack.pop())
            stack[-1].append(closed)
        else:
            stack[-1].append(token)
    ((tree,),) = stack
    return tree


class Script:
    """A script, evaluated at given values of its free variables."""

    def __init__(self, lines: Sequence[str], inputs: Mapping[str, Iterable[int]]) -> None:
        self._inputs = {
            name: np.array([int(value) for value in values], dtype=object)
            for name, values in inputs.items()
        }
        self._words: dict[str, Word] = {}
        self.holds: Any = np.array([True])  #: whether all assertions hold, for each point
        commands = [parsed(line) for line in lines]
        while commands:
            commands = self._command(commands[0], commands[1:])

    def values(self, term: Term) -> list[int]:
        """The signed values of a term, which must lie inside its bounds."""
        bits, width = self._word(parsed(term.text))
        assert width == term.bounds.width_bits, f"{term} is {width} bits wide"
        points = max(map(len, self._inputs.values()), default=1)
        values = [int(v) for v in np.broadcast_to(self._signed((bits, width)), points)]
        assert all(value in term.bounds for value in values), f"{term} leaves its bounds"
        return values

    def _command(self, command: Tree, rest: list[Tree]) -> list[Tree]:
        """Obey one command; what is left to do."""
        match command:
            case ("declare-const", name, (_, "BitVec", width)) if name in self._inputs:
                assert name not in self._words
                self._words[name] = self._cut(self._inputs[name], int(width))
                assert np.array_equal(self._signed(self._words[name]), self._inputs[name])
            case ("declare-const", name, (_, "BitVec", width)):
                block = _block(name, rest)
                self._solve(name, int(width), block)
                return rest[len(block) :]
            case ("define-fun", name, (), (_, "BitVec", width), body):
                assert name not in self._words
                self._words[name] = self._word(body)
                assert self._words[name][1] == int(width), f"{name} is not {width} bits wide"
            case ("assert", condition):
                self.holds = self.holds & self._truth(condition)
            case ("set-logic", _) | ("check-sat",):
                pass
            case _:
                raise AssertionError(f"unknown command {command}")
        return rest

    def _solve(self, name: str, width: int, block: list[Tree]) -> None:
        """Give a quotient the one value that its block of assertions allows."""
        narrow = width <= ALL_WORDS_BITS
        words = self._all_words(width) if narrow else self._likely_words(name, width, block)
        holds = self._block_holds(name, self._cut(words, width), block)
        assert np.all(holds.sum(axis=0) == 1), f"{name} has no value, or several"
        found = np.take_along_axis(np.broadcast_to(words, holds.shape), holds.argmax(0)[None], 0)
        self._words[name] = self._cut(found[0], width)
        outside = self.holds
        self._run(block)
        self.holds = outside

    def _all_words(self, width: int) -> Bits:
        return np.arange(1 << width)[:, np.newaxis]

    def _likely_words(self, name: str, width: int, block: list[Tree]) -> Bits:
        """The floor quotient, and what a flawed script might confuse it with."""
        parts = _division(name, block)
        if str(parts[0]).startswith("#b"):  # a number that was cut, so that it is not known
            return self._all_words(width)
        value, divisor = (self._signed(self._word(part)) for part in parts)
        offsets = np.array([0, 1, -1, 2, -2, *(1 << bit for bit in range(2, width))], dtype=object)
        return value // divisor + offsets[:, np.newaxis]

    def _block_holds(self, name: str, word: Word, block: list[Tree]) -> Any:
        known, outside = self._words, self.holds
        self._words, self.holds = {**known, name: word}, np.array([True])
        self._run(block)
        holds = np.broadcast_to(self.holds, np.broadcast(self.holds, word[0]).shape)
        self._words, self.holds = known, outside
        return holds.astype(bool)

    def _run(self, commands: list[Tree]) -> None:
        for command in commands:
            assert self._command(command, []) == []

    def _truth(self, tree: Tree) -> Any:
        match tree:
            case ("bvsle", left, right):
                return self._signed(self._word(left)) <= self._signed(self._word(right))
            case ("=", left, right):
                (a, a_width), (b, b_width) = self._word(left), self._word(right)
                assert a_width == b_width
                return a == b
        raise AssertionError(f"unknown condition {tree}")

    def _word(self, tree: Tree) -> Word:
        match tree:
            case str() if tree.startswith("#b"):
                return self._cut(int(tree[2:], 2), len(tree) - 2)
            case str():
                return self._words[tree]
            case ("bvadd" | "bvmul" as operator, left, right):
                (a, width), (b, other_width) = self._word(left), self._word(right)
                assert width == other_width, f"{operator} of {width} and {other_width} bits"
                return self._cut(a + b if operator == "bvadd" else a * b, width)
            case ("bvneg", part):
                bits, width = self._word(part)
                return self._cut(-bits, width)
            case ("ite", condition, then, otherwise):
                (a, width), (b, other_width) = self._word(then), self._word(otherwise)
                assert width == other_width, f"ite of {width} and {other_width} bits"
                return self._cut(np.where(self._truth(condition), a, b), width)
            case ("concat", left, right):
                (a, width), (b, other_width) = self._word(left), self._word(right)
                high, _ = self._cut(a, width + other_width)
                return self._cut((high << other_width) | b, width + other_width)
            case (("_", "sign_extend", count), part):
                word = self._word(part)
                return self._cut(self._signed(word), word[1] + int(count))
            case (("_", "extract", high, low), part):
                bits, width = self._word(part)
                assert 0 <= int(low) <= int(high) < width, f"bits {high} .. {low} of {width}"
                return self._cut(bits >> int(low), int(high) - int(low) + 1)
        raise AssertionError(f"unknown term {tree}")

    def _cut(self, numbers: Any, width: int) -> Word:
        """The residues modulo 2^width; int64 products wrap modulo 2^64, which is harmless."""
        assert width >= 1
        if width > INT64_BITS:
            return np.asarray(numbers, dtype=object) & ((1 << width) - 1), width
        return np.asarray(numbers & ((1 << width) - 1), dtype=np.int64), width

    def _signed(self, word: Word) -> Any:
        bits, width = word
        return bits - ((bits >> (width - 1)) << width)


def _block(name: str, commands: list[Tree]) -> list[Tree]:
    """The commands up to the second assertion about the remainder."""
    remaining = 2
    for position, command in enumerate(commands):
        if command[0] == "assert" and name not in command[1]:
            remaining -= 1
        if remaining == 0:
            return commands[: position + 1]
    raise AssertionError(f"nothing determines {name}")


def _division(name: str, block: list[Tree]) -> tuple[Tree, Tree]:
    """Value and divisor of `value + -(name * divisor)`, the remainder in the block."""
    definitions = {command[1]: command[4] for command in block if command[0] == "define-fun"}
    for body in definitions.values():
        match body:
            case ("bvadd", value, negated):
                operator, product = definitions[_whole(negated)]
                assert operator == "bvneg"
                operator, quotient, divisor = definitions[_whole(product)]
                assert (operator, _whole(quotient)) == ("bvmul", name)
                return _whole(value), _whole(divisor)
    raise AssertionError(f"no remainder belongs to {name}")


def _whole(tree: Tree) -> Tree:
    """The term that was made wider or narrower, with all its bits."""
    match tree:
        case (("_", "sign_extend", _), part) | (("_", "extract", _, "0"), part):
            return _whole(part)
    return tree


def evaluated(terms: Terms, term: Term, **inputs: Iterable[int]) -> list[int]:
    """The values of a term at inputs that satisfy every assertion of its script."""
    script = Script(terms.lines, inputs)
    assert np.all(script.holds), "the assertions exclude an input of the domain"
    return script.values(term)
