"""The stage that joins all statistics of a run of positions: one tidy table, with what the run makes and no more."""

import numpy as np
import pandas as pd
import pytest
from attribution_tables import attributions_of, mapper_of
from landscape_tables import CLUSTERS, INTERVALS, LAYERS, TESTS, arrays_of, cloud
from test_statistics_performance import labels_table, masks_table

from topolens.artifacts import write_arrays, write_table
from topolens.config.analyses import INPUT, OCCLUSION
from topolens.stages.performance import COLUMNS as PERFORMANCE_COLUMNS
from topolens.stages.position_statistics import UNUSED, compute_position_statistics
from topolens.statistics.clusters import cluster_table
from topolens.statistics.explanations import NUMBERS
from topolens.statistics.rows import KEYS, tidy_table

NAN = np.nan
EXPLANATIONS = ("attributions", "mapper", "planes", "projections")


def write_inputs(folder, arrays, performance):
    complexity = [
        cloud(layer, repeat, network, seed, group, value=float(place + repeat))
        for network in arrays["networks"].tolist()
        for seed in arrays["seeds"].tolist()
        for group in arrays["groups"].tolist()
        for repeat in range(6)
        for place, layer in enumerate(LAYERS)
    ]
    pd.DataFrame(complexity).to_csv(folder / "complexity.csv", index=False)
    write_arrays(folder / "landscapes.npz", arrays)
    write_table(folder / "clusters.csv", cluster_table(arrays, CLUSTERS, 0))
    performance.to_csv(folder / "performance.csv", index=False)


def statistics_of(folder, *explanations, tests=TESTS, clusters=CLUSTERS, seed=0):
    names = ["complexity", "performance", *(["clusters"] if clusters else []), *explanations]
    files = {f"{name}_csv": folder / f"{name}.csv" for name in names} | {"landscapes_npz": folder / "landscapes.npz"}
    compute_position_statistics(
        folder / "statistics.csv", intervals=INTERVALS, tests=tests, clusters=clusters, seed=seed, **files
    )
    return pd.read_csv(folder / "statistics.csv")


def explained(folder):
    """Attributions of two networks, Mapper graphs and planes, beside landscapes of the same networks."""
    write_inputs(folder, arrays_of({}, networks=("A", "B"), groups=("cat", "all")), labels_table())
    generator = np.random.default_rng(0)
    attributions = pd.concat(
        [
            attributions_of(generator.random((2, 5, 3)), ("A", "B"), LAYERS),
            attributions_of(generator.random((2, 5, 1)), ("A", "B"), [INPUT], method=OCCLUSION),
        ]
    )
    attributions["inside"] = attributions["insertion"] = generator.random(len(attributions))
    mapper = mapper_of(LAYERS, **{number: [0.1, 0.2, 0.3] for number in NUMBERS})
    for kind in ("agreement", "parameters"):
        mapper.loc[mapper["kind"] == kind, ["match", "chance_match", "same_components", "shared"]] = 0.5
    mapper = pd.concat([mapper, mapper[mapper["kind"] == "repeat"].assign(kind="pair", null_purity=0.1)])
    accuracy = {
        "network": "A",
        "seed": 0,
        "estimate": 0.5,
        "low": 0.4,
        "high": 0.6,
        "n": 24,
        "unit": "repeat",
        "p_value": 0.2,
    }
    methods = [{"layer": layer, "method": method} for layer in LAYERS for method in ("plane", "landscape")]
    planes = pd.DataFrame([accuracy | method for method in methods])
    kept = [{"network": "A", "seed": 0, "layer": layer, "null": False, "kept": 0.3} for layer in LAYERS for _ in "12"]
    for name, table in zip(EXPLANATIONS, (attributions, mapper, planes, pd.DataFrame(kept)), strict=True):
        write_table(folder / f"{name}.csv", table)


