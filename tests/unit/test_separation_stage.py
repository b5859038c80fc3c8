"""How every cloud of images meets its classes: each row by hand, whatever further k there are, and threads."""

import numpy as np
import pandas as pd
import pytest
from image_clouds import DISTANCES, HOMOLOGY, OTHER_K, SIZE, write_image_clouds

from topolens import pairwise_distances, persistence
from topolens.artifacts import read_arrays
from topolens.config.analyses import Separation
from topolens.stages.image_diagrams import compute_image_diagrams
from topolens.stages.separation import measure_separation
from topolens.topology.class_agreement import class_agreement

KEYS = ["network", "condition", "layer", "repeat", "metric"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("separation")
    write_image_clouds(folder / "clouds.npz")
    for other_k in ([], OTHER_K):
        compute_image_diagrams(
            folder / "clouds.npz", folder / f"diagrams{len(other_k)}.npz", distances=[*DISTANCES.items()],
            other_k=other_k, homology=HOMOLOGY, seed=0, threads=1,
        )  # fmt: skip
    return folder


def measured(folder, file, diagrams="diagrams0.npz", threads=1):
    measure_separation(
        folder / "clouds.npz", folder / diagrams, file, distances=[*DISTANCES.items()],
        separation=Separation(neighbours=4), seed=0, threads=threads,
    )  # fmt: skip
    return file


def test_every_cloud_and_distance_has_its_agreement_with_the_classes(folder, tmp_path):
    table, arrays = pd.read_csv(measured(folder, tmp_path / "separation.csv")), read_arrays(folder / "clouds.npz")
    assert table.columns[:5].tolist() == KEYS
    assert not table.duplicated(KEYS).any()
    assert len(table) == 22 * (len(DISTANCES) + 1)
    classes = np.tile(np.arange(3), SIZE // 3)
    for _, row in table[table["metric"] != "stacked"].iterrows():
        points = arrays[f"{row['network']}/{row['layer']}/{row['condition']}"]
        points = points[SIZE * row["repeat"] : SIZE * (row["repeat"] + 1)]
        metric, _, how = row["metric"].partition(" ")
        distances = pairwise_distances(points, metric, normalise=how or None, k=3 if how else None)
        expected = class_agreement(distances, persistence(distances, 0)[0], classes, 4)
        assert row[[*expected]].to_dict() == expected  # to the last bit, on which ranks hang


def test_diagrams_of_further_k_are_left_out(folder, tmp_path):
    one, other = (measured(folder, tmp_path / f"{number}.csv", f"diagrams{number}.npz") for number in (0, 2))
    assert one.read_bytes() == other.read_bytes()


def test_threads_change_no_byte(folder, tmp_path):
    one, two = (measured(folder, tmp_path / f"{threads}.csv", threads=threads) for threads in (1, 2))
    assert one.read_bytes() == two.read_bytes()
