"""The figures of layers under many metrics on made-up tables and clouds, whose values say where they belong."""

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from drawn_figure import drawn
from matplotlib.colors import to_rgb

from topolens.artifacts import write_arrays
from topolens.config.clouds import ImageClouds
from topolens.config.conditions import Condition, Conditions
from topolens.config.data import DataSet
from topolens.config.homology import STACKED, Distances
from topolens.config.networks import ImageNetwork
from topolens.config.run import Run
from topolens.config.study import Study
from topolens.config.training import ImageTraining
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.figures import clusters, metric_scores, robustness
from topolens.figures.metric_panels import layer_cloud
from topolens.figures.style import CLASS_COLOURS, metric_style, network_colours, use_style
from topolens.results import Results

LAYERS = {"A": {"zero": "a", "mid": "b", "end": "c"}, "B": {"front": "a", "back": "b"}}
CLASSES = ["cat", "dog", "ship"]
PER_CLASS = 5
NOISES = {"gaussian": [0.1, 0.05, 0.4], "poisson": [100, 400, 10]}


@pytest.fixture(autouse=True)
def _style():
    use_style()
    yield
    plt.close("all")


def make_run(folder, noises=NOISES, layers=LAYERS, classes=CLASSES, per_class=PER_CLASS, noise=0.3, strays=1):
    """A run with clouds and images: classes far apart at the last layer of a network, all alike before."""
    settings = Run(
        data=DataSet(name="cifar10"),
        networks=[ImageNetwork(name=name, architecture="resnet18", bands=["R", "G", "B"]) for name in layers],
        seeds=[0],
        weights="train",
        training={name: ImageTraining(epochs=1, batch_size=2, learning_rate=0.1) for name in layers},
        clouds=ImageClouds(of="images", images_per_class=per_class, repeats=2, layers=layers),
        distances=[Distances(metric=["euclidean", "cosine"], normalise=[None, "relative-max"], k=3)],
        conditions=Conditions(noises=noises, images_per_class=per_class),
    )
    runs = {"main": settings, "random": settings}
    study = Study(name="toy", title="", scale="smoke", runs=runs, variants={}, figures={})
    for name in runs:
        (folder / name).mkdir()
    n = per_class * len(classes)
    labels, generator = np.arange(n) % len(classes), np.random.default_rng(0)
    arrays = {"size": np.array(n), "labels": np.tile(labels, 3).astype(np.uint8), "images": np.arange(3 * n)}
    for network, own in layers.items():
        for place, layer in enumerate(own):
            centres = np.zeros((len(classes), 12))
            centres[:, : len(classes)] = 10 * np.eye(len(classes)) * place / (len(own) - 1)
            shown = np.where(np.arange(n) < strays, (labels + 1) % len(classes), labels)  # strays: among other classes
            points = centres[np.tile(shown, 3)] + noise * generator.normal(size=(3 * n, 12)) + 1
            arrays[f"{network}/{layer}/clean"] = points.astype(np.float32)
    write_arrays(folder / "main" / "clouds.npz", arrays)
    blank = np.zeros((n, 2, 2, 3), np.uint8)
    few = np.zeros(n, np.uint8)
    ImageSet(blank, few, few, list(classes), np.arange(n).astype(str), "made up").write(folder / "main" / "data.npz")
    return Results(folder, study, "main")


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path)


def line_of(axes, label):
    (line,) = (line for line in axes.lines if line.get_label() == label)
    return line


def legend_names(figure):
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


# --- separation ----------------------------------------------------------------------------------