def test_the_stage_joins_all_statistics_in_one_tidy_table(tmp_path):
    write_inputs(tmp_path, arrays_of({}, groups=("cat", "dog", "ship", "all"), seeds=2), labels_table())
    table = statistics_of(tmp_path)
    assert table.columns.tolist() == [*tidy_table([], UNUSED)]
    assert {
        "accuracy",
        "predicted_share",
        "complexity_l2",
        "constant_channels",
        "depth_correlation_l2",
        "network_complexity_l2",
        "layer_difference",
        "paired_distance",
        "average_distance",
        "cluster_ari",
        "cluster_count",
        "pair_rank",
    } <= set(table["statistic"])
    assert not table.duplicated([key for key in KEYS if key in table]).any()
    assert (table["low"] <= table["high"])[table["low"].notna()].all()
    assert table.loc[table["statistic"].str.startswith("complexity"), "seed"].isna().all()
    assert (table.dropna(subset="layer")["depth"] == table["layer"].dropna().map(["input", *LAYERS].index)).all()
    assert table.loc[table["layer"].isna(), "depth"].isna().all()
    assert table["unit"].notna().all()


def test_tables_read_from_disk_have_the_truth_values_of_masks(tmp_path):
    write_inputs(tmp_path, arrays_of({}, groups=("all",)), masks_table())
    table = statistics_of(tmp_path)
    rows = table[(table["statistic"] == "iou_drop") & table["seed"].isna()]
    assert rows["estimate"].tolist() == pytest.approx([1 / 3])


def test_the_stage_works_where_there_is_nothing_to_find_or_no_trained_network(tmp_path):
    arrays = arrays_of({}, groups=("cat", "dog", "all"), noise=0.0)
    write_inputs(tmp_path, arrays, pd.DataFrame(columns=PERFORMANCE_COLUMNS))
    table = statistics_of(tmp_path)
    assert not {"accuracy", "iou", "layer_difference"} & set(table["statistic"])
    assert (table.loc[table["statistic"] == "average_distance", "p_holm"] == 1).all()
    assert (table.loc[table["statistic"] == "cluster_ari", "estimate"] == 0).all()


def test_without_tests_or_clusters_there_are_none(tmp_path):
    write_inputs(tmp_path, arrays_of({}, groups=("cat", "dog", "all")), labels_table())
    whole, bare = statistics_of(tmp_path), statistics_of(tmp_path, tests=None, clusters=None)
    gone = {*whole["statistic"]} - {*bare["statistic"]}
    tested = {"layer_difference", "paired_distance", "average_distance"}
    assert gone == tested | {"cluster_ari", "cluster_accuracy", "cluster_count"}
    rest = whole[~whole["statistic"].isin(gone)].reset_index(drop=True)
    pd.testing.assert_frame_equal(bare, rest, check_dtype=False)


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_intervals(tmp_path):
    explained(tmp_path)
    contents = []
    for seed in (0, 0, 1):
        statistics_of(tmp_path, *EXPLANATIONS, seed=seed)
        contents.append((tmp_path / "statistics.csv").read_bytes())
    assert contents[0] == contents[1] != contents[2]


def test_explanations_stand_beside_landscapes_without_two_rows_of_a_kind(tmp_path):
    explained(tmp_path)
    table = statistics_of(tmp_path, *EXPLANATIONS)
    assert not table.duplicated([key for key in KEYS if key in table]).any()
    names = {
        "explained_complexity_l2",
        "concentration", "inside", "insertion", "separation", "kept_variance",
        "pair_purity", "pair_excess", "pair_forks",
        "concentration_agreement", "inside_agreement_scale_free", "mapper_forks", "mapper_match",
    }  # fmt: skip
    assert names <= set(table["statistic"])
    known = table[table["statistic"].isin(names)]
    assert known[["low", "high"]].notna().all(axis=None)
    assert (known["low"] <= known["estimate"] + 1e-12).all()
    assert (known["estimate"] <= known["high"] + 1e-12).all()


def test_what_a_run_does_not_make_changes_nothing_else(tmp_path):
    explained(tmp_path)
    whole = statistics_of(tmp_path, *EXPLANATIONS)
    without = statistics_of(tmp_path, "attributions")
    others = whole["statistic"].str.startswith(("mapper", "pair_", "separation", "kept_variance"))
    pd.testing.assert_frame_equal(without, whole[~others].reset_index(drop=True), check_dtype=False)


def test_the_seed_moves_intervals_and_no_estimate(tmp_path):
    explained(tmp_path)
    first, other = (statistics_of(tmp_path, *EXPLANATIONS, seed=seed) for seed in (0, 1))
    tested = first["p_value"].notna()
    pd.testing.assert_series_equal(first.loc[~tested, "estimate"], other.loc[~tested, "estimate"])
    assert (first["low"] != other["low"]).any()
