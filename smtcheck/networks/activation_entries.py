"""The activation table T of a setting: an entry at a time, or all of it where it is small."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from smtcheck.arithmetic.codes import type_of_sums
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.expressions.tables import MAX_ENTRIES, Order
from smtcheck.expressions.tabulation import order_of
from smtcheck.networks.activations import Activation, ExpressionActivation, table


class ActivationTable:
    """T(k) for the codes k of a format, each certified, kept once it is known."""

    def __init__(self, act: Activation, fmt: Format) -> None:
        act.require_usable(fmt)
        self.activation = act
        self.format = fmt
        self._known: dict[int, int] = {}

    def __getitem__(self, code: int) -> int:
        if code not in self._known:
            if code not in self.format.codes:
                raise IndexError(f"{code} is not a code of {self.format}")
            self._known[code] = self.activation.apply(Integers(), self.format, code)
        return self._known[code]

    @property
    def can_be_listed(self) -> bool:
        """Whether all entries together are few enough."""
        return self.format.codes.size <= MAX_ENTRIES

    @cached_property
    def all(self) -> tuple[int, ...]:
        """T(lo) .. T(hi)."""
        return table(self.activation, self.format)

    @cached_property
    def array(self) -> np.ndarray:
        """The same as an array, of int64 where that holds sums of two codes."""
        return np.array(self.all, dtype=type_of_sums(max(abs(self.format.lo), self.format.hi)))

    @cached_property
    def is_nondecreasing(self) -> bool:
        """Whether the expression proves that T(k) <= T(k + 1) for all k."""
        act, overflow = self.activation, self.format.overflow
        return (
            isinstance(act, ExpressionActivation)
            and overflow in (Overflow.SATURATE, Overflow.SATURATE_SYMMETRIC)
            and order_of(act.expression) is Order.INCREASING
        )
