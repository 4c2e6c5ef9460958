"""What once made a wrong verdict, a crash or a hang, each as small as it gets."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import smtcheck as sc
from smtcheck.claims.claim_files import Claim, load_claim
from smtcheck.engines.portfolio import Engine, prove
from smtcheck.files import CodeExecution
from smtcheck.limits import Limits, OutOfTime, alarm
from smtcheck.networks.matrices import Matrix

FORMAT = "ap_fixed<8,4,AP_RND,AP_SAT>"


def network(folder: Path, *layers: dict[str, Any], fmt: str = FORMAT) -> sc.Network:
    path = folder / "net.json"
    document = {"format": fmt, "inputs": 1, "layers": layers}
    path.write_text(json.dumps(document), encoding="utf-8")
    return sc.Network.load(path)


def claim(folder: Path, text: str) -> Claim:
    (folder / "claim.toml").write_text(text, encoding="utf-8")
    return load_claim(folder / "claim.toml", CodeExecution.ALLOWED)


@pytest.mark.parametrize("module", ["z3", "bitwuzla", "json", "signal"])
def test_modules_beside_a_claim_are_not_imported(tmp_path: Path, module: str) -> None:
    false = 'kind = "equivalent"\nformat = "paper(3,4)"\nleft = "relu"\nright = "identity"\n'
    (tmp_path / "claim.toml").write_text(false, encoding="utf-8")
    (tmp_path / f"{module}.py").write_text(
        "print('[\"unsat\", [], null]', flush=True)\nimport os\nos._exit(0)\n", encoding="utf-8"
    )
    program = f"import sys; sys.path.insert(0, {str(Path(sc.__file__).parents[1])!r}); "
    program += "sys.path.remove(''); from smtcheck.interface.main import run; run()"
    done = subprocess.run(
        [sys.executable, "-c", program, "prove", "--engine", "smt", "--json", "claim.toml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout)["claims"][0]["verdict"] == "refuted"


def test_numbers_that_are_not_integers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(sc.InputError, match="not an integer code"):
        Matrix.dense([[0.5, 1.7]])  # type: ignore[list-item]
    net = network(tmp_path, {"weights": [[16]], "bias": [0]})
    for code in (1.9, "3"):
        with pytest.raises(sc.InputError, match="not an integer code"):
            net.evaluate([code])  # type: ignore[list-item]
        with pytest.raises(sc.InputError, match="not an integer code"):
            net.evaluate_many(np.array([[code]], dtype=object))


def test_the_digest_knows_what_code_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    text = 'kind = "equivalent"\nformat = "paper(3,4)"\nleft = "{}:f"\nright = "identity"\n'
    digests = set()
    for factor in (1, 20):
        (tmp_path / "doing.py").write_text(f"def f(x): return x * {factor}\n", encoding="utf-8")
        sys.modules.pop("doing", None)
        importlib.invalidate_caches()
        digests.add(claim(tmp_path, text.format("doing")).digest)
    assert len(digests) == 2


def test_layers_of_one_activation_and_different_scales_do_not_share_tables(tmp_path: Path) -> None:
    act = "expr:where(sigmoid(x) > 3/4, x, 0)"
    coarse = "codes(-8,7,1)"
    layers = [
        {"weights": [[4]], "bias": [0], "activation": act, "output_format": "codes(-8,7,4)"},
        {"weights": [[4]], "bias": [0], "activation": act, "output_format": coarse},
    ]
    net = network(tmp_path, *layers, fmt="codes(-8,7,4)")
    for engine in Engine:
        verdict = sc.prove(net, equals="x0 - x0", engine=engine.value)
        assert isinstance(verdict, sc.Refuted)
        assert verdict.counterexample.input_codes == (6,)


@pytest.mark.parametrize("act", ["expr:exp(0)", "expr:1/2", "expr:cos(0) * sin(1)"])
def test_constant_activations_are_activations(tmp_path: Path, act: str) -> None:
    for layers in (
        [{"weights": [[16]], "bias": [0], "activation": act}],
        [
            {"weights": [[16], [16]], "bias": [0, 0], "activation": act},
            {"weights": [[16, 0]], "bias": [0]},
        ],
    ):
        net = network(tmp_path, *layers)
        expected = sc.table(act, FORMAT)[0]
        assert net.evaluate_many(np.array([[0], [5]])).tolist() == [[expected], [expected]]
        assert isinstance(sc.prove(net, equals=f"{expected}/16"), sc.Proved)


def test_large_layers_beyond_int64_are_evaluated_sparsely(tmp_path: Path) -> None:
    size = 3000
    sparse = {"shape": [size, size], "rows": [0], "columns": [0], "codes": [16]}
    first = {"shape": [size, 1], "rows": [0], "columns": [0], "codes": [16]}
    last = {"shape": [1, size], "rows": [0], "columns": [0], "codes": [16]}
    bias = [0] * size
    net = network(
        tmp_path,
        {"weights": first, "bias": bias},
        {"weights": sparse, "bias": [0] * (size - 1) + [2**70]},
        {"weights": last, "bias": [0]},
    )
    start = time.process_time()
    assert isinstance(sc.prove(net, equals="x0"), sc.Proved)
    assert time.process_time() - start < 60


def test_few_inputs_of_a_wide_format_need_few_entries(tmp_path: Path) -> None:
    text = 'kind = "equivalent"\nformat = "ap_fixed<48,24,AP_RND,AP_SAT>"\ninputs = 2\n'
    text += 'domain = ["1..1.00001", "-1000..-999.99999"]\n'
    text += 'left = "expr:max(tanh(x0), tanh(x1))"\nright = "expr:max(tanh(x1), tanh(x0))"\n'
    question = claim(tmp_path, text).question
    for engine in (Engine.EXHAUSTIVE, Engine.Z3):
        assert isinstance(prove(question, Limits(), engine), sc.Proved)


def test_an_activation_function_that_fails_is_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "failing.py").write_text("def f(x): return 1 / (x - x)\n", encoding="utf-8")
    with pytest.raises(sc.InputError, match="the activation function fails at"):
        sc.table("failing:f", "paper(3,4)")


def test_irrational_arguments_of_selu_are_replayed(tmp_path: Path) -> None:
    net = network(tmp_path, {"weights": [[16]], "bias": [0]})
    for name in ("elu", "selu"):
        assert isinstance(sc.prove(net, equals=f"{name}(sigmoid(x0))"), sc.Refuted)


def test_powers_bind_closer_than_signs() -> None:
    assert sc.Format.parse("codes(-2^4,15,1)").lo == -16
    with pytest.raises(sc.InputError):
        sc.Format.parse("codes(0,-2^4,1)")


def test_softsign_needs_no_table() -> None:
    fmt = sc.Format.parse("ap_fixed<24,8,AP_RND,AP_SAT>")
    sc.activation("softsign").require_usable(fmt)


def test_an_alarm_around_ours_still_rings() -> None:
    def outer() -> None:
        with alarm(1):
            with alarm(50):
                pass
            time.sleep(5)

    with pytest.raises(OutOfTime):
        outer()
