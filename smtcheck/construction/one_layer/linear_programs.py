"""Linear programs: few neurons, and whole coefficients, with which sums lie in wanted cells.

A linear program finds coefficients in real numbers; solved again with costs that favour
neurons already in use (as reweighted l1 minimization does; Candes, Wakin and Boyd 2008), it
takes fewer of them than there are cells.  Then coefficients are made whole by a diving
heuristic: some are rounded, the program is solved for the others, and so on
(theory.md#combinations).  The answer is checked in integers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from smtcheck.claims.settings import Bias, QuantizationScheme
from smtcheck.construction.effort import Dives
from smtcheck.construction.indicators.saturation import EVERYTHING, NoNetwork, wanted_cell
from smtcheck.construction.lowering.coefficients import DraftLayer, SparseTerms

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

REPEATS = 2  #: of the first program, with other costs
NEARLY_NONE = 1 / 20  #: of the heaviest weight: what a coefficient of zero counts as
BIASES = (0, 1, -1)  #: for each dive, how many steps a coarse bias is from the nearest
PROGRAM_SECONDS = 10  #: for one linear program, which nothing interrupts
STOPPED = 1  #: what scipy says of one that was
PART = 34 / 100  #: of the coefficients that are rounded at a time
NOTHING = 1 / 10**7  #: in floating-point numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Neurons of the first layer: a row each."""

    weights: Ints  #: a column an input
    biases: Ints
    values: Ints  #: a column a point: activations

    @property
    def costs(self) -> Floats:
        """Parameters of a neuron, with the weight of the output neuron that reads it."""
        return np.asarray(np.count_nonzero(self.weights, axis=1) + 2, dtype=np.float64)

    def layer(self) -> DraftLayer:
        """All of them."""
        reading = np.argwhere(self.weights)
        return DraftLayer(
            inputs=self.weights.shape[1],
            biases=self.biases,
            terms=SparseTerms(
                rows=reading[:, 0],
                columns=reading[:, 1],
                codes=self.weights[reading[:, 0], reading[:, 1]],
            ),
            constants=SparseTerms.none(),
        )

    def chosen(self, rows: Ints) -> Hidden:
        """Some of them."""
        return Hidden(
            weights=self.weights[rows],
            biases=self.biases[rows],
            values=self.values[rows],
        )


