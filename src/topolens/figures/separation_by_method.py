"""How well classes of clouds are told apart from their landscapes and from two principal components."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from topolens.figures.explain_panels import known_classes, name_layers
from topolens.figures.latent_panels import mark_blocks
from topolens.figures.panels import add_legend, area, draw_line, draw_null, entries_of, panel_grid, say
from topolens.figures.style import NULL_COLOUR, PALETTE, Colour
from topolens.figures.tables import confidence_of, depth_rows
from topolens.results import Results

METHODS: dict[str, tuple[str, Colour]] = {
    "landscape": ("landscapes", PALETTE[0]),
    "plane": ("two principal components", PALETTE[1]),
    "plane_shape": ("the same of centred clouds", PALETTE[2]),
}


def draw(run: Results) -> Figure:
    """Accuracy of the neighbours' vote by layer, a line for each method, beside shuffled labels."""
    layers = run.config.layers
    places = np.arange(len(layers))
    figure, [[axes]] = panel_grid(1, 1, 2.9)
    rows = {method: depth_rows(run, "separation", layers, method=method) for method in METHODS}
    nulls = pd.concat(rows.values()).groupby("layer").agg(null_low=("null_low", "min"), null_high=("null_high", "max"))
    draw_null(axes, places, nulls.loc[layers])
    for (name, colour), own in zip(METHODS.values(), rows.values(), strict=True):
        draw_line(axes, places, own, colour, name)
    if all(own["estimate"].isna().all() for own in rows.values()):
        say(axes, "this run compares no planes")
    mark_blocks(axes, layers)
    name_layers(axes, layers)
    axes.set(ylim=(0, 1.04), ylabel="accuracy of the\nneighbours' vote")
    level, clouds = confidence_of(run), run.config.position_clouds
    title = (
        f"{clouds.repeats} clouds each of {', '.join(known_classes(run))}, one left out at a time; bands: {level} "
        f"intervals over clouds;\ngrey: both {level} intervals of shuffled labels"
    )
    add_legend(figure, entries_of(axes) | {"shuffled labels": area(NULL_COLOUR)}, title, ncols=3)
    return figure
