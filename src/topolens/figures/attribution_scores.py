"""Scores of Grad-CAM along the depth, beside the complexity of landscapes, their agreement and faithfulness."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.config.explain import GRAD_CAM, OCCLUSION
from topolens.figures.complexity_panels import MEASURES, draw_line
from topolens.figures.explain_panels import CHANCE_LINE, depth_rows, explained_networks, name_layers
from topolens.figures.latent_panels import mark_blocks, scale_axis
from topolens.figures.style import QUIET, SMALL, WIDTH, Colour, network_colours, say
from topolens.results import Results

SCORES = {"concentration": "concentration\nof Grad-CAM", "inside": "share of Grad-CAM's\nheat in crop rows"}
CURVES = {"insertion": "^", "deletion": "v"}
METHODS = {GRAD_CAM: "Grad-CAM, last layer", OCCLUSION: "occlusion"}
NETWORK_HEIGHT = 0.3  # inches


def draw(run: Results) -> Figure:
    """From above: score by layer, complexity by layer; their rank correlation, and deletion and insertion."""
    networks, score = explained_networks(run), score_of(run)
    figure = plt.figure(figsize=(WIDTH, 4.9 + NETWORK_HEIGHT * len(networks)))
    grid = figure.add_gridspec(3, 3, height_ratios=[1.5, 1.5, 0.3 + NETWORK_HEIGHT * len(networks)])
    above, middle = (figure.add_subplot(grid[row, :]) for row in range(2))
    draw_scores(above, run, score)
    draw_complexities(middle, run)
    for axes in (above, middle):
        mark_blocks(axes, run.explained_layers)
        name_layers(axes, run.explained_layers)
    above.tick_params(labelbottom=False)
    lower = [figure.add_subplot(grid[2, column]) for column in range(3)]
    draw_agreement(lower[0], run, score)
    for axes, method in zip(lower[1:], METHODS, strict=True):
        draw_areas(axes, run, method)
    for axes in lower:
        axes.set_yticks(range(len(networks)), networks)
        axes.set_ylim(len(networks) - 0.4, -0.6)
        axes.tick_params(labelleft=axes is lower[0])
    _add_legend(figure, run, score)
    return figure


def score_of(run: Results) -> str:
    """What Grad-CAM is judged by: the share of heat within masks, or where there are none its concentration."""
    return "inside" if run.table("attributions")["inside"].notna().any() else "concentration"


def colours_of(run: Results) -> dict[str, Colour]:
    """The colours of the subject's networks, as in its own figures."""
    names = [network.name for network in run.subject.config.networks]
    return dict(zip(names, network_colours(len(names)), strict=True))


def draw_scores(axes: Axes, run: Results, score: str) -> None:
    """Mean score at every layer; of masks also the share that evenly spread heat would have."""
    places = np.arange(len(run.explained_layers))
    for network in explained_networks(run):
        rows = depth_rows(run, score, run.explained_layers, GRAD_CAM, network)
        draw_line(axes, places, rows, colours_of(run)[network], network)
    if score == "inside":
        own = run.table("attributions")[run.table("attributions")["gain"] > 0]
        axes.axhline((own["inside"] / own["gain"]).groupby(own["image"]).first().mean(), **CHANCE_LINE)
    axes.set(ylim=(0, None), ylabel=SCORES[score])


def draw_complexities(axes: Axes, run: Results) -> None:
    """Mean scale-free complexity of the same layers over all clouds of the explained networks."""
    places, highest, shown = np.arange(len(run.explained_layers)), 0.0, []
    for network in explained_networks(run):
        rows = complexity_rows(run, network)
        draw_line(axes, places, rows, colours_of(run)[network], network)
        shown.append(rows["estimate"].to_numpy())
        highest = max(highest, rows["high"].max())
    scale_axis(axes, np.concatenate(shown), highest)
    axes.set_ylabel(MEASURES["complexity_l2_scale_free"])


def complexity_rows(run: Results, network: str) -> pd.DataFrame:
    """Mean over clouds of any group with its interval, a row a layer; of the seed whose network is explained."""
    return depth_rows(run, "subject_complexity_l2_scale_free", run.explained_layers, network=network)


def draw_agreement(axes: Axes, run: Results, score: str) -> None:
    """Rank correlation over layers of the score and complexity, scale-free (filled) and raw (hollow)."""
    for place, network in enumerate(explained_networks(run)):
        for twin, offset in (("_scale_free", -0.15), ("", 0.15)):
            colour = colours_of(run)[network]
            rows = one_row(run, f"{score}_agreement{twin}", network)
            axes.hlines(place + offset, rows["low"], rows["high"], color=colour, linewidth=0.9)
            axes.plot(rows["estimate"], place + offset, "o", ms=4, color=colour, mfc=colour if twin else "white")
    axes.axvline(0, **CHANCE_LINE)
    axes.set_title("filled: scale-free; hollow: raw", fontsize=SMALL)
    axes.set(xlim=(-1.05, 1.05), xlabel="rank correlation over layers")


def draw_areas(axes: Axes, run: Results, method: str) -> None:
    """Areas under deletion and insertion curves (filled), and those of the same maps shifted (hollow)."""
    found = False
    for place, network in enumerate(explained_networks(run)):
        colour = colours_of(run)[network]
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


def one_row(run: Results, statistic: str, network: str, group: str | None = None) -> pd.Series:
    """Estimate and interval of the deepest layer that has this statistic; NaN where there is none."""
    table = run.table("statistics")
    chosen = (table["statistic"] == statistic) & (table["network"] == network)
    rows = table[chosen & (table["group"] == group) if group else chosen]
    columns = ["estimate", "low", "high"]
    return rows[columns].iloc[-1] if len(rows) else pd.Series(np.nan, index=columns)


def _add_legend(figure: Figure, run: Results, score: str) -> None:
    networks = explained_networks(run)
    handles = [plt.Line2D([], [], color=colours_of(run)[name], marker="o", ms=2.5) for name in networks]
    handles += [plt.Line2D([], [], marker=marker, ms=4, linestyle="", color=QUIET) for marker in CURVES.values()]
    names = [*networks, *(f"{curve} curve" for curve in CURVES)]
    level = f"{run.config.statistics.confidence:.0%}"
    title = f"bands and lines: {level} intervals over images (complexity: over clouds)"
    if score == "inside":
        title += "; dashed above: share of the image that is crop rows"
    legend = figure.legend(handles, names, loc="outside lower center", ncols=len(names), title=title, title_fontsize=7)
    legend.get_title().set(ha="center")
