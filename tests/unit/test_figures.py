"""Every figure on small made-up artifacts of a run whose last snapshot no network reached."""

import json
from importlib import import_module

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import sample_run
import torch
from drawn_figure import drawn
from safetensors.torch import save_file
from scipy.spatial.distance import pdist

from topolens.artifacts import write_arrays
from topolens.config.analyses import Intervals, PrincipalShares
from topolens.config.clouds import SampleClouds
from topolens.config.data import DataSet
from topolens.config.figure import Figure
from topolens.config.homology import Distances, Grid, Landscapes
from topolens.config.networks import Perceptrons
from topolens.config.run import Run
from topolens.config.study import Study
from topolens.config.training import PerceptronTraining
from topolens.data.dataset import Dataset, write_datasets
from topolens.errors import TopolensError
from topolens.figures import complexity, components, diagrams, filtration, landscapes, loops, perceptrons
from topolens.figures.catalogue import FIGURE_INPUTS
from topolens.figures.style import MEASURES, accuracy_name, layer_name, snapshot_colours, use_style
from topolens.nets.perceptrons.families import all_tensors
from topolens.nets.perceptrons.mlp import initial_parameters
from topolens.nets.perceptrons.state import Trained
from topolens.results import Results
from topolens.topology.diagram_table import DiagramTable
from topolens.topology.persistence import persistence

ACCURACIES = [0.6, 0.9, 1.0]  # the last one is never reached
NETWORKS = 3
LAYERS = [0, 1, 2, 3]
GRID = np.linspace(0, 1, 11)


@pytest.fixture(autouse=True)
def _style():
    use_style()
    yield
    plt.close("all")


def make_run(folder, accuracies=ACCURACIES, networks=NETWORKS, **changes):
    """A run with no artifacts yet."""
    run = Run(
        data=DataSet(name="made up"),
        networks=[
            Perceptrons(name="M", architecture="perceptrons", hidden=[4, 4], activations=["tanh"], count=networks)
        ],
        training=PerceptronTraining(learning_rate=0.1, batch_size=8, max_epochs=6, snapshot_accuracies=accuracies),
        clouds=SampleClouds(of="samples", points=10, shared=False),
        landscapes=Landscapes(levels=12, grid=Grid(stop=1.0, step=0.1)),
        intervals=Intervals(bootstrap=20),
        principal_shares=PrincipalShares(),
    ).model_copy(update=changes)
    study = Study(name="toy", title="", scale="smoke", runs={"main": run}, variants={}, figures={})
    (folder / "main").mkdir(exist_ok=True)
    return Results(folder, study, "main")


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path)


def texts(artist):
    return [text.get_text() for text in artist.findobj(plt.Text) if text.get_text()]


def line_of(axes, label):
    (line,) = [line for line in axes.lines if line.get_label() == label]
    return line


# --- data and networks ---------------------------------------------------------------------------


def write_dataset(run, features=2):
    points = np.random.default_rng(0).uniform(-1, 1, (60, features))
    labels = (points[:, 0] > 0).astype(np.int64)
    write_datasets(
        run.folder / "main" / "data.npz", {"made up": Dataset(points, labels, np.zeros(60, bool), "made up")}
    )


def write_networks(run, reached):
    """Random weights; `reached` is (snapshots, networks) epochs."""
    reached = np.asarray(reached, dtype=np.float64)
    weights = initial_parameters([2, 4, 4, 2], list(range(reached.shape[1])))
    history = torch.full((6, reached.shape[1]), torch.nan, dtype=torch.float64)
    history[:4] = torch.linspace(0.5, 0.95, 4, dtype=torch.float64)[:, None]
    accuracy = np.where(np.isnan(reached), np.nan, 0.95)
    trained = Trained(
        snapshots=[torch.stack([weight] * len(reached)) for weight in weights],
        reached=torch.from_numpy(reached),
        train_accuracy=torch.from_numpy(accuracy),
        held_out_accuracy=torch.from_numpy(accuracy.copy()),
        history=history,
        final_epoch=torch.full((reached.shape[1],), 4),
    )
    save_file(all_tensors({"made up/tanh/2": trained}), run.folder / "main" / "networks.safetensors")
    lists = {"reached_epoch": reached.T, "train_accuracy": accuracy.T}
    card = {name: [[None if np.isnan(x) else x for x in row] for row in rows] for name, rows in lists.items()}
    family = card | {"data": "made up", "final_epoch": [4] * reached.shape[1]}
    (run.folder / "main" / "networks.json").write_text(json.dumps({"families": {"made up/tanh/2": family}}))


