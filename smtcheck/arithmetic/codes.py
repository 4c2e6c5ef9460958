"""Integers by the million: arrays that hold exactly what Python integers would.

An array is int64 where all of its integers fit, and of Python integers otherwise;
which of the two is decided here, from the integers alone.  numpy would turn large
integers into floats and cut the fractions off floats, both without a word, so no
array is made of somebody else's numbers but by `integers`.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import Any, SupportsIndex, overload

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.intervals import Interval
from smtcheck.errors import InputError, shown_number

INT64 = Interval(-(2**63), 2**63 - 1)
WORD = 2**62  #: sums of two numbers of less than this size fit into int64

ElementType = type[np.int64] | type[object]

_PART = 2**16  #: elements looked at together, and again one by one where one is wrong


def exact_code(code: SupportsIndex) -> int:
    """A code as a Python integer; anything else is refused, True and False too."""
    try:
        if not isinstance(code, bool):
            return int(operator.index(code))
    except TypeError:
        pass
    raise InputError(f"{code!r} is not an integer code")


def integers(values: Sequence[SupportsIndex] | NDArray[Any]) -> NDArray[Any]:
    """Integers as an int64 array, or as one of Python integers where some do not fit.

    An array keeps its shape, a sequence has one axis; InputError names what is no integer.
    """
    array = _as_array(values)
    if array.dtype.kind == "i":
        return array.astype(np.int64, copy=False)
    if array.dtype.kind == "u" and isinstance(values, np.ndarray):
        return array.astype(_type_of(0, int(array.max(initial=0))))
    flat = values.ravel().tolist() if isinstance(values, np.ndarray) else values
    codes = [exact_code(value) for value in flat]
    own = _type_of(min(codes, default=0), max(codes, default=0))
    return np.array(codes, dtype=own).reshape(array.shape if isinstance(values, np.ndarray) else -1)


def _type_of(least: int, most: int) -> ElementType:
    """What holds integers of this range."""
    return np.int64 if least in INT64 and most in INT64 else object


def type_of_sums(largest: int) -> ElementType:
    """What holds sums of two integers of at most this size."""
    return np.int64 if largest < WORD else object


def _as_array(values: Sequence[SupportsIndex] | NDArray[Any]) -> NDArray[Any]:
    """What numpy makes of it: of integers only, if it is of a signed integer type."""
    refuse_masked(values, "codes are given in")
    if not isinstance(values, np.ndarray) and bool in set(map(type, values)):
        return np.empty(0, dtype=object)  # numpy takes True for 1
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, OverflowError):  # sequences of different lengths within
        return np.empty(0, dtype=object)
    if isinstance(values, np.ndarray) or array.ndim == 1:
        return array
    return np.empty(0, dtype=object)  # sequences within, which are no integers


def refuse_masked(given: object, what: str) -> None:
    """InputError for a masked array of numpy's: its gaps have numbers, too."""
    if hasattr(given, "mask"):
        raise InputError(f"{what} a masked array, whose gaps would pass for codes")


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """The array itself, no longer writable."""
    array.flags.writeable = False
    return array


def first_outside(values: NDArray[Any], bounds: Interval) -> int | None:
    """The position of the first element that is not inside the bounds; one axis."""
    for start in range(0, len(values), _PART):
        part = values[start : start + _PART]
        if int(part.min()) not in bounds or int(part.max()) not in bounds:
            codes = part.tolist()  # Python integers: bounds need not fit into int64
            return start + next(i for i, code in enumerate(codes) if code not in bounds)
    return None


def shown_outside(code: int, bounds: Interval) -> str:
    """A number that is no code, and the code that it may stand for in two's complement."""
    wrapped = code - bounds.size
    is_pattern = bounds.low == ~bounds.high and bounds.low <= wrapped < 0
    if not is_pattern:
        return shown_number(code)
    return f"{shown_number(code)} (for two's complement write {shown_number(wrapped)})"


class CodeArray(Sequence[int]):
    """A tuple of integers kept in an array: its parts share it, its bounds are known at once.

    It equals and hashes like the tuple.  `array` is read-only.
    """

    __slots__ = ("_bounds", "array")

    def __init__(self, values: Sequence[SupportsIndex] | NDArray[Any]) -> None:
        self.array = frozen(integers(values).reshape(-1).copy())
        self._bounds: Interval | None = None

    @property
    def bounds(self) -> Interval:
        """The smallest interval around the integers; there must be some."""
        if self._bounds is None:
            self._bounds = Interval(int(self.array.min()), int(self.array.max()))
        return self._bounds

    def __len__(self) -> int:
        return len(self.array)

    def __iter__(self) -> Iterator[int]:
        return iter(self.array.tolist())

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> CodeArray: ...
    def __getitem__(self, index: int | slice) -> int | CodeArray:
        if not isinstance(index, slice):
            return int(self.array[operator.index(index)])
        part = object.__new__(CodeArray)
        part.array, part._bounds = self.array[index], None
        return part

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        array = self.array if dtype is None else self.array.astype(dtype, copy=False)
        return array.copy() if copy else array

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CodeArray):
            return np.array_equal(self.array, other.array)
        return tuple(self) == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"CodeArray of {len(self)} integers"
