"""IoU against complexity: a point for each trained network."""

import math
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures.complexity_panels import MEASURES
from topolens.figures.latent_panels import number_text
from topolens.figures.style import WIDTH, Colour, network_colours
from topolens.inference.intervals import Estimate, bootstrap_mean
from topolens.inference.latent_claims import LatentEvidence, complexities, score_correlation
from topolens.results import LatentResults
from topolens.seeding import child_seed


def draw(run: LatentResults, without: str) -> Figure:
    """Left: against raw complexity; right: scale-free.

    Args:
        run: A run of networks that find masks.
        without: The network that is shown, but left out of the correlation.
    """
    settings = run.config.statistics
    evidence = LatentEvidence(run, settings.bootstrap, settings.confidence, child_seed(0, "figure", "correlation"))
    figure, panels = plt.subplots(1, len(MEASURES), figsize=(WIDTH, 3.3), sharey=True)
    for axes, (measure, label) in zip(panels, MEASURES.items(), strict=True):
        scale_free = measure.endswith("scale_free")
        draw_networks(axes, run, scale_free, without)
        correlation = score_correlation(evidence, without=without, scale_free=scale_free)
        axes.set_title(correlation_text(correlation, without))
        axes.xaxis.set_major_locator(plt.MaxNLocator(5))
        axes.set_xlabel(f"mean over layers: {label}")
    panels[0].set_ylabel("IoU on test images")
    _add_legend(figure, run, without)
    return figure


def draw_networks(axes: Axes, run: LatentResults, scale_free: bool, without: str) -> None:
    """A point with the intervals of both its means for each network and seed."""
    norms = complexities(run, scale_free).mean(axis=1)
    scores = run.performance[run.performance["skips"].eq(True)].set_index(["network", "seed"])["iou"]
    for network, colour in colours_of(run).items():
        for seed in run.config.seeds:
            x = _mean(run, norms.xs((network, seed), level=("network", "seed")), "complexity", network, seed)
            y = _mean(run, scores.loc[[(network, seed)]], "iou", network, seed)
            axes.hlines(y.value, x.low, x.high, color=colour, linewidth=0.7, alpha=0.6)
            axes.vlines(x.value, y.low, y.high, color=colour, linewidth=0.7, alpha=0.6)
            axes.plot(x.value, y.value, label=f"{network} {seed}", **_marker(colour, network == without))


def colours_of(run: LatentResults) -> dict[str, Colour]:
    """The colour of each network."""
    names = [network.name for network in run.config.networks]
    return dict(zip(names, network_colours(len(names)), strict=True))


def correlation_text(correlation: Estimate, without: str) -> str:
    """Spearman's correlation with its interval, or that too few networks differ for one."""
    if math.isnan(correlation.value):
        return f"too few different networks without {without} for a correlation"
    value, low, high = map(number_text, (correlation.value, correlation.low, correlation.high))
    return f"Spearman {value} ({low} to {high}), {correlation.n} networks"


def _mean(run: LatentResults, values: pd.Series, *names: str | int) -> Estimate:
    settings = run.config.statistics
    return bootstrap_mean(values.to_numpy(), settings.bootstrap, child_seed(0, "figure", *names), settings.confidence)


def _marker(colour: Colour, is_open: bool) -> dict[str, Any]:
    return {"color": colour, "marker": "o", "ms": 5, "mfc": "white" if is_open else colour, "ls": ""}


def _add_legend(figure: Figure, run: LatentResults, without: str) -> None:
    handles = [plt.Line2D([], [], **_marker(colour, name == without)) for name, colour in colours_of(run).items()]
    names = [f"{name} (not in the correlation)" if name == without else name for name in colours_of(run)]
    level = f"{run.config.statistics.confidence:.0%}"
    title = f"a point: one trained network; lines: {level} intervals of its means over images"
    figure.legend(handles, names, loc="outside lower center", ncols=len(names), title=title, title_fontsize=7)