def write_scores(run, name="main", factor=1.0):
    """Estimates that tell score, network, metric and place; rows from the last layer, disturbed ones among them."""
    rows = []
    for s, score in enumerate(metric_scores.SCORES):
        for n, (network, layers) in enumerate(run.config.layers_by_network.items()):
            for m, metric in enumerate([*run.config.all_distances, STACKED]):
                for place, layer in reversed(list(enumerate(layers))):
                    value = factor * (0.1 * s + 0.3 * n + 0.02 * m + 0.03 * place)
                    cell = {
                        "statistic": score,
                        "network": network,
                        "layer": layer,
                        "metric": metric,
                        "condition": "clean",
                    }
                    rows.append(cell | {"estimate": value, "low": value - 0.01, "high": value + 0.02})
                    rows.append(cell | {"condition": "int8", "estimate": 9.0})
    pd.DataFrame(rows).assign(degree=None).to_csv(run.folder / name / "statistics.csv", index=False)


def test_scores_stand_by_depth_for_every_metric(run):
    write_scores(run)
    write_scores(run, "random", factor=0.5)
    figure = drawn(metric_scores.by_depth(run))
    panels = np.array(figure.axes).reshape(3, 2)
    assert [axes.get_title() for axes in panels[0]] == ["A", "B"]
    cosine = line_of(panels[1, 0], "cosine")  # the second of the metrics
    np.testing.assert_allclose(cosine.get_ydata(), [0.12, 0.15, 0.18])  # by depth
    assert cosine.get_color() == metric_style("cosine relative-max")["color"] != metric_style("euclidean")["color"]
    assert line_of(panels[0, 0], STACKED).get_color() == (0, 0, 0)
    untrained = line_of(panels[2, 1], "untrained")
    np.testing.assert_allclose(untrained.get_ydata(), 0.5 * (0.2 + 0.3 + 0.03 + np.array([0, 0.03])))  # without stacked
    band = panels[0, 0].collections[-1].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == pytest.approx((0.08 - 0.01, 0.14 + 0.02))
    assert [label.get_text() for label in panels[2, 0].get_xticklabels()] == ["zero", "mid", "end"]
    assert legend_names(figure) == ["Euclidean", "cosine", STACKED, "plain", "relative max", "untrained"]


def test_scores_without_a_control(run):
    write_scores(run)
    del run.study.runs["random"]
    assert "untrained" not in legend_names(drawn(metric_scores.by_depth(run)))


# --- robustness ----------------------------------------------------------------------------------


def write_robustness(run, constant=False):
    """Losses and distances that tell network and condition; decoys at another layer, degree and metric."""
    rows = []
    for n, (network, layers) in enumerate(run.config.layers_by_network.items()):
        for place, condition in enumerate(run.config.all_conditions):
            cell = {"network": network, "condition": condition.name}
            value = 0.9 - 0.2 * n - 0.05 * place
            rows.append(cell | {"statistic": "accuracy", "estimate": value, "low": value - 0.1, "high": value + 0.1})
            if condition.name == "clean":
                continue
            rows.append(cell | {"statistic": "accuracy_loss", "estimate": 0.05 * place})
            cell |= {"statistic": "disturbed_bottleneck", "layer": [*layers][-1], "degree": 1, "metric": "euclidean"}
            cell |= {"estimate": n + 0.1 * place, "null_low": 0.2, "null_high": 2.0 + n}
            decoys = [{"layer": next(iter(layers))}, {"degree": 0}, {"metric": "cosine"}]
            rows += [cell, *(cell | decoy | {"estimate": 99.0} for decoy in decoys)]
        numbers = {"estimate": np.nan if constant else -0.5 + n, "low": -0.9, "high": 0.8}
        name = {"statistic": "bottleneck_follows_accuracy", "network": network, "degree": 1}
        rows += [name | {"metric": "euclidean", "estimate": 99.0}, name | numbers]
    table = pd.DataFrame(rows)
    table["degree"] = table["degree"].map(lambda degree: "" if np.isnan(degree) else f"{degree:.0f}")
    table.to_csv(run.folder / "main" / "statistics.csv", index=False)


