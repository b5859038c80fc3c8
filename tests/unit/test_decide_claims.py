"""From a claim and a run to a row of the table of verdicts."""

from pathlib import Path

import numpy as np
import pytest
from explain_tables import mapper_of
from latent_tables import complexity_of

from topolens.artifacts import write_table
from topolens.claims.evidence import Evidence
from topolens.claims.model import NOT_REPRODUCED, REPRODUCED, UNDECIDED, Claim, Rule
from topolens.claims.registry import STATISTICS
from topolens.config.study import load_study
from topolens.results import Results
from topolens.stages.claims import decide

UNITS = {
    "network", "untrained network", "repeat", "pair of clouds", "batch of clouds", "image", "layer", "noise", "test",
    "metric", "cell", "pair of repeats", "seed", "condition",
}  # fmt: skip
CONFIG = Path(__file__).parents[2] / "workflow" / "config"
NAN = np.nan
LAYERS = ["E1-ReLU1", "D1-UpReLU", "D1-ReLU1", "D3-UpReLU", "D3-ReLU1"]


def claim_of(**changes):
    settings = {
        "id": "L6",
        "scope": "population",
        "studies": ["crops"],
        "source": "s",
        "wording": "w",
        "statistic": "upconvolution_contrast",
        "holds": Rule(below=0),
        "expected": "e",
    }
    return Claim(**(settings | changes))


@pytest.mark.parametrize(
    ("source", "row", "verdict"),
    [
        ("the photographs", [1, 1, 3, 1, 3], REPRODUCED),
        ("the photographs", [1, 3, 1, 3, 1], NOT_REPRODUCED),
        ("the photographs", [1, 1, 1, 1, 1], UNDECIDED),
        ("the photographs", [0, 0, 0, 0, 0], UNDECIDED),
        ("stand-in: generated", [1, 1, 3, 1, 3], UNDECIDED),
    ],
)
def test_verdicts_on_latent_runs(source, row, verdict, tmp_path):
    study = load_study(CONFIG / "studies" / "crops.yaml", "smoke")
    results = Results(tmp_path, study, "main")
    write_table(
        tmp_path / "main" / "complexity.csv",
        complexity_of(
            np.tile(np.array(row, float), (1, 6, 1, 10, 1)),
            ("RGB",),
            LAYERS,
        ),
    )
    np.savez(tmp_path / "main" / "data.npz", source=np.array(source))
    assert Evidence(results, 0).bootstrap == 50
    (found,) = decide(claim_of(), "crops", results, 0)
    assert (found["decided"], found["data"], found["rule"]) == (verdict, source, "≤ 0")


@pytest.mark.parametrize(
    ("source", "shares", "verdict"),
    [
        ("the photographs", [0.8] * 6, REPRODUCED),
        ("the photographs", [0.2] * 6, NOT_REPRODUCED),
        ("the photographs", [0.1, 0.9] * 3, UNDECIDED),
        ("the photographs", [0.8] * 4, UNDECIDED),  # too few positions
        ("the photographs", [NAN] * 6, UNDECIDED),
        ("stand-in: generated", [0.8] * 6, UNDECIDED),
    ],
)
def test_verdicts_on_a_run(source, shares, verdict, tmp_path):
    results = Results(tmp_path / "cifar10", load_study(CONFIG / "studies" / "cifar10.yaml", "smoke"), "main")
    write_table(tmp_path / "cifar10" / "main" / "mapper.csv", mapper_of(separating=[shares], layers=["ReLU12"]))
    images = tmp_path / "cifar10" / "main" / "data.npz"
    np.savez(images, source=np.array(source))
    assert Evidence(results, 0).bootstrap == 50
    claim = Claim(
        id="T1", studies=["cifar10"], source="s", wording="w", statistic="graphs_of_positions",
        options={"finding": "fork_share"}, holds=Rule(above=0.5), scope="these networks", expected="e",
    )  # fmt: skip
    (found,) = decide(claim, "cifar10", results, 0)
    assert (found["decided"], found["data"], found["rule"]) == (verdict, source, "≥ 0.5")


def test_a_claim_has_a_row_for_each_twin_which_says_what_its_units_are(tmp_path):
    results = Results(tmp_path, load_study(CONFIG / "studies" / "crops.yaml", "smoke"), "main")
    values = np.tile([1.0, 1.0, 3.0, 1.0, 3.0], (1, 6, 1, 5, 1))
    table = complexity_of(values, ("RGB",), LAYERS, null=[1, 3, 1, 1, 1])
    write_table(tmp_path / "main" / "complexity.csv", table.assign(l2_scale_free=1.0))
    np.savez(tmp_path / "main" / "data.npz", source=np.array("the photographs"))
    rows = [*decide(claim_of(twin=True, kind="ours"), "crops", results, 0)]
    assert [row["twin"] for row in rows] == ["raw", "scale-free", "gaussian"]
    assert [row["estimate"] for row in rows] == pytest.approx([-0.5, 0, -(0.8 + 0.5) / 2])
    assert {(row["id"], row["kind"], row["scope"], row["unit"], row["n"]) for row in rows} == {
        ("L6", "ours", "population", "network", 6)
    }
    assert {row["band"] for row in rows} == {"above 2, inside 1, below 1"}


def test_claims_whose_units_are_networks_speak_of_a_population():
    for name, known in STATISTICS.items():
        options = {option: 1 for option in known.options}
        assert known.unit_of(options) in UNITS, name
    assert STATISTICS["gap_share"].unit_of({"depth": 0}) == "repeat"
    assert STATISTICS["gap_share"].unit_of({"depth": -1}) == "network"
