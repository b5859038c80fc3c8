import numpy as np
import pytest

from topolens.config.analyses import Mapper
from topolens.errors import TopolensError
from topolens.mapper.loops import loop_count
from topolens.mapper.mapper_graph import mapper_graph
from topolens.mapper.nulls import graph_size, noise_cloud, noise_null
from topolens.seeding import child_generator

GRAPH = {"intervals": 8, "overlap": 0.3}


def settings(noise_clouds):
    return Mapper(layers=["a", "b"], repeats=2, min_points=10, noise_clouds=noise_clouds, **GRAPH)


def ring(points=400):
    """A circle beside the origin in the first two of six dimensions."""
    angles = np.random.default_rng(0).uniform(0, 2 * np.pi, size=points)
    circle = np.column_stack([np.cos(angles) + 3, np.sin(angles)])
    noise = 0.03 * np.random.default_rng(1).normal(size=(points, 6))
    return np.pad(circle, ((0, 0), (0, 4))) + noise


def test_noise_has_the_norms_and_not_the_points():
    points = ring()
    noise = noise_cloud(points, np.random.default_rng(2))
    assert np.linalg.norm(noise, axis=1) == pytest.approx(np.linalg.norm(points, axis=1), rel=1e-12)
    assert np.linalg.norm(noise - points, axis=1).mean() > 0.5


def test_mean_and_covariance_are_kept():
    like = noise_cloud(ring(4000), np.random.default_rng(2))
    assert like.std(axis=0)[2:] == pytest.approx(np.full(4, 0.03), rel=0.2)
    assert like.mean(axis=0)[0] == pytest.approx(3, abs=0.2)


def test_points_at_the_origin_stay_there():
    points = np.array([[0.0, 0], [3, 4], [0, 1]])
    assert noise_cloud(points, np.random.default_rng(0))[0].tolist() == [0, 0]
    assert noise_cloud(np.zeros((3, 2)), np.random.default_rng(0)).tolist() == [[0, 0]] * 3


def test_sizes_by_hand():
    line = np.concatenate([np.arange(12.0), [50, 90]])[:, None]
    graph = mapper_graph(line, intervals=30, overlap=0.25, min_samples=2, eps=1.5)
    # Intervals of width 3 and length 4 from -0.5: [0, 3], [3, 6], [5, 9] and [8, 11] of points, hand-counted.
    assert graph_size(graph, 1) == {"nodes": 4, "edges": 3, "components": 1, "loops": 0, "forks": 0, "covered": 12}


def test_the_null_is_mapper_of_noise():
    points = ring()
    null = noise_null(points, settings(4), 5)
    assert null["nodes"].min() > 0
    for resample, found in enumerate(null.to_dict("records")):
        noise = noise_cloud(points, child_generator(5, "noise", resample))
        assert found == {"repeat": resample, **graph_size(mapper_graph(noise, **GRAPH), 10)}


def test_noise_without_a_shape_has_no_loop():
    points = np.random.default_rng(3).normal(size=(400, 100))
    null = noise_null(points, settings(5), 0)
    assert (null["nodes"] > 0).all()
    assert (null["loops"] == 0).all()
    assert (null["forks"] == 0).mean() > 0.5


def test_a_ring_has_a_loop_that_noise_of_its_covariance_lacks():
    points = np.pad(ring(), ((0, 0), (0, 94)))
    assert loop_count(mapper_graph(points, **GRAPH, eps=0.3)) == 1
    assert noise_null(points, settings(9), 0)["loops"].mean() < 1


def test_a_null_is_named_by_its_seed():
    def null(noise_clouds, seed):
        return noise_null(ring(), settings(noise_clouds), seed)

    assert null(3, 1)[:2].equals(null(2, 1))
    assert not null(3, 1).equals(null(3, 2))


def test_a_fixed_radius_is_used():
    nothing = noise_null(ring(), settings(2), 0, eps=1e-3)
    assert nothing["nodes"].tolist() == [0, 0]


def test_bad_arguments():
    with pytest.raises(TopolensError, match="points"):
        noise_cloud(np.array([[np.nan, 1.0]]), np.random.default_rng(0))
