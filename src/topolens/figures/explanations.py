"""One photograph, where a network looks at several layers and what it misses, above the landscapes of these layers."""

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.config.analyses import INPUT
from topolens.config.clouds import ALL
from topolens.errors import unknown_name
from topolens.figures.explain_panels import explained_networks
from topolens.figures.landscape_grid import Column, add_level_legend, draw_cell, label_column
from topolens.figures.panels import bare, panel_grid
from topolens.figures.style import DEGREE_NAMES, PICTURE_DPI, QUIET, SMALL, WIDTH
from topolens.figures.tables import rows_of
from topolens.results import Results

MOST = 4  # layers, where none of those asked for was looked at
OPACITY = 0.75  # of the strongest heat over the photograph in grey
HEAT = mpl.colormaps["RdBu_r"]
OUTLINE = "gold"
LANDSCAPE_HEIGHT = 0.9  # inches
EXTRA = 1.65  # inches for titles, scores and the legend


@dataclass(frozen=True)
class Pictured:
    """A pictured image: its place among them, its row of the set, its row of the table, and the mask's outline."""

    place: int
    row: int
    about: pd.Series
    mask: np.ndarray | None


def draw(run: Results, layers: list[str] | None = None, label: str | None = None, network: str | None = None) -> Figure:
    """Above: the photograph, Grad-CAM at each layer, occlusion; below: the average landscape of each layer.

    Shown are those of the `layers` that the run has, or a few; an image of the class `label` that the network tells
    right, where one is pictured, or the first; and the `network`, or the first that is explained.
    """
    networks = explained_networks(run)
    network = network or next(iter(networks))
    if network not in networks:
        raise unknown_name("network", network, networks, "explanations: network")
    shown, picture = shown_layers(run, layers), pictured(run, network, label)
    height, width = run.images.images.shape[1:3]
    heights = [WIDTH / (len(shown) + 2) * height / width, LANDSCAPE_HEIGHT]
    look = {"dpi": PICTURE_DPI, "height_ratios": heights, "layout": "compressed"}
    figure, (above, below) = panel_grid(2, len(shown) + 2, sum(heights) + EXTRA, **look)
    draw_pictures(above, run, network, shown, picture)
    for number, (axes, layer) in enumerate(zip(below[1:-1], shown, strict=True), 1):
        column = landscape_column(run, network, layer, picture, number)
        draw_cell(axes, column, column.averages[0])
        label_column(np.array([axes]), column, "")
    for axes in below[[0, -1]]:  # no landscape stands below the photograph and occlusion
        axes.set_axis_off()
    add_colour_bar(below[-1])
    add_level_legend(figure, run.config.sampled.levels, _explanation(run, network, picture))
    return figure


def draw_pictures(row: np.ndarray, run: Results, network: str, layers: list[str], picture: Pictured) -> None:
    """The photograph, and again under the heat of each layer and of occlusion, with their scores."""
    photograph, has_mask = run.images.images[picture.row], picture.mask is not None
    row[0].imshow(photograph)
    row[0].set_title("photograph")
    told = f"{picture.about['label']}, told {'right' if picture.about['correct'] else 'wrong'}"
    row[0].set_xlabel(told if picture.mask is None else f"rows: {picture.mask.mean():.2f} of it", fontsize=SMALL)
    for axes, layer in zip(row[1:], [*layers, INPUT], strict=True):
        axes.imshow(overlay(photograph, run.arrays("maps")[f"{network}.{layer}"][picture.place]))
        axes.set_title("occlusion" if layer == INPUT else layer)
        scores = rows_of(run.table("attributions"), network=network, layer=layer, image=picture.row).iloc[0]
        name, score = ("in rows", scores["inside"]) if has_mask else ("concentration", scores["concentration"])
        axes.set_xlabel("no heat" if np.isnan(score) else f"{name} {score:.2f}", fontsize=SMALL)
    for axes in row:
        bare(axes)
        if picture.mask is not None:
            axes.contour(picture.mask, levels=[0.5], colors=OUTLINE, linewidths=0.4)


