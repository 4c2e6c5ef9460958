"""Networks: files, the interpreter in its fast and slow forms, traces."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import smtcheck as sc
from smtcheck import reference
from smtcheck.arithmetic.format_texts import parse_rounding
from smtcheck.arithmetic.rounding import round_fraction
from smtcheck.networks.activations import TableActivation
from smtcheck.networks.network_saving import network_document
from smtcheck.networks.trace import Event, trace
from tests.arithmetic.cases import plain

FORMATS = (
    "paper(3,4)",
    "paper(3,5,AP_RND_CONV,AP_SAT)",
    "ap_fixed<5,2>",
    "ap_fixed<6,3,AP_RND_ZERO,AP_SAT_SYM>",
    "codes(-3,9,7,AP_RND_MIN_INF,AP_SAT_ZERO)",
)
ACTIVATIONS = ("relu", "hard_sigmoid", "sigmoid", "square", "expr:x / 3 + 1/7", None)


def random_document(random: Random) -> dict[str, Any]:
    """A network file of up to three layers, with formats of its own a layer."""
    widths = [random.randint(1, 3) for _ in range(random.randint(2, 4))]
    formats = [random.choice(FORMATS) for _ in widths]
    layers = []
    for inputs, outputs, output_format in zip(widths, widths[1:], formats[1:], strict=False):
        weight_format = random.choice(FORMATS)
        codes = sc.Format.parse(weight_format)
        layers.append(
            {
                "weights": [
                    [random.randint(codes.lo, codes.hi) for _ in range(inputs)]
                    for _ in range(outputs)
                ],
                "bias": [random.randint(-60, 60) for _ in range(outputs)],
                "weight_format": weight_format,
                "output_format": output_format,
                "activation": random.choice(ACTIVATIONS),
            }
        )
    return {"format": formats[0], "inputs": widths[0], "layers": layers}


def by_reference(document: dict[str, Any], codes: tuple[int, ...]) -> list[int]:
    """The network evaluated from its file's fields alone."""
    formats = [document["format"], *(layer["output_format"] for layer in document["layers"])]
    scales = [sc.Format.parse(text).scale for text in formats]
    layers = []
    for layer, scale in zip(document["layers"], scales, strict=False):
        fmt = plain_format(layer["output_format"])
        layers.append(
            reference.PlainLayer(
                rows=[list(enumerate(row)) for row in layer["weights"]],
                biases=layer["bias"],
                input_scale=scale,
                weight_scale=sc.Format.parse(layer["weight_format"]).scale,
                output=fmt,
                activation=activated(layer["activation"], fmt),
            )
        )
    return reference.network_codes(layers, codes)


def plain_format(text: str) -> reference.PlainFormat:
    return plain(sc.Format.parse(text))


def activated(name: str | None, fmt: reference.PlainFormat) -> Any:
    if name is None:
        return None
    text = name.removeprefix("expr:") if name.startswith("expr:") else f"{name}(x)"
    return lambda code: reference.target_code(text, [Fraction(code, fmt.scale)], fmt, {})


def written(folder: Path, document: Any) -> Path:
    path = folder / "net.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_both_evaluations_agree_with_the_reference(tmp_path: Path) -> None:
    random = Random(1)
    for _ in range(60):
        document = random_document(random)
        network = sc.Network.load(written(tmp_path, document))
        fmt = network.input_format
        points = [
            tuple(random.randint(fmt.lo, fmt.hi) for _ in range(network.inputs)) for _ in range(12)
        ]
        expected = [by_reference(document, point) for point in points]
        assert [list(network.evaluate(point)) for point in points] == expected
        assert network.evaluate_many(np.array(points)).tolist() == expected


def test_the_example_of_the_file_format(tmp_path: Path) -> None:
    document = {
        "format": "paper(3,4)",
        "inputs": 2,
        "layers": [
            {"weights": [[4, 0], [0, -4]], "bias": [0, 16], "activation": "relu"},
            {"weights": [[4, 4]], "bias": [0], "output_format": "paper(4,4)"},
        ],
    }
    network = sc.Network.load(written(tmp_path, document))
    # relu(x0) + relu(1 - x1), in quarters
    assert network.evaluate((3, -2)) == (3 + 6,)
    assert network.evaluate((-3, 7)) == (0,)
    assert network.output_format == sc.Format.paper(4, 4)


