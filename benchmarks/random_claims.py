"""Random claims of all kinds, as the files that people write, and what is true of them.

What is true is found at every input by the rational reference, from the numbers that the files
were written from: nothing that reads files plays a part in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from random import Random
from types import MappingProxyType
from typing import Any

from benchmarks import claim_texts as texts
from benchmarks.claim_truths import Truth, truth_of
from benchmarks.written_networks import (
    Codes,
    Files,
    Meaning,
    changed_pair,
    network_files,
    network_meaning,
    plain,
    small_pair,
)
from smtcheck import reference
from smtcheck.reference import CannotTell, PlainFormat
from tests.arithmetic.random_networks import Pair
from tests.claims.random_questions import spelled_out
from tests.engines.random_merges import random_merge

MOST_POINTS = 81
LONGEST_TEXT = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A claim as files, of which claim.toml is one."""

    kind: str
    files: Files
    truth: Truth | None  #: None: it is not known
    setting: tuple[PlainFormat, str, str, tuple[int, ...]] | None = None  #: of a universality


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    text: str | list[str]  #: as `left` or `target` says it
    meaning: Meaning
    format: PlainFormat  #: of its outputs
    files: Files


def random_claims(seed: int) -> Iterator[Written]:
    """Without end, the same on every run."""
    draw = Random(seed)
    kinds = (
        _network_against_table, _network_against_expression, _mergeable, _two_networks,
        _two_expressions, _expression_against_table, _tables_in_expressions, _two_activations,
        _universality,
    )  # fmt: skip
    while True:
        kind = draw.choices(kinds, [4, 4, 2, 3, 6, 3, 3, 2, 2])[0]
        try:
            found = kind(draw)
        except CannotTell:
            continue
        if found is not None:
            yield replace(found, kind=kind.__name__.strip("_").replace("_", " "))


# ---- claims ----


def _network_against_table(draw: Random) -> Written | None:
    return _equal(draw, small_pair(draw), _tabulated)


def _network_against_expression(draw: Random) -> Written | None:
    return _equal(draw, small_pair(draw), draw.choice([_spelled_out, _spelled_out, _unrelated]))


def _mergeable(draw: Random) -> Written | None:
    merge = random_merge(draw, 8)
    return _equal(draw, merge.pair, draw.choice([_tabulated, _spelled_out]))


def _two_networks(draw: Random) -> Written | None:
    pair = small_pair(draw)
    left = _network_side(draw, pair, "left")
    right = _network_side(draw, changed_pair(draw, pair), "right")
    return _agreement(draw, "equivalent", left, right, plain(pair.network.input_format), None)


def _two_expressions(draw: Random) -> Written | None:
    fmt = texts.random_plain_format(draw, 12)
    inputs = draw.choice([1, 1, 2, 2, 3])
    left_format = draw.choice([fmt, texts.random_plain_format(draw, 40)])
    right_format = draw.choice([left_format, left_format, texts.random_plain_format(draw, 40)])
    text = texts.random_expression(draw, inputs, draw.randint(1, 4), draw.random() < 0.8)
    other = texts.rewritten(draw, text)
    if draw.random() < 0.3:
        other = texts.random_expression(draw, inputs, draw.randint(1, 3))
    elif draw.random() < 0.3:
        other = f"where(x0 == {draw.randint(fmt.lo, fmt.hi)}/{fmt.scale}, 0, {other})"
    if max(len(text), len(other)) > LONGEST_TEXT:
        return None
    left, right = (
        _expression_side([body], fmt, out)
        for body, out in ((text, left_format), (other, right_format))
    )
    return _agreement(draw, "equivalent", left, right, fmt, inputs)


def _expression_against_table(draw: Random) -> Written | None:
    fmt, out = texts.random_plain_format(draw, 9), texts.random_plain_format(draw, 24)
    inputs = draw.choice([1, 2])
    text = texts.random_expression(draw, inputs, draw.randint(1, 3), is_rational=False)
    left = _expression_side([text], fmt, out)
    right = _table_side(draw, fmt, inputs, out, left.meaning)
    return right and _agreement(draw, "equivalent", left, right, fmt, inputs)