REACHED = [[1, 2, np.nan], [4, 3, np.nan], [np.nan] * 3]


def test_the_boundary_is_that_of_the_first_network_at_the_highest_reached_snapshot(run):
    assert perceptrons.chosen_network(np.array(REACHED)) == (1, 1)
    write_dataset(run)
    write_networks(run, REACHED)
    left, right = drawn(perceptrons.boundary(run)).axes
    assert left.get_title() == "data: 60 points"
    assert right.get_title() == "network 2 of 3: training accuracy 0.9500"
    assert [axes.get_aspect() for axes in (left, right)] == [1.0, 1.0]
    assert sum(len(dots.get_offsets()) for dots in left.collections) == 60


def test_the_regions_are_the_networks_answers(run):
    weights = [torch.tensor([[[[1.0, 0.0], [-1.0, 0.0]]]]), torch.zeros(1, 1, 2, 1)]  # class 0 where x > 0
    nothing = torch.zeros(1, 1)
    trained = Trained(weights, nothing, nothing, nothing, nothing, nothing)
    points = np.array([[-1.0, -1.0], [1.0, 1.0]])
    regions = perceptrons.regions_of(trained, 0, 0, "tanh", points)
    half = perceptrons.STEPS // 2
    assert (regions[:, :half] == 1).all()
    assert (regions[:, half:] == 0).all()
    assert perceptrons.extent_of(points) == pytest.approx((-1.1, 1.1, -1.1, 1.1))


def test_accuracies_are_rounded_down():
    assert perceptrons.floored(0.99996) == "0.9999"
    assert perceptrons.floored(1.0) == "1.0000"


def test_a_boundary_without_any_trained_network_says_so(run):
    write_dataset(run)
    write_networks(run, np.full((3, 3), np.nan))
    assert "no network reached a snapshot" in texts(drawn(perceptrons.boundary(run)))


def test_a_boundary_needs_the_plane(run):
    write_dataset(run, features=3)
    with pytest.raises(TopolensError, match="found 3 features"):
        perceptrons.boundary(run)


def test_training_steps_end_at_the_share_that_reached(run):
    write_networks(run, REACHED)
    left, right = drawn(perceptrons.training(run)).axes
    steps = [line_of(left, label) for label in ("0.6: 2 of 3", "0.9: 2 of 3", "1.0: 0 of 3")]
    assert [line.get_ydata()[-1] for line in steps] == pytest.approx([2 / 3, 2 / 3, 0])
    assert list(steps[1].get_xdata()) == [0, 3, 4, 4]
    network = right.lines[0]
    assert list(network.get_xdata()) == [1, 2, 3, 4]
    assert network.get_ydata() == pytest.approx(np.linspace(0.5, 0.95, 4))


def test_training_within_epochs_shows_the_crossings(tmp_path):
    settings = make_run(tmp_path).config.training.model_copy(update={"accuracy_window": 5})
    run = make_run(tmp_path, training=settings)
    write_networks(run, [[0.05, 0.1, 0.1], [1.5, 2, np.nan], [np.nan] * 3])
    left, right = drawn(perceptrons.training(run)).axes
    assert (left.get_xscale(), right.get_xscale()) == ("log", "log")
    assert list(right.lines[0].get_xdata()) == [0.05, 1.5]


def test_training_of_a_single_network_that_reached_nothing(tmp_path):
    run = make_run(tmp_path, networks=1)
    write_networks(run, np.full((3, 1), np.nan))
    left, _ = drawn(perceptrons.training(run)).axes
    assert [line.get_ydata()[-1] for line in left.lines] == [0, 0, 0]


# --- the method ----------------------------------------------------------------------------------


def test_the_filtration_counts_what_its_barcode_shows(run):
    figure = drawn(filtration.draw(run, 0))
    *above, bars, diagram, tents, levels = figure.axes
    assert above[-1].get_title() == "scale 1.4\n1 component, 1 loop"  # of the largest ring
    marks = bars.collections[-1].get_segments()
    assert [mark[0][0] for mark in marks] == list(filtration.SCALES)
    points = len(filtration.toy_rings(0))
    components, loops = (lines.get_segments() for lines in bars.collections[:2])
    assert len(components) == points
    assert [len(dots.get_offsets()) for dots in diagram.collections] == [points - 1, len(loops)]
    heights = [line.get_ydata().max() for line in tents.lines]
    assert heights == pytest.approx([(stop - start) / 2 for (start, _), (stop, _) in loops])
    first = line_of(levels, "level 1")
    assert first.get_ydata().max() == pytest.approx(max(heights), abs=0.01)
    assert (line_of(levels, "level 2").get_ydata() <= first.get_ydata()).all()


