"""Claims: what somebody says is true, as one TOML file each.

A claim is data.  Reading one yields a question, what its author expects of the
answer, and a digest over everything the answer depends on: the formats, the
expressions, and the contents (not the names) of networks and tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from smtcheck.arithmetic.format_texts import parse_value
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.claims.digests import digest
from smtcheck.claims.questions import Question, UniversalityQuestion
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights, parse_choice
from smtcheck.claims.sides import ActivationSide, NetworkSide, Side
from smtcheck.claims.targets import expression_side, target_side
from smtcheck.errors import InputError, shortened, shown_number, shown_text
from smtcheck.files import CodeExecution, FileSpace, read_toml
from smtcheck.networks.activations import activation

if TYPE_CHECKING:
    from smtcheck.networks.network import Network

_OF_CERTIFICATES = (".regenerated", ".refuted")  #: what names of certificates may end in, too
MAX_INPUTS = 4096  #: of sides that are not networks


class Expectation(Enum):
    """What the author of a claim says the verdict is."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNIVERSAL = "universal"
    NOT_UNIVERSAL = "not universal"
    UNDECIDED = "undecided"


_OF_AGREEMENT = (Expectation.PROVED, Expectation.REFUTED, Expectation.UNDECIDED)
_OF_UNIVERSALITY = (Expectation.UNIVERSAL, Expectation.NOT_UNIVERSAL, Expectation.UNDECIDED)