def test_saving_and_loading_gives_the_same_network(tmp_path: Path) -> None:
    random = Random(2)
    for _ in range(10):
        network = sc.Network.load(written(tmp_path, random_document(random)))
        network.save(tmp_path / "copy.json")
        again = sc.Network.load(tmp_path / "copy.json")
        assert network_document(again.parts) == network_document(network.parts)


def test_sparse_and_archived_layers_equal_dense_ones(tmp_path: Path) -> None:
    dense = [[0, 3, 0], [-4, 0, 0]]
    sparse = {"shape": [2, 3], "rows": [1, 0], "columns": [0, 1], "codes": [-4, 3]}
    np.savez(tmp_path / "w.npz", **{name: np.array(x) for name, x in sparse.items()})
    networks = []
    for weights in (dense, sparse, "w.npz"):
        layers = [{"weights": weights, "bias": [1, -1]}]
        document = {"format": "paper(3,4)", "inputs": 3, "layers": layers}
        networks.append(network_document(sc.Network.load(written(tmp_path, document)).parts))
    assert networks[0] == networks[1] == networks[2]


def test_a_large_sparse_layer_is_saved_sparsely(tmp_path: Path) -> None:
    weights = {"shape": [100, 100], "rows": [7], "columns": [9], "codes": [2]}
    layers = [{"weights": weights, "bias": [0] * 100}]
    document = {"format": "paper(3,4)", "inputs": 100, "layers": layers}
    network = sc.Network.load(written(tmp_path, document))
    assert network_document(network.parts)["layers"][0]["weights"] == weights


def test_codes_beyond_int64_are_evaluated_exactly(tmp_path: Path) -> None:
    layers = [{"weights": [[2**61], [1]], "bias": [0, 5]}, {"weights": [[1, -1]], "bias": [0]}]
    document = {"format": "paper(62,2^40)", "inputs": 1, "layers": layers}
    network = sc.Network.load(written(tmp_path, document))
    codes = [0, 1, -1, 2**62 - 1, 1 - 2**62, 12345678901234567]
    many = network.evaluate_many(np.array(codes, dtype=object).reshape(-1, 1))
    assert many[:, 0].tolist() == [network.evaluate((code,))[0] for code in codes]
    assert network.evaluate((2**62 - 1,)) == (round_away((2**62 - 1) - round_away(2**22)),)


def round_away(value: int) -> int:
    """Half away from zero after dividing by 2^40."""
    return reference.round_rational(Fraction(value, 2**40), "AP_RND_INF")


@pytest.mark.parametrize(
    ("codes", "message"),
    [((1,), "2"), ((1, 2, 3), "2"), ((8, 0), "code 8"), ((0, -8), "code -8")],
)
def test_inputs_that_do_not_belong_are_refused(
    tmp_path: Path, codes: tuple[int, ...], message: str
) -> None:
    document = {"format": "paper(3,4)", "inputs": 2, "layers": [{"weights": [[1, 1]], "bias": [0]}]}
    network = sc.Network.load(written(tmp_path, document))
    with pytest.raises(sc.InputError, match=message):
        network.evaluate(codes)
    with pytest.raises(sc.InputError, match=f"shape|{message}"):
        network.evaluate_many(np.array([codes]))


def test_floats_are_not_input_codes(tmp_path: Path) -> None:
    document = {"format": "paper(3,4)", "inputs": 1, "layers": [{"weights": [[1]], "bias": [0]}]}
    network = sc.Network.load(written(tmp_path, document))
    with pytest.raises(sc.InputError, match="integer"):
        network.evaluate_many(np.array([[1.0]]))


