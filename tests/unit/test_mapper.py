import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.cluster import DBSCAN
from sklearn.metrics import adjusted_rand_score

from topolens.errors import TopolensError
from topolens.mapper.mapper_graph import DensityClusters, elbow, mapper_graph
from topolens.mapper.structure import membership, node_components, point_components


def mixture(seed=0, points=600, dimensions=20):
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(5, dimensions))
    chosen = generator.integers(5, size=points)
    stretched = centres[chosen] * generator.uniform(0.5, 2, size=(points, 1))
    return stretched + 0.2 * generator.normal(size=(points, dimensions))


def own_mapper(points, intervals, overlap, eps, min_samples=5):
    """Clusters of own preimages, with scikit-learn's tree, as (interval, set of points)."""
    lens = np.sqrt((points**2).sum(axis=1))
    width = (lens.max() - lens.min()) / intervals
    nodes = []
    for interval in range(intervals):
        middle = lens.min() + (interval + 0.5) * width
        rows = np.flatnonzero(np.abs(lens - middle) <= width / (2 * (1 - overlap)))
        if len(rows) >= min_samples:
            labels = DBSCAN(eps=eps, min_samples=min_samples, algorithm="kd_tree").fit_predict(points[rows])
            nodes += [(interval, frozenset(rows[labels == label].tolist())) for label in range(labels.max() + 1)]
    return nodes


def test_elbow_by_hand():
    # Nearest other points of 0, 1, 2, 3, 4, 24: five times 1, once 20. The chord is at 1 + 3.8 i; i = 4 is farthest.
    line = np.array([[0.0], [1], [2], [3], [4], [24]])
    assert elbow(line, 1) == pytest.approx(1)
    assert elbow(line, 1) > 1  # the pairs at that distance are within
    # Second nearest: 2, 1, 1, 1, 2, 21, sorted 1, 1, 1, 2, 2, 21; below the chord 0, 4, 8, 11, 15, 0.
    assert elbow(line, 2) == pytest.approx(2)
    # 2, 3, 3 lies nowhere below its chord: the largest.
    assert elbow(np.array([[0.0], [1], [3]]), 2) == pytest.approx(3)


def test_elbow_is_farthest_from_the_chord_whatever_the_axes():
    points = mixture(3)
    curve = np.sort(np.sort(cdist(points, points), axis=1)[:, 5])
    for stretch in (1, 1e-3, 1e3):
        corners = np.column_stack([np.arange(len(curve)) * stretch, curve])
        chord = (corners[-1] - corners[0]) / np.linalg.norm(corners[-1] - corners[0])
        beside = chord[0] * (corners[:, 1] - corners[0, 1]) - chord[1] * (corners[:, 0] - corners[0, 0])
        assert elbow(points) == pytest.approx(curve[beside.argmin()])


def test_elbow_of_equal_distances_and_of_coincident_points():
    triangle = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1.0]])
    assert elbow(triangle, 2) == pytest.approx(np.sqrt(2))
    assert elbow(np.full((20, 3), 0.1)) == 0
    assert elbow(np.zeros((20, 3))) == 0


@pytest.mark.parametrize("neighbours", [0, 4])
def test_elbow_needs_that_many_other_points(neighbours):
    with pytest.raises(TopolensError, match="expected a whole number, 1 to 3"):
        elbow(np.eye(4), neighbours)


@pytest.mark.parametrize(("intervals", "overlap"), [(1, 0.3), (10, 0.2), (12, 0.3), (10, 0.5), (8, 0.7), (40, 0.3)])
@pytest.mark.parametrize("seed", range(2))
def test_as_own_preimages_clusters_and_intersections(seed, intervals, overlap):
    points = mixture(seed)
    graph = mapper_graph(points, intervals=intervals, overlap=overlap)
    nodes = own_mapper(points, intervals, overlap, elbow(points))
    found = [frozenset(rows.tolist()) for rows in graph.members]
    assert len(nodes) >= 5
    assert sorted(zip(graph.intervals.tolist(), map(sorted, found), strict=True)) == sorted(
        (interval, sorted(rows)) for interval, rows in nodes
    )
    pairs = [(a, b) for a in range(len(found)) for b in range(a + 1, len(found)) if found[a] & found[b]]
    assert graph.edges.tolist() == [list(pair) for pair in pairs]
    assert graph.jaccard == pytest.approx([len(found[a] & found[b]) / len(found[a] | found[b]) for a, b in pairs])


