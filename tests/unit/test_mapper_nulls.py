import numpy as np
import pytest

from topolens.config.analyses import Mapper
from topolens.errors import TopolensError
from topolens.mapper.loops import loop_count
from topolens.mapper.mapper_graph import mapper_graph
from topolens.mapper.nulls import KINDS, graph_size, noise_cloud, noise_null
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


@pytest.mark.parametrize("kind", KINDS)
def test_noise_has_the_norms_and_not_the_points(kind):
    points = ring()
    noise = noise_cloud(points, kind, np.random.default_rng(2))
    assert np.linalg.norm(noise, axis=1) == pytest.approx(np.linalg.norm(points, axis=1), rel=1e-12)
    assert np.linalg.norm(noise - points, axis=1).mean() > 0.5


def test_directions_are_uniform_and_covariance_is_kept():
    points = ring(4000)
    directions = noise_cloud(points, "directions", np.random.default_rng(2))
    units = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    assert np.abs(units.mean(axis=0)).max() < 0.03
    assert units.T @ units / len(units) == pytest.approx(np.eye(6) / 6, abs=0.02)
    like = noise_cloud(points, "covariance", np.random.default_rng(2))
    assert like.std(axis=0)[2:] == pytest.approx(np.full(4, 0.03), rel=0.2)
    assert like.mean(axis=0)[0] == pytest.approx(3, abs=0.2)


def test_points_at_the_origin_stay_there():
    points = np.array([[0.0, 0], [3, 4], [0, 1]])
    for kind in KINDS:
        assert noise_cloud(points, kind, np.random.default_rng(0))[0].tolist() == [0, 0]
    assert noise_cloud(np.zeros((3, 2)), "covariance", np.random.default_rng(0)).tolist() == [[0, 0]] * 3


def test_sizes_by_hand():
    line = np.concatenate([np.arange(12.0), [50, 90]])[:, None]
    graph = mapper_graph(line, intervals=30, overlap=0.25, min_samples=2, eps=1.5)
    # Intervals of width 3 and length 4 from -0.5: [0, 3], [3, 6], [5, 9] and [8, 11] of points, hand-counted.
    assert graph_size(graph, 1) == {"nodes": 4, "edges": 3, "components": 1, "loops": 0, "forks": 0, "covered": 12}


@pytest.mark.parametrize("kind", KINDS)
def test_the_null_is_mapper_of_noise(kind):
    points = ring()
    null = noise_null(points, settings(4), kind, 5)
    assert null["nodes"].min() > 0
    for resample, found in enumerate(null.to_dict("records")):
        noise = noise_cloud(points, kind, child_generator(5, "noise", kind, resample))
        assert found == {"repeat": resample, **graph_size(mapper_graph(noise, **GRAPH), 10)}


def test_noise_in_many_dimensions_has_no_loop():
    # Directions in many dimensions are all far from each other: one cluster an interval, or none.
    points = np.pad(ring(), ((0, 0), (0, 94)))
    assert loop_count(mapper_graph(points, **GRAPH, eps=0.3)) == 1
    null = noise_null(points, settings(9), "directions", 0)
    assert (null["nodes"] > 0).all()
    assert (null["loops"] == 0).all()
    assert (null["forks"] == 0).all()


def test_a_null_is_named_by_its_seed():
    def null(noise_clouds, seed):
        return noise_null(ring(), settings(noise_clouds), "covariance", seed)

    assert null(3, 1)[:2].equals(null(2, 1))
    assert not null(3, 1).equals(null(3, 2))


def test_a_fixed_radius_is_used():
    nothing = noise_null(ring(), settings(2), "directions", 0, eps=1e-3)
    assert nothing["nodes"].tolist() == [0, 0]


def test_bad_arguments():
    with pytest.raises(TopolensError, match="Did you mean 'directions'"):
        noise_cloud(ring(), "direction", np.random.default_rng(0))