def _tables_in_expressions(draw: Random) -> Written | None:
    """One table, looked up several times, in two ways of writing an expression."""
    fmt, out = texts.random_plain_format(draw, 9), texts.random_plain_format(draw, 24)
    inputs = draw.choice([1, 2])
    codes = [draw.randint(out.lo, out.hi) for _ in range(fmt.lo, fmt.hi + 1)]
    ending, data = texts.table_file(draw, codes, fmt.lo)
    name = f"t.{ending}"
    plain_text = texts.random_expression(draw, inputs, draw.randint(1, 3))
    text = re.sub(
        rf"(?<![0-9a-z])x{draw.randrange(inputs)}",
        lambda x: f"table('{name}', {x[0]})" if draw.random() < 0.5 else x[0],
        plain_text,
    )
    other = texts.rewritten(draw, text)
    if max(len(text), len(other)) > LONGEST_TEXT or "table" not in text:
        return None
    if draw.random() < 0.4:
        other = f"{other} + where(x0 == {draw.randint(fmt.lo, fmt.hi)}/{fmt.scale}, 1, 0)"

    def entry(value: Fraction) -> Fraction:
        return Fraction(codes[int(value * fmt.scale) - fmt.lo], out.scale)

    left, right = (_expression_side([body], fmt, out, {name: entry}) for body in (text, other))
    right = replace(right, files={name: data})
    return _agreement(draw, "equivalent", left, right, fmt, inputs)


def _two_activations(draw: Random) -> Written | None:
    fmt = texts.random_plain_format(draw, 24)
    name = draw.choice([*texts.RATIONAL[:12], *texts.TRANSCENDENTAL])
    left = _activation_side(name, fmt)
    if draw.random() < 0.5:
        right = _expression_side([f"{name}(x)"], fmt, fmt)
    else:
        codes = [int(left.meaning((code,))[0] * fmt.scale) for code in range(fmt.lo, fmt.hi + 1)]
        codes = _off_somewhere(draw, codes, fmt)
        ending, data = texts.table_file(draw, codes, None)
        right = _Side(
            text=f"table:act.{ending}",
            meaning=lambda point: [Fraction(codes[point[0] - fmt.lo], fmt.scale)],
            format=fmt,
            files={f"act.{ending}": data},
        )
    return _agreement(draw, "equivalent", left, right, fmt, 1)


def _universality(draw: Random) -> Written:
    fmt = texts.random_plain_format(draw, draw.choice([3, 3, 4, 8]))
    weights = draw.choice(["full", "ternary", "binary", "binary-dense"])
    bias = draw.choice(["exact", "grid", "format"])
    files: Files = {}
    codes: tuple[int, ...] = ()
    if draw.random() < 0.7:
        few = draw.choices(range(fmt.lo, fmt.hi + 1), k=draw.choice([2, 3, 9]))
        codes = tuple(draw.choice(few) for _ in range(fmt.lo, fmt.hi + 1))
        ending, files[f"t.{'csv'}"] = "csv", "".join(f"{code}\n" for code in codes).encode()
        act = f"table:t.{ending}"
    else:
        act = draw.choice([*texts.RATIONAL[:12], *texts.TRANSCENDENTAL])
    claim = {
        "kind": "universal", "format": texts.spelled_format(draw, fmt), "activation": act,
        "weights": weights, "bias": bias, "expect": draw.choice(["universal", "not universal"]),
    }  # fmt: skip
    files["claim.toml"] = _toml(claim)
    setting = (fmt, weights, bias, codes) if codes else None
    return Written(kind="universal", files=files, truth=None, setting=setting)


def _equal(draw: Random, pair: Pair, target: Callable[..., _Side | None]) -> Written | None:
    left = _network_side(draw, pair, "net")
    right = target(draw, pair)
    fmt = plain(pair.network.input_format)
    return right and _agreement(draw, "equal", left, right, fmt, pair.network.inputs)


def _agreement(
    draw: Random, kind: str, left: _Side, right: _Side, fmt: PlainFormat, inputs: int | None
) -> Written:
    """The claim, and its truth at every input."""
    count = inputs or _inputs_of(left)
    domain, axes = texts.random_domain(draw, fmt, count, MOST_POINTS)
    tolerance = draw.choice([0, 0, 0, 0, 1, 2])
    claim: dict[str, Any] = {"kind": kind}
    if kind == "equal":
        claim |= {"network": left.text, "target": right.text}
    else:
        claim |= {"left": left.text, "right": right.text}
        if inputs is not None:
            claim |= {"format": texts.spelled_format(draw, fmt)}
            claim |= {} if inputs == 1 else {"inputs": inputs}
            for name, side in (("left_format", left), ("right_format", right)):
                if side.format != fmt or draw.random() < 0.2:
                    claim[name] = texts.spelled_format(draw, side.format)
    if set(domain) != {"any"} or draw.random() < 0.3:
        claim["domain"] = domain
    if tolerance:
        claim["tolerance_ulp"] = tolerance
    truth = truth_of(left.meaning, right.meaning, axes, Fraction(tolerance, left.format.scale))
    expect = truth.verdict if draw.random() < 0.8 else draw.choice(["proved", "refuted"])
    claim["expect"] = "undecided" if draw.random() < 0.02 else expect
    files = left.files | right.files | {"claim.toml": _toml(claim)}
    return Written(kind=f"{kind}", files=files, truth=truth)


