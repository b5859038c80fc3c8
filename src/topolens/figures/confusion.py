"""Which classes a classifier takes for which: its confusion matrix on test images."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from topolens.errors import TopolensError
from topolens.figures.style import SMALL
from topolens.results import Results

SIZE = (4.2, 4.2)  # inches, about three fifths of the text width
PALE_UP_TO = 0.5  # of the darkest; digits on darker cells are white
GAMMA = 0.35  # of the colours: confusions of a few percent are seen beside a diagonal of ninety


def draw(run: Results) -> Figure:
    """Percent of each class's test images that the first network took for each class.

    Raises:
        TopolensError: the run's table has no confusions, since its images have masks or its networks are untrained.
    """
    network, seed = run.config.networks[0].name, run.config.seeds[0]
    table = run.table("statistics")
    own = table[(table["network"] == network) & (table["seed"] == seed)]
    shares = matrix_of(own)
    if shares.empty:
        raise TopolensError(f"confusion: no predicted_share of {network}, seed {seed}, in run {run.name!r}")
    overall = own[(own["statistic"] == "accuracy") & own["group"].isna()].iloc[0]
    figure, axes = plt.subplots(figsize=SIZE)
    _draw_matrix(axes, shares)
    confidence = f"{run.config.statistics.confidence:.0%}"
    axes.set_title(
        f"{network}: {overall['estimate']:.1%} of {overall['n']:,.0f} test images right\n"
        f"({confidence} interval {overall['low']:.1%} to {overall['high']:.1%}); percent of each class"
    )
    return figure


def matrix_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Shares by true class (rows) and predicted class (columns), 0 where no image was so taken."""
    shares = rows[rows["statistic"] == "predicted_share"]
    classes = sorted({*shares["group"], *shares["other"]})
    matrix = shares.pivot(index="group", columns="other", values="estimate")
    return matrix.reindex(index=classes, columns=classes).fillna(0.0)


def _draw_matrix(axes: Axes, shares: pd.DataFrame) -> None:
    norm = PowerNorm(GAMMA, vmin=0, vmax=1)
    axes.imshow(shares, cmap="Blues", norm=norm)
    for (row, column), share in np.ndenumerate(shares.to_numpy()):
        if share > 0:
            colour = "white" if norm(share) > PALE_UP_TO else "black"
            axes.text(column, row, f"{100 * share:.1f}", ha="center", va="center", fontsize=SMALL, color=colour)
    places = range(len(shares))
    axes.set_xticks(places, shares.columns, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(places, shares.index)
    axes.set(xlabel="answer of the network", ylabel="true class")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
