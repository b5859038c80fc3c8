"""Names beside points: where they go."""

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from topolens.figures.names import place_names
from topolens.figures.panels import panel_grid
from topolens.figures.style import use_style


@pytest.fixture
def axes():
    use_style()
    _, [[axes]] = panel_grid(1, 1, 3.0)
    axes.set(xlim=(0, 10), ylim=(0, 10))
    yield axes
    plt.close("all")


def box_of(name):
    name.axes.figure.draw_without_rendering()
    left, bottom, right, top = plt.Text.get_window_extent(name).extents
    return np.array([left, bottom, right, top])


def test_a_lonely_name_stands_close_by_where_it_is_asked_to(axes):
    here = np.array([[5.0, 5.0]])
    (right,) = place_names(axes, here, ["name"], here)
    (above,) = place_names(axes, here, ["name"], here, np.array([[0.0, 1.0]]))
    place = axes.transData.transform(here[0])
    assert box_of(right)[0] > place[0]
    assert box_of(right)[1] < place[1] < box_of(right)[3]
    assert box_of(above)[1] > place[1]


def test_names_give_way_to_points_to_each_other_and_to_the_edge(axes):
    ends = np.array([[5.0, 5.0], [5.0, 5.2], [9.9, 5.0]])
    crowd = np.column_stack([np.linspace(5.1, 6, 20), np.full(20, 5.0)])
    boxes = [box_of(name) for name in place_names(axes, ends, ["one name"] * 3, np.concatenate([ends, crowd]))]
    points = axes.transData.transform(crowd)
    for box in boxes:
        assert not ((points > box[:2]) & (points < box[2:])).all(axis=1).any()
    assert (boxes[0][:2] >= boxes[1][2:]).any() or (boxes[1][:2] >= boxes[0][2:]).any()
    assert boxes[2][2] <= axes.get_window_extent().x1
