"""The figures of latent landscapes on small made-up tables and arrays, with values that say where they belong."""

import matplotlib as mpl

mpl.use("agg")

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from drawn_figure import drawn

from topolens.artifacts import write_arrays
from topolens.config.analyses import Clusters, Intervals, PermutationTests
from topolens.config.architectures import TAPPED_LAYERS
from topolens.config.clouds import PositionClouds
from topolens.config.data import DataSet
from topolens.config.homology import Landscapes
from topolens.config.networks import ImageNetwork
from topolens.config.run import Run
from topolens.config.study import Study
from topolens.config.training import ImageTraining
from topolens.errors import TopolensError
from topolens.figures import depth, landscapes, latent_clusters, latent_panels, latent_tests, scores
from topolens.figures.style import MEASURES, level_colours, network_colours, number_text, use_style
from topolens.results import Results

GROUPS = ["cat", "dog", "airplane", "all"]
VGG_LAYERS = ["ReLU11", "ReLU12", "ReLU32", "ReLU53"]
NETWORKS = ["RGB", "M1", "M2"]
UNET_LAYERS = TAPPED_LAYERS["unet"]
REPEATS = 3


@pytest.fixture(autouse=True)
def _style():
    use_style()
    yield
    plt.close("all")


def make_run(folder, networks, architecture, layers, groups, seeds=(0,), controls=()):
    """A run with no artifacts yet."""
    settings = Run(
        data=DataSet(name="cifar10" if architecture == "vgg16" else "crbd"),
        networks=[ImageNetwork(name=name, architecture=architecture, bands=["R"]) for name in networks],
        seeds=list(seeds),
        weights="train",
        training=ImageTraining(epochs=1, batch_size=2, learning_rate=0.1),
        clouds=PositionClouds(of="positions", points=10, repeats=REPEATS, groups=groups, layers=layers),
        landscapes=Landscapes(degree=1, levels=2, main_levels=2, samples=11),
        intervals=Intervals(bootstrap=20),
        tests=PermutationTests(permutations=999, network_permutations=999),
        clusters=Clusters(layers=layers[-2:], shuffles=5),
    )
    runs = {name: settings for name in ["main", *controls]}
    for name in runs:
        (folder / name).mkdir()
    study = Study(name="toy", title="", scale="smoke", runs=runs, variants={}, figures={})
    return Results(folder, study, "main")


@pytest.fixture
def classes(tmp_path):
    """One network, four groups, two controls."""
    return make_run(tmp_path, ["VGG-16"], "vgg16", VGG_LAYERS, GROUPS, controls=["random", "constant"])


@pytest.fixture
def unets(tmp_path):
    """Three networks from two seeds, all layers."""
    return make_run(tmp_path, NETWORKS, "unet", UNET_LAYERS, ["all"], seeds=[0, 1])


def texts(artist):
    return [text.get_text() for text in artist.findobj(plt.Text) if text.get_text()]


def lines_of(axes, label):
    return [line for line in axes.lines if line.get_label() == label]


def legend_names(figure):
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


# --- what they share -----------------------------------------------------------------------------


def test_sides_are_called_by_what_tells_them_apart(classes, tmp_path):
    sides = latent_panels.sides_of(classes)
    assert [side.name for side in sides] == GROUPS
    assert len({side.colour for side in sides}) == 4
    (tmp_path / "u").mkdir()
    unets = make_run(tmp_path / "u", NETWORKS, "unet", UNET_LAYERS, ["all"])
    assert {side.name: side.colour for side in latent_panels.sides_of(unets)} == network_colours(NETWORKS)
    assert (latent_panels.side_word(classes), latent_panels.side_word(unets)) == ("groups", "networks")


def test_a_class_keeps_its_colour_and_all_has_one_of_its_own():
    few, many = latent_panels.group_colours(["cat", "all", "dog"]), latent_panels.group_colours(list("abcdef"))
    assert few["all"] == latent_panels.ALL_COLOUR
    assert [few["cat"], few["dog"]] == [many["a"], many["b"]]
    assert latent_panels.ALL_COLOUR not in many.values()


def test_blocks_begin_where_the_level_changes():
    assert latent_panels.block_bounds(VGG_LAYERS) == [2, 3]
    assert latent_panels.block_bounds(UNET_LAYERS) == [2, 4, 6, 8, 11, 14]


