"""Tables of codes as people write them: read where that is clear, refused where it is not."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

import smtcheck as sc
from smtcheck.claims.targets import expression_side
from smtcheck.files import FileSpace
from smtcheck.networks.activations import activation
from smtcheck.table_files import TableFile, read_codes

PAIRS = "input_code,output_code\n"


def read(folder: Path, text: str) -> TableFile:
    (folder / "t.csv").write_text(text, encoding="utf-8")
    return read_codes(FileSpace.beside(folder / "claim.toml"), "t.csv")


@pytest.mark.parametrize(
    ("text", "codes", "first"),
    [
        ("1\n-2\n3\n", [1, -2, 3], None),
        ("1,-2,3", [1, -2, 3], None),
        ("\n , \n1,\n,2\n+3\n", [1, 2, 3], None),
        ("0,1\n1,0\n", [0, 1, 1, 0], None),
        ("0,0\n0,1\n1,1\n", [0, 0, 0, 1, 1, 1], None),
        ("007\n-0x1F\n0Xff\n", [7, -31, 255], None),
        ("\ufeffCode\n1\n2\n", [1, 2], None),
        (f"{PAIRS}1,5\n-1,7\n0,6\n", [7, 6, 5], -1),
        (" Input_Code , Output_Code \n\n0x0,0xA\n", [10], 0),
        (f"{PAIRS}{2**70},-1\n", [-1], 2**70),
    ],
)
def test_what_is_clear_is_read(
    tmp_path: Path, text: str, codes: list[int], first: int | None
) -> None:
    found = read(tmp_path, text)
    assert found.codes.tolist() == codes
    assert all(type(code) is int for code in found.codes.tolist())
    assert found.first == first


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("value\n1\n2\n", "starts with 'value', and may start with input_code,output_code"),
        ("code,value\n0,1\n1,0\n", "starts with 'code,value', and may start with"),
        ("output_code,input_code\n0,1\n1,0\n", "and may start with input_code,output_code"),
        ("nan\n1\n", "starts with 'nan', and may start with"),
        ("code\n1,2\n", "starts with code: each line must have as many codes"),
        (f"{PAIRS}0,1\n1\n", "each line must have as many codes"),
        (f"{PAIRS}0,1\n1,,2\n", "each line must have as many codes"),
        (f"{PAIRS}0,1,2,3\n", "each line must have as many codes"),
        (PAIRS, "holds 0 numbers"),
        (f"{PAIRS}0,1\n0,2\n", "input codes must be there once each"),
        (f"{PAIRS}0,1\n2,2\n", "input codes must be there once each"),
        ("0,5\n1,6\n2,7\n", "may hold pairs or a list: let its first line be input_code,output"),
        ("2,0\n0,1\n1,1\n", "may hold pairs or a list"),
        ("1\ncode\n", "entry 1 is 'code', not an integer like -3 or 0x1F"),
        ("0x\n", "entry 0 is '0x', not an integer"),
        ("FF\n", "starts with 'FF'"),
        ("1\n0b1\n", "entry 1 is '0b1'"),
        ("1\n٣\n", "entry 1 is '٣'"),
        (f"0x{'F' * 259}\n", "entry 0 is '0xFFF"),
    ],
)
def test_what_is_not_clear_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(sc.InputError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(tmp_path))


def test_pairs_mean_what_the_list_means(tmp_path: Path) -> None:
    """As an activation and in a target, whatever their order."""
    fmt, draw = sc.Format.parse("ap_fixed<4,2>"), Random(1)
    codes = [draw.randint(fmt.lo, fmt.hi) for _ in range(fmt.codes.size)]
    pairs = list(zip(range(fmt.lo, fmt.hi + 1), codes, strict=True))
    draw.shuffle(pairs)
    (tmp_path / "list.csv").write_text("".join(f"{code}\n" for code in codes))
    (tmp_path / "pairs.csv").write_text(PAIRS + "".join(f"{a},{b}\n" for a, b in pairs))
    files = FileSpace.beside(tmp_path / "claim.toml")
    for name in ("list", "pairs"):
        assert sc.table(activation(f"table:{name}.csv", files), fmt) == tuple(codes)
        side = expression_side((f"table('{name}.csv', x0)",), 1, fmt, fmt, files)
        assert tuple(side.grids[0][1].entries) == tuple(codes)


def test_pairs_for_other_input_codes_are_refused(tmp_path: Path) -> None:
    """As many codes as needed, but of an unsigned format; or of one input where there are two."""
    fmt, files = sc.Format.parse("ap_fixed<2,2>"), FileSpace.beside(tmp_path / "claim.toml")
    (tmp_path / "t.csv").write_text(PAIRS + "0,1\n1,1\n2,-2\n3,0\n")
    with pytest.raises(
        sc.InputError, match=r"starts with the input code 0, and ap_fixed.* with -2"
    ):
        sc.table(activation("table:t.csv", files), fmt)
    with pytest.raises(sc.InputError, match=r"pairs from the input code 0 on; needed are 1 axes"):
        expression_side(("table('t.csv', x0)",), 1, fmt, fmt, files)
    bit, wide = sc.Format.parse("uint1"), sc.Format.parse("int8")
    with pytest.raises(sc.InputError, match=r"needed are 2 axes of the codes 0 \.\. 1"):
        expression_side(("table('t.csv', x0, x1)",), 2, bit, wide, files)


def test_bit_patterns_are_refused_with_the_code_they_stand_for(tmp_path: Path) -> None:
    fmt, files = sc.Format.parse("int2"), FileSpace.beside(tmp_path / "claim.toml")
    (tmp_path / "t.csv").write_text("0x2\n0x3\n0x0\n0x1\n")
    for ask in (
        lambda: sc.table(activation("table:t.csv", files), fmt),
        lambda: expression_side(("table('t.csv', x0)",), 1, fmt, fmt, files),
    ):
        with pytest.raises(sc.InputError, match=r"2 \(for two's complement write -2\)"):
            ask()
