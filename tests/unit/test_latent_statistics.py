"""The stage that joins all statistics of latent landscapes."""

import numpy as np
import pandas as pd
import pytest
from landscape_tables import LAYERS, SETTINGS, arrays_of, cloud
from test_statistics_performance import labels_table, masks_table

from topolens.artifacts import write_arrays
from topolens.stages.performance import COLUMNS as PERFORMANCE_COLUMNS
from topolens.stages.statistics import COLUMNS, compute_latent_statistics

NAN = np.nan


def stage_inputs(folder, arrays, performance):
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
    performance.to_csv(folder / "performance.csv", index=False)


def statistics_of(folder, arrays, performance, seed=0):
    stage_inputs(folder, arrays, performance)
    files = [
        folder / name
        for name in ("complexity.csv", "landscapes.npz", "performance.csv", "statistics.csv", "clusters.csv")
    ]
    compute_latent_statistics(*files, statistics=SETTINGS, seed=seed)
    return files[-2]


def test_the_stage_joins_all_statistics_in_one_tidy_table(tmp_path):
    arrays = arrays_of({}, groups=("cat", "dog", "all"), seeds=2)
    table = pd.read_csv(statistics_of(tmp_path, arrays, labels_table()))
    assert table.columns.tolist() == COLUMNS
    assert {
        "accuracy",
        "predicted_share",
        "complexity_l2",
        "constant_channels",
        "depth_correlation_l2",
        "depth_correlation_size_l2",
        "network_complexity_l2",
        "layer_difference",
        "paired_distance",
        "average_distance",
        "cluster_ari",
        "cluster_count",
    } <= set(table["statistic"])
    assert not table.duplicated(["statistic", "network", "seed", "group", "other", "layer"]).any()
    assert (table["low"] <= table["high"])[table["low"].notna()].all()
    assert table.loc[table["statistic"].str.startswith("complexity"), "seed"].isna().all()
    assert len(pd.read_csv(tmp_path / "clusters.csv")) == 3 * 12


def test_tables_read_from_disk_have_the_truth_values_of_masks(tmp_path):
    arrays = arrays_of({}, groups=("all",))
    table = pd.read_csv(statistics_of(tmp_path, arrays, masks_table()))
    rows = table[(table["statistic"] == "iou_drop") & table["seed"].isna()]
    assert rows["estimate"].tolist() == pytest.approx([1 / 3])


def test_the_stage_works_where_there_is_nothing_to_find_or_no_trained_network(tmp_path):
    arrays = arrays_of({}, groups=("cat", "dog", "all"), noise=0.0)
    table = pd.read_csv(statistics_of(tmp_path, arrays, pd.DataFrame(columns=PERFORMANCE_COLUMNS)))
    assert not {"accuracy", "iou", "layer_difference"} & set(table["statistic"])
    assert (table.loc[table["statistic"] == "average_distance", "p_holm"] == 1).all()
    assert (table.loc[table["statistic"] == "cluster_ari", "estimate"] == 0).all()


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_intervals(tmp_path):
    arrays = arrays_of({}, groups=("cat", "dog"))
    contents = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        (tmp_path / name).mkdir()
        contents.append(statistics_of(tmp_path / name, arrays, labels_table(), seed).read_bytes())
    assert contents[0] == contents[1] != contents[2]