def test_numbers_have_a_true_minus_and_no_negative_zero():
    assert [number_text(value) for value in (-0.123, -0.001, 0.5)] == ["−0.12", "0.00", "0.50"]


# --- landscapes ----------------------------------------------------------------------------------


def write_landscapes(run):
    """A tent in all landscapes, whose height is that of the network, group and layer, 1.5 times in odd repeats."""
    grid = np.linspace(0, 10, 11)
    tent = np.maximum(0, 3 - abs(grid - 5)) / np.array([[1], [3]])
    settings = run.config
    arrays = {
        "networks": np.array([network.name for network in settings.networks]),
        "groups": np.array(settings.clouds.groups),
    }
    repeats = np.where(np.arange(REPEATS) % 2, 1.5, 1.0)[:, None, None]
    for n, network in enumerate(arrays["networks"]):
        for place, layer in enumerate(settings.layers):
            heights = 1 + n + 10 * np.arange(len(settings.clouds.groups)) + 100 * place
            vectors = heights[:, None, None, None] * repeats * tent
            arrays[f"vectors.{network}.{layer}"] = np.stack([vectors] * len(settings.seeds)).astype(np.float32)
            arrays[f"grid.{network}.{layer}"] = grid
    write_arrays(run.folder / "main" / "landscapes.npz", arrays)
    return tent * repeats.mean()


def test_landscapes_stand_by_layer_and_group(classes):
    tent = write_landscapes(classes)
    figure = drawn(landscapes.by_side(classes))
    panels = np.array(figure.axes).reshape(len(GROUPS), len(VGG_LAYERS))
    assert [axes.get_title().strip() for axes in panels[0]] == VGG_LAYERS
    assert [axes.get_ylabel() for axes in panels[:, 0]] == GROUPS
    second, first = panels[2, 3].lines  # the first level is drawn last, on top
    np.testing.assert_allclose(first.get_ydata(), 321 * tent[0], rtol=1e-6)
    np.testing.assert_allclose(second.get_ydata(), 321 * tent[1], rtol=1e-6)
    assert first.get_color() == level_colours(2)[0]
    assert panels[0, 1].get_ylim() == panels[3, 1].get_ylim() != panels[3, 2].get_ylim()
    assert legend_names(figure) == ["1", "2"]


def test_many_layers_stand_in_two_strips_split_before_the_decoder(unets):
    tent = write_landscapes(unets)
    figure = drawn(landscapes.by_side(unets))
    panels = np.array(figure.axes).reshape(2 * len(NETWORKS), 9)
    assert [axes.get_title().strip() for axes in panels[0]] == [*UNET_LAYERS[:8], ""]
    assert [axes.get_title().strip() for axes in panels[3]] == UNET_LAYERS[8:]
    assert [axes.get_ylabel() for axes in panels[:, 0]] == NETWORKS * 2
    assert [axes.axison for axes in panels[:, 8]] == [False] * 3 + [True] * 3
    np.testing.assert_allclose(panels[4, 0].lines[-1].get_ydata(), 802 * tent[0], rtol=1e-6)
    assert "3 clouds from each of 2 seeds" in " ".join(texts(figure))


def test_first_levels_lie_over_one_another_in_the_layers_that_there_are(classes):
    tent = write_landscapes(classes)
    figure = drawn(landscapes.overlaid(classes, ["ReLU12", "ReLU43", "ReLU53"]))
    assert [axes.get_title() for axes in figure.axes] == ["ReLU12", "ReLU53"]  # the run has no ReLU43
    lines = figure.axes[1].lines
    assert [line.get_label() for line in lines] == GROUPS == legend_names(figure)
    for number, line in enumerate(lines):
        np.testing.assert_allclose(line.get_ydata(), (301 + 10 * number) * tent[0], rtol=1e-6)
    assert len({line.get_linestyle() for line in lines[:4]}) == 4  # never by colour alone


def test_landscapes_on_grids_of_their_own_are_refused(tmp_path):
    run = make_run(tmp_path, ["VGG-16"], "vgg16", VGG_LAYERS, GROUPS)
    refitted = run.config.model_copy(update={"landscapes": Landscapes(degree=1, grid="refitted")})
    run.study.runs["main"] = refitted
    with pytest.raises(TopolensError, match="grid: width"):
        landscapes.by_side(run)


# --- complexity ----------------------------------------------------------------------------------


