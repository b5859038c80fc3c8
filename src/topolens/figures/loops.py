"""Where the largest gap in the lifetimes of loops comes, over many clouds: how often nine of them stand out."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures.panels import panel_grid, say
from topolens.figures.style import DEGREE_COLOURS, QUIET, SMALL, accuracy_name
from topolens.figures.tables import statistic_rows
from topolens.results import Results

DEGREE = "1"
MARKED = 9  # holes of the complement of the disks
OTHER_COLOUR = "0.75"
UNITS = {"repeat": "draw", "network": "network"}


def draw(run: Results) -> Figure:
    """Shares of clouds by the number of bars in degree 1 before the largest gap: input, and first layer."""
    rows = statistic_rows(run, "gap_after", degree=DEGREE).astype({"against": int})
    figure, [panels] = panel_grid(1, 2, 2.2, sharex=True, sharey=True)
    last = accuracy_name(run.config.snapshot_accuracies[-1])
    for axes, depth, name in zip(panels, (0, 1), ("input", f"first layer, {last}"), strict=True):
        draw_shares(axes, rows[rows["depth"] == depth].set_index("against"), name)
        axes.set_xlabel("loops before the largest gap")
    most = max([12, *rows["against"]])
    step = 1 if most <= 15 else 5
    panels[0].set(xlim=(0.3, most + 0.7), xticks=range(step, most + 1, step), ylim=(0, 1.04))
    panels[0].set_ylabel("share of clouds")
    return figure


def draw_shares(axes: Axes, shares: pd.DataFrame, name: str) -> None:
    """A bar and an interval for each number of loops that occurs; nine in colour, with its share."""
    if shares.empty:
        axes.set_title(name)
        say(axes, "last snapshot not reached\nby any network")
        return
    colours = [DEGREE_COLOURS[DEGREE] if loops == MARKED else OTHER_COLOUR for loops in shares.index]
    axes.bar(shares.index, shares["estimate"], width=0.8, color=colours, linewidth=0)
    axes.vlines(shares.index, shares["low"], shares["high"], color=QUIET, linewidth=0.9)
    share = shares["estimate"].to_dict().get(MARKED)
    if share is None:
        axes.text(MARKED, 0.02, f"{MARKED}: never", ha="center", va="bottom", fontsize=SMALL)
    else:
        axes.text(MARKED - 0.5, share, f"{MARKED}: {share:.0%} ", ha="right", va="center", fontsize=SMALL)
    count, unit = int(shares["n"].iloc[0]), UNITS[shares["unit"].iloc[0]]
    axes.set_title(f"{name}: {count} {unit}{'' if count == 1 else 's'}")
