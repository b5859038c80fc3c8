"""Which classes a classifier takes for which: its confusion matrix on test images."""

from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from topolens.errors import TopolensError
from topolens.figures.panels import draw_cells, panel_grid
from topolens.figures.style import SMALL
from topolens.figures.tables import confidence_of, statistic_rows
from topolens.results import Results

ROW_HEIGHT, EXTRA = 0.25, 0.75  # inches of a class, and of titles and names
PALE_UP_TO = 0.5  # of the darkest; digits on darker cells are white
GAMMA = 0.35  # of the colours: confusions of a few percent are seen beside a diagonal of ninety


def draw(run: Results) -> Figure:
    """Percent of each class's test images that the first network took for each class."""
    network, seed = run.config.networks[0].name, run.config.seeds[0]
    told = statistic_rows(run, "predicted_share", network=network, seed=seed)
    if told.empty:
        raise TopolensError(f"confusion: no predicted_share of {network}, seed {seed}, in run {run.name!r}")
    accuracies = statistic_rows(run, "accuracy", network=network, seed=seed)
    overall = accuracies[accuracies["classes"].isna()].iloc[0]
    classes = sorted({*told["classes"], *told["against"]})
    shares = told.pivot(index="classes", columns="against", values="estimate").reindex(index=classes, columns=classes)
    shares = shares.fillna(0.0)  # where no image was so taken
    figure, [[axes]] = panel_grid(1, 1, ROW_HEIGHT * len(classes) + EXTRA)
    texts, norm = shares.map(lambda share: f"{100 * share:.1f}" if share else ""), PowerNorm(GAMMA, vmin=0, vmax=1)
    draw_cells(axes, shares.to_numpy(), texts.to_numpy(), PALE_UP_TO, cmap="Blues", norm=norm, aspect="auto")
    axes.set_xticks(range(len(shares)), shares.columns, fontsize=SMALL)
    axes.set_yticks(range(len(shares)), shares.index)
    axes.set(xlabel="answer of the network", ylabel="true class")
    axes.set_title(
        f"{network}: {overall['estimate']:.1%} of {overall['n']:,.0f} test images right "
        f"({confidence_of(run)} interval {overall['low']:.1%} to {overall['high']:.1%})"
    )
    return figure
