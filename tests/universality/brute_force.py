"""Which functions do tiny quantized networks compute at all?  An oracle independent of `smtcheck`.

A network is (neuron layer, table, ..., neuron layer); a neuron is R(sum W_i X_i + B) with
R(n) = overflow(round(n / scale)).  Functions are tuples of codes over all input points in product
order.  Width is unbounded, so a later neuron's pre-activation is any member of a *family of sums*

    offset + (lattice of free vectors) + (nonnegative integer combinations of positive vectors),

one family for each layer, found from the finite set of activations of the layer before:

* signed weights: the lattice spanned by g * activation (g = 1 for full weights, s otherwise);
* full weights of an unsigned format are nonnegative: the activations are positive vectors;
* the bias is a free vector (exact: (1,...,1), grid: s*(1,...,1)) or an offset (format);
* dense binary: a hidden layer shares the numbers m_a of copies of the neurons before it, and its
  coefficients are s*c_a with c_a = m_a (mod 2), |c_a| <= m_a.  The m_a may be as large as wanted,
  so the layer chooses one class v of lattice/2*lattice for all its neurons, which then reach
  bias + s*(v + 2*lattice).  Only one neuron of the last layer matters: it reaches any s*lattice.

A function f is computed iff some sum phi of the family has phi(x) in R^-1(f(x)) at every x.  Each
decision is exact; every truncation below is an equivalence:

* *Shape of R.*  Above `up` and below `down` R is periodic with period p (saturation: constant and
  p = 1; wrap-around: p = s*N, doubled if ties go to even and N is odd; the sign of n matters for
  three roundings, hence two sides).
* *First layer.*  With |sum W_i X_i| <= m, a bias above up + m, or below down - m, can be moved by
  multiples of p (and of s, to stay in the bias set) without a change, so a window is enough.
* *Full rank.*  If the lattice has full rank, some m*e_x lies in it for each point x, so membership
  depends on phi(x) mod m only, and the coordinates can be moved independently: what matters is
  R^-1(k) mod m.  Walking along the Hermite normal form, the state after some points is the rest of
  the vector modulo the rest of the lattice: finitely many states.
* *Wrap-around* with a rounding that ignores the sign of n: R depends on n mod p only, so p*e_x is
  added to the lattice for every x, which then has full rank and absorbs nonnegative vectors.
* *Equal points* (all vectors agree there) are merged first.
* *Positive vectors* v with -v in the cone generate a group, hence become free.  (If a positive
  rational combination of generators vanishes, so does an integer one, which inverts each of them.)
* *Only nonnegative vectors and no free ones:* coordinates only grow, so n >= up is replaced by its
  representative in [up, up + p), and a search over these finitely many states is complete.
* *Anything else* (a lattice without full rank, a semigroup) goes to z3's exact linear integer
  arithmetic, without any bound on the coefficients; if z3 gives up, `Undecided` is raised.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import z3

Vector = tuple[int, ...]
Function = tuple[int, ...]

ROUNDINGS = (
    "AP_TRN",
    "AP_TRN_ZERO",
    "AP_RND",
    "AP_RND_MIN_INF",
    "AP_RND_ZERO",
    "AP_RND_INF",
    "AP_RND_CONV",
    "TRN_INF",
)
SIGN_DEPENDENT = ("AP_TRN_ZERO", "AP_RND_ZERO", "AP_RND_INF")
OVERFLOWS = ("AP_SAT", "AP_WRAP", "AP_SAT_SYM", "AP_SAT_ZERO")
WEIGHTS = ("full", "ternary", "binary", "binary-dense")
BIASES = ("exact", "grid", "format")

EXHAUSTIVE = 20_000  # the largest number of functions that is enumerated
SOLVED = 4_096  # the same, if z3 has to decide about each
STATES = 300_000  # of the search over capped sums
SAMPLES = 3_000  # random hidden neurons tried when enumeration is too long
GENERATORS = 100  # random hidden neurons kept for nonnegative weights
Z3_MILLISECONDS = 15_000


class Undecided(Exception):
    """The question is too large for this oracle (it never guesses)."""


# ------------------------------------------------------------------------------------- arithmetic


def divide_and_round(n: int, scale: int, rounding: str) -> int:
    """round(n / scale), by the table of rounding modes."""
    floor, rest = divmod(n, scale)
    above, tie = 2 * rest > scale, 2 * rest == scale
    up = {
        "AP_TRN": False,
        "AP_TRN_ZERO": n < 0 and rest > 0,
        "AP_RND": above or tie,
        "AP_RND_MIN_INF": above,
        "AP_RND_ZERO": above or (tie and n < 0),
        "AP_RND_INF": above or (tie and n >= 0),
        "AP_RND_CONV": above or (tie and floor % 2 == 1),
        "TRN_INF": rest > 0,
    }
    return floor + up[rounding]


def into_range(k: int, lo: int, hi: int, overflow: str) -> int:
    """The overflow of an integer into the codes lo..hi."""
    if overflow == "AP_WRAP":
        return lo + (k - lo) % (hi - lo + 1)
    if overflow == "AP_SAT_ZERO":
        return k if lo <= k <= hi else 0
    if overflow == "AP_SAT_SYM":
        return min(max(k, lo, -hi), hi)
    return min(max(k, lo), hi)


@dataclass(frozen=True)
class Quantizer:
    """R(n) = overflow(round(n / scale)); periodic on n >= up, and on n < down."""

    lo: int
    hi: int
    scale: int
    rounding: str
    overflow: str

    def __call__(self, n: int) -> int:
        rounded = divide_and_round(n, self.scale, self.rounding)
        return into_range(rounded, self.lo, self.hi, self.overflow)

    @property
    def codes(self) -> range:
        return range(self.lo, self.hi + 1)

    @property
    def period(self) -> int:
        if self.overflow != "AP_WRAP":
            return 1
        odd_ties = self.rounding == "AP_RND_CONV" and len(self.codes) % 2 == 1
        return self.scale * len(self.codes) * (2 if odd_ties else 1)

    @property
    def cyclic(self) -> bool:
        """R(n) depends on n mod p only, whatever the sign of n."""
        return self.overflow == "AP_WRAP" and self.rounding not in SIGN_DEPENDENT

    @cached_property
    def up(self) -> int:
        """The least bound from which on R is periodic (wrap-around: just 0)."""
        if self.overflow == "AP_WRAP":
            return 0
        bound = self.scale * (self.hi + 2)
        while self(bound - 1) == self(bound):
            bound -= 1
        return bound

    @cached_property
    def down(self) -> int:
        """R is periodic on n < down."""
        if self.overflow == "AP_WRAP":
            return 0
        bound = self.scale * (self.lo - 2)
        while bound < self.up and self(bound) == self(bound - 1):
            bound += 1
        return bound

    @cache  # noqa: B019 - few quantizers, and they live as long as the tests
    def residues(self, modulus: int) -> tuple[frozenset[int], ...]:
        """For every residue mod `modulus`, the codes that R takes on it somewhere."""
        turn = math.lcm(self.period, modulus)
        found: list[set[int]] = [set() for _ in range(modulus)]
        for n in range(self.down - turn, self.up + turn):
            found[n % modulus].add(self(n))
        return tuple(frozenset(codes) for codes in found)

    def state(self, n: int) -> int:
        """The representative of n when only nonnegative numbers will be added to it."""
        return n if n < self.up else self.up + (n - self.up) % self.period

    @cache  # noqa: B019
    def pieces(self, code: int) -> tuple[tuple[int | None, int | None], ...]:
        """R^-1(code) as intervals (None: unbounded), for a saturating R."""
        assert self.period == 1
        runs: list[tuple[int, int]] = []
        for n in range(self.down - 1, self.up + 1):
            if self(n) == code:
                start = runs.pop()[0] if runs and runs[-1][1] == n - 1 else n
                runs.append((start, n))
        return tuple(
            (None if a == self.down - 1 else a, None if b == self.up else b) for a, b in runs
        )


@dataclass(frozen=True)
class Setting:
    """Codes lo..hi with a scale, arithmetic, activation table (lo first), weight and bias set."""

    lo: int
    hi: int
    scale: int
    rounding: str
    overflow: str
    table: tuple[int, ...]
    weights: str
    bias: str

    def __post_init__(self) -> None:
        known = (ROUNDINGS, OVERFLOWS, WEIGHTS, BIASES)
        names = (self.rounding, self.overflow, self.weights, self.bias)
        if any(name not in names_known for name, names_known in zip(names, known, strict=True)):
            raise ValueError(f"unknown name among {names}")
        if not (self.lo <= 0 < self.hi and self.scale >= 1):
            raise ValueError("expected lo <= 0 < hi and scale >= 1")
        if len(self.table) != len(self.codes) or any(t not in self.codes for t in self.table):
            raise ValueError("the table must map codes to codes")

    @property
    def codes(self) -> range:
        return range(self.lo, self.hi + 1)

    @property
    def quantizer(self) -> Quantizer:
        return _quantizer(self.lo, self.hi, self.scale, self.rounding, self.overflow)

    @property
    def weight_set(self) -> tuple[int, ...]:
        """The weights of the first layer, 0 standing for an input that is not read."""
        if self.weights == "full":
            return tuple(self.codes)
        signs = (-1, 1) if self.dense else (-1, 0, 1)
        return tuple(self.scale * sign for sign in signs)

    @property
    def dense(self) -> bool:
        return self.weights == "binary-dense"

    @property
    def step(self) -> int:
        """g: coefficients beyond the first layer are multiples of it."""
        return 1 if self.weights == "full" else self.scale

    @property
    def nonnegative(self) -> bool:
        """Coefficients beyond the first layer cannot be negative."""
        return self.weights == "full" and self.lo == 0

    def activate(self, function: Function) -> Vector:
        return tuple([self.table[k - self.lo] for k in function])

    def points(self, inputs: int) -> list[Vector]:
        return list(itertools.product(self.codes, repeat=inputs))

    def all_functions(self, inputs: int) -> Iterator[Function]:
        return itertools.product(self.codes, repeat=len(self.codes) ** inputs)


@cache
def _quantizer(lo: int, hi: int, scale: int, rounding: str, overflow: str) -> Quantizer:
    return Quantizer(lo, hi, scale, rounding, overflow)


# --------------------------------------------------------------------------------------- lattices


class Lattice:
    """An integer lattice, kept in an echelon form; `rows` gives its Hermite normal form."""

    def __init__(self, dimension: int, vectors: Iterable[Sequence[int]] = ()) -> None:
        self.dimension = dimension
        self.pivots: dict[int, list[int]] = {}
        for vector in vectors:
            self.insert(vector)

    def insert(self, vector: Sequence[int]) -> bool:
        """Add a generator; tell whether the lattice grew."""
        if vector in self:
            return False
        rest = list(vector)
        for column in range(self.dimension):
            if rest[column] == 0:
                continue
            if column not in self.pivots:
                self.pivots[column] = rest
                break
            row = self.pivots[column]
            while rest[column]:  # Euclid's algorithm on the two rows
                quotient = row[column] // rest[column]
                row, rest = rest, [a - quotient * b for a, b in zip(row, rest, strict=True)]
            self.pivots[column] = row
        return True

    def __contains__(self, vector: Sequence[int]) -> bool:
        return not any(_reduced(vector, sorted(self.pivots.items())))

    def rows(self) -> tuple[Vector, ...]:
        """The Hermite normal form: positive pivots, entries above a pivot reduced by it."""
        done: list[tuple[int, list[int]]] = []
        for column in sorted(self.pivots, reverse=True):
            row = self.pivots[column]
            row = [-a for a in row] if row[column] < 0 else row
            done.insert(0, (column, _reduced(row, done)))
        return tuple(tuple(row) for _, row in done)


def _reduced(vector: Sequence[int], rows: Iterable[tuple[int, Sequence[int]]]) -> list[int]:
    rest = list(vector)
    for column, row in rows:
        quotient = rest[column] // row[column]
        if quotient:
            rest = [a - quotient * b for a, b in zip(rest, row, strict=True)]
    return rest


def _with_pivots(rows: Sequence[Vector]) -> list[tuple[int, Vector]]:
    return [(next(i for i, a in enumerate(row) if a), row) for row in rows]


def reduce_modulo(vector: Sequence[int], rows: Sequence[Vector]) -> Vector:
    """The canonical member of vector + lattice, the rows being a Hermite normal form."""
    return tuple(_reduced(vector, _with_pivots(rows)))


# ----------------------------------------------------------------------------------- sums families


@dataclass(frozen=True)
class Sums:
    """All offset + lattice(rows) + nonnegative combinations of `positive`, in a canonical form."""

    size: int
    offsets: tuple[Vector, ...]
    rows: tuple[Vector, ...]
    positive: tuple[Vector, ...] = ()

    @staticmethod
    def make(
        size: int,
        offsets: Iterable[Vector],
        free: Iterable[Vector],
        positive: Iterable[Vector] = (),
    ) -> Sums:
        lattice = Lattice(size, free)
        positive = {v for v in positive if any(v)}
        if not lattice.pivots:
            return Sums(size, tuple(sorted(set(offsets))), (), _irreducible(positive))
        while True:
            rows = lattice.rows()
            positive = {v for v in (reduce_modulo(v, rows) for v in positive) if any(v)}
            invertible = _invertible(sorted(positive), rows)
            if not invertible:
                break
            positive -= invertible
            for vector in invertible:
                lattice.insert(vector)
        offsets = {reduce_modulo(v, rows) for v in offsets}
        return Sums(size, tuple(sorted(offsets)), rows, tuple(sorted(positive)))

    def modulo(self, period: int) -> Sums:
        """All multiples of the period added; nonnegative coefficients are then like any others."""
        units = [tuple(period * (x == y) for y in range(self.size)) for x in range(self.size)]
        return Sums.make(self.size, self.offsets, [*self.rows, *self.positive, *units])

    def merged(self) -> tuple[Sums, list[int]]:
        """Without repeated points; and for each point its place among the kept ones."""
        vectors = (*self.offsets, *self.rows, *self.positive)
        columns = [tuple(v[x] for v in vectors) for x in range(self.size)]
        distinct = list(dict.fromkeys(columns))
        if len(distinct) == self.size:
            return self, list(range(self.size))
        keep = [columns.index(column) for column in distinct]
        offsets, free, positive = (
            [tuple(v[x] for x in keep) for v in vs]
            for vs in (self.offsets, self.rows, self.positive)
        )
        smaller = Sums.make(len(keep), offsets, free, positive)
        return smaller, [distinct.index(column) for column in columns]


def _irreducible(vectors: Iterable[Vector]) -> tuple[Vector, ...]:
    """The vectors (nonnegative, nonzero) that are no sums of others."""
    kept: list[Vector] = []
    for vector in sorted(vectors, key=sum):  # parts of a sum are smaller
        if not _is_sum(vector, kept):
            kept.append(vector)
    return tuple(sorted(kept))


def _is_sum(vector: Vector, parts: Sequence[Vector]) -> bool:
    if not any(vector):
        return True
    for index, part in enumerate(parts):
        rest = tuple(a - b for a, b in zip(vector, part, strict=True))
        if min(rest) >= 0 and _is_sum(rest, parts[index:]):
            return True
    return False


@cache
def _invertible_cached(positive: tuple[Vector, ...], rows: tuple[Vector, ...]) -> frozenset[Vector]:
    factors = [z3.Real(f"p{i}") for i in range(len(positive))]
    lines = [z3.Real(f"l{i}") for i in range(len(rows))]
    solver = z3.SolverFor("QF_LRA")
    solver.add([factor >= 0 for factor in factors])
    for x in range(len(rows[0])):
        terms = [f * v[x] for f, v in zip(factors + lines, positive + rows, strict=True)]
        solver.add(z3.Sum(terms) == 0)
    found: set[int] = set()
    while len(found) < len(positive):
        solver.push()
        solver.add(z3.Or([f >= 1 for i, f in enumerate(factors) if i not in found]))
        if _check(solver) == z3.unsat:
            break
        model = solver.model()
        values = [model.eval(f, model_completion=True) for f in factors]
        found |= {i for i, value in enumerate(values) if value.numerator_as_long() > 0}
        solver.pop()
    return frozenset(positive[i] for i in found)


def _invertible(positive: Sequence[Vector], rows: tuple[Vector, ...]) -> frozenset[Vector]:
    """The positive vectors whose negation lies in the cone of all of them and +-rows."""
    return _invertible_cached(tuple(positive), rows) if positive else frozenset()


def bias_parts(setting: Setting, size: int) -> tuple[list[Vector], list[Vector]]:
    """Offsets and free vectors that the bias contributes."""
    if setting.bias == "exact":
        return [(0,) * size], [(1,) * size]
    if setting.bias == "grid":
        return [(0,) * size], [(setting.scale,) * size]
    return [(setting.scale * k,) * size for k in setting.codes], []


def sums_of(setting: Setting, activations: Iterable[Vector], size: int) -> Sums:
    """What a neuron can sum that shares its previous layer with no other neuron, or not densely."""
    offsets, free = bias_parts(setting, size)
    if setting.nonnegative:
        return Sums.make(size, offsets, free, activations)
    scaled = [tuple(setting.step * a for a in v) for v in Lattice(size, activations).rows()]
    return Sums.make(size, offsets, free + scaled)


def dense_sums(setting: Setting, rows: Sequence[Vector], parity: Vector, size: int) -> Sums:
    """What a dense hidden layer can sum whose copies have these parities on a lattice basis."""
    s = setting.scale
    offsets, free = bias_parts(setting, size)
    shift = [s * sum(p * row[x] for p, row in zip(parity, rows, strict=True)) for x in range(size)]
    moved = [tuple(a + b for a, b in zip(v, shift, strict=True)) for v in offsets]
    return Sums.make(size, moved, free + [tuple(2 * s * a for a in row) for row in rows])


# ------------------------------------------------------------------------- from sums to functions


class FullRank:
    """Walks along the Hermite normal form of a lattice of full rank (no positive vectors)."""

    def __init__(self, sums: Sums, quantizer: Quantizer) -> None:
        self.sums, self.quantizer = sums, quantizer
        self.orders = [self._order(i) for i in range(sums.size)]
        self.known: list[dict[Vector, dict[int, frozenset[Vector]]]] = [{} for _ in self.orders]

    def _tail_rows(self, i: int) -> list[tuple[int, Vector]]:
        return [(j - i, row[i:]) for j, row in enumerate(self.sums.rows) if j >= i]

    def _order(self, i: int) -> int:
        """The least t > 0 with t * (row i beyond i) in the rest of the lattice."""
        tail, rest_rows = self.sums.rows[i][i + 1 :], self._tail_rows(i + 1)
        current, order = _reduced(tail, rest_rows), 1
        while any(current):
            current = _reduced([a + b for a, b in zip(current, tail, strict=True)], rest_rows)
            order += 1
        return order

    def start(self) -> frozenset[Vector]:
        return frozenset(self.sums.offsets)

    def moves(self, i: int, state: Vector) -> dict[int, frozenset[Vector]]:
        """By code at point i: the states afterwards."""
        if state not in self.known[i]:
            row, rest_rows = self.sums.rows[i][i:], self._tail_rows(i + 1)
            codes_at = self.quantizer.residues(row[0] * self.orders[i])
            found: dict[int, set[Vector]] = {}
            for t in range(self.orders[i]):
                moved = [a + t * b for a, b in zip(state, row, strict=True)]
                rest = tuple(_reduced(moved[1:], rest_rows))
                for code in codes_at[moved[0] % len(codes_at)]:
                    found.setdefault(code, set()).add(rest)
            self.known[i][state] = {code: frozenset(states) for code, states in found.items()}
        return self.known[i][state]

    def step(self, i: int, states: frozenset[Vector], code: int) -> frozenset[Vector]:
        nothing: frozenset[Vector] = frozenset()
        return nothing.union(*(self.moves(i, state).get(code, nothing) for state in states))

    def functions(self) -> Iterator[Function]:
        yield from self._extend((), self.start())

    def _extend(self, prefix: Function, states: frozenset[Vector]) -> Iterator[Function]:
        if len(prefix) == self.sums.size:
            yield prefix
            return
        for code in self.quantizer.codes:
            after = self.step(len(prefix), states, code)
            if after:
                yield from self._extend((*prefix, code), after)

    def contains(self, target: Function) -> bool:
        states = self.start()
        for i, code in enumerate(target):
            states = self.step(i, states, code)
        return bool(states)


class Growing:
    """Only offsets and nonnegative vectors: a search over capped sums."""

    def __init__(self, sums: Sums, quantizer: Quantizer) -> None:
        self.sums, self.quantizer = sums, quantizer

    def functions(self) -> set[Function]:
        state = self.quantizer.state
        todo = [tuple(state(n) for n in offset) for offset in self.sums.offsets]
        seen = set(todo)
        while todo:
            current = todo.pop()
            for vector in self.sums.positive:
                after = tuple([state(a + b) for a, b in zip(current, vector, strict=True)])
                if after not in seen:
                    if len(seen) >= STATES:
                        raise Undecided("too many capped sums")
                    seen.add(after)
                    todo.append(after)
        return {tuple(map(self.quantizer, vector)) for vector in seen}


class Solver:
    """z3 on offset + sum t_i row_i + sum c_j positive_j with integers t_i, and c_j >= 0."""

    def __init__(self, sums: Sums, quantizer: Quantizer) -> None:
        self.sums, self.quantizer = sums, quantizer

    def _prepared(self, offset: Vector) -> tuple[z3.Solver, list[Any]]:
        solver = z3.Solver()
        solver.set("timeout", Z3_MILLISECONDS)
        free = [z3.Int(f"t{i}") for i in range(len(self.sums.rows))]
        positive = [z3.Int(f"c{i}") for i in range(len(self.sums.positive))]
        solver.add([c >= 0 for c in positive])
        vectors = (*self.sums.rows, *self.sums.positive)
        values = []
        for x in range(self.sums.size):
            pairs = zip(free + positive, vectors, strict=True)
            terms = [factor * v[x] for factor, v in pairs if v[x]]
            values.append(z3.Sum([z3.IntVal(offset[x]), *terms]))
        return solver, values

    def functions(self) -> set[Function]:
        if len(self.quantizer.codes) ** self.sums.size > SOLVED:
            raise Undecided("too many functions to ask z3 about each")
        found: set[Function] = set()
        for offset in self.sums.offsets:
            solver, values = self._prepared(offset)
            self._extend((), solver, values, found)
        return found

    def _extend(
        self, prefix: Function, solver: z3.Solver, values: list[Any], found: set[Function]
    ) -> None:
        x = len(prefix)
        if x == self.sums.size:
            found.add(prefix)
            return
        for code in self.quantizer.codes:
            longer = (*prefix, code)
            if x + 1 == self.sums.size and longer in found:
                continue
            solver.push()
            solver.add(in_preimage(self.quantizer, values[x], code, f"x{x}"))
            if _check(solver) == z3.sat:
                self._extend(longer, solver, values, found)
            solver.pop()

    def contains(self, target: Function) -> bool:
        for offset in self.sums.offsets:
            solver, values = self._prepared(offset)
            for x, code in enumerate(target):
                solver.add(in_preimage(self.quantizer, values[x], code, f"x{x}"))
            if _check(solver) == z3.sat:
                return True
        return False


def _check(solver: z3.Solver) -> z3.CheckSatResult:
    answer = solver.check()
    if answer == z3.unknown:
        raise Undecided(f"z3: {solver.reason_unknown()}")
    return answer


def in_preimage(quantizer: Quantizer, value: Any, code: int, name: str) -> Any:
    """R(value) = code, in linear integer arithmetic."""
    period = quantizer.period
    if period == 1:
        return z3.Or([_between(value, low, high) for low, high in quantizer.pieces(code)])
    turns, rest = z3.Int(f"{name}_turns"), z3.Int(f"{name}_rest")
    sides = []
    for side, base in ((turns >= 0, 0), (turns < 0, -period)):
        good = [r for r in range(period) if quantizer(base + r) == code]
        sides.append(z3.And(side, z3.Or([rest == r for r in good])))
    return z3.And(value == period * turns + rest, z3.Or(sides))


def _between(value: Any, low: int | None, high: int | None) -> Any:
    bounds = [] if low is None else [value >= low]
    return z3.And([*bounds, *([] if high is None else [value <= high])])


Decider = FullRank | Growing | Solver


@cache
def _decider(sums: Sums, quantizer: Quantizer) -> Decider:
    """For sums without repeated points."""
    if sums.positive and sums.rows:
        return Solver(sums, quantizer)
    if not sums.rows:
        return Growing(sums, quantizer)
    if len(sums.rows) == sums.size:
        return FullRank(sums, quantizer)
    return Solver(sums, quantizer)


def simplified(sums: Sums, quantizer: Quantizer) -> tuple[Sums, list[int]]:
    """Sums without repeated points, and for each point its place among the kept ones."""
    smaller, place = sums.merged()
    return (smaller.modulo(quantizer.period) if quantizer.cyclic else smaller), place


def functions_of(sums: Sums, quantizer: Quantizer) -> frozenset[Function]:
    """All functions R(phi) for phi in the family."""
    smaller, place = simplified(sums, quantizer)
    if len(quantizer.codes) ** smaller.size > EXHAUSTIVE:
        raise Undecided("too many functions to enumerate")
    return frozenset(tuple([f[i] for i in place]) for f in _functions(smaller, quantizer))


@cache
def _functions(sums: Sums, quantizer: Quantizer) -> frozenset[Function]:
    return frozenset(_decider(sums, quantizer).functions())


def contains(sums: Sums, quantizer: Quantizer, target: Function) -> bool:
    """Is target = R(phi) for some phi in the family?"""
    smaller, place = simplified(sums, quantizer)
    wanted: dict[int, int] = {}
    for x, code in enumerate(target):
        if wanted.setdefault(place[x], code) != code:
            return False
    small_target = tuple(wanted[i] for i in range(smaller.size))
    return _contains(smaller, quantizer, small_target)


@cache
def _contains(sums: Sums, quantizer: Quantizer, target: Function) -> bool:
    chosen = _decider(sums, quantizer)
    if not isinstance(chosen, Growing):
        return chosen.contains(target)
    if sums.size <= 4 or not sums.positive:
        return target in _functions(sums, quantizer)
    return Solver(sums, quantizer).contains(target)


# -------------------------------------------------------------------------------- layers, networks


def bias_window(setting: Setting, largest: int) -> Iterator[int]:
    """Enough biases for a neuron whose weighted inputs are at most `largest` in absolute value."""
    s, quantizer = setting.scale, setting.quantizer
    if setting.bias == "format":
        yield from (s * k for k in setting.codes)
        return
    step = 1 if setting.bias == "exact" else s
    turn = math.lcm(quantizer.period, s)
    for bias in range(quantizer.down - largest - turn, quantizer.up + largest + turn + 1):
        if bias % step == 0:
            yield bias


def first_layer_neurons(setting: Setting, inputs: int) -> dict[Function, tuple[Vector, int]]:
    """The functions of first-layer neurons, each with weights and bias."""
    points = setting.points(inputs)
    found: dict[Function, tuple[Vector, int]] = {}
    for weights in itertools.product(setting.weight_set, repeat=inputs):
        sums = [sum(w * x for w, x in zip(weights, point, strict=True)) for point in points]
        biases = list(bias_window(setting, max(map(abs, sums))))
        lowest = min(biases) + min(sums)
        top = max(biases) + max(sums)
        codes = [setting.quantizer(n) for n in range(lowest, top + 1)]
        for bias in biases:
            function = tuple([codes[n + bias - lowest] for n in sums])
            found.setdefault(function, (weights, bias))
    return found


@cache
def hidden_functions(setting: Setting, inputs: int, layer: int) -> frozenset[frozenset[Function]]:
    """What neurons of a hidden layer compute, before the table.

    A set of alternatives: the functions of one alternative can all be had in one network.  There
    are several only for dense binary layers after the first.  A larger alternative can do all that
    a smaller one can (leave out neurons), so only maximal ones are kept.
    """
    if layer == 1:
        return frozenset({frozenset(first_layer_neurons(setting, inputs))})
    found: set[frozenset[Function]] = set()
    for before in hidden_functions(setting, inputs, layer - 1):
        for sums in hidden_sums(setting, before):
            found.add(functions_of(sums, setting.quantizer))
    return frozenset(f for f in found if not any(f < other for other in found))


def hidden_sums(
    setting: Setting, before: Iterable[Function], exhaustive: bool = True
) -> Iterator[Sums]:
    """The families of sums of a hidden layer after neurons with these functions."""
    activations = {setting.activate(f) for f in before}
    size = len(next(iter(activations)))
    if not setting.dense:
        yield sums_of(setting, activations, size)
        return
    rows = Lattice(size, activations).rows()
    if exhaustive and 2 ** len(rows) * len(setting.codes) ** size > EXHAUSTIVE:
        raise Undecided("too many classes of a dense layer")
    for parity in itertools.product((0, 1), repeat=len(rows)):
        yield dense_sums(setting, rows, parity, size)


def output_sums(setting: Setting, before: Iterable[Function]) -> Sums:
    activations = {setting.activate(f) for f in before}
    return sums_of(setting, activations, len(next(iter(activations))))


@cache
def _reachable(setting: Setting, inputs: int, hidden_layers: int) -> frozenset[Function]:
    found: frozenset[Function] = frozenset()
    for before in hidden_functions(setting, inputs, hidden_layers):
        found |= functions_of(output_sums(setting, before), setting.quantizer)
    return found


def reachable(setting: Setting, inputs: int, hidden_layers: int) -> set[Function]:
    """All functions computed by networks with exactly so many hidden layers."""
    if hidden_layers < 1:
        raise ValueError("a network has at least one hidden layer")
    return set(_reachable(setting, inputs, hidden_layers))


def reachable_up_to(setting: Setting, inputs: int, hidden_layers: int = 3) -> set[Function]:
    """All functions computed by networks with 1..hidden_layers hidden layers."""
    everything = len(setting.codes) ** (len(setting.codes) ** inputs)
    found: set[Function] = set()
    for depth in range(1, hidden_layers + 1):
        found |= reachable(setting, inputs, depth)
        if len(found) == everything:
            break
    return found


def reachable_at_all(setting: Setting, inputs: int) -> tuple[set[Function], int]:
    """All functions computed at any depth, and the number of hidden layers that is enough.

    What a layer offers is determined by what the layer before offers, and there are finitely many
    possibilities: stop when everything is reached or a layer offers what an earlier one did.
    """
    everything = len(setting.codes) ** (len(setting.codes) ** inputs)
    seen: set[frozenset[frozenset[Function]]] = set()
    found: set[Function] = set()
    enough = 0
    for depth in itertools.count(1):
        offered = hidden_functions(setting, inputs, depth)
        if offered in seen or len(found) == everything:
            break
        seen.add(offered)
        more = reachable(setting, inputs, depth) - found
        if more:
            found, enough = found | more, depth
    return found, enough


# ------------------------------------------------------------------------------ one function only


def is_reachable(setting: Setting, inputs: int, target: Function, hidden_layers: int) -> bool:
    """Is the target computed by a network with exactly so many hidden layers?

    With one hidden layer any size is decided directly.  With more, the activations of the last
    hidden layer are enumerated if that is short.  Otherwise random ones bound them from below, and
    all functions that respect unseparated points from above; if the two bounds disagree about the
    target, `Undecided` is raised.
    """
    quantizer = setting.quantizer
    if len(target) != len(setting.points(inputs)) or any(k not in setting.codes for k in target):
        raise ValueError("the target must give a code for every point")
    if hidden_layers == 1:
        (before,) = hidden_functions(setting, inputs, 1)
        return contains(output_sums(setting, before), quantizer, target)
    if len(setting.codes) ** len(target) <= 256:
        return target in _reachable(setting, inputs, hidden_layers)
    lower, upper = _bounds(setting, inputs, hidden_layers)
    if contains(lower, quantizer, target):
        return True
    if lower == upper or not contains(upper, quantizer, target):
        return False
    alternatives = hidden_functions(setting, inputs, hidden_layers)
    sums = [output_sums(setting, before) for before in alternatives]
    return any(contains(family, quantizer, target) for family in sums)


@cache
def _bounds(setting: Setting, inputs: int, hidden_layers: int) -> tuple[Sums, Sums]:
    """Families below and above what the output neuron can sum.

    Points that the first layer does not separate stay together, which gives the upper bound.  The
    lower bound is what some functions allow that can be had in one network.
    """
    (before,) = hidden_functions(setting, inputs, 1)
    upper_vectors = _upper_vectors(setting, before)
    size = len(upper_vectors[0])
    offsets, free = bias_parts(setting, size)
    scaled = [tuple(setting.step * a for a in v) for v in upper_vectors]
    upper = Sums.make(size, offsets, free + scaled)
    for _ in range(hidden_layers - 1):
        before = _sampled(setting, before, upper)
    return output_sums(setting, before), upper


def _upper_vectors(setting: Setting, before: Iterable[Function]) -> list[Vector]:
    """Generators of all T(f), f any function equal at points that `before` does not separate."""
    columns = list(zip(*(setting.activate(f) for f in before), strict=True))
    table = setting.table
    vectors: list[Vector] = [tuple(table[0] for _ in columns)]
    for column in dict.fromkeys(columns):
        here = [int(other == column) for other in columns]
        vectors += [tuple((t - table[0]) * a for a in here) for t in table[1:]]
    return vectors


def _sampled(setting: Setting, before: Iterable[Function], wanted: Sums) -> frozenset[Function]:
    """Some functions of neurons of a hidden layer, if possible until they allow all `wanted`."""
    generator, best, best_rank = random.Random(1), frozenset[Function](), -1
    for sums in itertools.islice(hidden_sums(setting, before, exhaustive=False), 64):
        lattice = Lattice(wanted.size)
        found: dict[Vector, Function] = {}
        for index in range(SAMPLES):
            phi = _random_sum(sums, generator)
            function = tuple([setting.quantizer(n) for n in phi])
            activation = setting.activate(function)
            grew = lattice.insert(activation)
            if grew or not found or (setting.nonnegative and len(found) < GENERATORS):
                found[activation] = function
            if index % 100 == 99 and output_sums(setting, found.values()) == wanted:
                return frozenset(found.values())
        if len(lattice.pivots) > best_rank:
            best, best_rank = frozenset(found.values()), len(lattice.pivots)
    return best


def _random_sum(sums: Sums, generator: random.Random) -> list[int]:
    total = list(generator.choice(sums.offsets))
    reach = generator.choice((1, 2, 5, 20, 1000))
    for index, vector in enumerate((*sums.rows, *sums.positive)):
        low = 0 if index >= len(sums.rows) else -reach
        factor = generator.randint(low, reach) * (generator.random() < 0.7)
        total = [a + factor * b for a, b in zip(total, vector, strict=True)]
    return total


# -------------------------------------------------------------------------------------- witnesses


@dataclass(frozen=True)
class Neuron:
    """Weights for the inputs, or total coefficients for the distinct neurons before; and a bias."""

    coefficients: Vector
    bias: int


Layers = list[list[Neuron]]


def witness(setting: Setting, inputs: int, target: Function, hidden_layers: int) -> Layers | None:
    """An explicit network for the target (by z3, apart from `reachable`), or None.

    Beyond the first layer, a coefficient is the sum of the weights of copies of one neuron.  In a
    dense layer the coefficients of all neurons for the same neuron before agree modulo 2s.
    """
    for chain in _chains(setting, inputs, hidden_layers):
        neuron = _solve_neuron(setting, chain[-1], target, None)
        if neuron is None:
            continue
        layers: Layers = [[neuron]]
        for layer in range(hidden_layers - 1, -1, -1):
            used = [
                i for i in range(len(chain[layer])) if any(n.coefficients[i] for n in layers[0])
            ]
            used = used or [0]
            layers[0] = [Neuron(tuple(n.coefficients[i] for i in used), n.bias) for n in layers[0]]
            wanted = [chain[layer][i] for i in used]
            layers.insert(0, _solve_layer(setting, inputs, chain[:layer], wanted))
        return layers
    return None


def _chains(setting: Setting, inputs: int, depth: int) -> Iterator[list[list[Function]]]:
    """For each hidden layer a list of functions; dense: all alternatives."""
    if depth == 1:
        (first,) = hidden_functions(setting, inputs, 1)
        yield [_generating(setting, first)]
        return
    for chain in _chains(setting, inputs, depth - 1):
        for sums in hidden_sums(setting, chain[-1]):
            yield [*chain, _generating(setting, functions_of(sums, setting.quantizer))]


def _generating(setting: Setting, functions: Iterable[Function]) -> list[Function]:
    """A part of the functions whose activations generate the same sums."""
    if setting.nonnegative:
        by_activation = {setting.activate(f): f for f in sorted(functions)}
        return list(by_activation.values())
    kept: list[Function] = []
    lattice: Lattice | None = None
    for function in sorted(functions):
        lattice = lattice or Lattice(len(function))
        before = lattice.rows()
        lattice.insert(setting.activate(function))
        if lattice.rows() != before or not kept:
            kept.append(function)
    return kept


def _solve_layer(
    setting: Setting, inputs: int, chain: list[list[Function]], wanted: list[Function]
) -> list[Neuron]:
    if not chain:
        known = first_layer_neurons(setting, inputs)
        return [Neuron(*known[function]) for function in wanted]
    parities: Iterable[Vector | None] = [None]
    if setting.dense:
        parities = itertools.product((0, 1), repeat=len(chain[-1]))
    for parity in parities:
        neurons = [_solve_neuron(setting, chain[-1], function, parity) for function in wanted]
        if all(neuron is not None for neuron in neurons):
            return [neuron for neuron in neurons if neuron is not None]
    raise AssertionError("a hidden layer that was said to exist has no witness")


def _solve_neuron(
    setting: Setting, before: list[Function], target: Function, parity: Vector | None
) -> Neuron | None:
    solver = z3.Solver()
    solver.set("timeout", Z3_MILLISECONDS)
    unknown = [z3.Int(f"c{i}") for i in range(len(before))]
    if setting.nonnegative:
        solver.add([c >= 0 for c in unknown])
    coefficients = [setting.step * c for c in unknown]
    if parity is not None:
        coefficients = [setting.step * (2 * c + p) for c, p in zip(unknown, parity, strict=True)]
    unit = z3.Int("b")
    bias = unit if setting.bias == "exact" else setting.scale * unit
    if setting.bias == "format":
        solver.add(unit >= setting.lo, unit <= setting.hi)
    activations = [setting.activate(f) for f in before]
    for x, code in enumerate(target):
        value = z3.Sum([bias, *(c * a[x] for c, a in zip(coefficients, activations, strict=True))])
        solver.add(in_preimage(setting.quantizer, value, code, f"x{x}"))
    if _check(solver) == z3.unsat:
        return None
    model = solver.model()
    numbers = [model.eval(e, model_completion=True).as_long() for e in [*coefficients, bias]]
    return Neuron(tuple(numbers[:-1]), numbers[-1])