def test_the_trace_names_ties_saturation_and_wrapping(tmp_path: Path) -> None:
    modes = {"AP_SAT": Event.SATURATED, "AP_WRAP": Event.WRAPPED, "AP_SAT_ZERO": Event.ZEROED}
    for mode, event in modes.items():
        layers = [{"weights": [[2], [8], [3], [4]], "bias": [0, 0, 0, 0], "activation": "relu"}]
        document = {"format": f"ap_fixed<5,3,AP_RND,{mode}>", "inputs": 1, "layers": layers}
        network = sc.Network.load(written(tmp_path, document))
        ((half, double, other, whole),) = trace(network, (15,))
        assert half.events == (Event.TIE,)
        assert (half.accumulator, half.exact, half.rounded) == (30, Fraction(15, 2), 8)
        assert double.events == (event,)
        assert (double.rounded, double.value) == (30, Fraction(15, 2))
        assert other.events == (Event.ROUNDED,)
        assert whole.events == ()
        assert network.evaluate((15,)) == tuple(n.output for n in trace(network, (15,))[0])


def test_a_network_is_refused_when_its_layers_do_not_meet(tmp_path: Path) -> None:
    layers = [{"weights": [[1], [1]], "bias": [0, 0]}, {"weights": [[1]], "bias": [0]}]
    document = {"format": "paper(3,4)", "inputs": 1, "layers": layers}
    with pytest.raises(sc.InputError, match="layer 2 reads 1 numbers"):
        sc.Network.load(written(tmp_path, document))


# ---- from arrays, and equality ----

CODES: dict[str, Any] = {
    "weights": [[[4], [-4]], [[4, 4]]],
    "biases": [[0, 0], [0]],
    "activation": "relu",
}


def from_arrays(fmt: str = "paper(3,4)", **changes: Any) -> sc.Network:
    return sc.Network.from_arrays(fmt, **(CODES | changes))


def test_networks_are_equal_if_their_contents_are(tmp_path: Path) -> None:
    one = from_arrays()
    arrays = [np.array(rows, dtype=np.int8) for rows in CODES["weights"]]
    one.save(tmp_path / "net.json")
    for same in (
        from_arrays(weights=arrays, biases=[np.zeros(2, dtype=np.uint64), (0,)]),
        sc.Network.load(tmp_path / "net.json"),
        from_arrays(weight_format="paper(3,4)", output_formats=["paper(3,4)"] * 2),
    ):
        assert same == one and hash(same) == hash(one) and len({same, one}) == 1
    for other in (
        from_arrays(biases=[[0, 0], [1]]),
        from_arrays(weights=[[[4], [-4]], [[4, 3]]]),
        from_arrays(weights=[[[4], [-4]], [[0, 4]]]),
        from_arrays(activation="sign"),
        from_arrays(activation=None),
        from_arrays("paper(3,4,AP_RND,AP_SAT)"),
        from_arrays(weight_format="paper(4,4)"),
        from_arrays(output_formats=["paper(3,4)", "paper(4,4)"]),
        from_arrays(weights=CODES["weights"][:1], biases=CODES["biases"][:1]),
    ):
        assert other != one
    assert one != "a network"


def test_activations_are_equal_if_their_tables_are() -> None:
    tables = [TableActivation(name=name, codes=(0,) * 14 + (1,)) for name in ("a", "b")]
    one, other = (from_arrays(activation=table) for table in tables)
    assert one == other and hash(one) == hash(other)


