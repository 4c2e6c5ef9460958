"""What shells complete: the values of options, and files where files are named."""

from __future__ import annotations

import pytest
from click.shell_completion import ShellComplete, get_completion_class

from smtcheck.arithmetic.overflow import Overflow
from smtcheck.arithmetic.rounding import Rounding
from smtcheck.claims.settings import Bias, Weights
from smtcheck.engines.portfolio import Engine
from smtcheck.expressions.parsing import ACTIVATION_NAMES
from smtcheck.interface import options as opt
from smtcheck.interface.main import COMMANDS, commands

VARIABLE = "_SMTCHECK_COMPLETE"


def completed(words: str, begun: str = "") -> list[tuple[str, str]]:
    """The kinds and texts of what is offered after some words."""
    shell = ShellComplete(commands, {}, "smtcheck", VARIABLE)
    return [(item.type, item.value) for item in shell.get_completions(words.split(), begun)]


def values(words: str, begun: str = "") -> list[str]:
    return [value for kind, value in completed(words, begun) if kind == "plain"]


def test_commands_and_options_complete() -> None:
    assert values("") == list(COMMANDS)
    assert values("", "ve") == ["verify"]
    assert values("prove", "--fail") == ["--fail-fast"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("prove --engine", [engine.value for engine in Engine]),
        ("explain --engine", [engine.value for engine in Engine]),
        ("decide --weights", [weights.value for weights in Weights]),
        ("construct --bias", [bias.value for bias in Bias]),
        ("sweep --weights binary --weights", [weights.value for weights in Weights]),
        ("sweep --bias", [bias.value for bias in Bias]),
        ("sweep --rounding", [mode.value for mode in Rounding]),
        ("sweep --overflow", [mode.value for mode in Overflow]),
        ("table --activation", list(ACTIVATION_NAMES)),
        ("sweep --activation", list(ACTIVATION_NAMES)),
        ("table --format", []),  # there is no end of them
    ],
)
def test_values_complete(words: str, expected: list[str]) -> None:
    assert sorted(values(words)) == sorted(expected)


def test_begun_values_complete() -> None:
    assert values("decide --activation", "hard_s") == ["hard_sigmoid", "hard_swish"]
    assert values("sweep --rounding", "AP_TRN") == ["AP_TRN", "AP_TRN_ZERO"]


@pytest.mark.parametrize(
    "words",
    [
        "prove", "verify", "explain", "export", "export --smtlib", "table --output",
        "construct -o", "construct --claim", "sweep --csv", "sweep --resume", "sweep --plot",
    ],
)  # fmt: skip
def test_files_are_left_to_the_shell(words: str) -> None:
    assert completed(words, "a") == [("file", "a")]
    assert completed("verify --root", "a") == [("dir", "a")]


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_each_shell(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = get_completion_class(name)
    assert found is not None
    monkeypatch.setattr(found, "_check_version", lambda self: None, raising=False)
    assert VARIABLE in found(commands, {}, "smtcheck", VARIABLE).source()


def test_choices_are_those_of_the_enums() -> None:
    assert (*opt.WEIGHTS,) == tuple(weights.value for weights in Weights)
    assert (*opt.BIASES,) == tuple(bias.value for bias in Bias)
    assert (*opt.ENGINES,) == tuple(engine.value for engine in Engine)
