"""The figures of Betti numbers draw, say what they leave out, and keep layers from left to right."""

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from drawn_figure import drawn
from made_up_results import MadeUpResults

from topolens.config.study import load_study
from topolens.data.known_topology import generate
from topolens.figures import betti, known_sets
from topolens.figures.betti import draw_networks
from topolens.figures.known_sets import middle_unit
from topolens.figures.style import use_style

mpl.use("agg")
STUDY = Path(__file__).parents[2] / "workflow" / "config" / "studies" / "naitzat.yaml"


@pytest.fixture(autouse=True)
def _style():
    use_style()
    yield
    plt.close("all")


def run(without=None):
    """A run with made-up layers; `without` is an activation none of whose networks reached the accuracy."""
    config = load_study(STUDY, "quick").runs["main"]
    generator = np.random.default_rng(0)
    rows = []
    for name in [one.called for one in config.data]:
        for label in (0, 1):
            rows.append((name, "", 0, -1, 0, label, 18.0, 1.0, 1.0))
            for activation in config.activations:
                for network in range(4 * (activation != without)):
                    for layer in range(1, config.depths(name)[-1] + 2):
                        omega, size = max(1.0, 18 - 2 * layer + generator.integers(3)), generator.random() + 0.1
                        depth = config.depths(name)[-1]
                        rows.append((name, activation, depth, network, layer, label, omega, size, size))
    columns = ["data", "activation", "hidden", "network", "depth", "group", "omega", "l2", "l2_scale_free"]
    sets = {one.called: generate(one.name, one.options) for one in config.data}
    return MadeUpResults(config=config, layers=pd.DataFrame(rows, columns=columns), sets=sets)


@pytest.mark.parametrize("draw", [known_sets.draw, betti.draw, betti.beside_norms])
@pytest.mark.parametrize("without", [None, "leaky_relu"])
def test_every_figure_draws_and_fits(draw, without, tmp_path):
    figure = drawn(draw(run(without)))
    figure.savefig(tmp_path / "figure.png", dpi=60)
    assert (tmp_path / "figure.png").stat().st_size > 5_000


def test_panels_are_sets_by_activations_with_layers_from_left_to_right():
    made = run()
    figure = betti.draw(made)
    assert len(figure.axes) == len(made.config.data) * len(made.config.activations)
    axes = figure.axes[0]
    names = [text.get_text() for text in axes.get_xticklabels()]
    assert (names[0], names[1], names[-1]) == ("input", "1", "logits")
    line = axes.lines[0].get_xydata()
    assert (np.diff(line[:, 0]) == 1).all()
    own = made.layers.query("data == 'D-I' and activation == 'tanh' and depth == 3 and group == 0")
    assert line[3, 1] == own["omega"].median()
    assert line[0, 1] == 18


def test_an_activation_without_networks_says_so():
    figure = betti.draw(run(without="tanh"))
    assert any("no network" in text.get_text() for text in figure.axes[0].texts)
    assert figure.axes[0].get_title().endswith("0 networks")
    # D-II has no leaky networks at the quick scale, which is another matter.
    figure = betti.draw(run(without="leaky_relu"))
    assert [text.get_text() for text in figure.axes[5].texts] == ["not trained"]
    assert [text.get_text() for text in figure.axes[2].texts] == ["no network without an error"]


def test_no_band_is_cut_off():
    made = run()
    made.layers.loc[made.layers["activation"] == "leaky_relu", "omega"] *= 3
    figure = betti.draw(made)
    for axes in figure.axes:
        assert axes.get_ylim()[1] >= max(np.max(line.get_ydata()) for line in axes.lines)


def test_betti_numbers_and_norms_start_at_one_on_the_same_axis():
    figure = betti.beside_norms(run())
    networks = [[line for line in axes.lines if line.get_marker() != "None"] for axes in figure.axes]
    assert {line.get_ydata()[0] for lines in networks for line in lines} == {1}
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    assert {axes.get_yscale() for axes in figure.axes} == {"log"}
    low, high = figure.axes[0].get_ylim()
    assert all(low < height < high for lines in networks for line in lines for height in line.get_ydata())
    assert len({line.get_marker() for line in networks[0]}) == 3  # never by colour alone


def test_a_band_holds_the_middle_of_the_networks():
    axes = plt.subplots()[1]
    draw_networks(axes, pd.DataFrame({0: range(11), 1: [5] * 11}), (0, 0, 0), "x")
    assert axes.lines[0].get_ydata().tolist() == [5, 5]
    heights = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (1, 9)
    draw_networks(axes, pd.DataFrame(columns=[0, 1], dtype=float), (0, 0, 0), "y")
    assert len(axes.lines) == 1


def test_the_unit_in_the_middle_is_one_of_nine():
    for name, size in (("linked_tori", 400), ("holed_square", None)):
        dataset = generate(name, {})
        unit = middle_unit(dataset)
        assert {0, 1} == set(unit.labels)
        assert size in (None, len(unit.labels))
    spheres = middle_unit(generate("nested_spheres", {}))
    assert (np.abs(spheres.points[:, 1]) < 0.06).all()
    radii = np.linalg.norm(spheres.points, axis=1)
    assert np.allclose(np.unique(radii.round(3)), [0.1, 0.2, 0.3])