def write_complexities(run, name="main", factor=1.0, nulls=True):
    """Estimates that tell network, group and place; the scale-free ones a hundredth."""
    rows = []
    for measure, scale in zip(MEASURES, (1.0, 0.01), strict=True):
        for n, network in enumerate(run.config.networks):
            for g, group in enumerate(run.config.clouds.groups):
                for place, layer in reversed(list(enumerate(run.config.layers))):
                    value = factor * scale * (10 + n + g + place)
                    numbers = {"estimate": value, "low": 0.9 * value, "high": 1.1 * value}
                    null = {"null_low": 0.5 * value, "null_high": 0.6 * value} if nulls else {}
                    names = {"statistic": measure, "network": network.name, "classes": group, "layer": layer}
                    rows.append(names | numbers | {"null_low": np.nan, "null_high": np.nan} | null)
    pd.DataFrame(rows).to_csv(run.folder / name / "statistics.csv", index=False)


def test_complexity_shows_each_group_by_depth_beside_the_controls(classes):
    write_complexities(classes)
    write_complexities(classes, "random", factor=0.5)
    write_complexities(classes, "constant", factor=0.0, nulls=False)
    figure = drawn(depth.complexity(classes))
    above, below, ratios = figure.axes
    (line,) = lines_of(above, "dog")
    assert list(line.get_ydata()) == [11, 12, 13, 14]  # by depth, though the table runs from the last layer
    (scale_free,) = lines_of(below, "dog")
    np.testing.assert_allclose(scale_free.get_ydata(), 0.01 * np.arange(11, 15))
    (untrained,) = lines_of(above, "untrained")
    assert list(untrained.get_ydata()) == [5.75, 6.25, 6.75, 7.25]  # mean over groups
    (constant,) = lines_of(above, "constant")
    assert not constant.get_ydata().any()
    assert above.get_ylim()[0] < 0  # so that it can be seen
    band = ratios.collections[0].get_paths()[0].vertices
    assert (band[:, 1].min(), band[:, 1].max()) == pytest.approx((0.5 / 0.55, 0.6 / 0.55))
    for name in ("dog", "untrained"):  # both over Gaussian clouds of their own
        np.testing.assert_allclose(lines_of(ratios, name)[0].get_ydata(), 1 / 0.55)
    assert len({lines_of(above, name)[0].get_marker() for name in GROUPS}) == len(GROUPS)  # never by colour alone
    assert [label.get_text() for label in ratios.get_xticklabels()] == VGG_LAYERS
    assert legend_names(figure) == [*GROUPS, "untrained", "constant (0 throughout)", "Gaussian clouds"]


def test_complexity_without_controls_and_noise(unets):
    write_complexities(unets, nulls=False)
    figure = drawn(depth.complexity(unets))
    assert len(figure.axes) == 2
    assert legend_names(figure) == NETWORKS
    assert lines_of(figure.axes[0], "M2")[0].get_color() == network_colours(NETWORKS)["M2"]


@pytest.mark.parametrize(
    ("estimates", "scale"), [([1.0, 2.0], "linear"), ([1.0, 200.0], "log"), ([0.0, 200.0], "linear"), ([0.0], "linear")]
)
def test_orders_of_magnitude_ask_for_a_logarithmic_axis_unless_there_are_zeros(estimates, scale):
    _, axes = plt.subplots()
    latent_panels.scale_axis(axes, np.array(estimates), max(estimates))
    assert axes.get_yscale() == scale


# --- clusters ------------------------------------------------------------------------------------


def write_clusters(run):
    """Counts that tell layer, set, group and cluster; clouds of the set of classes, one of cat in another's cluster."""
    rows, clouds = [], []
    for number, layer in enumerate(run.config.clusters.layers):
        for members in (["cat", "dog", "airplane"], ["cat", "all"], ["dog", "all"], ["airplane", "all"]):
            name = "+".join(members)
            numbers = {"estimate": 0.5 + 0.1 * number, "null_low": -0.02, "null_high": 0.04}
            rows.append({"statistic": "cluster_ari", "seed": 0, "classes": name, "layer": layer} | numbers)
            for true in members:
                clouds += [
                    {"network": "VGG-16", "seed": 0, "layer": layer, "classes": name, "label": members.index(true),
                     "cluster": 1 if (true, repeat) == ("cat", 0) else members.index(true),
                     "first": repeat, "second": 0}
                    for repeat in range(REPEATS)
                ]  # fmt: skip
                for found in members:
                    count = 10 * number + 5 * (true == found) + members.index(found)
                    cell = {"classes": true, "against": f"{name}: {found}", "layer": layer, "estimate": count}
                    rows.append({"statistic": "cluster_count", "seed": 0} | cell)
    # Of several seeds the first is shown.
    rows += [row | {"seed": 1, "estimate": 99} for row in rows]
    clouds += [cloud | {"seed": 1, "cluster": 0} for cloud in clouds]
    pd.DataFrame(rows).to_csv(run.folder / "main" / "statistics.csv", index=False)
    pd.DataFrame(clouds).to_csv(run.folder / "main" / "clusters.csv", index=False)