@pytest.mark.parametrize("seed", [0, 20])
def test_each_ring_is_a_loop_and_the_largest_lives_longest(seed):
    points = filtration.toy_rings(seed)
    loops = persistence(np.linalg.norm(points[:, None] - points[None], axis=2), 1)[1][: len(filtration.RINGS)]
    births, deaths = loops.T
    assert (np.diff(births) < 0).all()
    assert (np.diff(deaths) < 0).all()
    assert (deaths - births > 0.3).all()


def test_the_complex_has_an_edge_and_a_triangle_where_points_are_near():
    distances = np.array([[0, 1, 1, 3], [1, 0, 1, 3], [1, 1, 0, 1], [3, 3, 1, 0.0]])
    assert filtration.edges_of(distances, 1.0).tolist() == [[0, 1], [0, 2], [1, 2], [2, 3]]
    assert filtration.triangles_of(distances, 1.0).tolist() == [[0, 1, 2]]
    assert len(filtration.triangles_of(distances, 3.0)) == 4


# --- landscapes ----------------------------------------------------------------------------------


def averages():
    """(layers, snapshots + 1, levels, samples): tents that shrink along the levels; the last row unreached."""
    tent = np.maximum(0, 0.2 - abs(GRID - 0.4))
    levels = tent / np.arange(1, 13)[:, None]
    values = np.full((len(LAYERS), 1 + len(ACCURACIES), 12, len(GRID)), np.nan)
    values[0, 0] = levels
    values[1:, 1:3] = levels * np.arange(1, 7).reshape(3, 2, 1, 1)
    return values


def write_landscapes(run, values):
    names = {"average.1": values, "grid.1": GRID, "output_grid.1": GRID[:8], "layers": np.array(LAYERS)}
    write_arrays(run.folder / "main" / "landscapes.npz", names)


def test_landscapes_stand_by_layer_and_snapshot(run):
    write_landscapes(run, values := averages())
    figure = drawn(landscapes.by_training(run, degree=1))
    panels = np.array(figure.axes).reshape(len(ACCURACIES), len(LAYERS))
    titles = [axes.get_title().strip() for axes in panels[0]]
    assert titles == ["input", "1", "2", "logits"]
    assert [axes.get_ylabel() for axes in panels[:, 0]] == ["accuracy\n0.6", "accuracy\n0.9", "accuracy\n1.0"]
    lines = panels[1, 2].lines[::-1]  # the first level is drawn last, on top
    assert len(lines) == landscapes.LEVELS
    for level, line in enumerate(lines):
        np.testing.assert_array_equal(line.get_ydata(), values[2, 2, level])
    assert list(panels[0, 3].lines[0].get_xdata()) == list(GRID[:8])  # the logits' own grid


def test_landscapes_that_no_network_reached_say_so_and_the_input_stands_once(run):
    write_landscapes(run, averages())
    panels = np.array(drawn(landscapes.by_training(run, degree=1)).axes).reshape(3, 4)
    assert [texts(axes).count("not\nreached") for axes in panels[2]] == [0, 1, 1, 1]
    assert [len(axes.lines) for axes in panels[:, 0]] == [9, 0, 0]


def test_a_column_shares_its_scale_and_is_cut_to_what_is_not_zero(run):
    write_landscapes(run, averages())
    panels = np.array(drawn(landscapes.by_training(run, degree=1)).axes).reshape(3, 4)
    assert panels[0, 1].get_ylim() == panels[1, 1].get_ylim() != panels[1, 2].get_ylim()
    start, stop = panels[0, 1].get_xlim()
    assert 0.1 < start < 0.25
    assert 0.55 < stop < 0.7


def test_landscapes_without_anything_recorded(run):
    write_landscapes(run, np.full_like(averages(), np.nan))
    assert texts(drawn(landscapes.by_training(run, degree=1))).count("not\nreached") == 10


# --- complexity ----------------------------------------------------------------------------------


