"""Where networks look, on one photograph and over many, beside the landscapes of the same layers."""

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from topolens.config.analyses import GRAD_CAM, INPUT, OCCLUSION
from topolens.config.clouds import ALL
from topolens.errors import unknown_name
from topolens.figures.landscapes import Column, add_level_legend, degree_text
from topolens.figures.latent_panels import CHANCE_LINE, explained_networks, mark_blocks, name_layers, scale_axis
from topolens.figures.panels import add_legend, bare, dot, draw_line, grey, marked_line, page, panel_grid, say
from topolens.figures.style import MEASURES, PICTURE_DPI, QUIET, SMALL, WIDTH
from topolens.figures.tables import confidence_of, depth_rows, rows_of, statistic_rows
from topolens.results import Results

MOST = 4  # layers, where none of those asked for was looked at
OPACITY = 0.75  # of the strongest heat over the photograph in grey
HEAT = mpl.colormaps["RdBu_r"]
OUTLINE = "gold"
LANDSCAPE_HEIGHT = 0.9  # inches
EXTRA = 1.65  # inches for titles, scores and the legend
SCORES = {"concentration": "concentration\nof Grad-CAM", "inside": "share of Grad-CAM's\nheat in crop rows"}
CURVES = {"insertion": "^", "deletion": "v"}
METHODS = {GRAD_CAM: "Grad-CAM, last layer", OCCLUSION: "occlusion"}
NETWORK_HEIGHT = 0.3  # inches


@dataclass(frozen=True)
class Pictured:
    """An image under a network: its place among the pictured, row of the set and of the table, the mask's outline.

    `group` is the class whose landscapes stand below: its own where they are known, or all classes together.
    """

    network: str
    place: int
    row: int
    about: pd.Series
    mask: np.ndarray | None
    group: str


def draw(run: Results, layers: list[str] | None = None, label: str | None = None, network: str | None = None) -> Figure:
    """Above: a photograph, Grad-CAM at each layer, occlusion; below: the average landscape of each layer.

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
    draw_pictures(above, run, shown, picture)
    for axes, layer in zip(below[1:-1], shown, strict=True):
        landscape_column(run, layer, picture).draw([axes])
    for axes in below[[0, -1]]:  # no landscape stands below the photograph and occlusion
        axes.set_axis_off()
    add_colour_bar(below[-1])
    add_level_legend(figure, run.config.sampled.levels, _explanation(run, picture))
    return figure


def draw_pictures(row: np.ndarray, run: Results, layers: list[str], picture: Pictured) -> None:
    """The photograph, and again under the heat of each layer and of occlusion, with their scores."""
    photograph, about = run.images.images[picture.row], picture.about
    row[0].imshow(photograph)
    row[0].set_title("photograph")
    answer = f"{about['label']}, told {'right' if about['correct'] else 'wrong'}"
    row[0].set_xlabel(answer if picture.mask is None else f"rows: {picture.mask.mean():.2f} of it", fontsize=SMALL)
    name, score = ("concentration", "concentration") if picture.mask is None else ("in rows", "inside")
    for axes, layer in zip(row[1:], [*layers, INPUT], strict=True):
        axes.imshow(overlay(photograph, run.arrays("maps")[f"{picture.network}.{layer}"][picture.place]))
        axes.set_title("occlusion" if layer == INPUT else layer)
        scored = rows_of(run.table("attributions"), network=picture.network, layer=layer, image=picture.row).iloc[0]
        axes.set_xlabel("no heat" if np.isnan(scored[score]) else f"{name} {scored[score]:.2f}", fontsize=SMALL)
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
    images, rows, groups = run.images, run.arrays("maps")["images"].tolist(), run.config.position_clouds.groups
    if label is not None and label not in images.classes:
        raise unknown_name("class", label, images.classes, "explanations: label")
    table = rows_of(run.table("attributions"), network=network).drop_duplicates("image").set_index("image").loc[rows]
    asked = rows_of(table, label=label, correct=1) if label is not None and not images.are_masks else table
    about = (asked if len(asked) else table).iloc[0]
    row = int(str(about.name))
    mask = images.targets[row] == len(images.classes) - 1 if images.are_masks else None
    group = about["label"] if about["label"] in groups else ALL if ALL in groups else groups[0]
    return Pictured(network, rows.index(row), row, about, mask, group)


def overlay(photograph: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """A photograph (height, width, 3) uint8 in grey under its heat: red for the target, blue against it."""
    share = heat / (np.abs(heat).max() or 1.0)
    colours, opacity = HEAT((share + 1) / 2)[..., :3], OPACITY * np.abs(share)[..., None]
    return (1 - opacity) * grey(photograph) + opacity * colours


def landscape_column(run: Results, layer: str, picture: Pictured) -> Column:
    """The landscape of the image's own cloud, or the mean over the clouds of its class; of the explained seed."""
    arrays, repeat = run.arrays("landscapes"), int(picture.about["repeat"])
    clouds = arrays[f"vectors.{picture.network}.{layer}"][0, arrays["groups"].tolist().index(picture.group)]
    levels = clouds.mean(axis=0) if repeat < 0 else clouds[repeat]
    return Column("", levels[None], arrays[f"grid.{picture.network}.{layer}"])