class Keeping(Enum):
    """What becomes of a certificate."""

    KEPT = None
    REGENERATED = "regenerate"  #: it is too large to be kept
    NONE = "none"  #: none is made


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A question, what is expected of it, and what names it.

    Attributes
    ----------
    path : Path
        Its file.
    kind : str
        equal, equivalent or universal.
    question : Question or UniversalityQuestion
        What is asked, with all files that were named.
    expected : Expectation
        What its author says the verdict is.
    digest : str
        SHA-256 over everything the answer depends on, in hexadecimal.
    keeping : Keeping, default Keeping.KEPT
        What becomes of its certificate.
    networks : tuple of str, default ()
        The network files, as the claim names them.

    References
    ----------
    proofs/theory.md#equal, #equivalent and #universal.

    Examples
    --------
    >>> claim = sc.load_claim("proofs/max/halves-8bit.toml")
    >>> claim.kind, claim.expected.value, claim.certificate.name
    ('equal', 'proved', 'halves-8bit.cert')
    """

    path: Path
    kind: str
    question: Question | UniversalityQuestion
    expected: Expectation
    digest: str  #: SHA-256, in hexadecimal
    keeping: Keeping = Keeping.KEPT
    networks: tuple[str, ...] = ()

    @property
    def side_names(self) -> tuple[str, str]:
        """What its two sides are called, left and right."""
        return ("network", "target") if self.kind == "equal" else ("left", "right")

    @property
    def certificate(self) -> Path:
        """Where its certificate lies."""
        is_regenerated = self.keeping is Keeping.REGENERATED
        return self.path.with_suffix(".regenerated.cert" if is_regenerated else ".cert")

    @property
    def surprise(self) -> Path:
        """Where that of a verdict lies which the claim does not expect."""
        return self.path.with_suffix(".refuted.cert")


class _Common(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    format: str | None = None
    domain: list[str] | None = None
    tolerance_ulp: int = 0
    expect: str = "proved"
    certificate: Literal["regenerate", "none"] | None = None


class _EqualFile(_Common, forbid_unknown_fields=True, kw_only=True, tag="equal"):
    network: str
    target: str | list[str]
    activation: str | None = None


class _EquivalentFile(_Common, forbid_unknown_fields=True, kw_only=True, tag="equivalent"):
    left: str
    right: str
    inputs: int | None = None
    left_format: str | None = None
    right_format: str | None = None


class _UniversalFile(
    msgspec.Struct, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="universal"
):
    format: str
    activation: str
    weights: str = "full"
    bias: str = "exact"
    expect: str = "universal"
    certificate: Literal["regenerate", "none"] | None = None


def load_claim(
    path: Path, code: CodeExecution = CodeExecution.REFUSED, root: Path | None = None
) -> Claim:
    """A claim with all files it names, checked; InputError says what is wrong.

    They lie under the root, which is that of the claim's project unless given.
    """
    require_claim_name(path)
    document = read_toml(path)
    try:
        file = msgspec.convert(document, _EqualFile | _EquivalentFile | _UniversalFile)
    except msgspec.ValidationError as error:
        files_of = {"equal": _EqualFile, "equivalent": _EquivalentFile, "universal": _UniversalFile}
        known = files_of.get(str(document.get("kind")))
        keys = ", ".join(known.__struct_fields__) if known else ""
        allowed = f"its keys are {keys}" if known else f"kinds are {', '.join(files_of)}"
        raise InputError(f"{path}: {shortened(str(error))} ({allowed})") from None
    files = FileSpace.beside(path, root)
    try:
        match file:
            case _UniversalFile():
                return _universality(path, file, files, code)
            case _EqualFile():
                sides, names = _equal_sides(file, files, code), (file.network, "")
                return _agreement(path, "equal", file, sides, names)
            case _:
                sides, names = _equivalent_sides(file, files, code), (file.left, file.right)
                return _agreement(path, "equivalent", file, sides, names)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def require_claim_name(path: Path) -> None:
    """Refuse a name whose certificate could be the claim itself, or that of another claim."""
    if path.suffix != ".toml" or path.stem.endswith(_OF_CERTIFICATES):
        reserved = " or ".join(f"{suffix}.toml" for suffix in _OF_CERTIFICATES)
        raise InputError(
            f"{path} is no name of a claim: it must end in .toml, and not in {reserved}, so that "
            "its certificate is its own"
        )


def _agreement(
    path: Path, kind: str, file: _Common, sides: tuple[Side, Side], names: Sequence[str]
) -> Claim:
    left, right = sides
    networks = [
        name for name, side in zip(names, sides, strict=True) if isinstance(side, NetworkSide)
    ]
    question = Question(
        left=left,
        right=right,
        domain=_domain(file.domain, left),
        tolerance_ulp=file.tolerance_ulp,
    )
    return Claim(
        path=path,
        kind=kind,
        question=question,
        expected=_expectation(file.expect, _OF_AGREEMENT),
        digest=digest(question),
        keeping=Keeping(file.certificate),
        networks=tuple(networks),
    )


def _universality(path: Path, file: _UniversalFile, files: FileSpace, code: CodeExecution) -> Claim:
    setting = QuantizationScheme(
        format=Format.parse(file.format),
        weights=parse_choice(file.weights, Weights),
        bias=parse_choice(file.bias, Bias),
    )
    act = activation(file.activation, files, code)
    question = UniversalityQuestion(setting=setting, activation=act)
    return Claim(
        path=path,
        kind="universal",
        question=question,
        expected=_expectation(file.expect, _OF_UNIVERSALITY),
        digest=digest(question),
        keeping=Keeping(file.certificate),
    )


def _expectation(text: str, possible: Sequence[Expectation]) -> Expectation:
    for expectation in possible:
        if expectation.value == text:
            return expectation
    allowed = ", ".join(repr(expectation.value) for expectation in possible)
    raise InputError(f"expect is {shown_text(text)}, and must be one of {allowed}")


def _equal_sides(file: _EqualFile, files: FileSpace, code: CodeExecution) -> tuple[Side, Side]:
    network = _loaded(file.network, files, code)
    if file.format is not None and Format.parse(file.format) != network.input_format:
        raise InputError(
            f"format is {Format.parse(file.format)}, but {file.network} has {network.input_format}"
        )
    if file.activation is not None:
        _require_activation(network, file.activation, file.network)
    return NetworkSide(network=network), target_side(network, file.target, files)


def _loaded(name: str, files: FileSpace, code: CodeExecution) -> Network:
    """A network; what reads them is not needed for claims without one."""
    from smtcheck.networks.network import Network

    return Network.load(files.path(name), code, files.root)


def _require_activation(network: Network, name: str, network_name: str) -> None:
    if all(layer.activation is None for layer in network.layers):
        raise InputError(f"activation is {shown_text(name)}, but {network_name} has none")
    for number, layer in enumerate(network.layers, start=1):
        if layer.activation is not None and layer.activation.name != name:
            raise InputError(
                f"activation is {shown_text(name)}, but layer {number} of {network_name} has "
                f"{shown_text(layer.activation.name)}"
            )


def _equivalent_sides(
    file: _EquivalentFile, files: FileSpace, code: CodeExecution
) -> tuple[Side, Side]:
    formats = (file.left_format or file.format, file.right_format or file.format)
    sides = [
        _network_side(text, fmt, files, code)
        for text, fmt in zip((file.left, file.right), formats, strict=True)
    ]
    networks = [side for side in sides if side is not None]
    inputs = file.inputs
    if inputs is None:
        inputs = networks[0].inputs if networks else 1
    if not 1 <= inputs <= MAX_INPUTS:
        raise InputError(f"inputs is {shown_number(inputs)}, and must be 1 .. {MAX_INPUTS}")
    input_text = file.format or (str(networks[0].input_format) if networks else None)
    left, right = (
        side or _other_side(text, fmt, input_text, inputs, files, code)
        for side, text, fmt in zip(sides, (file.left, file.right), formats, strict=True)
    )
    return left, right


def _network_side(
    text: str, fmt: str | None, files: FileSpace, code: CodeExecution
) -> NetworkSide | None:
    if not text.endswith(".json") or text.startswith("expr:"):
        return None
    network = _loaded(text, files, code)
    if fmt is not None and Format.parse(fmt) != network.input_format:
        raise InputError(f"format is {Format.parse(fmt)}, but {text} has {network.input_format}")
    return NetworkSide(network=network)


def _other_side(
    text: str,
    fmt: str | None,
    input_text: str | None,
    inputs: int,
    files: FileSpace,
    code: CodeExecution,
) -> Side:
    if fmt is None and input_text is None:
        raise InputError(f'a format is needed to read {shown_text(text)}: format = "ap_fixed<8,4>"')
    output_format = Format.parse(fmt or input_text or "")
    if text.startswith("expr:"):
        input_format = Format.parse(input_text or fmt or "")
        body = text.removeprefix("expr:")
        return expression_side((body,), inputs, input_format, output_format, files)
    if inputs != 1:
        raise InputError(f"activation {shown_text(text)} has one input, the claim has {inputs}")
    return ActivationSide(activation=activation(text, files, code), output_format=output_format)


def _domain(texts: list[str] | None, side: Side) -> tuple[Interval, ...]:
    if texts is None:
        return (side.input_format.codes,) * side.inputs
    if len(texts) != side.inputs:
        raise InputError(f"domain has {len(texts)} entries, there are {side.inputs} inputs")
    return tuple(axis_of(text, side.input_format) for text in texts)


def axis_of(text: str, fmt: Format) -> Interval:
    """The codes whose values lie in `low..high`, `value` or `any`."""
    if text.strip() == "any":
        return fmt.codes
    ends = text.split("..")
    if len(ends) > 2:
        raise InputError(
            f"domain {shown_text(text)} is not 'any', 'value' or 'low..high', as '-4..4'"
        )
    return axis_between(parse_value(ends[0]), parse_value(ends[-1]), fmt, shown_text(text))


def axis_between(low: Fraction, high: Fraction, fmt: Format, text: str) -> Interval:
    """The codes whose values lie in low .. high, which was written as the text."""
    first, last = max(ceil(low * fmt.scale), fmt.lo), min(floor(high * fmt.scale), fmt.hi)
    if first > last:
        raise InputError(f"domain {text} holds no value of {fmt}")
    return Interval(first, last)