def test_robustness_stands_by_noise_and_relative_strength(run):
    write_robustness(run)
    figure = drawn(robustness.draw(run))
    gaussian, poisson, moved_by_gaussian, moved_by_poisson, scatter = figure.axes
    assert [axes.get_title() for axes in (gaussian, poisson)] == [
        "Gaussian\n(published: 0.1)",
        "Poisson\n(published: λ = 100)",
    ]
    of_a = [line for line in gaussian.lines if line.get_color() == network_colours(LAYERS)["A"]]
    np.testing.assert_allclose(of_a[0].get_xdata(), [0.5, 1, 4])  # from the weakest
    np.testing.assert_allclose(of_a[0].get_ydata(), [0.8, 0.85, 0.75])
    np.testing.assert_allclose(of_a[1].get_ydata(), 0.9)  # clean
    of_b = [line for line in moved_by_poisson.lines if line.get_color() == network_colours(LAYERS)["B"]]
    np.testing.assert_allclose(of_b[0].get_ydata(), 3.0)  # the upper end of the null
    np.testing.assert_allclose(of_b[1].get_xdata(), [0.25, 1, 10])  # few photons are strong
    np.testing.assert_allclose(of_b[1].get_ydata(), [1.5, 1.4, 1.6])
    assert moved_by_gaussian.get_xscale() == "log"
    assert moved_by_gaussian.get_ylim() == pytest.approx((0, 1.05 * 3.0))  # holds both bands
    assert [label.get_text() for label in moved_by_poisson.get_xticklabels()] == ["0.25", "1", "10"]
    assert [(*line.get_xdata(), *line.get_ydata()) for line in scatter.lines[:2]] == [
        pytest.approx((0.05, 0.1)),
        pytest.approx((0.10, 0.2)),
    ]
    assert [line.get_marker() for line in scatter.lines] == [*"oooooo", "x"] * 2
    title = scatter.get_title()
    assert title == "rank correlation over noises: A −0.50 (−0.90 to 0.80), B 0.50 (−0.90 to 0.80)"


def test_robustness_without_correlation_or_noise(run, tmp_path):
    write_robustness(run, constant=True)
    assert "A not defined" in drawn(robustness.draw(run)).axes[-1].get_title()
    (tmp_path / "bare").mkdir()
    with pytest.raises(TopolensError, match="no noises"):
        robustness.draw(make_run(tmp_path / "bare", noises=None))


def test_strengths_are_relative_to_the_published_one():
    conditions = [Condition(kind="poisson", strength=x, published=x == 100) for x in (100, 400, 10)]
    assert robustness.relative_strengths(conditions) == {"poisson 400": 0.25, "poisson 100": 1, "poisson 10": 10}


# --- flow ----------------------------------------------------------------------------------------


def test_slices_go_by_class_then_by_the_other_columns_bars():
    groups, classes = clusters.pooled(np.array([0, 1, 1, 1, 2, 2, 2, 2, 3])), np.array([0, 1, 0, 0, 0, 0, 0, 0, 0])
    heights = clusters.stack(groups, classes, np.array([0, 0, 1, 0, 0, 0, 0, 0, 0]))
    thick = clusters.slice_of(groups)
    np.testing.assert_allclose(heights[[2, 3, 1]], heights[2] + thick * np.arange(3))
    assert (heights.min(), heights.max() + thick) == pytest.approx((0, 1))
    assert heights[4:8].min() - (heights[1] + thick) == pytest.approx(clusters.GAP)


def test_gaps_of_many_bars_leave_room():
    groups = np.repeat(np.arange(60), 3)
    assert clusters.slice_of(groups) * len(groups) == pytest.approx(1 - clusters.ROOM)


def last_distances(run):
    return layer_cloud(run, "A").distances(run, "cosine")