def _inputs_of(side: _Side) -> int:
    name = str(side.text)
    count = json.loads(side.files[name])["inputs"]
    assert isinstance(count, int)
    return count


def _toml(claim: dict[str, Any]) -> bytes:
    lines = [f"{key} = {json.dumps(value)}" for key, value in claim.items()]
    return ("\n".join(lines) + "\n").encode()


# ---- sides ----


def _expression_side(
    bodies: list[str],
    fmt: PlainFormat,
    out: PlainFormat,
    tables: Mapping[str, Callable[[Fraction], Fraction]] = MappingProxyType({}),
) -> _Side:
    def meaning(point: Codes) -> list[Fraction]:
        values = [Fraction(code, fmt.scale) for code in point]
        codes = [reference.target_code(body, values, out, tables) for body in bodies]
        return [Fraction(code, out.scale) for code in codes]

    return _Side(text=f"expr:{bodies[0]}", meaning=meaning, format=out, files={})


def _activation_side(name: str, fmt: PlainFormat) -> _Side:
    return _Side(
        text=name, meaning=_expression_side([f"{name}(x)"], fmt, fmt).meaning, format=fmt, files={}
    )


def _table_side(
    draw: Random, fmt: PlainFormat, inputs: int, out: PlainFormat, meaning: Meaning
) -> _Side | None:
    """A table of a function's first output, one entry off half of the time."""
    points = list(product(range(fmt.lo, fmt.hi + 1), repeat=inputs))
    if len(points) > 256:
        return None
    try:
        codes = [int(meaning(point)[0] * out.scale) for point in points]
    except ZeroDivisionError:
        return None
    codes = _off_somewhere(draw, codes, out)
    ending, data = texts.table_file(draw, codes, fmt.lo if inputs == 1 else None, inputs)
    known = dict(zip(points, codes, strict=True))

    def looked_up(point: Codes) -> list[Fraction]:
        # the table's value is quantized once more, by the modes of the format
        value = Fraction(known[point], out.scale)
        return [Fraction(reference.quantize(value, out), out.scale)]

    arguments = ", ".join(f"x{i}" for i in range(inputs))
    return _Side(
        text=f"expr:table('t.{ending}', {arguments})",
        meaning=looked_up,
        format=out,
        files={f"t.{ending}": data},
    )


def _off_somewhere(draw: Random, codes: Sequence[int], fmt: PlainFormat) -> list[int]:
    found = list(codes)
    if draw.random() < 0.5:
        place = draw.randrange(len(found))
        moved = found[place] + draw.choice([-2, -1, 1, 2])
        found[place] = min(max(moved, fmt.lo), fmt.hi)
    return found


def _tabulated(draw: Random, pair: Pair) -> _Side | None:
    network = pair.network
    if network.outputs != 1:
        return None
    fmt, out = plain(network.input_format), plain(network.output_format)
    side = _table_side(draw, fmt, network.inputs, out, network_meaning(pair))
    return side and _as_target(side)


def _spelled_out(draw: Random, pair: Pair) -> _Side | None:
    """The network as texts, by the tests' own speller."""
    found = spelled_out(draw, pair, ())
    if found is None:
        return None
    side, _ = found
    fmt, out = plain(pair.network.input_format), plain(pair.network.output_format)
    bodies = list(getattr(side, "texts", ()))
    return _Side(
        text=bodies, meaning=_expression_side(bodies, fmt, out).meaning, format=out, files={}
    )


def _unrelated(draw: Random, pair: Pair) -> _Side:
    network = pair.network
    fmt, out = plain(network.input_format), plain(network.output_format)
    bodies = [texts.random_expression(draw, network.inputs, 2) for _ in range(network.outputs)]
    return _Side(
        text=bodies, meaning=_expression_side(bodies, fmt, out).meaning, format=out, files={}
    )


def _as_target(side: _Side) -> _Side:
    """One target, as a text or as a list of one."""
    body = str(side.text).removeprefix("expr:")
    return _Side(text=body, meaning=side.meaning, format=side.format, files=side.files)


def _network_side(draw: Random, pair: Pair, name: str) -> _Side:
    return _Side(
        text=f"{name}.json",
        meaning=network_meaning(pair),
        format=plain(pair.network.output_format),
        files=network_files(draw, pair, name),
    )
