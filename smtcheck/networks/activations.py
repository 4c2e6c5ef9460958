"""Activations: what a network applies between its layers.

An activation is a real function given as an expression in x, evaluated exactly
and then rounded once into the format (theory.md#activation), or it is a table of
codes outright, which is what a hardware lookup table is.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from smtcheck.arithmetic.arrays import Array, Arrays, exactly
from smtcheck.arithmetic.codes import shown_outside
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.integers import Integers
from smtcheck.arithmetic.intervals import Intervals
from smtcheck.arithmetic.operations import Num, Operations
from smtcheck.arithmetic.rounding import round_fraction
from smtcheck.errors import InputError, TooLarge, shown_number, shown_text
from smtcheck.expressions.compilation import Compilation
from smtcheck.expressions.parsing import ACTIVATION_NAMES, parse
from smtcheck.expressions.syntax import Expression
from smtcheck.expressions.tables import MAX_ENTRIES, LazyTable, members
from smtcheck.expressions.tabulation import TableCache, Variable
from smtcheck.files import CodeExecution, FileSpace


@dataclass(frozen=True, kw_only=True)
class ExpressionActivation:
    """A real function of x, rounded once: T(k) = overflow(round(scale * f(k / scale)))."""

    name: str  #: as given: a built-in name, or expr:EXPR
    expression: Expression = field(repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies parse the text again: tables are named by nodes that only this tree has."""
        return activation, (self.name,)

    @cached_property
    def tables(self) -> TableCache:
        """Those that were made already."""
        return {}

    def apply(self, ops: Operations[Num], fmt: Format, code: Num) -> Num:
        """T(code), for a code of the format."""
        return self._compiled(ops, fmt, code).quantized(self.expression, fmt)

    def require_usable(self, fmt: Format) -> None:
        """Refuse a function that divides by zero at some code of the format."""
        flag = self._compiled(Intervals(), fmt, fmt.codes).undefined(self.expression)
        if flag is None or flag.high == 0:
            return
        if fmt.codes.size > MAX_ENTRIES:
            raise InputError(
                f"activation {self.name} may divide by zero in {fmt}, whose codes are too many "
                "to try: guard the division, as in where(x == 0, 0, 1 / x)"
            )
        flags = every_code(
            fmt, lambda ops, code: self._compiled(ops, fmt, code).undefined(self.expression)
        )
        if 1 in flags:
            code = fmt.lo + flags.index(1)
            raise InputError(
                f"activation {self.name} divides by zero at x = {shown_number(fmt.value(code))} "
                f"(code {shown_number(code)} of {fmt}): guard it, as in where(x == 0, 0, 1 / x)"
            )

    def _compiled(self, ops: Operations[Num], fmt: Format, code: Num) -> Compilation[Num]:
        variable = Variable(code=code, codes=fmt.codes, scale=fmt.scale)
        return Compilation(ops, [variable], self.tables)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableActivation:
    """A table of codes, lo first."""

    name: str
    codes: tuple[int, ...] = field(repr=False)
    first: int | None = None  #: the code that the first is for, where the file said so

    def apply(self, ops: Operations[Num], fmt: Format, code: Num) -> Num:
        """codes[code - lo]."""
        return ops.lookup(self.codes, ops.add(code, ops.constant(-fmt.lo)))

    def require_usable(self, fmt: Format) -> None:
        """Refuse a table of the wrong length or with codes outside the format."""
        if len(self.codes) != fmt.codes.size:
            raise InputError(
                f"activation {self.name} has {len(self.codes)} entries, and {fmt} has "
                f"{shown_number(fmt.codes.size)} codes"
            )
        if self.first is not None and self.first != fmt.lo:
            raise InputError(
                f"activation {self.name} starts with the input code {shown_number(self.first)}, "
                f"and {fmt} with {shown_number(fmt.lo)}"
            )
        for index, entry in enumerate(self.codes):
            if entry not in fmt.codes:
                raise InputError(
                    f"activation {self.name}: entry {index} (for code "
                    f"{shown_number(fmt.lo + index)}) is {shown_outside(entry, fmt.codes)}, "
                    f"outside the codes {fmt.codes} of {fmt}"
                )


