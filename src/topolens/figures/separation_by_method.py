"""How well classes of clouds are told apart from their landscapes and from two principal components."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from topolens.figures.complexity_panels import draw_line, draw_null
from topolens.figures.explain_panels import depth_rows, known_classes, name_layers
from topolens.figures.latent_panels import mark_blocks
from topolens.figures.style import NULL_COLOUR, PALETTE, WIDTH, Colour, say
from topolens.results import Results

METHODS: dict[str, tuple[str, Colour]] = {
    "landscape": ("landscapes", PALETTE[0]),
    "plane": ("two principal components", PALETTE[1]),
    "plane_shape": ("the same of centred clouds", PALETTE[2]),
}


def draw(run: Results) -> Figure:
    """Accuracy of the neighbours' vote by layer, a line for each method, beside shuffled labels."""
    layers = run.subject.config.layers
    places = np.arange(len(layers))
    figure, axes = plt.subplots(figsize=(WIDTH, 2.9))
    rows = {method: depth_rows(run, "separation", layers, method) for method in METHODS}
    nulls = pd.concat(rows.values()).groupby("layer").agg(null_low=("null_low", "min"), null_high=("null_high", "max"))
    draw_null(axes, places, nulls.loc[layers])
    for (name, colour), own in zip(METHODS.values(), rows.values(), strict=True):
        draw_line(axes, places, own, colour, name)
    if all(own["estimate"].isna().all() for own in rows.values()):
        say(axes, "this run compares no planes")
    mark_blocks(axes, layers)
    name_layers(axes, layers)
    axes.set(ylim=(0, 1.04), ylabel="accuracy of the\nneighbours' vote")
    _add_legend(figure, run)
    return figure


def _add_legend(figure: Figure, run: Results) -> None:
    handles = [plt.Line2D([], [], color=colour, marker="o", markersize=2.5) for _, colour in METHODS.values()]
    names = [*(name for name, _ in METHODS.values()), "shuffled labels"]
    level, clouds = f"{run.config.statistics.confidence:.0%}", run.subject.config.clouds
    title = (
        f"{clouds.repeats} clouds each of {', '.join(known_classes(run))}, one left out at a time; bands: {level} "
        f"intervals over clouds;\ngrey: both {level} intervals of shuffled labels"
    )
    legend = figure.legend([*handles, plt.Rectangle((0, 0), 1, 1, color=NULL_COLOUR)], names,
                           loc="outside lower center", ncols=3, title=title, title_fontsize=7)  # fmt: skip
    legend.get_title().set(ha="center")
