"""`smtcheck explain`: an input, followed neuron by neuron."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from smtcheck.claims.claim_files import Claim, load_claim
from smtcheck.claims.questions import UniversalityQuestion
from smtcheck.claims.verdicts import Refuted, Undecided, Verdict
from smtcheck.engines.portfolio import Engine, prove
from smtcheck.errors import InputError
from smtcheck.interface import options as opt
from smtcheck.interface.explanations import (
    Explanation,
    network_explanation,
    question_explanation,
)
from smtcheck.interface.inputs import input_codes_of, sample_input
from smtcheck.interface.outcomes import Exit, Options, in_time, print_json
from smtcheck.interface.reports import claim_grounds
from smtcheck.interface.universality_text import universality_document
from smtcheck.networks.network import Network
from smtcheck.universality.decision import decide


def explain_path(
    path: Path, values: str | None, codes: str | None, engine: str, options: Options
) -> int:
    """Explain a network or a claim at the input given, or at a counterexample."""
    if values is not None and codes is not None:
        raise InputError("give --input or --codes, not both")
    if path.suffix == ".json":
        network = Network.load(path, options.code)
        if values is None and codes is None:
            raise InputError(f"a network needs an input: --input '{sample_input(network)}'")
        input_codes = input_codes_of(values, codes, network.input_format, network.inputs)
        return _shown(network_explanation(network, input_codes), options)
    claim = load_claim(path, options.code)
    question = claim.question
    if isinstance(question, UniversalityQuestion):
        return _explain_universality(claim, question, options)
    if values is None and codes is None:
        verdict = prove(question, options.limits, Engine(engine))
        if not isinstance(verdict, Refuted):
            return _nothing_to_explain(path, verdict, options)
        input_codes = verdict.counterexample.input_codes
    else:
        fmt = question.left.input_format
        input_codes = input_codes_of(values, codes, fmt, question.left.inputs)
    return _shown(question_explanation(question, input_codes), options)


def _shown(explanation: Explanation, options: Options) -> int:
    if options.output is Options.Output.JSON:
        print_json(explanation.document())
    else:
        for line in explanation.lines():
            click.echo(line)
    code: int = Exit.SETTLED.value
    return code


def _explain_universality(claim: Claim, question: UniversalityQuestion, options: Options) -> int:
    verdict = decide(question.setting, question.activation, options.limits)
    if options.output is Options.Output.JSON:
        print_json(universality_document(question.setting, question.activation.name, verdict))
    else:
        click.echo(f"{claim.path}: {verdict}")
        for line in claim_grounds(claim, verdict):
            click.echo(f"  {line}")
    code: int = (Exit.UNDECIDED if isinstance(verdict, Undecided) else Exit.SETTLED).value
    return code


def _nothing_to_explain(path: Path, verdict: Verdict, options: Options) -> int:
    if options.output is Options.Output.JSON:
        print_json({"verdict": str(verdict), "input_codes": None, "sides": []})
    elif isinstance(verdict, Undecided):
        click.echo(f"{path}: no counterexample found: {verdict.reason}")
    else:
        click.echo(f"{path}: no counterexample to explain; name an input with --input")
    code: int = (Exit.UNDECIDED if isinstance(verdict, Undecided) else Exit.SETTLED).value
    return code


@click.command("explain")
@click.argument("path", metavar="CLAIM.toml|NET.json")
@click.option("--input", "input_text", metavar="VALUES", help="Such as '1/2, -3.25'.")
@click.option("--codes", "codes_text", metavar="CODES", help="The same as codes: '8, -52'.")
@opt.engine
@opt.shared
def command(
    path: str, input_text: str | None, codes_text: str | None, engine: str, **shared: Any
) -> int:
    """Trace an input neuron by neuron: sum, rounding, tie, saturation.

    Without an input, a claim's counterexample is looked for and explained.
    """
    return in_time(explain_path, Path(path), input_text, codes_text, engine, opt.options_of(shared))
