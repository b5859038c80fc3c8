"""The stage that joins all statistics of other explanations: one tidy table without two rows of a kind."""

import numpy as np
import pandas as pd
import pytest
from attribution_tables import LAYERS, SETTINGS, attributions_of, complexity_of, mapper_of
from topolens.stages.explain_statistics import COLUMNS, compute_explain_statistics

from topolens.artifacts import write_table
from topolens.config.analyses import INPUT, OCCLUSION
from topolens.statistics.mapper import NUMBERS


@pytest.fixture
def files(tmp_path):
    generator = np.random.default_rng(0)
    attributions = pd.concat(
        [
            attributions_of(generator.random((2, 5, 4)), ("A", "B")),
            attributions_of(generator.random((2, 5, 1)), ("A", "B"), [INPUT], method=OCCLUSION),
        ]
    )
    attributions["inside"] = attributions["insertion"] = generator.random(len(attributions))
    mapper = mapper_of(LAYERS, **{number: [0.1, 0.2, 0.3] for number in NUMBERS})
    for kind in ("agreement", "parameters"):
        mapper.loc[mapper["kind"] == kind, ["match", "chance_match", "same_components", "shared"]] = 0.5
    mapper = pd.concat([mapper, mapper[mapper["kind"] == "position"].assign(kind="pair", null_purity=0.1)])
    planes = pd.DataFrame(
        [
            {"layer": layer, "method": method, "estimate": 0.5, "low": 0.4, "high": 0.6, "n": 24, "p_value": 0.2}
            for layer in LAYERS
            for method in ("plane", "landscape")
        ]
    )
    tables = {
        "attributions": attributions, "complexity": complexity_of(generator.random((2, 1, 3, 4)), ("A", "B")),
        "mapper": mapper, "planes": planes,
    }  # fmt: skip
    for name, table in tables.items():
        write_table(tmp_path / f"{name}.csv", table)
    return tmp_path


def computed(files, seed=0, **parts):
    compute_explain_statistics(
        files / "attributions.csv", files / "complexity.csv", files / "statistics.csv", statistics=SETTINGS, seed=seed,
        **{f"{name}_file": files / f"{name}.csv" for name in parts},
    )  # fmt: skip
    return pd.read_csv(files / "statistics.csv")


def test_no_two_rows_of_a_kind(files):
    table = computed(files, mapper=True, planes=True)
    assert table.columns.tolist() == COLUMNS
    assert not table.duplicated(["statistic", "network", "layer", "group"]).any()
    names = {
        "subject_complexity_l2",
        "concentration", "inside", "insertion", "separation", "pair_purity", "pair_excess", "pair_forks",
        "concentration_agreement", "inside_agreement_scale_free", "mapper_forks", "mapper_match",
    }  # fmt: skip
    assert names <= set(table["statistic"])
    known = table.dropna(subset=["low", "high"])
    assert len(known) == len(table)
    assert (known["low"] <= known["estimate"] + 1e-12).all()
    assert (known["estimate"] <= known["high"] + 1e-12).all()


def test_a_run_without_classes_has_attributions_alone(files):
    table = computed(files)
    whole = computed(files, mapper=True, planes=True)
    others = whole["statistic"].str.startswith(("mapper", "pair", "separation"))
    pd.testing.assert_frame_equal(table, whole[~others].reset_index(drop=True), check_dtype=False)


def test_the_seed_moves_intervals_and_no_estimate(files):
    first, again, other = (computed(files, seed, mapper=True) for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first, again)
    pd.testing.assert_series_equal(first["estimate"], other["estimate"])
    assert (first["low"] != other["low"]).any()
