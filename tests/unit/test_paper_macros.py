"""Macros of the paper, from made-up claims and runs."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
from made_up_results import MadeUpResults

from topolens.paper.macros import (
    caption_macros,
    claim_macros,
    definitions,
    reached_macros,
    score_macros,
    setting_macros,
    trained_macros,
)

STUDY = SimpleNamespace(name="crops")


def test_definitions_are_sorted_by_name():
    assert definitions({"B": "2", "A": "1"}) == "\\newcommand{\\A}{1}\n\\newcommand{\\B}{2}\n"


def test_published_claims_are_counted_once_and_rows_told_one_by_one():
    rows = [
        ("W1", "", True, "reproduced", "", 9.0),
        ("W3", "raw", True, "not reproduced", "", 0.5),
        ("W3", "gaussian", False, "undecided", "at its bound", 0.5),
        ("H2", "", True, "not comparable", "their networks are larger", 0.5),
        ("C4", "", False, "reproduced", "", 1.0),
    ]
    claims = pd.DataFrame(rows, columns=["id", "twin", "headline", "verdict", "reason", "estimate"]).assign(
        kind=["published"] * 4 + ["control"], stability=[0.5, 1.0, "", 0.75, 0.1]
    )
    macros = dict(
        claim_macros(claims.assign(study="disks", low=0.25, high=[None, np.inf, 1, 1, 1], n=6, unit="network"))
    )
    counts = ("Count", "Rows", "Reproduced", "NotReproduced", "Undecided", "NotComparable")
    assert [macros[f"Claims{name}"] for name in counts] == ["3", "5", "1", "1", "0", "1"]
    assert macros["DisksWthreeSaid"] == r"0.5 [0.25, \ensuremath{\infty}], $n=6$ networks: not reproduced"
    assert macros["DisksWthreeGaussianSaid"] == "0.50 [0.25, 1.00], $n=6$ networks: undecided, at its bound"
    assert macros["DisksHtwoSaid"] == "not comparable, their networks are larger"
    assert "DisksCfourSaid" in macros
    assert macros["StabilityTold"].endswith("in a share of 0.75 of runs on average, of 0.5 at least")


def test_without_gold_runs_nothing_is_said_of_stability():
    columns = {"id": ["W1"], "twin": "", "headline": True, "verdict": "reproduced", "reason": "", "kind": "published"}
    claims = pd.DataFrame(columns).assign(study="disks", estimate=1, low=0, high=2, n=6, unit="seed", stability="")
    macros = dict(claim_macros(claims))
    assert macros["StabilityTold"].endswith("is not known: this scale was run from one root seed")


def test_settings_are_named_by_their_path():
    settings = {
        "seeds": [1, 2],
        "weights": "Restore",
        "clouds": {"points": 60, "shared": True},
        "networks": [{"a": 1}],
        "data": [{"b": 2}, {"b": 3}],
    }
    main = MadeUpResults(config=SimpleNamespace(model_dump=lambda mode: settings), study=STUDY, source="50 % of all")
    assert dict(setting_macros([main])) == {
        "CropsSeeds": "1, 2",
        "CropsWeights": "restore",
        "CropsCloudsPoints": "60",
        "CropsCloudsShared": "true",
        "CropsNetworksA": "1",
        "CropsData": r"50 \% of all",
    }


def test_networks_that_reached_the_last_accuracy_are_counted():
    main = MadeUpResults(networks={"families": {"x": {"reached_epoch": [[1, 4], [2, None], [1, 1]]}}}, study=STUDY)
    assert dict(reached_macros([main])) == {"CropsReachedLast": "2"}


def test_scores_are_named_by_network_and_statistic():
    scores = pd.DataFrame({"network": ["M2"], "statistic": "iou_without_skips", "estimate": 0.25})
    main = MadeUpResults(
        statistics=scores.assign(classes=None, seed=None), config=SimpleNamespace(kind="positions"), study=STUDY
    )
    assert dict(score_macros([main])) == {"CropsMtwoIouWithoutSkips": "0.25"}


def test_networks_that_count_are_counted_over_all_families():
    family = {"data": "D-I", "seeds": [1, 2], "train_accuracy": [[1.0], [0.5]], "reached_epoch": [[3], [None]]}
    config = SimpleNamespace(perceptron_training=lambda data: SimpleNamespace(snapshot_accuracies=[1.0]))
    main = MadeUpResults(networks={"families": {"one": family, "other": family}}, config=config, study=STUDY)
    assert dict(trained_macros([main])) == {"CropsNetworks": "4", "CropsTrained": "2"}


def test_captions_are_named_by_study_and_figure():
    figures = {"landscapes_h1": SimpleNamespace(caption="Average\n  H₁ landscapes, 100 % of them.")}
    study = SimpleNamespace(name="disks", figures=figures)
    assert dict(caption_macros([study])) == {"DisksLandscapesHoneCaption": r"Average H$_1$ landscapes, 100 \% of them."}
