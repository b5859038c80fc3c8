"""Scores of Grad-CAM along the depth, beside the complexity of landscapes, their agreement and faithfulness."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.config.analyses import GRAD_CAM, OCCLUSION
from topolens.figures.complexity_panels import MEASURES
from topolens.figures.explain_panels import CHANCE_LINE, explained_networks, name_layers
from topolens.figures.latent_panels import mark_blocks, scale_axis
from topolens.figures.panels import add_legend, dot, draw_line, marked_line, say
from topolens.figures.style import QUIET, SMALL, WIDTH
from topolens.figures.tables import confidence_of, depth_rows, statistic_rows
from topolens.results import Results

SCORES = {"concentration": "concentration\nof Grad-CAM", "inside": "share of Grad-CAM's\nheat in crop rows"}
CURVES = {"insertion": "^", "deletion": "v"}
METHODS = {GRAD_CAM: "Grad-CAM, last layer", OCCLUSION: "occlusion"}
NETWORK_HEIGHT = 0.3  # inches


def draw(run: Results) -> Figure:
    """From above: score by layer, complexity by layer; their rank correlation, and deletion and insertion."""
    networks = explained_networks(run)
    score = "inside" if run.table("attributions")["inside"].notna().any() else "concentration"  # without masks
    figure = plt.figure(figsize=(WIDTH, 4.9 + NETWORK_HEIGHT * len(networks)))
    grid = figure.add_gridspec(3, 3, height_ratios=[1.5, 1.5, 0.3 + NETWORK_HEIGHT * len(networks)])
    above, middle = (figure.add_subplot(grid[row, :]) for row in range(2))
    draw_scores(above, run, score)
    draw_complexities(middle, run)
    for axes in (above, middle):
        mark_blocks(axes, run.config.explained_layers)
        name_layers(axes, run.config.explained_layers)
    above.tick_params(labelbottom=False)
    lower = [figure.add_subplot(grid[2, column]) for column in range(3)]
    draw_agreement(lower[0], run, score)
    for axes, method in zip(lower[1:], METHODS, strict=True):
        draw_areas(axes, run, method)
    for axes in lower:
        axes.set_yticks(range(len(networks)), networks)
        axes.set_ylim(len(networks) - 0.4, -0.6)
        axes.tick_params(labelleft=axes is lower[0])
    entries = {name: marked_line(colour) for name, colour in networks.items()}
    entries |= {f"{curve} curve": dot(QUIET, marker=marker) for curve, marker in CURVES.items()}
    title = f"bands and lines: {confidence_of(run)} intervals over images (complexity: over clouds)"
    if score == "inside":
        title += "; dashed above: share of the image that is crop rows"
    add_legend(figure, entries, title)
    return figure


def draw_scores(axes: Axes, run: Results, score: str) -> None:
    """Mean score at every layer; of masks also the share that evenly spread heat would have."""
    places = np.arange(len(run.config.explained_layers))
    for network, colour in explained_networks(run).items():
        rows = depth_rows(run, score, run.config.explained_layers, method=GRAD_CAM, network=network)
        draw_line(axes, places, rows, colour, network)
    if score == "inside":
        own = run.table("attributions")[run.table("attributions")["gain"] > 0]
        axes.axhline((own["inside"] / own["gain"]).groupby(own["image"]).first().mean(), **CHANCE_LINE)
    axes.set(ylim=(0, None), ylabel=SCORES[score])


def draw_complexities(axes: Axes, run: Results) -> None:
    """Mean scale-free complexity of the same layers over clouds of any group, of the seed that is explained."""
    layers, shown = run.config.explained_layers, []
    for network, colour in explained_networks(run).items():
        rows = depth_rows(run, "explained_complexity_l2_scale_free", layers, network=network)
        draw_line(axes, np.arange(len(layers)), rows, colour, network)
        shown.append(rows)
    table = pd.concat(shown)
    scale_axis(axes, table["estimate"].to_numpy(), table["high"].max())
    axes.set_ylabel(MEASURES["complexity_l2_scale_free"])


def draw_agreement(axes: Axes, run: Results, score: str) -> None:
    """Rank correlation over layers of the score and complexity, scale-free (filled) and raw (hollow)."""
    for place, (network, colour) in enumerate(explained_networks(run).items()):
        for twin, offset in (("_scale_free", -0.15), ("", 0.15)):
            rows = one_row(run, f"{score}_agreement{twin}", network)
            axes.hlines(place + offset, rows["low"], rows["high"], color=colour, linewidth=0.9)
            axes.plot(rows["estimate"], place + offset, "o", ms=4, color=colour, mfc=colour if twin else "white")
    axes.axvline(0, **CHANCE_LINE)
    axes.set_title("filled: scale-free; hollow: raw", fontsize=SMALL)
    axes.set(xlim=(-1.05, 1.05), xlabel="rank correlation over layers")


def draw_areas(axes: Axes, run: Results, method: str) -> None:
    """Areas under deletion and insertion curves (filled), and those of the same maps shifted (hollow)."""
    found = False
    for place, (network, colour) in enumerate(explained_networks(run).items()):
        kinds = [(curve, suffix) for curve in CURVES for suffix in ("", "_shifted")]
        for offset, (curve, suffix) in zip(np.linspace(-0.33, 0.33, len(kinds)), kinds, strict=True):
            rows, fill = one_row(run, f"{curve}{suffix}", network, method), "white" if suffix else colour
            axes.hlines(place + offset, rows["low"], rows["high"], color=colour, linewidth=0.7)
            axes.plot(rows["estimate"], place + offset, CURVES[curve], ms=3.5, color=colour, mfc=fill, mew=0.8)
            found |= bool(np.isfinite(rows["estimate"]))
    if not found:
        say(axes, "not measured")
    axes.set_title("filled: the map; hollow: shifted", fontsize=SMALL)
    axes.set_xlabel(f"area, {METHODS[method]}")


def one_row(run: Results, statistic: str, network: str, method: str | None = None) -> pd.Series:
    """Estimate and interval of the deepest layer that has this statistic; NaN where there is none."""
    rows = statistic_rows(run, statistic, network=network, method=method)[["estimate", "low", "high"]]
    return rows.iloc[-1] if len(rows) else pd.Series(np.nan, index=rows.columns)