def test_clusters_show_projection_confusions_and_index(classes):
    write_clusters(classes)
    figure = drawn(latent_clusters.draw(classes))
    panels = np.array(figure.axes).reshape(2, 5)
    assert [axes.get_title() for axes in panels[:, 0]] == VGG_LAYERS[-2:]
    assert panels[1, 1].get_title("right") == "classes: ARI 0.60\n(shuffled −0.02 to 0.04)"
    assert [axes.get_title("right").split("\n")[0] for axes in panels[0, 2:]] == [
        "cat, all",
        "dog, all",
        "airplane, all",
    ]
    assert [text.get_text() for text in panels[1, 1].texts] == ["15", "11", "12", "10", "16", "12", "10", "11", "17"]
    assert [text.get_text() for text in panels[0, 4].texts] == ["5", "1", "0", "6"]
    assert sum(len(dots.get_offsets()) for dots in panels[0, 0].collections) == 3 * REPEATS
    sizes = [len(dots.get_offsets()) for dots in panels[0, 0].collections]
    assert sizes == [REPEATS - 1, 1, REPEATS, REPEATS]  # cat in its own cluster and in that of dog, dog, airplane
    assert "in the cluster of dog" in legend_names(figure)


def test_clusters_need_layers(tmp_path):
    run = make_run(tmp_path, NETWORKS, "unet", UNET_LAYERS, ["all"])
    with pytest.raises(TopolensError, match="needs `clusters`"):
        latent_clusters.draw(run)


# --- tests ---------------------------------------------------------------------------------------


def write_tests(run, sides, layers, skipped=()):
    """p-values from 0.001 upwards, in the order of pairs and layers; the steps of `skipped` are missing."""
    rows = []
    for number, (one, other) in enumerate(combinations(sides, 2)):
        for place, layer in enumerate([*layers, None]):
            cell = {"network": one[0], "classes": one[1], "against": other[1] if one[0] == other[0] else other[0]}
            rows.append(
                {"statistic": "average_distance", "layer": layer, "p_holm": 0.01 * (1 + number) + 0.001 * place} | cell
            )
    for network, group in sides:
        for layer in layers[1:]:
            if layer not in skipped:
                cell = {"statistic": "layer_difference", "network": network, "classes": group, "layer": layer}
                rows.append(cell | {"p_holm": 0.5})
    pd.DataFrame(rows).to_csv(run.folder / "main" / "statistics.csv", index=False)


def test_p_values_stand_by_pair_and_layer(classes):
    write_tests(classes, [("VGG-16", group) for group in GROUPS], VGG_LAYERS, skipped=["ReLU32"])
    figure = drawn(latent_tests.draw(classes, shared=["ReLU53"]))
    above, below, bar = figure.axes
    names = [label.get_text() for label in above.get_yticklabels()]
    assert names[:4] == ["cat, dog", "cat, airplane", "cat, all", "dog, airplane"]
    layers, whole = [mesh.get_array() for mesh in above.collections]
    np.testing.assert_allclose(layers[1], [0.02, 0.021, 0.022, 0.023])
    np.testing.assert_allclose(whole[:, 0], 0.004 + 0.01 * np.arange(1, 7))
    dots = [len(line.get_xdata()) for line in above.lines]
    assert dots == [17, 4]  # four pairs lie below 0.05, the fifth begins with exactly that
    assert [label.get_text() for label in above.get_xticklabels()] == [*VGG_LAYERS[:3], "ReLU53 †", "whole\nnetwork"]
    assert texts(below).count("–") == len(GROUPS)  # no test at the second step
    assert bar.get_ylabel() == "p-value after Holm's correction (dot: p ≤ 0.05)"


