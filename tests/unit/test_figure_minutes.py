"""How long figures take, from made-up provenance."""

from types import SimpleNamespace

import pytest

from topolens.artifacts import write_json
from topolens.config.figure import Figure
from topolens.figures import minutes
from topolens.figures.minutes import figure_minutes


@pytest.fixture
def study(monkeypatch):
    figures = {
        "both": Figure(draw="confusion", caption="c"),
        "other_run": Figure(draw="confusion", caption="c", run="other"),
        "weights": Figure(draw="image_training", caption="c"),
        "missing": Figure(draw="confusion", caption="c"),
        "nowhere": Figure(draw="confusion", caption="c", run="gone"),
    }
    monkeypatch.setattr(minutes, "owner", lambda study, run, name: "main")  # what `other` shares
    return SimpleNamespace(name="s", scale="quick", figures=figures, runs={"main": None, "other": None})


def note(file, seconds, inputs, outputs):
    write_json(file, {"wall_seconds": seconds, "inputs_sha256": inputs, "outputs_sha256": outputs})


def test_each_stage_behind_a_figure_counts_once(study, tmp_path):
    results, figures = tmp_path / "results/quick/s", tmp_path / "figures/quick/s"
    note(results / "main/data.provenance.json", 60, {}, {"data.npz": "d"})
    note(results / "main/clouds.provenance.json", 120, {"data_file": "d"}, {"clouds.npz": "c"})
    note(
        results / "main/statistics.provenance.json",
        240,
        {"clouds_file": "c", "data_file": "d", "unknown": "x"},
        {"statistics.csv": "s"},
    )
    note(results / "main/unused.provenance.json", 6000, {}, {"unused.csv": "u"})
    for name in ("both", "other_run", "weights", "nowhere"):
        note(figures / f"{name}.provenance.json", 6, {}, {f"{name}.pdf": name})
    assert figure_minutes(tmp_path, study) == {
        "both": pytest.approx(7.1), "other_run": pytest.approx(7.1), "weights": 0.1, "nowhere": 0.1,
    }  # fmt: skip


def test_a_study_that_was_not_run_has_none(study, tmp_path):
    assert figure_minutes(tmp_path, study) == {}
