"""The original disks, which cannot fail but are easily read wrongly: holes, the order of the file, hops, components."""

import os
from pathlib import Path

import numpy as np
import pytest

from topolens.clouds.sample_recording import draw_rows
from topolens.config.clouds import SampleClouds
from topolens.data.disks import read_disks
from topolens.topology.complexity import largest_gap
from topolens.topology.distances import pairwise_distances
from topolens.topology.persistence import betti_number, lifetimes, persistence

FILE = Path(os.environ.get("TOPOLENS_DATA", "data")) / "circles_type_8.csv.gz"
DISKS, COMPLEMENT = 0, 1


@pytest.fixture(scope="module")
def original():
    if not FILE.is_file():
        pytest.skip(f"{FILE} is not there")
    return read_disks(FILE, FILE.read_bytes())


def cloud(dataset, label=COMPLEMENT, rows="random", points=1000, seed=0):
    """One cloud of a class as the study draws it."""
    settings = SampleClouds(of="samples", points=points, label=label, rows=rows, shared=True)
    return dataset.inputs(draw_rows(dataset, settings, 1, seed)[0])


def test_random_points_of_the_complement_have_nine_holes_and_its_first_rows_a_single_one(original):
    holes = [
        largest_gap(lifetimes(persistence(pairwise_distances(cloud(original, seed=seed)), 1)[1])) for seed in range(3)
    ]
    assert holes.count(9) >= 2
    first = persistence(pairwise_distances(cloud(original, rows="first")), 1)[1]
    assert largest_gap(lifetimes(first)) == 1


def test_hops_on_the_graph_of_twelve_neighbours_count_more_holes_than_nine(original):
    counted = [
        betti_number(persistence(pairwise_distances(cloud(original, seed=seed), "geodesic", neighbours=12), 1)[1], 2.5)
        for seed in range(3)
    ]
    assert 12 <= np.mean(counted) <= 15


def test_the_disks_have_nine_components(original):
    for seed in range(3):
        components = persistence(pairwise_distances(cloud(original, DISKS, seed=seed)), 0)[0]
        assert betti_number(components, 0.07) == 9