def statistics(accuracies=(0.6, 0.9), spread=1.0):
    rows = []
    for measure in MEASURES:
        for degree in ("0", "1", "all"):
            for layer in LAYERS:
                for number, accuracy in enumerate(accuracies if layer else [np.nan]):
                    value = (1 + layer + 10 * number) * spread**layer
                    numbers = {"estimate": value, "low": 0.9 * value, "high": 1.1 * value}
                    null = {"null_low": 1.2 * value, "null_high": 1.5 * value}
                    names = {"statistic": measure, "degree": degree, "depth": layer, "snapshot": accuracy}
                    rows.append(names | numbers | null)
    return pd.DataFrame(rows)


def write_statistics(run, table):
    table.to_csv(run.folder / "main" / "statistics.csv", index=False)


def test_complexity_by_layer_shows_the_table(run):
    write_statistics(run, table := statistics())
    figure = drawn(complexity.by_layer(run))
    assert len(figure.axes) == 6
    assert [axes.get_title() for axes in figure.axes[:2]] == ["H₀", "H₁"]
    line = line_of(figure.axes[1], "accuracy 0.9")
    own = table[(table.statistic == "complexity_l2") & (table.degree == "1")]
    expected = [own[own.depth == 0].estimate.item(), *own[own.snapshot == 0.9].estimate]
    assert list(line.get_xdata()) == LAYERS
    assert list(line.get_ydata()) == expected
    assert line.get_color() == snapshot_colours(ACCURACIES)[0.9]
    names = [label.get_text() for label in figure.axes[4].get_xticklabels()]
    assert names == ["input", "1", "2", "logits"]


def test_complexity_stands_against_the_gaussian_clouds_of_its_own_layer(run):
    write_statistics(run, statistics())  # whose intervals reach from 1.2 to 1.5 times each value
    left, right = drawn(complexity.by_layer(run)).axes[4:]
    assert left.get_ylim() == right.get_ylim()
    assert line_of(left, "accuracy 0.9").get_ydata() == pytest.approx([1 / 1.35] * 4)
    band = left.collections[-1].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == pytest.approx((1.2 / 1.35, 1.5 / 1.35))


def test_without_gaussian_clouds_there_is_no_ratio(run):
    write_statistics(run, statistics().assign(null_low=np.nan, null_high=np.nan))
    for draw in (complexity.by_layer, complexity.by_snapshot):
        assert texts(drawn(draw(run))).count("no Gaussian clouds") == 2


def test_the_legend_of_complexity_names_what_was_not_reached(run):
    write_statistics(run, statistics())
    (legend,) = drawn(complexity.by_layer(run)).legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["0.6", "0.9", "1.0 (not reached)", "Gaussian interval at 0.9"]


def test_logits_under_their_own_distance_are_not_joined_to_the_line(tmp_path):
    run = make_run(
        tmp_path, distances=[Distances(layers="hidden"), Distances(metric="sphere", softmax=True, layers="output")]
    )
    write_statistics(run, statistics())
    figure = drawn(complexity.by_layer(run))
    parts = [line for line in figure.axes[0].lines if line.get_label() == "accuracy 0.6"]
    assert [list(line.get_xdata()) for line in parts] == [[0, 1, 2], [3]]


@pytest.mark.parametrize(("spread", "scale"), [(1.0, "linear"), (0.1, "log")])
def test_orders_of_magnitude_ask_for_a_logarithmic_axis(run, spread, scale):
    write_statistics(run, statistics(spread=spread))
    for draw in (complexity.by_layer, complexity.by_snapshot):
        *measures, left, right = draw(run).axes
        assert {axes.get_yscale() for axes in measures} == {scale}
        assert (left.get_yscale(), right.get_yscale()) == ("log", "log")


def test_complexity_by_snapshot_shows_the_table(run):
    write_statistics(run, table := statistics())
    figure = drawn(complexity.by_snapshot(run))
    line = line_of(figure.axes[2], "2")
    chosen = (table.statistic == "complexity_l2_scale_free") & (table.degree == "0") & (table.depth == 2)
    assert list(line.get_xdata()) == [0.6, 0.9]
    assert list(line.get_ydata()) == list(table[chosen].estimate)
    assert line_of(figure.axes[2], "input").get_ydata()[0] == 1
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()][:4] == ["input", "1", "2", "logits"]