@dataclass(frozen=True, kw_only=True)
class CallableActivation:
    """A Python function from a Fraction to an exact number, rounded once."""

    name: str
    function: Callable[[Fraction], Fraction | int]

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies, as other processes have, know the answers that were given: no code has two."""
        return _copied, (self.name, self.function, self.answers)

    @cached_property
    def answers(self) -> dict[Format, dict[int, int]]:
        """T(code) by code, where the function was asked already."""
        return {}

    @cached_property
    def tables(self) -> dict[Format, Sequence[int]]:
        """Those that were made already."""
        return {}

    def apply(self, ops: Operations[Num], fmt: Format, code: Num) -> Num:
        """T(code), tabulated as needed."""
        if fmt not in self.tables:
            self.tables[fmt] = LazyTable(
                lambda index: self._answer(fmt, fmt.lo + index), fmt.codes.size
            )
        return ops.lookup(self.tables[fmt], ops.add(code, ops.constant(-fmt.lo)))

    def require_usable(self, fmt: Format) -> None:
        """Nothing can be said before it is called."""

    def _answer(self, fmt: Format, code: int) -> int:
        known = self.answers.setdefault(fmt, {})
        if code not in known:
            known[code] = self._entry(fmt, code)
        return known[code]

    def _entry(self, fmt: Format, code: int) -> int:
        value = called(self.function, fmt.value(code))
        if type(value) is not int and not isinstance(value, Fraction):
            raise InputError(
                f"activation {self.name} returned {value!r} at {shown_number(fmt.value(code))}; "
                "it must return an exact Fraction or int"
            )
        return fmt.apply_overflow(
            Integers(), round_fraction(value * Fraction(fmt.scale), fmt.rounding)
        )


def _copied(
    name: str, function: Callable[..., Any], answers: dict[Format, dict[int, int]]
) -> CallableActivation:
    copy = CallableActivation(name=name, function=function)
    copy.answers.update(answers)
    return copy


def called(
    function: Callable[[Fraction], Fraction | int], x: Fraction, what: str = "activation"
) -> Fraction | int:
    """Somebody else's function at x; whatever it raises is bad input."""
    try:
        return function(x)
    except (MemoryError, InputError):
        raise
    except (Exception, SystemExit) as error:
        raise InputError(f"the {what} function fails at {shown_number(x)}: {error!r}") from None


Activation = ExpressionActivation | TableActivation | CallableActivation


def activation(
    spec: str, files: FileSpace | None = None, code: CodeExecution = CodeExecution.REFUSED
) -> Activation:
    """An activation by name, `expr:EXPR`, `table:FILE`, `[floatN:]module:function`."""
    kind, colon, rest = spec.partition(":")
    if not colon:
        if spec not in ACTIVATION_NAMES:
            raise InputError(
                f"activation {shown_text(spec)} is not one of {', '.join(ACTIVATION_NAMES)}, "
                "expr:EXPR, table:FILE, module:function, float64:module:function or "
                "float32:module:function"
            )
        return ExpressionActivation(name=spec, expression=parse(f"{spec}(x)", 1))
    if kind == "expr":
        return ExpressionActivation(name=spec, expression=parse(rest, 1))
    if kind == "table":
        from smtcheck.table_files import read_codes

        file = read_codes(files or FileSpace.working_directory(), rest)
        if file.codes.ndim != 1:
            raise InputError(f"activation {spec} has {file.codes.ndim} axes, and needs one")
        return TableActivation(name=spec, codes=tuple(file.codes.tolist()), first=file.first)
    if code is CodeExecution.REFUSED:
        raise InputError(
            f"activation {shown_text(spec)} would run code: allow it with --allow-code"
        )
    if kind in ("float64", "float32") and ":" in rest:
        from smtcheck.networks.float_functions import FloatFunction, FloatType

        imported = imported_function(*rest.split(":", 1))
        function = FloatFunction(name=spec, function=imported, type=FloatType(kind))
        return CallableActivation(name=spec, function=function)
    return CallableActivation(name=spec, function=imported_function(kind, rest))


def imported_function(module_name: str, function_name: str) -> Callable[..., Fraction | int]:
    """A function of somebody's module, which is imported: whoever asks for it vouches for it.

    The current folder comes first, as for `python -m`, and stays: what a function imports when
    it is called, and other processes, are to find the same.
    """
    folder = os.getcwd()
    if not {"", folder} & {*sys.path}:
        sys.path.insert(0, folder)
    try:
        function = getattr(importlib.import_module(module_name), function_name)
    except (Exception, SystemExit) as error:  # whatever the module does when imported
        raise InputError(f"{module_name}:{function_name}: {error!r}") from None
    if not callable(function):
        raise InputError(f"{module_name}:{function_name} is not a function")
    return function  # type: ignore[no-any-return]


def table(act: Activation, fmt: Format) -> tuple[int, ...]:
    """All N codes T(lo) .. T(hi)."""
    act.require_usable(fmt)
    if fmt.codes.size > MAX_ENTRIES:
        raise TooLarge(
            f"{fmt} has {shown_number(fmt.codes.size)} codes; a table of at most {MAX_ENTRIES} can "
            "be listed"
        )
    return every_code(fmt, lambda ops, code: act.apply(ops, fmt, code))


def every_code(fmt: Format, function: Callable[[Arrays, Array], Array | None]) -> tuple[int, ...]:
    """A function that is not None, at the codes lo .. hi."""
    codes = np.array(members(fmt.codes), dtype=object)
    result = exactly(lambda ops: function(ops, ops.variable(codes, fmt.codes)))
    assert result is not None
    return tuple(np.broadcast_to(result.elements, codes.shape).tolist())
