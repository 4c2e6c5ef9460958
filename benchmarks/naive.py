"""The baseline: what a first attempt at encoding a network looks like.

Every number is a 32-bit word; sums are bvmul and bvadd, rounding is bvsdiv,
clipping, the activation and the target are chains of ite.
"""

from __future__ import annotations

from benchmarks.constructed import Case
from smtcheck.arithmetic.formats import Format
from smtcheck.networks.activations import table
from smtcheck.networks.network import Layer

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
    for number, layer in enumerate(case.network.layers):
        values = _layer(lines, f"l{number}", layer, values)
    target = _chain(_flat_index(fmt, case.network.inputs), list(case.grid.entries))
    return "\n".join([*lines, f"(assert (distinct {values[0]} {target}))", "(check-sat)", ""])


def _layer(lines: list[str], name: str, layer: Layer, inputs: list[str]) -> list[str]:
    fmt = layer.output_format
    codes = table(layer.activation, fmt) if layer.activation else None
    outputs = []
    for index in range(layer.outputs):
        total = _word(layer.biases[index])
        for column, code in layer.row(index):
            total = f"(bvadd {total} (bvmul {inputs[column]} {_word(code)}))"
        accumulator = _defined(lines, f"{name}a{index}", total)
        rounded = _defined(lines, f"{name}r{index}", _half_away(accumulator, fmt.scale))
        clipped = _defined(lines, f"{name}c{index}", _clipped(rounded, fmt))
        if codes is not None:
            offset = f"(bvsub {clipped} {_word(fmt.lo)})"
            clipped = _defined(lines, f"{name}t{index}", _chain(offset, list(codes)))
        outputs.append(clipped)
    return outputs


def _half_away(total: str, scale: int) -> str:
    """bvsdiv truncates, so half away from zero is (2 n +- s) / (2 s)."""
    doubled = f"(bvmul {total} {_word(2)})"
    up, down = f"(bvadd {doubled} {_word(scale)})", f"(bvsub {doubled} {_word(scale)})"
    shifted = f"(ite (bvsle {_word(0)} {total}) {up} {down})"
    return f"(bvsdiv {shifted} {_word(2 * scale)})"


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