def test_complexity_where_only_the_input_is_known(run):
    write_statistics(run, statistics(accuracies=()))
    drawn(complexity.by_layer(run))
    drawn(complexity.by_snapshot(run))


# --- loops ---------------------------------------------------------------------------------------


def gap_rows(depth, shares, unit):
    """Rows of the statistic, by number of bars before the largest gap."""
    names = {"statistic": "gap_after", "degree": "1", "depth": depth, "unit": unit, "n": 20}
    return [
        names | {"against": bars, "estimate": share, "low": 0.9 * share, "high": 1.1 * share}
        for bars, share in shares.items()
    ]


def test_loops_stand_by_number_with_nine_marked(run):
    rows = gap_rows(0, {8: 0.2, 9: 0.8}, "repeat") + gap_rows(1, {3: 0.4, 17: 0.6}, "network")
    # Of another degree, and of another statistic, whose `against` is a name.
    rows += [rows[0] | {"degree": "0"}, {"statistic": "layer_difference", "degree": "1", "against": "hidden 1"}]
    write_statistics(run, pd.DataFrame(rows))
    left, right = drawn(loops.draw(run)).axes
    assert (left.get_title(), right.get_title()) == ("input: 20 draws", "first layer, accuracy 1.0: 20 networks")
    bars = {round(bar.get_center()[0]): bar for bar in left.patches}
    assert {number: bar.get_height() for number, bar in bars.items()} == {8: 0.2, 9: 0.8}
    assert bars[8].get_facecolor() != bars[9].get_facecolor()
    np.testing.assert_allclose(left.collections[0].get_segments()[1][:, 1], [0.72, 0.88])
    assert "9: 80% " in texts(left)
    assert "9: never" in texts(right)
    assert right.get_xlim()[1] > 17


def test_loops_of_a_first_layer_that_no_network_reached(run):
    write_statistics(run, pd.DataFrame(gap_rows(0, {9: 1.0}, "repeat")))
    assert "last snapshot not reached\nby any network" in texts(drawn(loops.draw(run)))


# --- diagrams and components ---------------------------------------------------------------------


def circle(points=20, radius=1.0):
    angles = 2 * np.pi * np.arange(points) / points
    return radius * np.column_stack([np.cos(angles), np.sin(angles)]) + 0.01 * np.arange(points)[:, None]


def write_diagrams(run, rows):
    """`rows` of depth, network, snapshot and repeat; each cloud a circle as large as its number + 1."""
    table = pd.DataFrame(rows, columns=["depth", "network", "snapshot", "repeat"])
    table["null"], table["mean_distance"] = False, 1.0
    clouds = [circle(radius=1.0 + number) for number in range(len(rows))]
    results = [persistence(np.linalg.norm(c[:, None] - c[None], axis=2), 1).by_degree for c in clouds]
    DiagramTable.collect(table, results).write(run.folder / "main" / "diagrams.npz")


TRAINED_ROWS = [(0, 0, -1, 0), (0, 1, -1, 1), (1, 1, 1, 1), (1, 1, 2, 1), (2, 1, 2, 1)]


def test_diagrams_show_the_same_draw_at_input_and_first_layer(run):
    write_diagrams(run, TRAINED_ROWS)
    above, below = diagrams.chosen_clouds(run).items()
    assert (above[0], below[0]) == ("input", "layer 1 of network 2, accuracy 1.0")
    assert (above[1].index[0], below[1].index[0]) == (1, 3)
    figure = drawn(diagrams.draw(run))
    assert len(figure.axes) == 6
    assert figure.axes[1].get_title() == "H₀: 20 longest of 20 bars\n"
    assert figure.axes[2].get_title().endswith("\nlargest gap after bar 1")
    assert len(figure.axes[1].collections[0].get_segments()) == 20
    assert len(figure.axes[4].lines) == 1  # the arrow of the one essential bar


def test_diagrams_of_a_snapshot_that_was_not_reached(run):
    write_diagrams(run, TRAINED_ROWS[:3])
    assert "last snapshot not reached\nby any network" in texts(drawn(diagrams.draw(run)))


