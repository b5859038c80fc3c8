"""The landscape norm of a layer: degrees side by side, its scale-free twin."""

import numpy as np
import pytest

from topolens.topology.complexity import complexity
from topolens.topology.distances import mean_distance, pairwise_distances
from topolens.topology.layer_norms import landscape_norms
from topolens.topology.persistence import persistence

POINTS = np.random.default_rng(0).normal(size=(30, 3))


def test_norms_are_those_of_both_degrees_side_by_side():
    distances = pairwise_distances(POINTS)
    rows = [complexity(diagram, mean_distance(distances)) for diagram in persistence(distances, 1).by_degree]
    found = landscape_norms(POINTS, 1)
    assert found["l2"] == pytest.approx(np.hypot(rows[0]["l2"], rows[1]["l2"]))
    # A larger cloud of the same shape has the same scale-free norm.
    larger = landscape_norms(7 * POINTS, 1)
    assert larger["l2"] == pytest.approx(7**1.5 * found["l2"], rel=1e-5)
    assert larger["l2_scale_free"] == pytest.approx(found["l2_scale_free"], rel=1e-5)
    assert landscape_norms(np.zeros((20, 3)), 1) == dict.fromkeys(found, 0.0)


def test_one_degree_alone_has_the_norm_of_its_landscape():
    distances = pairwise_distances(POINTS)
    row = complexity(persistence(distances, 0)[0], mean_distance(distances))
    assert landscape_norms(POINTS, 0) == {name: pytest.approx(row[name]) for name in ("l2", "l2_scale_free")}
