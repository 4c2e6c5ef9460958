"""The command `construct`: a network for a target, with its proof and, if asked, its claim."""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import click
import numpy as np

from smtcheck.arithmetic.codes import CodeArray
from smtcheck.arithmetic.formats import Format
from smtcheck.errors import InputError
from smtcheck.interface.commands import Exit, Options, print_json, write_output
from smtcheck.interface.universality import explanation, universality_document
from smtcheck.networks.activations import (
    Activation,
    CallableActivation,
    TableActivation,
    activation,
)
from smtcheck.networks.files import CodeExecution, FileSpace
from smtcheck.networks.network import Network
from smtcheck.networks.tables import members
from smtcheck.proving.claims import expression_side, table_side
from smtcheck.proving.constructing import (
    Constructed,
    construct,
    fewest_parameters,
    require_feasible,
)
from smtcheck.proving.executors import executor_for
from smtcheck.proving.questions import ExpressionSide
from smtcheck.proving.verdicts import NotUniversal
from smtcheck.theory.settings import Bias, Setting, Weights, parse_choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What `construct` was asked."""

    targets: tuple[str, ...]
    inputs: int
    activation: str
    format: str
    weights: str
    bias: str
    output: Path
    claim: Path | None