def test_a_line_by_hand():
    # Norms 0 to 11 in 3 intervals widened by a quarter of their new length: [-.61, 4.28], [3.06, 7.94], [6.72, 11.61].
    line = np.column_stack([np.arange(12.0), np.zeros(12)])
    graph = mapper_graph(line, intervals=3, overlap=0.25, min_samples=2, eps=1.5)
    assert [rows.tolist() for rows in graph.members] == [[0, 1, 2, 3, 4], [4, 5, 6, 7], [7, 8, 9, 10, 11]]
    assert graph.intervals.tolist() == [0, 1, 2]
    assert graph.edges.tolist() == [[0, 1], [1, 2]]
    assert graph.jaccard.tolist() == [1 / 8, 1 / 8]
    assert graph.lens.tolist() == line[:, 0].tolist()


def test_intervals_without_points_keep_their_number():
    line = np.concatenate([np.linspace(0, 1, 60), np.linspace(9, 10, 60)])[:, None]
    graph = mapper_graph(line, intervals=10, overlap=0.2, eps=0.2)
    # Interval i of width 1.25 is centred at i + 0.5; 0 and 1 meet [0, 1], 8 and 9 meet [9, 10].
    assert graph.intervals.tolist() == [0, 1, 8, 9]
    assert node_components(graph).tolist() == [0, 0, 1, 1]
    assert point_components(graph).tolist() == [0] * 60 + [1] * 60


def test_a_graph_of_noise_alone_has_no_node():
    apart = 100 * np.arange(1, 21.0)[:, None]
    graph = mapper_graph(apart, intervals=4, overlap=0.3, eps=1)
    assert graph.members == []
    assert (graph.edges.shape, graph.jaccard.shape, graph.intervals.shape) == ((0, 2), (0,), (0,))
    assert membership(graph).shape == (0, 20)
    assert (point_components(graph) == -1).all()
    assert len(node_components(graph)) == 0


def test_equal_norms_are_one_interval():
    angles = np.random.default_rng(0).uniform(0, 1, size=50) + np.repeat([0, np.pi], 25)
    circle = 3 * np.column_stack([np.cos(angles), np.sin(angles)])
    assert np.ptp(np.linalg.norm(circle, axis=1)) > 0  # but for rounding
    graph = mapper_graph(circle, intervals=70, overlap=0.3, eps=1)
    assert [rows.tolist() for rows in graph.members] == [list(range(25)), list(range(25, 50))]
    assert graph.intervals.tolist() == [0, 0]
    assert len(graph.edges) == 0


def test_coincident_points_need_a_radius():
    with pytest.raises(TopolensError, match=r"elbow is 0.*give eps"):
        mapper_graph(np.ones((20, 3)), intervals=5, overlap=0.3)
    (rows,) = mapper_graph(np.ones((20, 3)), intervals=5, overlap=0.3, eps=0.1).members
    assert rows.tolist() == list(range(20))


