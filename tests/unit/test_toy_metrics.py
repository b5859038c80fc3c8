"""The figure of toy clouds shows the known answers."""

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from topolens.figures import metric_diagrams
from topolens.figures.metric_diagrams import METRICS, TOYS, longest_loop, prominence, second_loop, toy_diagrams
from topolens.figures.style import use_style
from topolens.topology.persistence import Diagrams


@pytest.fixture(scope="module")
def answers():
    """By name of the cloud: the number of each metric."""
    return {toy.name: {metric: toy.measure(toy_diagrams(toy.make(), metric)) for metric in METRICS} for toy in TOYS}


def test_mahalanobis_sees_the_elongated_ring(answers):
    found = answers["an elongated ring"]
    assert found["euclidean"] < 0.2
    assert found["mahalanobis"] > 1


def test_relative_distances_see_both_rings_alike(answers):
    found = answers["a small and a large ring"]
    assert found["euclidean"] == pytest.approx(0.1, abs=0.03)  # the ratio of their radii
    assert found["euclidean relative-max"] > 0.9


def test_cosine_sees_two_bundles(answers):
    found = answers["two bundles of rays"]
    assert found["cosine"] > 100
    assert max(found[metric] for metric in METRICS if metric != "cosine") < 3


def test_numbers_without_bars():
    nothing = Diagrams((np.empty((0, 2)), np.empty((0, 2))), "none")
    assert longest_loop(nothing) == second_loop(nothing) == 0
    assert np.isnan(prominence(nothing, 1))


def test_every_panel_says_its_number(answers):
    use_style()
    figure = metric_diagrams.toys(None)
    figure.draw_without_rendering()
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert len(panels) == len(TOYS) * (1 + len(METRICS))
    titles = iter(axes.get_title() for axes in panels)
    for toy in TOYS:
        assert next(titles) == toy.name
        for metric in METRICS:
            assert next(titles).endswith(f"{toy.answer} = {answers[toy.name][metric]:{toy.shown}}")
    plt.close(figure)
