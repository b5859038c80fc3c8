"""Data sets of known topology: the whole set, and one of its units."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.data.dataset import Dataset
from topolens.data.known_topology import GENERATORS
from topolens.figures.panels import add_legend, dot, draw_points, page
from topolens.figures.style import CLASS_COLOURS, QUIET, SMALL, Colour
from topolens.results import Results

LABEL_COLOURS: dict[int, Colour] = {0: CLASS_COLOURS[4], 1: CLASS_COLOURS[2]}
VIEW = {"elev": 38, "azim": -62}
UNIT_VIEW = {"elev": 18, "azim": -68}
SLICE_VIEW = {"elev": 0, "azim": -90}
UNIT = 0.19  # of the set's extent: half the width of one unit
POINTS_DPI = 300  # in the PDF; as drawings thousands of points take megabytes
SLICE = 0.022  # of it: half the thickness of what is shown of nested spheres


def draw(run: Results) -> Figure:
    """Columns: data sets; above: all points of both classes, below: one unit, of nested spheres a slice."""
    figure = page(5.0, dpi=POINTS_DPI)
    columns = len(run.sets)
    for place, (name, dataset) in enumerate(run.sets.items(), start=1):
        generator = GENERATORS[run.config.data[place - 1].name]
        numbers = ", ".join(f"class {label} {betti}" for label, betti in generator.betti_numbers().items())
        near = SLICE_VIEW if is_nested(dataset) else UNIT_VIEW
        for number, (part, size, view) in enumerate(((dataset, 1.5, VIEW), (middle_unit(dataset), 7, near))):
            projection = "3d" if dataset.points.shape[1] == 3 else None
            axes = figure.add_subplot(2, columns, place + number * columns, projection=projection)
            draw_set(axes, part, size, view)
            if number == 0:
                axes.set_title(f"{name}\n{numbers}")
    entries = {f"class {label}": dot(colour) for label, colour in LABEL_COLOURS.items()}
    add_legend(figure, entries)
    return figure


def middle_unit(dataset: Dataset) -> Dataset:
    """The points of the unit in the middle; of nested spheres a slice."""
    extent = np.ptp(dataset.points[:, 0])
    inside = (np.abs(dataset.points[:, :2]) < UNIT * extent).all(axis=1)
    if is_nested(dataset):
        inside &= np.abs(dataset.points[:, 1]) < SLICE * extent
    kept = {key: getattr(dataset, key)[inside] for key in ("points", "labels", "is_test")}
    return Dataset(**kept, source=dataset.source)


def is_nested(dataset: Dataset) -> bool:
    """Whether a class lies within another, so that the outer one would hide the inner."""
    return "nested" in dataset.source


def draw_set(axes: Axes, dataset: Dataset, size: float, view: dict[str, int]) -> None:
    """All points to scale, without axes in 3-D."""
    for label, colour in LABEL_COLOURS.items():
        points = dataset.points[dataset.labels == label]
        draw_points(axes, points, s=size, color=colour, alpha=0.8, rasterized=True)
    if dataset.points.shape[1] == 2:
        axes.set_aspect("equal")
        axes.tick_params(labelsize=SMALL, color=QUIET)
        return
    axes.view_init(**view)  # type: ignore[attr-defined]
    axes.set_box_aspect(np.ptp(dataset.points, axis=0), zoom=1.15)  # type: ignore[call-arg]
    axes.set_axis_off()
