"""Text, numbers and tables as LaTeX."""

import math
import unicodedata
from pathlib import Path

import pytest

from topolens.paper.latex import (
    CHARACTERS,
    breakable,
    escape,
    floats,
    interval_text,
    macro_name,
    number,
    paged,
    tabular,
)


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("W3.scale-free", "low"), "WthreeScaleFreeLow"),
        (("disks", "W1", "estimate"), "DisksWoneEstimate"),
        (("as_coded", "learning_rate"), "AsCodedLearningRate"),
        (("W10",), "Wonezero"),
    ],
)
def test_macro_names_are_letters_alone(parts, name):
    assert macro_name(*parts) == name


def test_text_is_escaped_for_latex():
    assert escape("50 % of a_b & {c} #1 $x$") == r"50 \% of a\_b \& \{c\} \#1 \$x\$"
    assert escape("~^\\") == r"\textasciitilde{}\textasciicircum{}\textbackslash{}"
    assert escape("≥ 0.5") == r"$\ge$ 0.5"
    assert escape("plain, 1.5 [a]") == "plain, 1.5 [a]"


def test_lines_may_end_after_the_dots_of_a_name():
    assert breakable("H1.neighbours.vit") == r"H1.\allowbreak{}neighbours.\allowbreak{}vit"


def test_commands_take_no_room_on_a_page():
    row = [breakable("H1.neighbours.transformer")]
    assert len(paged([row] * 40, [0.3])) == len(paged([["H1.neighbours.transformer"]] * 40, [0.3])) == 2


@pytest.mark.parametrize("file", sorted((Path(__file__).parents[2] / "workflow" / "config").rglob("*.yaml")), ids=str)
def test_latex_knows_every_sign_of_the_configuration(file):
    letters = {sign for sign in escape(file.read_text(encoding="utf-8")) if not sign.isascii()}
    assert all(unicodedata.name(sign).startswith(("LATIN", "DAGGER")) for sign in letters), letters


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (9, "9"),
        (9.0, "9"),
        (0, "0"),
        (-0.0, "0"),
        (12000.0, "12000"),
        (0.12345, "0.123"),
        (12.345, "12.3"),
        (0.5, "0.5"),
        (math.nan, "n/a"),
    ],
)
def test_numbers_have_three_significant_digits_and_counts_are_whole(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "mantissa", "exponent"), [(1.234e-7, "1.23", "-7"), (2.5e9, "2.5", "9"), (1234.5, "1.23", "3")]
)
def test_very_large_and_small_numbers_have_powers_of_ten(value, mantissa, exponent):
    assert rf"{mantissa}\cdot 10^{{{exponent}}}" in number(value)


def test_negative_numbers_keep_their_sign():
    assert "-0.25" in number(-0.25)
    assert "-3" in number(-3)


def test_an_estimate_stands_before_its_interval():
    assert interval_text(0.5, 0.25, 1) == "0.50 [0.25, 1.00]"
    assert interval_text(math.nan, math.nan, math.nan) == "n/a [n/a, n/a]"


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((0.3456, 0.16, 0.57), "0.35 [0.16, 0.57]"),
        ((0.9984, 0.9972, 0.9991), "0.998 [0.997, 0.999]"),
        ((5.12, 3.41, 6.6), "5.1 [3.4, 6.6]"),
        ((312.0, 280.4, 401.0), "312 [280, 401]"),
        ((1.0, 0.7612, 1.0), "1.00 [0.76, 1.00]"),
        ((-0.004, -0.31, 0.31), r"0.00 [\ensuremath{-0.31}, 0.31]"),
        ((0.25, 0.25, 0.25), "0.25 [0.25, 0.25]"),
        ((2.0, 1.0, math.inf), r"2 [1, \ensuremath{\infty}]"),
    ],
)
def test_an_estimate_has_as_many_decimals_as_its_interval_leaves_sure(numbers, text):
    assert interval_text(*numbers) == text


def test_an_interval_of_tiny_numbers_has_powers_of_ten():
    assert interval_text(2e-7, 1e-7, 3e-7).count(r"\cdot 10^{-7}") == 3


def test_a_table_has_rules_around_its_head_and_below_its_rows():
    begin, end = r"\begin{tabular}{ll}", r"\end{tabular}"
    lines = [begin, r"\toprule", r"a & b \\", r"\midrule", r"1 &  \\", r"\bottomrule", end, ""]
    assert tabular("ll", "a & b", [["1", ""]]).split("\n") == lines


def test_long_tables_are_floats_of_a_page_each():
    text = floats("ll", "a & b", [[["1", "2"], ["3", "4"]], [["5", "6"]]], "What.", "tab:x")
    assert text.count(r"\begin{table}[tbp]") == text.count(r"\end{table}") == text.count(r"\toprule") == 2
    assert r"\caption{What.}\label{tab:x}" in text
    assert r"\caption{What. (continued)}\label{tab:x-2}" in text
    assert text.index("3 & 4") < text.index("continued") < text.index("5 & 6")


def test_an_end_that_is_open_is_infinite():
    assert interval_text(0.5, -math.inf, math.inf) == r"0.5 [\ensuremath{-\infty}, \ensuremath{\infty}]"


def test_long_cells_take_more_of_a_page():
    short = [["a", "b"]] * 150
    assert [len(page) for page in paged(short, [0.5, None])][:2] == [35, 35]  # a line and the gap below it
    long = [["a" * CHARACTERS, "b"]] * 45  # two lines
    assert [len(page) for page in paged(long, [0.5, None])] == [20, 20, 5]
    assert paged([["a" * 10**5, "b"]] * 2, [0.5, None]) == [[["a" * 10**5, "b"]]] * 2  # higher than a page, alone
    assert paged([], [None]) == [[]]
