"""The one style sheet of all figures, and the colours and names that mean the same everywhere."""

from collections.abc import Iterable
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import Colormap, to_rgb

from topolens.config.homology import STACKED

Colour = tuple[float, float, float]

# Seaborn's "colorblind": loading seaborn, which loads scipy.stats, takes longer than drawing a figure.
PALETTE: list[Colour] = [
    to_rgb(f"#{code}")
    for code in ("0173b2", "de8f05", "029e73", "d55e00", "cc78bc", "ca9161", "fbafe4", "949494", "ece133", "56b4e9")
]
CLASS_COLOURS = PALETTE
DEGREE_COLOURS = {"0": PALETTE[0], "1": PALETTE[1], "all": PALETTE[7]}
MEASURES = {
    "complexity_l2": "complexity\n(L² norm)",
    "complexity_l2_scale_free": "scale-free complexity\n(cloud ÷ mean distance)",
}
OVER_GAUSSIAN = "complexity ÷ that of\nits Gaussian clouds"
DEGREE_NAMES = {"0": "H₀", "1": "H₁", "2": "H₂", "all": "all degrees"}
METRIC_COLOURS: dict[str, Colour] = {
    "euclidean": PALETTE[0], "mahalanobis": PALETTE[1], "cosine": PALETTE[2], STACKED: (0.0, 0.0, 0.0),
}  # fmt: skip
METRIC_LINES: dict[str, Any] = {"": "-", "relative-max": (0, (4, 1.5)), "relative-geometric": (0, (1, 1))}
NETWORK_MARKERS = "osD^vPX"
NULL_COLOUR = "0.8"
QUIET = "0.45"  # text and lines that explain, beside what is shown
BAND_ALPHA = 0.2  # of every band around a line
SMALL = 7.0  # points: the smallest text in any figure
WIDE = 30.0  # a largest value so many times the smallest one asks for a logarithmic axis
SLANTED: dict[str, Any] = {"ha": "right", "rotation_mode": "anchor"}  # beside their rotation
STEEP: dict[str, Any] = {"rotation": 90, "fontsize": SMALL}  # names of ticks that would run into one another
WIDTH = 6.26  # inches: the text width of the paper, in which figures stand as large as they are drawn
PICTURE_DPI = 200  # of photographs in the PDF, where a figure's own resolution is used


# Seaborn's style "ticks" in its context "paper", and over it what fits the paper's page.
STYLE: Any = {  # Any, since matplotlib lists the names of all its settings
    "axes.axisbelow": True, "axes.edgecolor": ".15", "axes.labelcolor": ".15", "axes.labelsize": 8,
    "axes.prop_cycle": plt.cycler(color=PALETTE), "axes.spines.right": False, "axes.spines.top": False,
    "axes.titlesize": 8, "figure.constrained_layout.use": True, "font.family": "DejaVu Sans", "font.size": 9.6,
    "grid.color": ".8", "legend.fontsize": 7, "legend.frameon": False, "legend.title_fontsize": 9.6,
    "lines.linewidth": 1.2, "lines.markersize": 4.8, "lines.solid_capstyle": "round", "patch.edgecolor": "w",
    "patch.force_edgecolor": True, "patch.linewidth": 0.8, "pdf.fonttype": 42, "text.color": ".15",
    "xtick.color": ".15", "xtick.labelsize": 7, "xtick.major.size": 3, "xtick.minor.size": 1.5,
    "ytick.color": ".15", "ytick.labelsize": 7, "ytick.major.size": 3, "ytick.minor.size": 1.5,
}  # fmt: skip


def use_style() -> None:
    """Set fonts, lines and colours for every figure drawn after this."""
    plt.rcParams.update(STYLE)


def class_colour(number: int) -> Colour:
    """The colour of a class; colours come again where there are too few."""
    return CLASS_COLOURS[number % len(CLASS_COLOURS)]


def class_colours(labels: np.ndarray) -> np.ndarray:
    """(n, 3) colour of each point's class."""
    return np.array(CLASS_COLOURS)[labels % len(CLASS_COLOURS)]


def network_colours(names: Iterable[str]) -> dict[str, Colour]:
    """Colours of convolutional networks in the study's order, the same in all figures."""
    return {name: PALETTE[number % len(PALETTE)] for number, name in enumerate(names)}


def network_markers(names: Iterable[str]) -> dict[str, str]:
    """Markers of the same networks, so that points are told apart without colours."""
    return {name: NETWORK_MARKERS[number % len(NETWORK_MARKERS)] for number, name in enumerate(names)}


def snapshot_colours(accuracies: list[float]) -> dict[float, Colour]:
    """Colours of training snapshots, light to dark along training."""
    return dict(zip(accuracies, _along("viridis", 0.9, 0.05, len(accuracies)), strict=True))


def layer_colours(layers: list[int]) -> dict[int, Colour]:
    """Colours of layers, dark to light from the input to the logits."""
    return dict(zip(layers, _along("plasma", 0.0, 0.88, len(layers)), strict=True))


def level_colours(count: int) -> list[Colour]:
    """Colours of landscape levels, the first and largest the darkest."""
    return [tuple(colour[:3]) for colour in mako()(np.linspace(0.1, 0.85, count))]


def mako() -> Colormap:
    """Seaborn's colour map from dark to light, loaded where it is needed: see PALETTE."""
    import seaborn as sns

    return sns.cm.mako


def metric_style(name: str) -> dict[str, Any]:
    """How the line of a metric looks: its colour by base metric, its dashes by normalisation, stacked thick."""
    base, _, how = name.partition(" ")
    width = 1.6 if name == STACKED else 1.0
    return {"color": METRIC_COLOURS[base], "linestyle": METRIC_LINES[how], "linewidth": width}


def _along(name: str, start: float, stop: float, count: int) -> list[Colour]:
    """Colours at equal steps of a sequential colour map."""
    return [tuple(colour[:3]) for colour in mpl.colormaps[name](np.linspace(start, stop, count))]


def paler(colour: Colour, share: float) -> Colour:
    """A colour mixed with this share of white."""
    red, green, blue = (share + (1 - share) * part for part in colour)
    return red, green, blue


def layer_name(layer: int, last: int) -> str:
    """`input`, the layer's number, or `logits`."""
    return "input" if layer == 0 else "logits" if layer == last else str(layer)


def accuracy_text(accuracy: float) -> str:
    """A training accuracy as in the configuration: `0.95`, `1.0`."""
    return str(float(f"{accuracy:.6g}"))


def accuracy_name(accuracy: float) -> str:
    """The name of a snapshot: `accuracy 0.9`."""
    return f"accuracy {accuracy_text(accuracy)}"


def number_text(number: float) -> str:
    """Two decimals with a true minus sign, never a negative zero."""
    return f"{round(number, 2) + 0.0:.2f}".replace("-", "−")


def interval_text(row: pd.Series) -> str:
    """An estimate and its interval: `0.50 (−0.20 to 0.80)`."""
    estimate, low, high = map(number_text, row[["estimate", "low", "high"]])
    return f"{estimate} ({low} to {high})"
