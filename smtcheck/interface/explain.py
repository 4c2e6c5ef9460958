"""`smtcheck explain`: an input, followed neuron by neuron."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from smtcheck.claims.claim_files import Claim, load_claim
from smtcheck.claims.questions import UniversalityQuestion
from smtcheck.claims.verdicts import Refuted, Undecided, UniversalityVerdict, Verdict
from smtcheck.engines.portfolio import Engine
from smtcheck.errors import InputError
from smtcheck.interface import completion
from smtcheck.interface import options as opt
from smtcheck.interface.certifying import known_or_answer
from smtcheck.interface.explanations import (
    Explanation,
    network_explanation,
    nothing_explained,
    question_explanation,
)
from smtcheck.interface.inputs import input_codes_of, sample_input
from smtcheck.interface.outcomes import Exit, Options, in_time, print_json
from smtcheck.interface.printing import say
from smtcheck.interface.reports import claim_grounds
from smtcheck.interface.universality_text import universality_document
from smtcheck.networks.network import Network


def explain_path(
    path: Path, values: str | None, codes: str | None, engine: str, options: Options
) -> int:
    """Explain a network or a claim at the input given, or at a counterexample."""
    if values is not None and codes is not None:
        raise InputError("give --input or --codes, not both")
    if path.suffix == ".json":
        network = Network.load(path, options.code, options.root)
        if values is None and codes is None:
            raise InputError(f"a network needs an input: --input '{sample_input(network)}'")
        input_codes = input_codes_of(values, codes, network.input_format, network.inputs)
        return _shown(network_explanation(network, input_codes), options)
    claim = load_claim(path, options.code, options.root)
    question = claim.question
    if isinstance(question, UniversalityQuestion):
        decided = known_or_answer(claim, options.limits, Engine(engine))
        assert isinstance(decided, UniversalityVerdict)  # as the question is
        return _explain_universality(claim, question, decided, options)
    verdict: Refuted | None = None
    if values is None and codes is None:
        found = known_or_answer(claim, options.limits, Engine(engine))
        if not isinstance(found, Refuted):
            return _nothing_to_explain(path, found, options)
        verdict = found
        input_codes = verdict.counterexample.input_codes
    else:
        fmt = question.left.input_format
        input_codes = input_codes_of(values, codes, fmt, question.left.inputs)
    return _shown(question_explanation(question, input_codes, claim.side_names, verdict), options)


def _shown(explanation: Explanation, options: Options) -> int:
    if options.output is Options.Output.JSON:
        print_json(explanation.document())
    else:
        for line in explanation.lines():
            click.echo(line)
    code: int = Exit.SETTLED.value
    return code


def _explain_universality(
    claim: Claim,
    question: UniversalityQuestion,
    verdict: UniversalityVerdict,
    options: Options,
) -> int:
    if options.output is Options.Output.JSON:
        print_json(universality_document(question.setting, question.activation.name, verdict))
    else:
        say(f"{claim.path}: {verdict}")
        for line in claim_grounds(claim, verdict):
            say(f"  {line}")
    code: int = (Exit.UNDECIDED if isinstance(verdict, Undecided) else Exit.SETTLED).value
    return code


def _nothing_to_explain(
    path: Path, verdict: Verdict | UniversalityVerdict, options: Options
) -> int:
    if options.output is Options.Output.JSON:
        print_json(nothing_explained(verdict))
    elif isinstance(verdict, Undecided):
        say(f"{path}: no counterexample found: {verdict.reason}")
    else:
        say(f"{path}: no counterexample to explain; name an input with --input")
    code: int = (Exit.UNDECIDED if isinstance(verdict, Undecided) else Exit.SETTLED).value
    return code


@click.command("explain")
@click.argument("path", metavar="CLAIM.toml|NET.json", shell_complete=completion.files)
@click.option("--input", "input_text", metavar="VALUES", help="Such as '1/2, -3.25'.")
@click.option("--codes", "codes_text", metavar="CODES", help="The same as codes: '8, -52'.")
@opt.engine
@opt.root
@opt.shared
def command(
    path: str, input_text: str | None, codes_text: str | None, engine: str, **shared: Any
) -> int:
    """Trace an input neuron by neuron: sum, rounding, tie, saturation.

    Without an input, a claim's counterexample is explained: that of the certificate beside it,
    else one is looked for.

    \b
    Example:  smtcheck explain proofs/relu/abs-8bit.toml --input "-2.5"
    Exit:     0 explained (or proved, with nothing to explain), 2 bad input,
              3 no counterexample was found, 4 internal error
    """
    return in_time(explain_path, Path(path), input_text, codes_text, engine, opt.options_of(shared))