def write_shares(run, snapshots=(2,)):
    """Shares of principal components and their means, which tell class and kind."""
    cells = [(s, c) for s in snapshots for c in range(3)]
    rows = [
        {"network": 0, "snapshot": s, "repeat": 0, "group": c, "share": 0.9 - 0.1 * c, "shuffled_share": 0.3}
        for s, c in cells
    ]
    means = [
        {"statistic": f"class_share{kind}", "snapshot": ACCURACIES[s], "classes": c, "estimate": mean,
         "low": mean - 0.1, "high": mean + 0.1}
        for s, c in cells
        for kind, mean in (("", 0.9 - 0.1 * c), ("_shuffled", 0.3))
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(run.folder / "main" / "principal_shares.csv", index=False)
    pd.DataFrame(means).assign(degree="").to_csv(run.folder / "main" / "statistics.csv", index=False)


def test_components_show_lifetimes_and_shares_of_the_last_layer(run):
    write_diagrams(run, [(3, 0, 1, 0), (3, 0, 2, 0), (3, 1, 2, 1)])
    write_shares(run)
    longest = components.network_lifetimes(run, 2)
    assert longest.shape == (2, components.SHOWN_BARS)
    for network, cloud in enumerate((1, 2)):
        finite = run.diagrams.diagram(cloud, 0)[1:]
        np.testing.assert_allclose(longest[network, :19], finite[:, 1] - finite[:, 0])
        assert (longest[network, 19:] == 0).all()
    left, right = drawn(components.draw(run)).axes
    np.testing.assert_allclose(line_of(left, "median of networks").get_ydata(), np.median(longest, axis=0))
    assert left.lines[1].get_xdata()[0] == 2.5  # three classes: two finite bars and the essential one
    assert "range of 2 networks" in texts(left)
    assert [line.get_ydata()[0] for line in right.lines] == pytest.approx([0.3] * 3 + [0.9, 0.8, 0.7])
    np.testing.assert_allclose(right.collections[3].get_segments()[0][:, 1], [0.8, 1.0])


def test_components_that_no_network_reached(run):
    write_diagrams(run, [(3, 0, 1, 0)])
    write_shares(run, snapshots=(1,))
    assert texts(drawn(components.draw(run))).count("not reached by any network") == 2


def test_the_plane_of_principal_components_keeps_distances_and_signs():
    points = np.random.default_rng(0).normal(size=(30, 2)) @ np.array([[3.0, 1.0, 0.0], [0.0, 1.0, 2.0]]) + 5
    plane = perceptrons.principal_plane(points)
    np.testing.assert_allclose(pdist(plane), pdist(points))
    assert np.ptp(plane[:, 0]) > np.ptp(plane[:, 1])
    # Of mirrored points too, the largest coordinate is positive.
    np.testing.assert_allclose(perceptrons.principal_plane(-points), plane)


def test_the_last_layer_is_drawn_where_a_network_reached_it(samples_folder, tmp_path):
    run = make_run(tmp_path, training=sample_run.TRAINING, clouds=sample_run.CLOUDS)
    for name in ("data.npz", "networks.safetensors"):
        (tmp_path / "main" / name).write_bytes((samples_folder / name).read_bytes())
    figure = drawn(perceptrons.last_layer(run))
    panels = figure.axes
    reached = ~sample_run.trained_of(samples_folder).reached.isnan().all(dim=1)
    assert [len(axes.collections) for axes in panels] == [int(reached[0]), int(reached[-1])]
    offsets = panels[0].collections[0].get_offsets()
    assert len(offsets) == sample_run.CLOUDS.points
    for axes in panels:  # a class is named where its points are; this cloud is of one class
        assert not axes.collections or [text.get_text() for text in axes.texts] == [str(sample_run.CLOUDS.label)]
    assert texts(figure).count("not reached by any network") == 2 - sum(len(axes.collections) for axes in panels)


def test_components_need_shares(tmp_path):
    run = make_run(tmp_path, principal_shares=None)
    with pytest.raises(TopolensError, match="principal_shares"):
        components.draw(run)


# --- all -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FIGURE_INPUTS)
def test_every_figure_of_the_catalogue_can_be_drawn(name):
    figure = Figure(draw=name, caption="")
    assert callable(getattr(import_module(figure.module), figure.function))


def test_names_and_colours():
    assert [layer_name(layer, 3) for layer in LAYERS] == ["input", "1", "2", "logits"]
    assert [accuracy_name(t) for t in (0.5, 0.95, 0.995, 1.0)] == [
        "accuracy 0.5", "accuracy 0.95", "accuracy 0.995", "accuracy 1.0",
    ]  # fmt: skip
    assert len(set(snapshot_colours([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]).values())) == 6
    assert len(snapshot_colours([0.9])) == 1
