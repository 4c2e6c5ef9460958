"""Universal settings, ready to build networks."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from smtcheck.arithmetic.formats import Format
from smtcheck.claims.evidence import Criterion
from smtcheck.claims.settings import Bias, QuantizationScheme, Weights
from smtcheck.claims.verdicts import Universal
from smtcheck.construction.builder import NetworkBuilder
from smtcheck.construction.effort import USUAL, BuildingEffort
from smtcheck.construction.indicators.saturation import SaturationSide
from smtcheck.construction.lookup.entry_encoding import EntryEncoder
from smtcheck.construction.lookup.lookup import Lookup, RowsAndColumns
from smtcheck.construction.lookup.selectors import ENDS
from smtcheck.construction.lowering.coefficients import network
from smtcheck.limits import Limits
from smtcheck.networks.activation_entries import ActivationTable
from smtcheck.networks.activations import activation
from smtcheck.networks.activations import table as tabulated
from smtcheck.universality.decision import decide_entries
from tests.construction.naive_networks import (
    Ints,
    assert_computes,
    assert_legal,
    drafted,
    evaluated,
    points_of,
)
from tests.universality.naive import Table


def builder_of(
    setting: QuantizationScheme, entries: ActivationTable, effort: BuildingEffort = USUAL
) -> NetworkBuilder | None:
    """None where the setting is not known to be universal."""
    match decide_entries(setting, entries, Limits()):
        case Universal(evidence=Criterion() as evidence):
            return NetworkBuilder(
                setting=setting, entries=entries, evidence=evidence, effort=effort
            )
        case _:
            return None


#: settings in which tables of two inputs are looked up
CASES = [
    ("paper(2,2)", "relu", Weights.FULL, Bias.EXACT),
    ("paper(2,3)", "sigmoid", Weights.FULL, Bias.GRID),
    ("paper(2,2)", "gelu", Weights.FULL, Bias.FORMAT),
    ("paper(2,2)", "relu", Weights.TERNARY, Bias.EXACT),
    ("paper(2,4)", "sigmoid", Weights.BINARY, Bias.GRID),
    ("codes(-2,5,3)", "relu", Weights.FULL, Bias.EXACT),
    ("paper(2,2,AP_RND_CONV,AP_SAT_ZERO)", "relu", Weights.FULL, Bias.EXACT),
    ("paper(2,2,AP_TRN,AP_SAT_SYM)", "elu", Weights.FULL, Bias.EXACT),
    ("ap_fixed<3,2,AP_RND,AP_SAT>", "tanh", Weights.FULL, Bias.EXACT),
]


def shop_of(text: str, name: str, weights: Weights, bias: Bias) -> NetworkBuilder:
    """In a setting that is universal."""
    setting = QuantizationScheme(format=Format.parse(text), weights=weights, bias=bias)
    shop = builder_of(setting, ActivationTable(activation(name), setting.format))
    assert shop is not None
    return shop


def values_of(shop: NetworkBuilder) -> Table:
    """All activations."""
    return tabulated(shop.entries.activation, shop.setting.format)


def encoder_of(
    shop: NetworkBuilder, effort: BuildingEffort = USUAL, ends: Sequence[SaturationSide] = ENDS
) -> EntryEncoder:
    """One that has written nothing yet."""
    return EntryEncoder(
        setting=shop.setting,
        entries=shop.entries,
        evidence=shop.evidence,
        effort=effort,
        ends=tuple(ends),
    )


def lookup(
    shop: NetworkBuilder,
    tables: Sequence[Ints],
    kind: str,
    ends: Sequence[SaturationSide] = ENDS,
) -> Lookup:
    """Of the inputs, told by gates of a kind."""
    inputs = tables[0].ndim
    grid = RowsAndColumns.of_inputs(shop.families.of_inputs(kind, inputs))
    return Lookup(
        encoder=encoder_of(shop, shop.effort, ends),
        grid=grid,
        tables=[table.reshape(grid.used.shape) for table in tables],
    )


def looked_up(
    shop: NetworkBuilder,
    tables: Sequence[Ints],
    kind: str,
    ends: Sequence[SaturationSide] = ENDS,
) -> int:
    """The network is legal and gives all entries, as its draft does; its parameters."""
    fmt = shop.setting.format
    layers = lookup(shop, tables, kind, ends).layers()
    made = network(shop.setting, shop.entries, layers)
    assert_legal(shop.setting, made)
    assert_computes(made, tables)
    draw, values = Random(5), values_of(shop)
    for point in draw.sample(points_of(fmt, tables[0].ndim), 6):
        wanted = tuple(int(table[tuple(c - fmt.lo for c in point)]) for table in tables)
        assert drafted(fmt, values, layers, point) == wanted == evaluated(made, values, point)
    return made.nonzero_weights + made.neurons
