"""Statistics of other explanations: means, correlations over layers, and one tidy table without two rows of a kind."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from topolens.artifacts import write_table
from topolens.config.explain import GRAD_CAM, INPUT, OCCLUSION, ExplainStatistics
from topolens.inference.explain_statistics import (
    NOISE,
    NUMBERS,
    SCORES,
    agreement_rows,
    attribution_rows,
    layer_agreement,
    mapper_rows,
    plane_rows,
)
from topolens.stages.attributions import COLUMNS as ATTRIBUTIONS
from topolens.stages.explain_statistics import COLUMNS, compute_explain_statistics

NAN = np.nan
SETTINGS = ExplainStatistics(bootstrap=100)
LAYERS = ["L1", "L2", "L3", "L4"]


def attributions_of(values, networks=("A",), layers=LAYERS, score="concentration", method=GRAD_CAM):
    """From values[network][image][layer] of a score."""
    rows = [
        {"network": networks[network], "method": method, "layer": layers[layer], "image": 10 + image, score: value}
        for (network, image, layer), value in np.ndenumerate(np.asarray(values, float))
    ]
    return pd.DataFrame(rows).reindex(columns=ATTRIBUTIONS)


def complexity_of(values, networks=("A",), layers=LAYERS, seeds=(0,), factor=1.0):
    """From values[network][seed][repeat][layer] of the L2 norm; the scale-free one is `factor` times it."""
    rows = [
        {
            "network": networks[network], "seed": seeds[seed], "group": "all", "repeat": repeat,
            "layer": layers[layer], "gaussian": False, "l2": value, "l2_scale_free": factor * value,
        }
        for (network, seed, repeat, layer), value in np.ndenumerate(np.asarray(values, float))
    ]  # fmt: skip
    # Gaussian clouds never count.
    return pd.DataFrame([*rows, *(row | {"gaussian": True, "l2": 1e9, "l2_scale_free": -1e9} for row in rows[::3])])


def mapper_of(layers=("a", "b"), positions=3, **values):
    """A table whose graphs of positions have `values` by column: numbers by position, for every layer."""
    tables = []
    for layer in layers:
        kinds = {"position": positions, "directions": 2, NOISE: 2, "parameters": 3, "agreement": 3}
        for kind, count in kinds.items():
            rows = pd.DataFrame({"layer": layer, "kind": kind, "number": np.arange(count)})
            tables.append(rows.assign(**{name: own for name, own in values.items() if kind == "position"}))
    columns = ["layer", "kind", "number", *NUMBERS, "match", "chance_match", "same_components", "shared"]
    return pd.concat(tables, ignore_index=True).reindex(columns=[*columns, "null_purity"])


def only(rows, **wanted):
    (found,) = [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]
    return found


# Means


def test_means_over_images_by_hand():
    table = attributions_of([[[0.2, 0.4], [0.6, NAN]]], layers=["L1", "L2"])
    rows = list(attribution_rows(table, SETTINGS, 0))
    assert [row["statistic"] for row in rows] == ["concentration"] * 2  # what no image has has no row
    first = only(rows, layer="L1")
    assert (first["estimate"], first["n"], first["group"]) == (pytest.approx(0.4), 2, GRAD_CAM)
    assert 0.2 <= first["low"] <= 0.4 <= first["high"] <= 0.6
    assert (only(rows, layer="L2")["estimate"], only(rows, layer="L2")["n"]) == (0.4, 1)


def test_every_score_of_every_network_method_and_layer():
    table = pd.concat(
        [
            attributions_of(np.ones((2, 3, 4)), ("A", "B")),
            attributions_of(np.ones((2, 3, 1)), ("A", "B"), [INPUT], method=OCCLUSION),
        ]
    )
    table[SCORES] = 0.5
    rows = list(attribution_rows(table, SETTINGS, 0))
    keys = {(row["statistic"], row["network"], row["group"], row["layer"]) for row in rows}
    assert len(keys) == len(rows) == len(SCORES) * 2 * 5


def test_numbers_of_graphs_are_means_over_positions_beside_noise():
    table = mapper_of(loops=[1, 2, 6], forks=[0, 0, 3], separating=[NAN, NAN, 0.5], local=NAN)
    table.loc[table["kind"] == NOISE, "loops"] = [10, 20, 30, 40]
    table.loc[table["kind"] == "directions", "loops"] = 99
    rows = list(mapper_rows(table, SETTINGS, 0))
    loops = only(rows, statistic="mapper_loops", layer="b")
    assert (loops["estimate"], loops["n"]) == (3, 3)
    assert (loops["null_low"], loops["null_high"]) == pytest.approx((30.25, 39.75))
    # A graph without a fork has no share of forks that separate.
    assert only(rows, statistic="mapper_separating", layer="a")["n"] == 1
    assert np.isnan(only(rows, statistic="mapper_local", layer="a")["estimate"])
    assert "null_low" not in only(rows, statistic="mapper_separating", layer="a")


def test_the_graph_that_others_are_compared_with_is_not_compared_with_itself():
    table = mapper_of(layers=("a",))
    table.loc[table["kind"] == "parameters", "match"] = [1.0, 0.4, 0.6]
    table.loc[table["kind"] == "agreement", "match"] = [0.2, 0.3, 0.7]
    rows = list(mapper_rows(table, SETTINGS, 0))
    assert only(rows, statistic="mapper_match", group="parameters")["estimate"] == pytest.approx(0.5)
    assert only(rows, statistic="mapper_match", group="agreement")["estimate"] == pytest.approx(0.4)
    assert not [row for row in rows if row["statistic"] == "mapper_shared"]


def test_the_pair_of_classes():
    table = mapper_of(layers=("a",))
    assert not [row for row in mapper_rows(table, SETTINGS, 0) if "pair" in row["statistic"]]
    pair = pd.DataFrame(
        {
            "layer": "a", "kind": "pair", "number": [0, 1], "node_purity": [0.9, 0.7], "null_purity": [0.6, 0.6],
            "forks": [1, 0],
        }
    )  # fmt: skip
    rows = list(mapper_rows(pd.concat([table, pair]), SETTINGS, 0))
    assert only(rows, statistic="pair_purity")["estimate"] == pytest.approx(0.8)
    assert only(rows, statistic="pair_excess")["estimate"] == pytest.approx(0.2)
    assert only(rows, statistic="pair_forks")["estimate"] == pytest.approx(0.5)


def test_accuracies_of_planes_are_passed_on():
    table = pd.DataFrame({"layer": ["L1", "L1"], "method": ["plane", "landscape"], "estimate": [0.4, 0.6], "n": 24})
    rows = list(plane_rows(table))
    assert rows[0] == {"statistic": "separation", "group": "plane", "layer": "L1", "estimate": 0.4, "n": 24}
    assert [row["group"] for row in rows] == ["plane", "landscape"]


# Correlations over layers


def agreement(scores, norms, score="concentration", measure="l2", **options):
    attributions, complexity = attributions_of(scores, score=score), complexity_of(norms, **options)
    return layer_agreement(attributions, complexity, score, measure, SETTINGS, 0)


def test_the_same_order_of_layers_is_1_the_reverse_is_minus_1():
    scores, norms = [[[1, 2, 3, 4]] * 3], [[[[10, 30, 40, 90]] * 2]]
    assert agreement(scores, norms).value == pytest.approx(1)
    found = agreement(-np.array(scores), norms)
    assert (found.value, found.low, found.high, found.n) == pytest.approx((-1, -1, -1, 3))
    assert agreement(scores, norms, measure="l2_scale_free", factor=-1).value == pytest.approx(-1)


def test_means_are_correlated_as_by_scipy_and_averaged_over_networks():
    generator = np.random.default_rng(0)
    scores, norms = generator.random((2, 6, 4)), generator.random((2, 1, 5, 4))
    expected = [stats.spearmanr(scores[k].mean(axis=0), norms[k, 0].mean(axis=0)).statistic for k in range(2)]
    attributions = attributions_of(scores, ("A", "B"))
    found = layer_agreement(attributions, complexity_of(norms, ("A", "B")), "concentration", "l2", SETTINGS, 0)
    assert (found.value, found.n) == (pytest.approx(np.mean(expected)), 6)
    assert found.low <= found.value <= found.high
    rows = list(agreement_rows(attributions, complexity_of(norms, ("A", "B")), SETTINGS, 0))
    assert [
        only(rows, statistic="concentration_agreement", network=name)["estimate"] for name in "AB"
    ] == pytest.approx(expected)
    assert {row["statistic"] for row in rows} == {"concentration_agreement", "concentration_agreement_scale_free"}


def test_the_first_seed_counts_whatever_its_number():
    scores, rising = [[[1, 2, 3, 4]] * 3], [[1, 2, 3, 4]] * 2
    norms = [[rising, np.array(rising)[:, ::-1]]]
    assert agreement(scores, norms, seeds=(7, 2)).value == pytest.approx(1)
    assert agreement(scores, norms, seeds=(2, 7)).value == pytest.approx(1)


def test_a_layer_whose_maps_point_nowhere_takes_no_part():
    scores = np.array([[[1, 2, NAN, 4], [2, 3, NAN, 5.0]]])
    # Of the other three layers the order is the same, with one in doubt for one image.
    assert agreement(scores, [[[[1, 2, 99, 3]]]]).value == pytest.approx(1)
    scores[0, 1, 0] = NAN
    found = agreement(scores, [[[[1, 2, 99, 3]]]])
    assert found.value == pytest.approx(1)
    # Resamples without the only image that has a score at the first layer have two layers and say nothing.
    assert (found.low, found.high) == pytest.approx((1, 1))


def test_too_few_layers_have_no_correlation_and_a_constant_side_has_none_either():
    assert agreement([[[1, 2, 3, 4]] * 2], [[[[5, 5, 5, 5]]]]).value == 0
    scores, norms = attributions_of([[[1, 2]] * 3], layers=LAYERS[:2]), complexity_of([[[[1, 2]]]], layers=LAYERS[:2])
    found = layer_agreement(scores, norms, "concentration", "l2", SETTINGS, 0)
    assert np.isnan([found.value, found.low, found.high]).all()


# The table


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
