"""Inputs that somebody gives to a network: codes of its input format, as many as it reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smtcheck.arithmetic.codes import exact_code, first_outside, refuse_masked
from smtcheck.arithmetic.formats import Format
from smtcheck.errors import InputError, shown_number


def checked_input(given: Sequence[int], inputs: int, fmt: Format) -> tuple[int, ...]:
    """One input; InputError where it is none."""
    codes = tuple(map(exact_code, given))
    if len(codes) != inputs:
        raise InputError(f"{len(codes)} input codes given, the network has {inputs}")
    for code in codes:
        if code not in fmt.codes:
            raise InputError(f"input code {shown_number(code)} is not a code of {fmt}")
    return codes


def checked_inputs(given: NDArray[Any], inputs: int, fmt: Format) -> NDArray[Any]:
    """Many inputs, a row each; InputError where they are none."""
    refuse_masked(given, "inputs are")
    array = given if isinstance(given, np.ndarray) else np.array(given, dtype=object)
    if array.dtype == object:
        array = np.vectorize(exact_code, otypes=[object])(array)
    if array.ndim != 2 or array.shape[1] != inputs or array.dtype.kind not in "iuO":
        raise InputError(
            f"inputs have shape {array.shape} and type {array.dtype}; needed are integer "
            f"codes of shape (points, {inputs})"
        )
    flat = array.reshape(-1)
    position = first_outside(flat, fmt.codes)
    if position is not None:
        raise InputError(f"input code {shown_number(int(flat[position]))} is not a code of {fmt}")
    return array
