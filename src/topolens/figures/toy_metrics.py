"""Three toy clouds on which metrics disagree in a known way: what each metric is for."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.data.toy_clouds import dense_and_sparse_ring, elongated_ring, two_directions
from topolens.figures.metric_diagrams import draw_barcode, last_death
from topolens.figures.metric_panels import metric_text
from topolens.figures.panels import panel_grid
from topolens.figures.style import PALETTE, QUIET, SMALL
from topolens.results import Results
from topolens.topology.distances import mean_distance, pairwise_distances
from topolens.topology.persistence import Diagrams, lifetimes, persistence

# Name to arguments of pairwise_distances.
METRICS: dict[str, dict[str, object]] = {
    "euclidean": {"metric": "euclidean"},
    "mahalanobis": {"metric": "mahalanobis"},
    "cosine": {"metric": "cosine"},
    "euclidean relative-max": {"metric": "euclidean", "normalise": "relative-max", "k": 5},
}
ZOOM = (0.04, 0.60, 0.38, 0.38)  # of the panel: the inset
NOTE = (
    "barcodes: components (blue) above loops (orange), scales in units of each cloud's mean distance; "
    "L, L′: longest and second longest finite bar"
)


def prominence(diagrams: Diagrams, degree: int) -> float:
    """Longest over second longest finite bar; infinite with a single bar, NaN without any."""
    longest = lifetimes(diagrams[degree])[:2]
    if len(longest) == 0:
        return np.nan
    return float(longest[0] / longest[1]) if len(longest) > 1 else np.inf


def longest_loop(diagrams: Diagrams) -> float:
    """Lifetime of the longest loop; 0 without any."""
    return float(lifetimes(diagrams[1]).max(initial=0.0))


def second_loop(diagrams: Diagrams) -> float:
    """Second longest over longest loop: 1 if both are equally long, 0 with fewer than two."""
    ratio = prominence(diagrams, 1)
    return 0.0 if np.isnan(ratio) else 1 / ratio


@dataclass(frozen=True)
class Toy:
    """A cloud, and the number in which metrics disagree: its name, how it is found and how it is written."""

    name: str
    make: Callable[[], np.ndarray]
    answer: str
    measure: Callable[[Diagrams], float]
    shown: str
    inset: tuple[float, float, float] | None = None  # middle and half the width of what is shown larger


TOYS = (
    Toy("an elongated ring", elongated_ring, "loops: L", longest_loop, ".2f"),
    Toy("a small and a large ring", dense_and_sparse_ring, "loops: L′/L", second_loop, ".2f", (-15, 0, 0.45)),
    Toy("two bundles of rays", two_directions, "components: L/L′", lambda found: prominence(found, 0), ".3g"),
)


def draw(run: Results) -> Figure:
    """Rows: clouds; columns: the cloud, then its barcode under each metric, in units of the mean distance."""
    figure, grid = panel_grid(len(TOYS), 1 + len(METRICS), 5.2, width_ratios=[1.2, 1, 1, 1, 1])
    for row, toy in zip(grid, TOYS, strict=True):
        points = toy.make()
        draw_points(row[0], points, toy)
        for axes, metric in zip(row[1:], METRICS, strict=True):
            found = diagrams_of(points, metric)
            draw_barcode(axes, [*found.by_degree], 1.1 * last_death(found.by_degree))
            axes.set_xlabel("")
            head = metric_text(metric) + "\n" if toy is TOYS[0] else ""
            axes.set_title(f"{head}{toy.answer} = {toy.measure(found):{toy.shown}}", fontsize=SMALL)
    figure.supxlabel(NOTE, fontsize=SMALL, color=QUIET)
    return figure


def diagrams_of(points: np.ndarray, metric: str) -> Diagrams:
    """Diagrams of a cloud under a metric of METRICS, distances divided by their mean."""
    distances = pairwise_distances(points, **METRICS[metric])  # type: ignore[arg-type]
    return persistence(distances / mean_distance(distances), 1)


def draw_points(axes: Axes, points: np.ndarray, toy: Toy) -> None:
    """The cloud to scale, and what is too small to see once more."""
    axes.scatter(points[:, 0], points[:, 1], s=4, color=PALETTE[7], linewidths=0)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_title(toy.name)
    axes.tick_params(labelsize=SMALL)
    if toy.inset is not None:
        x, y, half = toy.inset
        inset = axes.inset_axes(ZOOM, xlim=(x - half, x + half), ylim=(y - half, y + half), xticks=[], yticks=[])
        inset.scatter(points[:, 0], points[:, 1], s=4, color=PALETTE[7], linewidths=0)
        inset.set_aspect("equal")
        inset.spines[:].set(visible=True, color=QUIET, linewidth=0.5)
        axes.indicate_inset_zoom(inset, edgecolor=QUIET, linewidth=0.5)
