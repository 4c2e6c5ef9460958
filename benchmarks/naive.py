"""The baseline: what a first attempt at encoding a network looks like.

Every number is a 32-bit word; sums are bvmul and bvadd, rounding is bvsdiv,
clipping, the activation and the target are chains of ite.
"""

from __future__ import annotations

import numpy as np

from benchmarks.constructed import Case
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.networks.activations import table
from smtcheck.networks.layers import Layer

WIDTH_BITS = 32


def script(case: Case) -> str:
    """SMT-LIB 2, unsatisfiable exactly if the network computes the table."""
    lines = ["(set-logic QF_BV)"]
    fmt = case.network.input_format
    values = []
    for index in range(case.network.inputs):
        values.append(f"x{index}")
        lines.append(f"(declare-const x{index} (_ BitVec {WIDTH_BITS}))")
        lines.append(f"(assert (bvsle {_word(fmt.lo)} x{index}))")
        lines.append(f"(assert (bvsle x{index} {_word(fmt.hi)}))")
    size = max(-fmt.lo, fmt.hi)
    for number, layer in enumerate(case.network.layers):
        _require_fitting(layer, size)
        size = max(-layer.output_format.lo, layer.output_format.hi)
        values = _layer(lines, f"l{number}", layer, values)
    target = _chain(_flat_index(fmt, case.network.inputs), list(case.grid.entries))
    return "\n".join([*lines, f"(assert (distinct {values[0]} {target}))", "(check-sat)", ""])


def _require_fitting(layer: Layer, size: int) -> None:
    """This encoding has one rounding, one overflow, and 32 bits: refuse what is not so."""
    fmt = layer.output_format
    if (fmt.rounding, fmt.overflow) != (Rounding.HALF_AWAY, Overflow.SATURATE):
        raise ValueError(f"the naive encoding has no {fmt}")
    if layer.accumulator_scale % fmt.scale:
        raise ValueError("the naive encoding divides by an integer")
    heaviest = np.zeros(layer.outputs, dtype=np.int64)
    np.add.at(heaviest, layer.weights.rows, np.abs(layer.weights.codes))
    sums = heaviest * size + np.abs(np.array(layer.biases, dtype=np.int64))
    if 2 * int(sums.max()) + layer.accumulator_scale // fmt.scale >= 2 ** (WIDTH_BITS - 1):
        raise ValueError(f"sums might not fit into {WIDTH_BITS} bits")


def _layer(lines: list[str], name: str, layer: Layer, inputs: list[str]) -> list[str]:
    fmt = layer.output_format
    divisor = layer.accumulator_scale // fmt.scale
    codes = table(layer.activation, fmt) if layer.activation else None
    outputs = []
    for index in range(layer.outputs):
        total = _word(layer.biases[index])
        for column, code in layer.row(index):
            total = f"(bvadd {total} (bvmul {inputs[column]} {_word(code)}))"
        accumulator = _defined(lines, f"{name}a{index}", total)
        rounded = _defined(lines, f"{name}r{index}", _half_away(accumulator, divisor))
        clipped = _defined(lines, f"{name}c{index}", _clipped(rounded, fmt))
        if codes is not None:
            offset = f"(bvsub {clipped} {_word(fmt.lo)})"
            clipped = _defined(lines, f"{name}t{index}", _chain(offset, list(codes)))
        outputs.append(clipped)
    return outputs


def _half_away(total: str, divisor: int) -> str:
    """bvsdiv truncates, so half away from zero is (2 n +- d) / (2 d)."""
    doubled = f"(bvmul {total} {_word(2)})"
    up, down = f"(bvadd {doubled} {_word(divisor)})", f"(bvsub {doubled} {_word(divisor)})"
    shifted = f"(ite (bvsle {_word(0)} {total}) {up} {down})"
    return f"(bvsdiv {shifted} {_word(2 * divisor)})"


def _clipped(value: str, fmt: Format) -> str:
    above = f"(ite (bvsle {_word(fmt.hi)} {value}) {_word(fmt.hi)} {value})"
    return f"(ite (bvsle {value} {_word(fmt.lo)}) {_word(fmt.lo)} {above})"


def _flat_index(fmt: Format, inputs: int) -> str:
    index = _word(0)
    for number in range(inputs):
        scaled = f"(bvmul {index} {_word(fmt.hi - fmt.lo + 1)})"
        index = f"(bvadd {scaled} (bvsub x{number} {_word(fmt.lo)}))"
    return index


def _chain(index: str, entries: list[int]) -> str:
    head = "".join(
        f"(ite (= {index} {_word(position)}) {_word(entry)} "
        for position, entry in enumerate(entries[:-1])
    )
    return head + _word(entries[-1]) + ")" * (len(entries) - 1)


def _defined(lines: list[str], name: str, text: str) -> str:
    lines.append(f"(define-fun {name} () (_ BitVec {WIDTH_BITS}) {text})")
    return name


def _word(value: int) -> str:
    return f"(_ bv{value % 2**WIDTH_BITS} {WIDTH_BITS})"