def test_values_are_rounded_once_as_named() -> None:
    values = {"weights": [np.array([[0.3], [-0.375]])], "biases": [[Fraction(1, 32), 0.1]]}
    for mode in (sc.Rounding.FLOOR, "AP_RND_CONV", "half_away"):
        net = sc.Network.from_floats("paper(3,4)", **values, rounding=mode)
        named = mode if isinstance(mode, sc.Rounding) else parse_rounding(mode)
        expected = [round_fraction(Fraction(v) * 4, named) for v in (0.3, -0.375)]
        biases = [round_fraction(Fraction(v) * 16, named) for v in (Fraction(1, 32), 0.1)]
        assert net == sc.Network.from_arrays("paper(3,4)", [[[c] for c in expected]], [biases])
    mixed = [[[np.int64(1)], [np.float32(0.25)], [Fraction(1, 4)], [1]]]
    net = sc.Network.from_floats("paper(3,4)", mixed, [np.zeros(4)], rounding="AP_TRN")
    assert net.layers[0].weights.codes.tolist() == [4, 1, 1, 4]
    single = np.array([[0.1]], dtype=np.float32)  # which is another number
    net = sc.Network.from_floats("paper(45,2^40)", [single], [[0]], rounding="AP_TRN")
    assert net.layers[0].weights.codes.tolist() == [int(Fraction(float(single[0, 0])) * 2**40)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights": [[[True]]], "biases": [[0]]}, "True is not an integer code"),
        ({"weights": [[[1.0]]], "biases": [[0]]}, "1.0 is not an integer code"),
        ({"weights": [[[8]]], "biases": [[0]]}, "weight 8 at row 0, column 0 is not a code"),
        ({"weights": [[[1], [1, 2]]], "biases": [[0, 0]]}, "different lengths"),
        ({"weights": [[1, 2]], "biases": [[0, 0]]}, "must be an array or a list"),
        ({"weights": [np.ma.array([[1]], mask=[[1]])], "biases": [[0]]}, "masked"),
        ({"biases": [[0, 0]]}, "biases of 1 layers are given, weights of 2"),
        ({"biases": [[0, 0], [0.5]]}, "layer 2: 0.5 is not an integer code"),
        ({"weights": [], "biases": []}, "at least one layer"),
        ({"weights": [[[1], [1]], [[1]]]}, "layer 2 reads 1 numbers"),
        ({"output_formats": ["paper(3,4)"]}, "1 output formats are given for 2 layers"),
        ({"output_formats": "paper(3,4)"}, "give a list, one a layer"),
        ({"weight_format": 8}, "8 is no format"),
    ],
)
def test_arrays_that_are_no_network_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(sc.InputError, match=words):
        from_arrays(**changes)


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (float("nan"), "nan is no finite number"),
        (float("inf"), "inf is no finite number"),
        (True, "True is no finite number"),
        ("1", "'1' is no finite number"),
        (1.9, "weight 8 at row 0"),  # never saturated
    ],
)
def test_values_that_are_no_weights_are_refused(weight: Any, words: str) -> None:
    with pytest.raises(sc.InputError, match=words):
        sc.Network.from_floats("paper(3,4)", [[[weight]]], [[0]], rounding="AP_RND_CONV")
    with pytest.raises(sc.InputError, match="rounding mode 'nearest' is not one of"):
        sc.Network.from_floats("paper(3,4)", [[[1]]], [[0]], rounding="nearest")


def test_inputs_that_would_pass_for_codes_are_refused() -> None:
    net = from_arrays()
    for wrong in (np.ma.array([[1]], mask=[[1]]), [[True]], [[1], [True]], [[1], [1, 2]], [[0.5]]):
        with pytest.raises(sc.InputError):
            net.evaluate_many(wrong)  # type: ignore[arg-type]
    with pytest.raises(sc.InputError):
        net.evaluate([True])


def test_networks_fit_on_a_screen() -> None:
    wide = sc.Network.from_arrays("paper(3,4)", [np.ones((2, 3000), dtype=int)] * 1, [[0, 0]])
    assert repr(wide) == (
        "Network(inputs=3000 x paper(3,4,AP_RND_INF,AP_SAT), outputs=2 x "
        "paper(3,4,AP_RND_INF,AP_SAT), neurons=2, nonzero_weights=6000, layers=[2])"
    )
    wider = sc.Network.from_arrays("paper(3,4)", [np.ones((3000, 1), dtype=int)], [[0] * 3000])
    assert max(len(repr(one)) for one in (wider.layers[0], wider.layers[0].weights)) < 1500
    deep = sc.Network.from_arrays("paper(3,4)", [[[1]]] * 500, [[0]] * 500)
    assert len(repr(deep)) < 300 and len(deep._repr_html_()) < 1000
