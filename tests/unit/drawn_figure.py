"""What every figure must be: as wide as the paper's text, whole, and readable at the size in which it is printed."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from topolens.figures.style import SMALL, WIDTH

READABLE = 7.0  # points


def drawn(figure: Figure) -> Figure:
    """The figure, once it has been through the layout, with no text that is too small and nothing cut off."""
    figure.draw_without_rendering()
    assert figure.get_figwidth() == pytest.approx(WIDTH)
    assert SMALL >= READABLE
    small = [text.get_text() for text in figure.findobj(plt.Text) if text.get_text() and text.get_fontsize() < SMALL]
    assert not small, f"too small to read: {small}"
    box = figure.get_tightbbox()
    edges = np.array([*box.min, *(figure.get_size_inches() - box.max)])
    assert (edges > -0.02).all(), f"cut off at the left, bottom, right or top, by so many inches: {edges}"
    return figure