def shown_layers(run: Results, layers: list[str] | None) -> list[str]:
    """Those asked for that the run has, in order of depth, or a few at equal steps where it has none of them."""
    explained = run.config.explained_layers
    wanted = [layer for layer in explained if layer in (layers or [])]
    places = np.unique(np.linspace(0, len(explained) - 1, min(MOST, len(explained))).round().astype(int))
    return wanted or [explained[place] for place in places]


def pictured(run: Results, network: str, label: str | None) -> Pictured:
    """The image to show: of the class and told right, where one is pictured; else the first of all."""
    images, rows = run.images, run.arrays("maps")["images"].tolist()
    if label is not None and label not in images.classes:
        raise unknown_name("class", label, images.classes, "explanations: label")
    table = rows_of(run.table("attributions"), network=network).drop_duplicates("image").set_index("image").loc[rows]
    asked = rows_of(table, label=label, correct=1) if label is not None and not images.are_masks else table
    about = (asked if len(asked) else table).iloc[0]
    row = int(str(about.name))
    mask = images.targets[row] == len(images.classes) - 1 if images.are_masks else None
    return Pictured(rows.index(row), row, about, mask)


def overlay(photograph: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """A photograph (height, width, 3) uint8 in grey under its heat: red for the target, blue against it."""
    grey = np.repeat(photograph.mean(axis=2, keepdims=True) / 255, 3, axis=2)
    share = heat / (np.abs(heat).max() or 1.0)
    colours, opacity = HEAT((share + 1) / 2)[..., :3], OPACITY * np.abs(share)[..., None]
    return (1 - opacity) * grey + opacity * colours


def landscape_group(run: Results, picture: Pictured) -> str:
    """The class of the image where its landscapes are known, or all classes together."""
    groups = run.config.position_clouds.groups
    label = picture.about.get("label")
    return str(label) if label in groups else ALL if ALL in groups else groups[0]


def landscape_column(run: Results, network: str, layer: str, picture: Pictured, number: int) -> Column:
    """The landscape of the image's own cloud, or the mean over the clouds of its class; of the explained seed."""
    arrays = run.arrays("landscapes")
    vectors = arrays[f"vectors.{network}.{layer}"][0]
    group = vectors[arrays["groups"].tolist().index(landscape_group(run, picture))]
    repeat = int(picture.about["repeat"])
    levels = group.mean(axis=0) if repeat < 0 else group[repeat]
    return Column(number, levels[None], arrays[f"grid.{network}.{layer}"])


def add_colour_bar(axes: Axes) -> None:
    """What the colours of the heat mean, in the empty place below occlusion."""
    inset = axes.inset_axes((0.1, 0.55, 0.8, 0.12))
    inset.imshow(HEAT(np.linspace(0, 1, 256))[None], aspect="auto", extent=(-1, 1, 0, 1))
    inset.set(yticks=[])
    inset.set_xticks([-1, 0, 1], ["against", "0", "for"], fontsize=SMALL)
    inset.set_title("heat ÷ strongest", fontsize=SMALL, color=QUIET)
    inset.tick_params(length=2, pad=1.5)


def _explanation(run: Results, network: str, picture: Pictured) -> str:
    settings, group = run.config, landscape_group(run, picture)
    degree, whose = settings.sampled.degree, "the landscape of the cloud of this photograph"
    target = "the crop rows (outlined)" if picture.mask is not None else f"the class {picture.about['label']}"
    if picture.about["repeat"] < 0:
        of_group = "any class" if group == ALL else f"the class {group}"
        whose = f"the average landscape of {settings.position_clouds.repeats} clouds of images of {of_group}"
    return (
        f"Above: what speaks for {target} under {network}: Grad-CAM by layer; occlusion, the loss when a window is "
        f"hidden.\nBelow: {whose}, degree {degree} ({DEGREE_NAMES[str(degree)]}); across: scale of the filtration; "
        "number: highest value.\nLines: level of the landscape"
    )
