"""The figures of filtrations, diagrams and distances under many metrics, on a made-up run."""

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from drawn_figure import drawn
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from scipy.spatial.distance import pdist, squareform

from topolens.figures import filtration, metric_diagrams, metric_scores
from topolens.figures.metric_panels import metric_text
from topolens.figures.style import use_style
from topolens.topology.distances import mean_distance, pairwise_distances
from topolens.topology.persistence import betti_number, finite_bars, persistence

RELATIVE = ("relative max", "relative geom.")


@pytest.fixture(autouse=True)
def _style():
    use_style()
    yield
    plt.close("all")


def panels_of(figure):
    return [axes for axes in figure.findobj(mpl.axes.Axes) if axes.get_title() or axes.get_title("left")]


def first_cloud(run, name):
    return run.arrays("clouds")[f"{name}/clean"][: int(run.arrays("clouds")["size"])].astype(float)


def test_a_filtration_from_hook_to_barcode(metric_run):
    sketch, plane, matrix, *complexes, bars = panels_of(drawn(filtration.of_layer(metric_run)))
    points = first_cloud(metric_run, "ViT/layer 12")
    distances = squareform(pdist(points))
    assert sketch.get_title() == "ViT, layer 12"
    assert [label.get_text() for label in matrix.get_yticklabels()] == metric_run.images.classes
    (hooked,) = [box for box in sketch.patches if box.get_facecolor() == to_rgba(filtration.HOOK_COLOUR)]
    assert (len(sketch.patches), hooked.get_center()[0]) == (12, pytest.approx(11))
    assert plane.get_title() == "40 images in 16 dimensions"
    shown, classes = matrix.images[0].get_array(), metric_run.arrays("clouds")["labels"][:40]
    order = np.argsort(classes, kind="stable")
    assert np.allclose(shown, distances[np.ix_(order, order)])
    alive = persistence(pairwise_distances(points), 1)
    scales = [line.get_xdata()[0] for line in bars.lines if line.get_linestyle() == "--"]
    for axes, scale, share in zip(complexes, scales, filtration.SHARES, strict=True):
        edges = axes.findobj(LineCollection)[0].get_segments()
        assert len(edges) == (pdist(points) <= scale).sum() == pytest.approx(share * 780, abs=1)
        assert axes.get_xlabel().startswith(f"{betti_number(alive[0], scale)} component")


def test_another_layer_and_metric_can_be_shown(metric_run):
    figure = drawn(filtration.of_layer(metric_run, "ResNet-50", "stage 2", "cosine relative-max"))
    titles = [axes.get_title() for axes in panels_of(figure)]
    assert titles[0] == "ResNet-50, stage 2"
    assert titles[2] == "cosine relative max distances"


def test_diagrams_under_all_metrics_share_one_scale(metric_run):
    figure = drawn(metric_diagrams.draw(metric_run))
    panels = np.array(figure.axes).reshape(3, 6)
    assert [axes.get_title() for axes in panels[0]] == ["plain", "relative max", "relative geom."] * 2
    assert [axes.get_ylabel().split("\n")[0] for axes in panels[:, 0]] == ["Euclidean", "Mahalanobis", "cosine"]
    assert [panels[0, place].texts[0].get_text() for place in (1, 4)] == ["ResNet-50, stage 4", "ViT, layer 12"]
    assert len({axes.get_xlim()[1] for axes in figure.axes}) == 1
    for axes, layer, metric in (
        (panels[0, 0], "ResNet-50/stage 4", "euclidean"),
        (panels[2, 3], "ViT/layer 12", "cosine"),
    ):
        distances = pairwise_distances(first_cloud(metric_run, layer), metric)
        expected = persistence(distances / mean_distance(distances), 2)
        assert len(axes.collections) == len(metric_run.diagrams.degrees) == 3
        for degree, points in enumerate(axes.collections):
            assert np.allclose(points.get_offsets(), finite_bars(expected[degree]), atol=1e-6)
            assert to_rgba(metric_diagrams.COLOURS[str(degree)])[:3] == pytest.approx(points.get_facecolor()[0][:3])


def test_metrics_have_readable_names():
    names = ("euclidean", "mahalanobis relative-max", "cosine relative-geometric")
    assert [*map(metric_text, names)] == ["Euclidean", "Mahalanobis\nrelative max", "cosine\nrelative geom."]


def test_persim_leaves_the_style_alone(metric_run):
    before = dict(mpl.rcParams)
    metric_diagrams.draw(metric_run)
    assert dict(mpl.rcParams) == before


def mean_distance_of(run, measure, degree, **values):
    table = run.table("diagram_distances")
    table = table[(table["network"] == "ViT") & (table["degree"] == degree)]
    for column, value in values.items():
        table = table[table[column] == value]
    return len(table), table[measure].mean()


@pytest.mark.parametrize("measure", ["bottleneck", "wasserstein"])
def test_distances_between_metrics_are_measured_by_those_between_clouds(metric_run, measure):
    left, right, _ = drawn(metric_scores.matrix(metric_run, measure)).axes
    assert [axes.get_title("left") for axes in (left, right)] == ["ResNet-50", "ViT"]
    names = [label.get_text() for label in left.get_yticklabels()]
    assert names == [name for base in ("Euclidean", "Mahalanobis", "cosine") for name in (base, *RELATIVE)]
    low, high = left.images[0].get_clim()
    assert (low, high) == right.images[0].get_clim() == (pytest.approx(1 / high), high)  # 1 is in the middle
    shown = right.images[0].get_array()
    assert np.allclose(np.diag(shown), 1)
    for degree, (row, column) in enumerate([(6, 0), (0, 6)]):  # components below the diagonal, loops above
        pairs, between = mean_distance_of(
            metric_run, measure, degree, kind="between", metric="euclidean", against="cosine"
        )
        assert pairs == 24  # twelve layers, two pairs of clouds
        own = [
            mean_distance_of(metric_run, measure, degree, kind="paired", metric=name)[1]
            for name in ("euclidean", "cosine")
        ]
        assert shown[row, column] == pytest.approx(between / np.mean(own))
        assert right.texts[9 * row + column].get_text() == metric_scores.number_text(shown[row, column])


def test_ratios_weighted_by_their_denominators_are_what_is_decided():
    means = np.array([[1.0, 6, 2], [6, 3, 5], [2, 5, 2]])
    pairs = np.triu_indices(3, 1)
    ratios, weights = metric_scores.ratios_of(means)[pairs], np.array([2.0, 1.5, 2.5])
    assert np.average(ratios, weights=weights) == pytest.approx(means[pairs].mean() / np.diag(means).mean())


def test_ratios_without_any_loop():
    ratios = metric_scores.ratios_of(np.array([[0.0, 0], [0, 0]]))
    assert metric_scores.number_text(ratios[0, 1]) == "–"
    assert metric_scores.furthest_from_one(ratios) == 2


def test_numbers_are_short():
    values = (0.284, 0.999, 1.25, 9.96, 12.4, np.inf, np.nan)
    assert [metric_scores.number_text(value) for value in values] == [".28", "1.0", "1.2", "10", "12", "∞", "–"]