def add_colour_bar(axes: Axes) -> None:
    """What the colours of the heat mean, in the empty place below occlusion."""
    inset = axes.inset_axes((0.1, 0.55, 0.8, 0.12))
    inset.imshow(HEAT(np.linspace(0, 1, 256))[None], aspect="auto", extent=(-1, 1, 0, 1))
    inset.set(yticks=[])
    inset.set_xticks([-1, 0, 1], ["against", "0", "for"], fontsize=SMALL)
    inset.set_title("heat ÷ strongest", fontsize=SMALL, color=QUIET)
    inset.tick_params(length=2, pad=1.5)


def _explanation(run: Results, picture: Pictured) -> str:
    target = "the crop rows (outlined)" if picture.mask is not None else f"the class {picture.about['label']}"
    whose = "the landscape of the cloud of this photograph"
    if picture.about["repeat"] < 0:
        of_group = "any class" if picture.group == ALL else f"the class {picture.group}"
        whose = f"the average landscape of {run.config.position_clouds.repeats} clouds of images of {of_group}"
    return (
        f"Above: what speaks for {target} under {picture.network}: Grad-CAM by layer; occlusion, the loss when a "
        f"window is hidden.\nBelow: {whose}, {degree_text(run.config.sampled.degree)}; across: scale of the "
        "filtration; number: highest value.\nLines: level of the landscape"
    )


def scores(run: Results) -> Figure:
    """From above: score by layer, complexity by layer; their rank correlation, and deletion and insertion."""
    networks = explained_networks(run)
    score = "inside" if run.table("attributions")["inside"].notna().any() else "concentration"  # without masks
    figure = page(4.9 + NETWORK_HEIGHT * len(networks))
    grid = figure.add_gridspec(3, 3, height_ratios=[1.5, 1.5, 0.3 + NETWORK_HEIGHT * len(networks)])
    above, middle = (figure.add_subplot(grid[row, :]) for row in range(2))
    draw_scores(above, run, score)
    rows = draw_depth(middle, run, "explained_complexity_l2_scale_free")
    scale_axis(middle, rows["estimate"].to_numpy(), rows["high"].max())
    middle.set_ylabel(MEASURES["complexity_l2_scale_free"])
    above.tick_params(labelbottom=False)
    lower = [figure.add_subplot(grid[2, column]) for column in range(3)]
    draw_agreement(lower[0], run, score)
    for axes, method in zip(lower[1:], METHODS, strict=True):
        draw_areas(axes, run, method)
    for axes in lower:
        axes.set_yticks(range(len(networks)), networks)
        axes.set_ylim(len(networks) - 0.4, -0.6)
        axes.tick_params(labelleft=axes is lower[0])
    entries = {name: marked_line(colour) for name, colour in networks.items()}
    entries |= {f"{curve} curve": dot(QUIET, marker=marker) for curve, marker in CURVES.items()}
    title = f"bands and lines: {confidence_of(run)} intervals over images (complexity: clouds; correlation: seeds)"
    if score == "inside":
        title += "; dashed above: share of the image that is crop rows"
    add_legend(figure, entries, title)
    return figure


