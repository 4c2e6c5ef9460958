"""Large random tables: constructed, proved and weighed, each in a process of its own.

The process ends with its numbers, so that its peak memory is that of one table.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.measuring import prove_seconds
from smtcheck.arithmetic.formats import Format
from smtcheck.arithmetic.intervals import Interval
from smtcheck.checking.composition import composition
from smtcheck.claims.questions import Question
from smtcheck.claims.settings import QuantizationScheme
from smtcheck.claims.sides import NetworkSide
from smtcheck.construction.construct import Constructed, construct, table_target
from smtcheck.engines.lemma_cache import Lemmas
from smtcheck.engines.portfolio import LEMMAS, Engine
from smtcheck.limits import Limits
from smtcheck.networks.activations import activation
from smtcheck.networks.network import Network

READINGS = 20  #: of the arrays, for a median
MAX_EXHAUSTIVE = 30  #: seconds of evaluation that are waited for
PART_SECONDS = 2  #: of evaluation, about, from which longer ones are extrapolated


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A random table over codes of paper(p, 2^(p - 1))."""

    inputs: int
    p: int
    activation: str

    @property
    def setting(self) -> QuantizationScheme:
        """Full weights, exact biases."""
        return QuantizationScheme.parse(
            str(Format.paper(self.p, 2 ** (self.p - 1))), "full", "exact"
        )

    @property
    def name(self) -> str:
        return f"d = {self.inputs}, p = {self.p}, {self.activation}"

    @property
    def codes(self) -> np.ndarray:
        """The table."""
        return random_codes(self.setting.format, self.inputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What became of it: medians of seconds, and sizes."""

    problem: Problem
    engine: str
    construct: float  #: decided, built and proved
    proved: float  #: by composition, with lemmas that are known
    proved_first: float  #: and with none
    peak_mebibytes: int
    exhaustive: float
    is_extrapolated: bool  #: the last of these, from a part of the domain
    floor: float  #: to read all arrays of the network and the table once
    entries: int
    neurons: int
    parameters: int

    @property
    def per_entry(self) -> float:
        return self.parameters / self.entries


def random_codes(fmt: Format, inputs: int) -> np.ndarray:
    """A table of random codes, the same every time."""
    shape = (fmt.codes.size,) * inputs
    return np.random.default_rng(0).integers(fmt.lo, fmt.hi + 1, size=shape)


def scales(problems: list[Problem], runs: int) -> dict[Problem, Scale]:
    """All of them, one after the other; nothing is known from before."""
    os.environ["SMTCHECK_CACHE"] = ""
    context = multiprocessing.get_context("spawn")
    found = {}
    for problem in problems:
        with ProcessPoolExecutor(1, mp_context=context) as executor:
            found[problem] = executor.submit(_scale, problem, runs).result()
    return found


def _scale(problem: Problem, runs: int) -> Scale:
    codes, setting, act = problem.codes, problem.setting, activation(problem.activation)
    constructing = []
    for _ in range(runs):
        target = table_target(codes, setting.format)
        start = time.perf_counter()
        found = construct(setting, act, target, Limits())
        constructing.append(time.perf_counter() - start)
        if not isinstance(found, Constructed):
            raise SystemExit(f"{problem.name}: {found}")
    _first_seconds(_question(found.network, codes), LEMMAS)  # from here on they are known
    proved = statistics.median(
        prove_seconds(_question(found.network, codes), Engine.COMPOSITION, 120) for _ in range(runs)
    )
    first = statistics.median(
        _first_seconds(_question(found.network, codes), Lemmas()) for _ in range(runs)
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    exhaustive, is_extrapolated = _exhaustive_seconds(_question(found.network, codes))
    return Scale(
        problem=problem,
        engine=found.proof.engine,
        construct=statistics.median(constructing),
        proved=proved,
        proved_first=first,
        peak_mebibytes=peak,
        exhaustive=exhaustive,
        is_extrapolated=is_extrapolated,
        floor=_reading_seconds(found.network, codes),
        entries=codes.size,
        neurons=found.network.neurons,
        parameters=found.parameters,
    )


def _question(network: Network, codes: np.ndarray) -> Question:
    """A new one each time: it remembers what it has tabulated."""
    fmt = network.input_format
    domain = (fmt.codes,) * network.inputs
    target = table_target(codes, fmt)
    return Question(left=NetworkSide(network=network), right=target, domain=domain)


def _first_seconds(question: Question, lemmas: Lemmas) -> float:
    limits = Limits()
    start = time.perf_counter()
    verdict = composition.prove(question, limits.deadline(), lemmas.within(limits))
    seconds = time.perf_counter() - start
    if str(verdict) != "proved":
        raise SystemExit(f"a benchmark that should be proved is {verdict}")
    return seconds


def _exhaustive_seconds(question: Question) -> tuple[float, bool]:
    """Measured on more and more of the domain, and extrapolated where that is not all."""
    points, seconds = 0, 0.0
    part = 1
    whole = question.points
    while seconds < PART_SECONDS and points < whole:
        box = _box(question, part)
        points, part = box.points, part * 2
        seconds = prove_seconds(box, Engine.EXHAUSTIVE, 1000)
    if points == whole:
        return seconds, False
    if seconds * whole / points < MAX_EXHAUSTIVE:
        return prove_seconds(question, Engine.EXHAUSTIVE, 1000), False
    return seconds * whole / points, True


def _box(question: Question, points: int) -> Question:
    """About so many points of the domain."""
    domain = []
    for axis in reversed(question.domain):
        size = min(axis.size, points)
        points = -(-points // size)
        domain.append(Interval(axis.low, axis.low + size - 1))
    return replace(question, domain=tuple(reversed(domain)))


def _reading_seconds(network: Network, codes: np.ndarray) -> float:
    arrays = [codes]
    for layer in network.layers:
        matrix = layer.weights
        arrays += [matrix.starts, matrix.columns, matrix.codes, np.array(layer.biases)]
    return statistics.median(
        _timed(lambda: sum(int(np.sum(a)) for a in arrays)) for _ in range(READINGS)
    )


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