@dataclass(frozen=True, kw_only=True)
class Program:
    """low <= coefficients @ values + constant <= high, at each point."""

    setting: QuantizationScheme
    hidden: Hidden
    costs: Floats  #: parameters of a neuron, with the weight of the output neuron that reads it
    low: Floats
    high: Floats

    @classmethod
    def of(cls, setting: QuantizationScheme, hidden: Hidden, table: Ints) -> Program:
        cells = [wanted_cell(setting, code) for code in table.tolist()]
        low = np.array([cell.low for cell in cells], dtype=np.float64)
        high = np.array([cell.high for cell in cells], dtype=np.float64)
        low[low <= -EVERYTHING / 2] = -np.inf
        high[high >= EVERYTHING / 2] = np.inf
        return cls(setting=setting, hidden=hidden, costs=hidden.costs, low=low, high=high)

    def beside(self, rows: Iterable[int]) -> Program:
        """The same where these neurons are there already."""
        costs = self.costs.copy()
        costs[list(rows)] = 1
        return replace(self, costs=costs)

    def solved(self, dives: Dives) -> tuple[dict[int, int], int]:
        """Neurons with their coefficients, and the output neuron's bias: the cheapest found.

        NoNetwork if all dives lead nowhere.
        """
        coefficients = self._continuous()
        found: dict[float, tuple[dict[int, int], int]] = {}
        for attempt, beside in enumerate(dives.beside):
            answer = self._whole(coefficients, attempt, beside)
            cost = None if answer is None else self._cost(answer)
            is_new = cost not in found
            if answer is not None and cost is not None:
                found[cost] = answer
            if found and (attempt >= dives.enough - 1 or not is_new):
                break
        if not found:
            raise NoNetwork("no combination in whole numbers is found")
        return found[min(found)]

    @property
    def _heaviest(self) -> Floats:
        """How large a weight can be, with either sign."""
        high, low = self.setting.heaviest_weights
        return np.array([high, -low] if low < 0 else [high], dtype=np.float64)

    def _cost(self, answer: tuple[dict[int, int], int]) -> float:
        """Parameters, where neurons are repeated for large coefficients."""
        rows, codes = (np.array([*own], dtype=np.int64) for own in (answer[0], answer[0].values()))
        sides = np.where(codes > 0, self._heaviest[0], self._heaviest[-1])
        return float((self.costs[rows] * np.ceil(np.abs(codes) / sides)).sum())

    def _prices(self, rows: Ints, coefficients: Floats) -> Floats:
        """What one more of each sign costs, a row each: little where there are some already."""
        signs = np.array([[1], [-1]])[: len(self._heaviest)]
        share = np.maximum(signs * coefficients, 0) / self._heaviest[:, None]
        per_weight = self.costs[rows] / self._heaviest[:, None]
        return np.asarray(per_weight / (np.minimum(share, 1) + NEARLY_NONE))

    def solution(
        self, rows: Ints, prices: Floats, start: Floats, bias: float | None
    ) -> tuple[Floats, float] | None:
        """The cheapest coefficients of these neurons, and the bias unless that is given.

        Their sums are added to the start.
        """
        from scipy.optimize import linprog

        values = self.hidden.values[rows].T.astype(np.float64)
        matrix = np.concatenate([values, -values][: len(prices)], axis=1)
        bounds: list[tuple[float | None, float | None]] = [(0, None)] * matrix.shape[1]
        matrix = np.concatenate([matrix, np.ones((len(start), 1))], axis=1)
        above, below = np.isfinite(self.high), np.isfinite(self.low)
        limits = [(self.high - start)[above], (start - self.low)[below]]
        result = linprog(
            np.append(prices.reshape(-1), 0),
            A_ub=np.concatenate([matrix[above], -matrix[below]]),
            b_ub=np.concatenate(limits),
            bounds=[*bounds, self._biases if bias is None else (bias, bias)],
            options={"time_limit": PROGRAM_SECONDS},
        )
        if result.x is None or result.status == STOPPED:
            return None
        parts = result.x[:-1].reshape(len(prices), len(rows))
        return parts[0] - parts[1:].sum(axis=0), float(result.x[-1])

    @property
    def _biases(self) -> tuple[float | None, float | None]:
        """The least and the greatest bias."""
        fmt = self.setting.format
        if self.setting.bias is not Bias.FORMAT:
            return None, None
        return fmt.lo * fmt.scale, fmt.hi * fmt.scale

    def least(self) -> int:
        """About the least number of parameters: of coefficients in real numbers."""
        sides = np.where(self._first > 0, self._heaviest[0], self._heaviest[-1])
        return int((self.costs * np.abs(self._first) / sides).sum())

    @cached_property
    def _first(self) -> Floats:
        """Coefficients of all neurons in real numbers."""
        found = self._priced(np.zeros(len(self.hidden.biases)))
        if found is None:
            raise NoNetwork("no combination is found")
        return found

    def _priced(self, before: Floats) -> Floats | None:
        """The cheapest coefficients, where those used before are cheap."""
        rows, start = np.arange(len(before)), np.zeros(len(self.low))
        found = self.solution(rows, self._prices(rows, before), start, None)
        return None if found is None else found[0]

    def _continuous(self) -> Floats:
        """The same with few that are not zero."""
        coefficients = self._first
        for _ in range(REPEATS):
            found = self._priced(coefficients)
            coefficients = coefficients if found is None else found
        return coefficients

    def _offered(self, coefficients: Floats, attempt: int, beside: int) -> Ints:
        """The neurons in use; of the others, some that change little, and some at random."""
        used = np.flatnonzero(np.abs(coefficients) > NOTHING)
        others = np.setdiff1d(np.arange(len(coefficients)), used)
        half = max(beside, len(used)) // 2
        order = np.argsort(np.ptp(self.hidden.values[others], axis=1), kind="stable")
        rest = np.random.default_rng(attempt).permutation(others[order[half:]])
        return np.concatenate([used, others[order[:half]], rest[:half]])

    def _whole(
        self, coefficients: Floats, attempt: int, beside: int
    ) -> tuple[dict[int, int], int] | None:
        """Coefficients in integers; None where that leads nowhere."""
        rows = self._offered(coefficients, attempt, beside)
        dive = _Dive(program=self, rows=rows, prices=self._prices(rows, coefficients[rows]))
        state = dive.start(BIASES[attempt % len(BIASES)])
        while state is not None and state.is_free.any():
            state = dive.next(state)
        return None if state is None else self._checked(rows, state.whole, state.left_bias)

    def _checked(self, rows: Ints, whole: Ints, bias: float) -> tuple[dict[int, int], int] | None:
        """The answer, in integers, if it is one."""
        step, sums, used = self.setting.bias_step, whole @ self.hidden.values[rows], whole != 0
        least, most = (self.low - sums).max(), (self.high - sums).min()
        constant = int(min(max(bias, least), most)) // step * step
        constant += step * (constant < least)
        if constant > most or not self.setting.is_bias(constant):
            return None
        return dict(zip(rows[used].tolist(), whole[used].tolist(), strict=True)), constant


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """Coefficients that are whole, and the program's answer for the others."""

    whole: Ints
    is_free: NDArray[np.bool_]
    left: Floats  #: a number for each that is free
    left_bias: float
    bias: float | None  #: if it has been chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dive:
    """Rounding a part at a time: neurons of the widest range first, as others make up for it."""

    program: Program
    rows: Ints
    prices: Floats

    def start(self, offset: int) -> _State | None:
        """Nothing is rounded but the bias, if that is coarse: to so many steps from the nearest."""
        step, count = self.program.setting.bias_step, len(self.rows)
        state = self._solved(np.zeros(count, np.int64), np.ones(count, dtype=bool), None)
        if state is None or step == 1:
            return state
        bias = (round(state.left_bias / step) + offset) * step
        return self._solved(state.whole, state.is_free, bias)

    def next(self, state: _State) -> _State | None:
        """With a part of the coefficients rounded, or one up or down."""
        broken = np.abs(state.left - np.rint(state.left)) > NOTHING
        if not broken.any():
            return self._rounded(state, np.arange(len(state.left)), np.rint(state.left))
        wide = np.ptp(self.program.hidden.values[self.rows[state.is_free]], axis=1)
        order = np.argsort(-np.where(broken, wide, -1), kind="stable")
        part, one = order[: max(1, int(broken.sum() * PART))], order[:1]
        nearest = np.rint(state.left)
        other = nearest + np.sign(state.left - nearest)
        for places, numbers in ((part, nearest), (one, nearest), (one, other)):
            found = self._rounded(state, places, numbers)
            if found is not None:
                return found
        return None

    def _rounded(self, state: _State, places: Ints, numbers: Floats) -> _State | None:
        whole, is_free = state.whole.copy(), state.is_free.copy()
        chosen = np.flatnonzero(is_free)[places]
        whole[chosen], is_free[chosen] = numbers[places].astype(np.int64), False
        if not is_free.any():
            return replace(state, whole=whole, is_free=is_free)
        return self._solved(whole, is_free, state.bias)

    def _solved(self, whole: Ints, is_free: NDArray[np.bool_], bias: float | None) -> _State | None:
        program, rows = self.program, self.rows
        start = (whole @ program.hidden.values[rows]).astype(np.float64)
        found = program.solution(rows[is_free], self.prices[:, is_free], start, bias)
        if found is None:
            return None
        left, left_bias = found
        return _State(whole=whole, is_free=is_free, left=left, left_bias=left_bias, bias=bias)