def test_p_values_between_networks(unets):
    write_tests(unets, [(name, "all") for name in NETWORKS], UNET_LAYERS)
    above, below, _ = drawn(latent_tests.draw(unets)).axes
    assert [label.get_text() for label in above.get_yticklabels()] == ["RGB, M1", "RGB, M2", "M1, M2"]
    assert above.collections[0].get_array().shape == (3, 17)
    assert below.collections[0].get_array().shape == (3, 16)
    assert not np.ma.getmaskarray(above.collections[0].get_array()).any()
    assert not any("†" in label.get_text() for label in above.get_xticklabels())


def test_p_values_need_something_to_compare(tmp_path):
    run = make_run(tmp_path, ["RGB"], "unet", UNET_LAYERS, ["all"])
    with pytest.raises(TopolensError, match="two groups or two networks"):
        latent_tests.draw(run)


# --- U-Nets --------------------------------------------------------------------------------------


def test_the_decoder_is_shown_level_by_level(unets):
    write_complexities(unets)
    figure = drawn(depth.upconvolution(unets))
    left, right = figure.axes
    assert [label.get_text() for label in left.get_xticklabels()] == ["UpReLU", "ReLU1", "ReLU2"] * 3
    assert [text.get_text() for text in left.texts] == ["D1", "D2", "D3"]
    levels = lines_of(left, "M1")
    assert [list(line.get_ydata()) for line in levels] == [[19, 20, 21], [22, 23, 24], [25, 26, 27]]
    assert list(levels[1].get_xdata()) == pytest.approx([3, 4, 5])  # the middle one of three networks
    assert len(left.patches) == 3
    np.testing.assert_allclose(lines_of(right, "RGB")[0].get_ydata(), [0.18, 0.19, 0.20])


def test_the_decoder_without_up_convolutions_is_refused(classes):
    with pytest.raises(TopolensError, match="U-Net"):
        depth.upconvolution(classes)


def write_scores(run, correlation):
    """IoU and complexity of each network from each seed, which tell its rank, and their correlation."""
    rows = []
    for n, network in enumerate(NETWORKS):
        for seed in run.config.seeds:
            rank = 1 + 2 * n + seed
            means = {"iou": 0.5 - 0.05 * rank, "network_complexity_l2": rank}
            means["network_complexity_l2_scale_free"] = rank / 100
            for name, mean in means.items():
                bounds = {"estimate": mean, "low": 0.9 * mean, "high": 1.2 * mean}
                rows.append({"statistic": name, "network": network, "seed": seed} | bounds)
        rows.append({"statistic": "iou", "network": network, "estimate": 9.0})  # over seeds
    for twin in ("", "_scale_free"):
        for other, value in (("M1", 0.5), ("RGB", correlation), (None, 0.7)):
            cell = {"statistic": f"score_correlation_l2{twin}", "against": other}
            rows.append(cell | {"estimate": value, "low": value - 0.2, "high": value + 0.2, "n": 4})
    pd.DataFrame(rows).to_csv(run.folder / "main" / "statistics.csv", index=False)


def test_scores_stand_against_complexity(unets):
    write_scores(unets, -0.75)
    figure = drawn(scores.against_complexity(unets, without="RGB"))
    left, right = figure.axes
    assert left.get_title() == "Spearman −0.75 (−0.95 to −0.55), 4 networks"
    (point,) = lines_of(left, "M2 1")
    assert (point.get_xdata()[0], point.get_ydata()[0]) == pytest.approx((6, 0.2))
    assert point.get_markerfacecolor() == network_colours(NETWORKS)["M2"]
    assert lines_of(left, "RGB 0")[0].get_markerfacecolor() == "white"
    assert lines_of(right, "M1 0")[0].get_xdata()[0] == pytest.approx(0.03)
    assert legend_names(figure) == ["RGB (not in the correlation)", "M1", "M2"]


def test_too_few_networks_for_a_correlation(tmp_path):
    run = make_run(tmp_path, NETWORKS, "unet", UNET_LAYERS[:2], ["all"])
    write_scores(run, np.nan)
    left, _ = drawn(scores.against_complexity(run, without="RGB")).axes
    assert left.get_title() == "too few different networks\nwithout RGB for a correlation"