@pytest.mark.parametrize(("scale", "word"), [("best", "best ARI"), ("gap", "largest gap")])
def test_images_flow_over_scales_and_layers(run, scale, word):
    figure = drawn(clusters.flow(run, network="A", scale=scale))
    left, right = figure.axes
    assert left.get_title() == "A, end"
    assert word in right.get_title()
    names = [label.get_text().split("\n") for label in right.get_xticklabels()]
    assert [name for name, _ in names] == ["zero", "mid", "end"]
    assert names[-1][1] == "3"
    counts = [int(label.get_text().split("\n")[1]) for label in left.get_xticklabels()]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 3  # the largest gap lies between the classes
    ribbons = [patch for patch in left.patches if isinstance(patch, clusters.PathPatch)]
    first = clusters.pooled(next(iter(clusters.components_by_scale(last_distances(run))))[1])
    corners = [ribbon.get_path().vertices for ribbon in ribbons]
    thick = [own[7, 1] - own[0, 1] for own in corners if own[0, 0] < 1]
    assert sum(thick) == pytest.approx(clusters.slice_of(first) * len(first))  # every image leaves the first column
    assert {to_rgb(ribbon.get_facecolor()) for ribbon in ribbons} == {to_rgb(colour) for colour in CLASS_COLOURS[:3]}
    for axes in (left, right):
        assert {text.get_text() for text in axes.texts} == {"■", *CLASSES}


def test_bars_stand_as_high_as_their_images_in_the_next_column():
    before, after = np.array([0, 0, 0, 1, 1, 1, 2]), np.array([1, 1, 1, 0, 0, 0, 0])
    first, last = clusters.in_order([before, after], [2, 2], np.zeros(7, int))
    assert list(last) == list(after)
    assert list(first) == [1, 1, 1, 0, 0, 0, 2]  # what is pooled stays below


def test_names_of_classes_stand_beside_their_longest_run_and_apart():
    _, axes = plt.subplots()
    places = np.linspace(0, 1, 9)
    clusters.name_classes(axes, 0, places, np.array([1, 0, 0, 2, 0, 0, 0, 1, 1]), CLASSES)
    names = {text.get_text(): text.xy[1] for text in axes.texts if text.get_text() != "■"}
    assert names["cat"] == pytest.approx(5 / 8)
    assert names["dog"] == pytest.approx(7.5 / 8)
    clusters.name_classes(axes, 0, np.array([0.99, 1.0, 0.98]), np.arange(3), CLASSES)
    heights = [text.xy[1] for text in axes.texts[-6:] if text.get_text() != "■"]
    assert np.diff(heights) == pytest.approx(clusters.LINE)
    assert heights[-1] < 1


def test_at_most_six_layers_flow(tmp_path):
    deep = {"A": {f"layer {number}": "a" for number in range(12)}}
    found = clusters.components_by_layer(make_run(tmp_path, layers=deep), "A", "cosine", "best")
    assert [name for name, _ in found] == [f"layer {number}" for number in (0, 2, 4, 7, 9, 11)]


# --- matrix --------------------------------------------------------------------------------------


def test_distances_stand_in_the_order_of_the_tree(run):
    figure = drawn(clusters.heatmap(run, metric="euclidean"))
    panels = np.array(figure.axes[:8]).reshape(2, 4)
    assert [axes.get_title() for axes in panels[0, ::2]] == ["A, end", "B, back"]
    strip = panels[1, 1].images[0].get_array()[:, 0]
    shown = [next(n for n in range(3) if np.allclose(colour, CLASS_COLOURS[n])) for colour in strip]
    changes = np.flatnonzero(np.diff(shown))
    assert len(changes) <= 4  # three blocks, and a stray in one of them
    matrix = panels[1, 0].images[0].get_array()
    np.testing.assert_array_equal(matrix, matrix.T)
    points = run.arrays("clouds")["A/end/clean"][: 3 * PER_CLASS].astype(float)
    expected = np.linalg.norm(points[:, None] - points, axis=2)
    np.testing.assert_allclose(np.sort(matrix.ravel()), np.sort(expected.ravel()), atol=1e-6)
    assert matrix[0, 1] < matrix[0, -1]
    assert figure.axes[8].get_xlabel() == "Euclidean distance"
    assert {text.get_text() for text in panels[1, 1].texts} == {"■", *CLASSES}
