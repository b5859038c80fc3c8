"""IoU against complexity: a point for each trained network."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from topolens.figures.complexity_panels import MEASURES
from topolens.figures.panels import add_legend, line, panel_grid
from topolens.figures.style import interval_text, network_colours
from topolens.figures.tables import confidence_of, statistic_rows
from topolens.results import Results


def draw(run: Results, without: str) -> Figure:
    """Left: against raw complexity; right: scale-free.

    The network `without` is shown, but left out of the correlation.
    """
    colours = network_colours(network.name for network in run.config.networks)
    looks: dict[str, dict[str, Any]] = {
        name: {"color": colour, "marker": "o", "ms": 5, "mfc": "white" if name == without else colour, "ls": ""}
        for name, colour in colours.items()
    }
    figure, [panels] = panel_grid(1, len(MEASURES), 3.3, sharey=True)
    for axes, (measure, label) in zip(panels, MEASURES.items(), strict=True):
        draw_networks(axes, run, measure, looks)
        axes.set_title(correlation_text(run, measure, without))
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.set_xlabel(f"mean over layers: {label}")
    panels[0].set_ylabel("IoU on test images")
    entries = {f"{name} (not in the correlation)" if name == without else name: line(**looks[name]) for name in looks}
    title = f"a point: one trained network; lines: {confidence_of(run)} intervals of its means over images"
    add_legend(figure, entries, title)
    return figure


def draw_networks(axes: Axes, run: Results, measure: str, looks: dict[str, dict[str, Any]]) -> None:
    """A point with the intervals of both its means for each network and seed."""
    for network, look in looks.items():
        interval = {"color": look["color"], "linewidth": 0.7, "alpha": 0.6}
        for seed in run.config.seeds:
            own = {"network": network, "seed": seed}
            x, y = (statistic_rows(run, name, **own).iloc[0] for name in (f"network_{measure}", "iou"))
            axes.hlines(y["estimate"], x["low"], x["high"], **interval)
            axes.vlines(x["estimate"], y["low"], y["high"], **interval)
            axes.plot(x["estimate"], y["estimate"], label=f"{network} {seed}", **look)


def correlation_text(run: Results, measure: str, without: str) -> str:
    """Spearman's correlation with its interval, or that too few networks differ for one."""
    rows = statistic_rows(run, measure.replace("complexity", "score_correlation"), against=without)
    rows = rows.dropna(subset="estimate")
    if rows.empty:
        return f"too few different networks without {without} for a correlation"
    return f"Spearman {interval_text(rows.iloc[0])}, {rows['n'].iloc[0]:.0f} networks"