def draw_depth(axes: Axes, run: Results, statistic: str, method: str | None = None) -> pd.DataFrame:
    """A statistic of every network against depth; returns the rows that are shown."""
    layers, shown = run.config.explained_layers, []
    for network, colour in explained_networks(run).items():
        shown.append(depth_rows(run, statistic, layers, method=method, network=network))
        draw_line(axes, np.arange(len(layers)), shown[-1], colour, network)
    mark_blocks(axes, layers)
    name_layers(axes, layers)
    return pd.concat(shown)


def draw_scores(axes: Axes, run: Results, score: str) -> None:
    """Mean score at every layer; of masks also the share that evenly spread heat would have."""
    draw_depth(axes, run, score, GRAD_CAM)
    if score == "inside":
        gained = run.table("attributions")[run.table("attributions")["gain"] > 0]
        axes.axhline((gained["inside"] / gained["gain"]).groupby(gained["image"]).first().mean(), **CHANCE_LINE)
    axes.set(ylim=(0, None), ylabel=SCORES[score])


def draw_agreement(axes: Axes, run: Results, score: str) -> None:
    """Rank correlation over layers of the score and complexity, scale-free (filled) and raw (hollow)."""
    for place, (network, colour) in enumerate(explained_networks(run).items()):
        for twin, offset in (("_scale_free", -0.15), ("", 0.15)):
            row = deepest_row(run, f"{score}_agreement{twin}", network)
            axes.hlines(place + offset, row["low"], row["high"], color=colour, linewidth=0.9)
            axes.plot(row["estimate"], place + offset, "o", ms=4, color=colour, mfc=colour if twin else "white")
    axes.axvline(0, **CHANCE_LINE)
    axes.set_title("filled: scale-free; hollow: raw", fontsize=SMALL)
    axes.set(xlim=(-1.05, 1.05), xlabel="rank correlation over layers")


def draw_areas(axes: Axes, run: Results, method: str) -> None:
    """Areas under deletion and insertion curves (filled), and those of the same maps shifted (hollow)."""
    is_measured = False
    for place, (network, colour) in enumerate(explained_networks(run).items()):
        kinds = [(curve, suffix) for curve in CURVES for suffix in ("", "_shifted")]
        for offset, (curve, suffix) in zip(np.linspace(-0.33, 0.33, len(kinds)), kinds, strict=True):
            row, fill = deepest_row(run, f"{curve}{suffix}", network, method), "white" if suffix else colour
            axes.hlines(place + offset, row["low"], row["high"], color=colour, linewidth=0.7)
            axes.plot(row["estimate"], place + offset, CURVES[curve], ms=3.5, color=colour, mfc=fill, mew=0.8)
            is_measured |= bool(np.isfinite(row["estimate"]))
    if not is_measured:
        say(axes, "not measured")
    axes.set_title("filled: the map; hollow: shifted", fontsize=SMALL)
    axes.set_xlabel(f"area, {METHODS[method]}")


def deepest_row(run: Results, statistic: str, network: str, method: str | None = None) -> pd.Series:
    """Estimate and interval of the deepest layer that has this statistic; NaN where there is none."""
    rows = statistic_rows(run, statistic, network=network, method=method)[["estimate", "low", "high"]]
    return rows.iloc[-1] if len(rows) else pd.Series(np.nan, index=rows.columns)
