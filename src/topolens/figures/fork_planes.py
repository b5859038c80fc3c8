"""The arms of the clearest forks, in the plane of their own points and in that of all points of the layer."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.figures.explain_panels import ARM_COLOURS, FoundFork, forks_of
from topolens.figures.panels import add_legend, dot, panel_grid, say
from topolens.figures.style import NULL_COLOUR, PICTURE_DPI, SMALL, number_text
from topolens.mapper.fork_projections import separation
from topolens.results import Results

TOLD = 2  # classes of an arm that its title names
REST = "0.35"  # colour of an arm beyond the colours, and of the branching node's own points


def draw(run: Results, forks: int = 3) -> Figure:
    """Columns: the clearest forks that part classes, so many at most, in order of depth."""
    shown = clearest(run, forks)
    figure, grid = panel_grid(2, max(len(shown), 1), 5.3, dpi=PICTURE_DPI)
    for column, found in zip(grid.T, shown, strict=False):
        draw_fork(column, run, found)
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[])
        if not shown:
            axes.spines[:].set_visible(False)
            say(axes, "no fork of any layer parts classes")
    for axes, name in zip(grid[:, 0], ["plane of the fork's points", "plane of all points"], strict=True):
        axes.set_ylabel(name)
    arms = max((len(found.fork.arms) for found in shown), default=0)
    entries = {f"arm {number}": dot(colour) for number, colour in enumerate(ARM_COLOURS[:arms], 1)}
    entries["branching node only"] = dot(REST, mfc="none")
    entries["all other vectors of the layer"] = dot(NULL_COLOUR)
    title = (
        "a point: one channel vector; first principal component across, second up;\n"
        "separation: mean silhouette of the arms, 0 where they lie in each other"
    )
    add_legend(figure, entries, title, is_quiet=True, handletextpad=0.1)
    return figure


def clearest(run: Results, count: int) -> list[FoundFork]:
    """Forks of any layer that part classes: smallest p-value, then largest gain; in order of depth."""
    layers = run.config.mapper_layers
    parting = [found for layer in layers for found in forks_of(run, layer) if found.parts_classes]
    parting.sort(key=lambda found: (found.fork.p_value, -found.gain))
    return sorted(parting[:count], key=lambda found: layers.index(found.layer))


def draw_fork(column: np.ndarray, run: Results, found: FoundFork) -> None:
    """One fork in both planes, all points of the layer in grey behind the second."""
    arrays, place = run.arrays("graphs"), f"{found.layer}.fork{found.number}"
    fields = {field: arrays[f"{place}.{field}"] for field in ("rows", "arm", "local", "overall")}
    x, y = arrays[f"{found.layer}.plane"].T
    column[1].scatter(x, y, s=2, color=NULL_COLOUR, linewidth=0, rasterized=True)
    for axes, field in zip(column, ("local", "overall"), strict=True):
        draw_arms(axes, fields[field], fields["arm"])
        held = fields["arm"] >= 0
        apart = separation(fields[field][held], fields["arm"][held])
        said = axes.text(0.02, 0.02, f"separation {number_text(apart)}", transform=axes.transAxes, fontsize=SMALL)
        said.set_bbox({"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1})
    labels = run.arrays("graphs")["labels"][fields["rows"]]
    title = f"{found.layer}: p = {found.fork.p_value:.2g}, gain {found.gain:.2f} bits"
    for number in range(min(len(found.fork.arms), len(ARM_COLOURS))):
        title += f"\narm {number + 1}: {make_up(labels[fields['arm'] == number], run.images.classes)}"
    column[0].set_title(title, fontsize=SMALL, loc="left")


def draw_arms(axes: Axes, positions: np.ndarray, arm: np.ndarray) -> None:
    """Points coloured by arm, the largest arm first, so that small ones are seen; the branching node's own hollow."""
    colours: dict[int, object] = dict(enumerate(ARM_COLOURS))
    numbers, counts = np.unique(arm[arm >= 0], return_counts=True)
    for number in numbers[np.argsort(-counts, kind="stable")]:
        x, y = positions[arm == number].T
        axes.scatter(x, y, s=6, color=colours.get(number, REST), alpha=0.8, linewidth=0, rasterized=True)
    x, y = positions[arm < 0].T
    axes.scatter(x, y, s=8, facecolor="none", edgecolor=REST, linewidth=0.5, rasterized=True)


def make_up(labels: np.ndarray, classes: list[str]) -> str:
    """Number of points and the shares of their most frequent classes: `40 points, 62% cat, 20% dog`."""
    counts = np.bincount(labels, minlength=len(classes))
    order = [number for number in np.argsort(-counts, kind="stable")[:TOLD] if counts[number]]
    shares = [f"{counts[number] / counts.sum():.0%} {classes[number]}" for number in order]
    return ", ".join([f"{len(labels)} points", *shares])
