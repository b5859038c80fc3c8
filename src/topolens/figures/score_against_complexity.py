"""IoU against complexity: a point for each trained network."""

from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures.complexity_panels import MEASURES
from topolens.figures.latent_panels import number_text
from topolens.figures.style import WIDTH, Colour, network_colours
from topolens.results import Results


def draw(run: Results, without: str) -> Figure:
    """Left: against raw complexity; right: scale-free.

    Args:
        run: A run of networks that find masks.
        without: The network that is shown, but left out of the correlation.
    """
    figure, panels = plt.subplots(1, len(MEASURES), figsize=(WIDTH, 3.3), sharey=True)
    for axes, (measure, label) in zip(panels, MEASURES.items(), strict=True):
        draw_networks(axes, run, measure, without)
        axes.set_title(correlation_text(run, measure, without))
        axes.xaxis.set_major_locator(plt.MaxNLocator(5))
        axes.set_xlabel(f"mean over layers: {label}")
    panels[0].set_ylabel("IoU on test images")
    _add_legend(figure, run, without)
    return figure


def draw_networks(axes: Axes, run: Results, measure: str, without: str) -> None:
    """A point with the intervals of both its means for each network and seed."""
    for network, colour in colours_of(run).items():
        for seed in run.config.seeds:
            x, y = (_row(run, name, network, seed) for name in (f"network_{measure}", "iou"))
            axes.hlines(y["estimate"], x["low"], x["high"], color=colour, linewidth=0.7, alpha=0.6)
            axes.vlines(x["estimate"], y["low"], y["high"], color=colour, linewidth=0.7, alpha=0.6)
            marker = _marker(colour, network == without)
            axes.plot(x["estimate"], y["estimate"], label=f"{network} {seed}", **marker)


def colours_of(run: Results) -> dict[str, Colour]:
    """The colour of each network."""
    names = [network.name for network in run.config.networks]
    return dict(zip(names, network_colours(len(names)), strict=True))


def correlation_text(run: Results, measure: str, without: str) -> str:
    """Spearman's correlation with its interval, or that too few networks differ for one."""
    table = run.table("statistics")
    table = table[table["statistic"] == measure.replace("complexity", "score_correlation")]
    rows = table.loc[table["other"] == without].dropna(subset="estimate")
    if rows.empty:
        return f"too few different networks without {without} for a correlation"
    row = rows.iloc[0]
    value, low, high = map(number_text, (row["estimate"], row["low"], row["high"]))
    return f"Spearman {value} ({low} to {high}), {row['n']:.0f} networks"


def _row(run: Results, statistic: str, network: str, seed: int) -> pd.Series:
    """The estimate of one trained network."""
    table = run.table("statistics")
    own = (table["statistic"] == statistic) & (table["network"] == network) & (table["seed"] == seed)
    return table[own].iloc[0]


def _marker(colour: Colour, is_open: bool) -> dict[str, Any]:
    return {"color": colour, "marker": "o", "ms": 5, "mfc": "white" if is_open else colour, "ls": ""}


def _add_legend(figure: Figure, run: Results, without: str) -> None:
    handles = [plt.Line2D([], [], **_marker(colour, name == without)) for name, colour in colours_of(run).items()]
    names = [f"{name} (not in the correlation)" if name == without else name for name in colours_of(run)]
    level = f"{run.config.statistics.confidence:.0%}"
    title = f"a point: one trained network; lines: {level} intervals of its means over images"
    figure.legend(handles, names, loc="outside lower center", ncols=len(names), title=title, title_fontsize=7)
