"""Where networks look, on a few photographs and over many, beside the landscapes of the same layers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from topolens.config.analyses import GRAD_CAM, INPUT, OCCLUSION
from topolens.config.clouds import ALL
from topolens.errors import TopolensError, unknown_name
from topolens.figures.landscapes import Column, add_level_legend
from topolens.figures.latent_panels import CHANCE_LINE, explained_networks, shown_layers
from topolens.figures.names import place_names
from topolens.figures.panels import add_legend, bare, grey, line, page, panel_grid, say
from topolens.figures.style import (
    DEGREE_NAMES,
    PICTURE_DPI,
    QUIET,
    SMALL,
    WIDTH,
    Colour,
    interval_text,
    network_markers,
    number_text,
    paler,
)
from topolens.figures.tables import confidence_of, depth_rows, rows_of, statistic_rows
from topolens.results import Results

SCORES = {"concentration": "concentration of Grad-CAM's heat", "inside": "share of Grad-CAM's heat in crop rows"}
EXPLAINED = "explained_complexity_l2_scale_free"
COMPLEXITY = "scale-free complexity (cloud ÷ mean distance)"
CURVES = {"insertion": "^", "deletion": "v"}
SIGNS = "▲ insertion  ▼ deletion"
METHODS = {GRAD_CAM: "Grad-CAM, last layer", OCCLUSION: "occlusion"}
SCORES_HEIGHT, LINE_HEIGHT = 3.3, 0.08  # inches of the scores, and more for each network
PALEST = 0.85  # share of white in the colour of the first layer
PALE = 0.5  # share of white in the photograph under heat
HEAT = mpl.colormaps["RdBu_r"]
OUTLINE = "0.25"
LANDSCAPE_HEIGHT = 0.8  # inches
SCORE_HEIGHT = 0.22  # inches below each picture
GAP = 0.1  # inches between pictures
EXTRA = 0.9  # inches for titles and the legend


@dataclass(frozen=True)
class Pictured:
    """An image: its row of the set, a row of the table about it, the outline of its mask if it has one."""

    row: int
    about: pd.Series
    mask: np.ndarray | None


def draw(
    run: Results, layers: list[str] | None = None, label: str | None = None, network: str | None = None, images: int = 3
) -> Figure:
    """A row for each photograph: itself, Grad-CAM at each layer, occlusion; below, the landscapes of each layer.

    Shown are those of the `layers` that the run has, or a few; so many `images` of the class `label`, see
    :func:`chosen_images`; and the `network`, or the first that is explained.
    """
    networks = explained_networks(run)
    network = network or next(iter(networks))
    if network not in networks:
        raise unknown_name("network", network, networks, "explanations: network")
    shown = shown_layers(run.config.explained_layers, layers)
    pictures = chosen_images(run, network, label, images)
    height, width = run.images.images.shape[1:3]
    side = WIDTH / (len(shown) + 2) - GAP
    heights = [side * height / width + SCORE_HEIGHT] * len(pictures) + [LANDSCAPE_HEIGHT]
    look = {"dpi": PICTURE_DPI, "height_ratios": heights, "layout": "compressed"}
    figure, grid = panel_grid(len(heights), len(shown) + 2, sum(heights) + EXTRA, **look)
    maps = heat_maps(run, network, [picture.row for picture in pictures], shown)
    for place, (row, picture) in enumerate(zip(grid, pictures, strict=False)):
        draw_pictures(row, run, network, picture, {layer: own[place] for layer, own in maps.items()})
    for axes, title in zip(grid[0], ["photograph", *shown, "occlusion"], strict=True):
        axes.set_title(title)
    draw_landscapes(grid[-1], run, network, shown, pictures)
    add_level_legend(figure, run.config.sampled.levels, "level of the landscape")
    return figure


def chosen_images(run: Results, network: str, label: str | None, count: int) -> list[Pictured]:
    """The first of those whose maps the run keeps, which it drew at random, or all where there are fewer.

    Where images have labels, only those of the class `label`, if given; those that the network tells right come first.
    """
    images, table = run.images, run.table("attributions")
    if count < 1:
        raise TopolensError(f"explanations: images must be at least 1, found {count}")
    table = rows_of(table, network=network, seed=run.config.seeds[0]).drop_duplicates("image")
    table = table[table["image"].isin(run.arrays("maps")["images"])]
    if label is not None and not images.are_masks:
        if label not in images.classes:
            raise unknown_name("class", label, images.classes, "explanations: label")
        table = rows_of(table, label=label).sort_values("correct", ascending=False, kind="stable")
    masks = {
        row: images.targets[row] == len(images.classes) - 1 if images.are_masks else None for row in table["image"]
    }
    return [Pictured(about["image"], about, masks[about["image"]]) for _, about in table.head(count).iterrows()]


def heat_maps(run: Results, network: str, rows: list[int], layers: list[str]) -> dict[str, np.ndarray]:
    """Layer, and INPUT for occlusion, to the heat of these images, (n, height, width)."""
    kept = run.arrays("maps")
    places = [kept["images"].tolist().index(row) for row in rows]
    return {layer: kept[f"{network}.{layer}"][places] for layer in [*layers, INPUT]}


def draw_pictures(row: np.ndarray, run: Results, network: str, picture: Pictured, maps: dict[str, np.ndarray]) -> None:
    """A photograph, and again under the heat of each layer and of occlusion, with their scores."""
    photograph, about = run.images.images[picture.row], picture.about
    row[0].imshow(photograph)
    told = f"told {'right' if about['correct'] else 'wrong'}"
    row[0].set_xlabel(told if picture.mask is None else f"rows: {picture.mask.mean():.2f}", fontsize=SMALL)
    score = "concentration" if picture.mask is None else "inside"
    for axes, (layer, heat) in zip(row[1:], maps.items(), strict=True):
        axes.imshow(overlay(photograph, heat))
        asked = {"network": network, "seed": run.config.seeds[0], "layer": layer, "image": picture.row}
        scored = rows_of(run.table("attributions"), **asked).iloc[0][score]
        axes.set_xlabel("no heat for it" if np.isnan(scored) else f"{scored:.2f}", fontsize=SMALL)
    for axes in row:
        bare(axes)
        if picture.mask is not None:
            axes.contour(picture.mask, levels=[0.5], colors=OUTLINE, linewidths=0.3)


def overlay(photograph: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """A photograph (height, width, 3) uint8, grey and pale, tinted by its heat: red for the target, blue against it."""
    share = heat / (np.abs(heat).max() or 1.0)
    return (PALE + (1 - PALE) * grey(photograph)) * HEAT((share + 1) / 2)[..., :3]


def draw_landscapes(row: np.ndarray, run: Results, network: str, layers: list[str], pictures: list[Pictured]) -> None:
    """Below each layer its landscape: of the cloud of the only image, or the mean over the clouds of its class."""
    groups, repeats, labels = run.config.position_clouds.groups, run.config.position_clouds.repeats, set()
    labels = {picture.about["label"] for picture in pictures}
    (group,) = labels if len(labels) == 1 and labels <= {*groups} else [ALL if ALL in groups else groups[0]]
    repeat = int(pictures[0].about["repeat"]) if len(pictures) == 1 else -1
    for axes, layer in zip(row[1:-1], layers, strict=True):
        landscape_column(run, network, layer, group, repeat).draw([axes])
    whose = (
        f"mean of {repeats} clouds\nof {'any class' if group == ALL else group}"
        if repeat < 0
        else "of the photograph's\ncloud"
    )
    for axes in row[[0, -1]]:  # no landscape stands below the photograph and occlusion
        axes.set_axis_off()
    say(row[0], f"landscape, {DEGREE_NAMES[str(run.config.sampled.degree)]},\n{whose}")
    add_colour_bar(row[-1])


def landscape_column(run: Results, network: str, layer: str, group: str, repeat: int) -> Column:
    """The landscape of one cloud of a group, or with a repeat below 0 the mean over its clouds."""
    arrays = run.arrays("landscapes")
    clouds = arrays[f"vectors.{network}.{layer}"][0, arrays["groups"].tolist().index(group)]
    levels = clouds.mean(axis=0) if repeat < 0 else clouds[repeat]
    return Column("", levels[None], arrays[f"grid.{network}.{layer}"])


def add_colour_bar(axes: Axes) -> None:
    """What the colours of the heat mean, in the empty place below occlusion."""
    inset = axes.inset_axes((0.1, 0.45, 0.8, 0.14))
    inset.imshow(HEAT(np.linspace(0, 1, 256))[None], aspect="auto", extent=(-1, 1, 0, 1))
    inset.set(yticks=[])
    inset.set_xticks([-1, 0, 1], ["against", "0", "for"], fontsize=SMALL)
    inset.set_title("heat ÷ strongest", fontsize=SMALL, color=QUIET)
    inset.tick_params(length=2, pad=1.5)


def scores(run: Results) -> Figure:
    """Left: score of Grad-CAM against complexity, a point a layer; right, small: deletion and insertion."""
    networks, markers = explained_networks(run), network_markers(one.name for one in run.config.networks)
    figure = page(SCORES_HEIGHT + LINE_HEIGHT * len(networks))
    grid = figure.add_gridspec(2, 2, width_ratios=[2.6, 1])
    scatter = figure.add_subplot(grid[:, 0])
    score = "inside" if run.table("attributions")["inside"].notna().any() else "concentration"  # without masks
    draw_scatter(scatter, run, score)
    for place, method in enumerate(METHODS):
        axes = figure.add_subplot(grid[place, 1])
        draw_areas(axes, run, method)
        axes.set_yticks(range(len(networks)), networks)
        axes.set_ylim(len(networks) - 0.4, -0.6)
    rows = [statistic_rows(run, f"{score}_agreement_scale_free", network=name).iloc[0] for name in networks]
    looks = [line(colour, marker=markers[name], ms=4) for name, colour in networks.items()]
    entries = dict(zip(map(agreement_text, rows), looks, strict=True))
    of_many = f", with its {confidence_of(run)} interval" if any(row["n"] > 1 for row in rows) else ""
    add_legend(figure, entries, f"rank correlation of the two over layers{of_many}", ncols=min(3, len(networks)))
    name_points(scatter, run, networks, score)
    return figure


def draw_scatter(axes: Axes, run: Results, score: str) -> None:
    """All layers of all networks; of masks also the share that evenly spread heat would have."""
    networks, markers = explained_networks(run), network_markers(one.name for one in run.config.networks)
    for network, colour in networks.items():
        draw_layers(axes, run, network, score, colour, markers[network])
        if len(networks) == 1:  # the intervals of several would hide the points
            draw_intervals(axes, run, network, score, colour)
    if score == "inside":
        axes.axhline(even_share(run), **CHANCE_LINE)
    axes.set(ylim=(0, None), xlabel=COMPLEXITY, ylabel=SCORES[score])
    axes.xaxis.set_major_locator(MaxNLocator(5))


def agreement_text(row: pd.Series) -> str:
    """A network and its rank correlation over layers; with an interval where several of its kind have one."""
    return f"{row['network']}: {interval_text(row) if row['n'] > 1 else number_text(row['estimate'])}"


def layer_rows(run: Results, network: str, statistic: str) -> pd.DataFrame:
    """A statistic of a network at each layer, in order of depth."""
    method = None if statistic == EXPLAINED else GRAD_CAM
    return depth_rows(run, statistic, run.config.explained_layers, network=network, method=method)


def draw_layers(axes: Axes, run: Results, network: str, score: str, colour: Colour, marker: str) -> None:
    """A point for each layer, the deeper the darker."""
    x, y = (layer_rows(run, network, statistic)["estimate"] for statistic in (EXPLAINED, score))
    look: dict[str, Any] = {"c": [paler(colour, share) for share in np.linspace(PALEST, 0, len(x))], "zorder": 3}
    axes.scatter(x, y, s=22, marker=marker, edgecolors=[colour], linewidths=0.8, label=network, **look)


def draw_intervals(axes: Axes, run: Results, network: str, score: str, colour: Colour) -> None:
    """Those of both means at each layer."""
    x, y = (layer_rows(run, network, statistic) for statistic in (EXPLAINED, score))
    look: dict[str, Any] = {"color": colour, "linewidth": 0.6, "alpha": 0.4}
    axes.hlines(y["estimate"], x["low"], x["high"], **look)
    axes.vlines(x["estimate"], y["low"], y["high"], **look)


def name_points(axes: Axes, run: Results, networks: Iterable[str], score: str) -> None:
    """Names of the layers beside the points of the first network, where they cover least of all points."""
    points = [
        np.column_stack([layer_rows(run, name, one)["estimate"] for one in (EXPLAINED, score)]) for name in networks
    ]
    place_names(axes, points[0], run.config.explained_layers, np.concatenate(points))


def even_share(run: Results) -> float:
    """The share of heat in crop rows if it were spread evenly: the mean share of an explained image that is rows."""
    gained = run.table("attributions")[run.table("attributions")["gain"] > 0]
    return float((gained["inside"] / gained["gain"]).groupby(gained["image"]).first().mean())


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
    axes.set_title(f"{METHODS[method]}\n{SIGNS}", fontsize=SMALL)
    axes.set_xlabel("area under the curve", fontsize=SMALL)


def deepest_row(run: Results, statistic: str, network: str, method: str | None = None) -> pd.Series:
    """Estimate and interval of the deepest layer that has this statistic; NaN where there is none."""
    rows = statistic_rows(run, statistic, network=network, method=method)[["estimate", "low", "high"]]
    return rows.iloc[-1] if len(rows) else pd.Series(np.nan, index=rows.columns)
