"""What people read of a comparison: the exit code, counts, the worst rows, and a page whose text is escaped."""

import pandas as pd
import pytest

from topolens.artifacts import write_json, write_table
from topolens.errors import TopolensError
from topolens.verification.compare import AGREES, AT_ITS_BOUND, COLUMNS, DIFFERS, OUTSIDE, not_comparable
from topolens.verification.report import page, verdict, worst

RECORD = {"run": "this one", "reference": "that one", "how": "another seed", "reason": ""}


def row(study, kind, name, quantity, numbers, outcome):
    return dict(zip(COLUMNS, (study, kind, name, quantity, *numbers, outcome), strict=True))


def table_of(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


GOOD = [
    row("a", "study", "a", "all", (0.01, None, 0, 0.05), AGREES),
    row("a", "claim", "X1", "estimate", (1.0, 1.1, 0.5, 1.5), AGREES),
    row("a", "row", "statistic=s", "estimate", (9.0, 1.0, 0.0, 2.0), OUTSIDE),
]
BOUND = [
    row("b", "study", "b", "all", (0.0, None, 0, 0.05), AT_ITS_BOUND),
    row("b", "claim", "X2", "estimate", (1.0, 1.1, 0.5, 1.5), AT_ITS_BOUND),
    row("b", "claim", "X2", "verdict", ("undecided", "reproduced", "", ""), AT_ITS_BOUND),
]
BAD = [
    row("c", "study", "c", "all", (0.3, None, 0, 0.05), DIFFERS),
    row("c", "claim", "X3", "estimate", (7.0, 1.1, 0.5, 1.5), DIFFERS),
    row("c", "claim", "X4", "rule", ("≥ 1", "≥ 0 <b>", "", ""), DIFFERS),
    row("c", "row", "statistic=t", "row", ("", "there", "", ""), DIFFERS),
]


def write(folder, *rows, **record):
    write_table(folder / "verification.csv", table_of(*rows))
    write_json(folder / "verification.json", RECORD | record)
    return folder


def test_the_exit_code_is_that_of_the_worst_study(tmp_path):
    assert verdict(write(tmp_path, *GOOD))[1] == 0
    assert verdict(write(tmp_path, *GOOD, *BOUND))[1] == 0
    assert verdict(write(tmp_path, *GOOD, *BOUND, *BAD))[1] == 1
    assert verdict(write(tmp_path, *GOOD, *BAD, not_comparable("d", "other data")))[1] == 2
    assert verdict(write(tmp_path, reason="no reference"))[1] == 2


def test_one_study_may_be_asked_for(tmp_path):
    folder = write(tmp_path, *GOOD, *BAD)
    text, code = verdict(folder, "a")
    assert code == 0
    assert "X3" not in text
    assert verdict(folder, "c")[1] == 1
    with pytest.raises(TopolensError, match="unknown study 'e'"):
        verdict(folder, "e")


def test_the_text_starts_with_where_both_are_from_and_lists_what_differs(tmp_path):
    text, _ = verdict(write(tmp_path, *GOOD, *BOUND, *BAD))
    lines = text.splitlines()
    assert lines[:2] == ["this run   this one", "reference  that one"]
    assert "a        agrees: claims 1 agrees; 0.01 of its numbers outside, at most 0.05" in lines
    assert "  differs: c, X3, estimate: 7, reference 1.1, from 0.5 to 1.5" in lines
    assert "  differs: c, X4, rule: ≥ 1, reference ≥ 0 <b>" in lines
    assert any(line.startswith("  at its bound: b, X2, verdict: undecided") for line in lines)


def test_what_was_not_compared_says_how_to(tmp_path):
    with pytest.raises(TopolensError, match=r"verification.csv: not made yet; run `snakemake --cores all verify`"):
        verdict(tmp_path)


def test_the_worst_rows_come_first_and_are_ten():
    rows = [row("a", "row", f"r{number}", "estimate", (number, 0.0, -1.0, 1.0), OUTSIDE) for number in range(20)]
    found = worst(table_of(*rows), OUTSIDE)
    assert [one["row"] for one in found] == [f"r{number}" for number in range(19, 9, -1)]


def test_the_page_escapes_text_and_shows_all_studies():
    text = page(table_of(*GOOD, *BOUND, *BAD, not_comparable("d", "other data")), RECORD)
    assert "≥ 0 &lt;b&gt;" in text
    assert "<b>" not in text
    for study, outcome in (("a", "agrees"), ("b", "at its bound"), ("c", "differs"), ("d", "not comparable")):
        assert f"<tr><td>{study}<td" in text
        assert outcome in text
    assert "There is no reference" in page(table_of(), RECORD | {"reason": "There is no reference"})
