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

RELATIVE = (" relative-max", " relative-geometric")


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
    figure = drawn(metric_diagrams.draw(metric_run, "ResNet-50"))
    diagrams, barcodes = figure.axes[::2], figure.axes[1::2]
    order = [f"{base}{how}" for base in ("euclidean", "mahalanobis", "cosine") for how in ("", *RELATIVE)]
    assert [axes.get_title("left") for axes in diagrams] == [metric_text(name).replace("\n", " ") for name in order]
    assert len({axes.get_xlim()[1] for axes in figure.axes}) == 1
    distances = pairwise_distances(first_cloud(metric_run, "ResNet-50/stage 4"))
    expected = persistence(distances / mean_distance(distances), 2)
    assert len(diagrams[0].collections) == len(metric_run.diagrams.degrees) == 3
    for degree, points in enumerate(diagrams[0].collections):
        assert np.allclose(points.get_offsets(), finite_bars(expected[degree]), atol=1e-6)
        longest = barcodes[0].collections[degree].get_segments()
        assert len(longest) == min(metric_diagrams.LONGEST, len(expected[degree]))
        assert to_rgba(metric_diagrams.COLOURS[str(degree)])[:3] == pytest.approx(points.get_facecolor()[0][:3])


def test_persim_leaves_the_style_alone(metric_run):
    before = dict(mpl.rcParams)
    metric_diagrams.draw(metric_run)
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("measure", ["bottleneck", "wasserstein"])
def test_distances_between_metrics_beside_those_within(metric_run, measure):
    panels = drawn(metric_scores.matrix(metric_run, measure)).axes
    names = [f"{network}, {degree}" for network in ("ResNet-50", "ViT") for degree in ("H₀", "H₁")]
    assert [axes.get_title() for axes in panels] == names
    assert panels[0].images[0].get_clim() == panels[2].images[0].get_clim()
    table = metric_run.table("diagram_distances")
    table = table[(table["network"] == "ViT") & (table["degree"] == 1) & (table["metric"] == "euclidean")]
    shown = panels[3].images[0].get_array()
    between = table[(table["kind"] == "between") & (table["against"] == "cosine")][measure]
    assert len(between) == 24  # twelve layers, two pairs of clouds
    assert shown[0, 2] == shown[2, 0] == pytest.approx(between.mean())
    assert shown[0, 0] == pytest.approx(table[table["kind"] == "paired"][measure].mean())
    assert panels[3].texts[2].get_text() == metric_scores.number_text(between.mean())


def test_numbers_are_short():
    values = (0.0314, 0.1, 0.0999, 0.999, 1.25, np.inf)
    assert [metric_scores.number_text(value) for value in values] == [".031", ".10", ".10", "1.0", "1.2", "∞"]