def test_the_same_twice_and_in_another_order():
    points = mixture(1)
    order = np.random.default_rng(0).permutation(len(points))
    first, second = (mapper_graph(points, intervals=12, overlap=0.3) for _ in range(2))
    mixed = mapper_graph(points[order], intervals=12, overlap=0.3)
    assert [rows.tolist() for rows in first.members] == [rows.tolist() for rows in second.members]
    # Core points hang on no order; border points may, and only for them may nodes differ.
    assert len(mixed.members) == len(first.members)
    shared = membership(first)[:, order] @ membership(mixed).T
    assert shared.toarray().max(axis=1).sum() >= 0.99 * sum(map(len, first.members))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"intervals": 0}, "intervals=0"),
        ({"overlap": 0.0}, "overlap=0.0"),
        ({"overlap": 1.0}, "overlap=1.0"),
        ({"overlap": 30}, "overlap=30"),
        ({"min_samples": 0}, "min_samples=0"),
        ({"min_samples": 7}, "at least min_samples=7, found 6"),
        ({"eps": 0.0}, "eps=0.0"),
        ({"eps": np.nan}, "eps=nan"),
        ({"points": np.array([[1.0, np.nan]] * 6)}, "6 of 6 rows hold NaN"),
        ({"points": np.zeros(6)}, r"found shape \(6,\)"),
        ({"points": np.eye(5), "min_samples": 2}, "expected a whole number, 1 to 4"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(TopolensError, match=message):
        mapper_graph(**{"points": np.eye(6), "intervals": 3, "overlap": 0.3, **arguments})


# Clusters that hang on values alone


def test_B13_numbers_of_numpy_are_numbers():
    points = np.random.default_rng(0).normal(size=(60, 3))
    for count in (1, 3):
        own, numpys = (
            mapper_graph(points, intervals=kind(4), overlap=0.3, min_samples=kind(count), eps=0.7)
            for kind in (int, np.int64)
        )
        assert [rows.tolist() for rows in own.members] == [rows.tolist() for rows in numpys.members]


@pytest.mark.parametrize("far", [1e8, 1e12])
def test_B14_isolated_points_far_from_each_other_stay_apart(far):
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (40, 1))
    points = signs * far + np.arange(40)[:, None] * [1.0, 0.0]
    graph = mapper_graph(points, intervals=1, overlap=0.3, min_samples=1, eps=0.5)
    assert len(graph.members) == 40


def test_B5_the_order_of_rows_changes_no_node():
    # Two pairs of clusters with points halfway between them.
    line = np.array([0.0, 1, 2, 3, 4.5, 6, 7, 8, 9])
    points = np.stack([line, np.full(9, 50.0)], axis=1)
    nodes = set()
    for seed in range(8):
        order = np.random.default_rng(seed).permutation(9)
        graph = mapper_graph(points[order], intervals=1, overlap=0.3, min_samples=4, eps=1.6)
        nodes.add(frozenset(frozenset(order[rows].tolist()) for rows in graph.members))
    assert len(nodes) == 1


def test_clusters_by_density_equal_scikit_learns_but_for_borders():
    for seed in range(5):
        points = np.random.default_rng(seed).normal(size=(150, 4))
        ours, theirs = DensityClusters(0.9, 4).fit(points), DBSCAN(eps=0.9, min_samples=4).fit(points)
        core = theirs.core_sample_indices_
        np.testing.assert_array_equal(ours.labels_ < 0, theirs.labels_ < 0)
        assert adjusted_rand_score(ours.labels_[core], theirs.labels_[core]) == 1
        assert ours.labels_[core].max() == theirs.labels_.max()


@pytest.mark.parametrize("overlap", [1e-15, 1e-12, 1e-3])
@pytest.mark.parametrize("intervals", [3, 7, 50])
def test_B22_no_point_falls_between_two_intervals(overlap, intervals):
    for seed in range(5):
        points = np.random.default_rng(seed).normal(size=(200, 2))
        graph = mapper_graph(points, intervals=intervals, overlap=overlap, min_samples=1, eps=10.0)
        assert len(np.unique(np.concatenate(graph.members))) == 200


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"intervals": 4.0}, r"intervals=4.0: expected a whole number"),
        ({"min_samples": 2.5}, r"min_samples=2.5: expected a whole number"),
        ({"overlap": "0.3"}, r"overlap='0.3': expected a portion"),
        ({"eps": None, "overlap": None}, r"overlap=None: expected a portion"),
    ],
)
def test_B17_arguments_of_another_type(arguments, message):
    settings = {"intervals": 4, "overlap": 0.3, "min_samples": 2, "eps": 1.0} | arguments
    with pytest.raises(TopolensError, match=message):
        mapper_graph(np.random.default_rng(0).normal(size=(20, 2)), **settings)
