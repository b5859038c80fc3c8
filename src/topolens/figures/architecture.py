"""A convolutional network as a diagram, drawn from its modules: boxes as high as the maps, as wide as the channels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Patch

from topolens.figures.network_boxes import OBLIQUE, Box, Layer, draw_box, fitted_measure, name_above, note_below, trace
from topolens.figures.style import PALETTE, QUIET, SMALL, WIDTH, Colour, paler
from topolens.results import Results

# What boxes and arrows stand for, in the order of the legend.
COLOURS: dict[str, Colour] = {
    "input bands, standardised": (1.0, 1.0, 1.0),
    "3 × 3 convolution, normalisation, ReLU; recorded": paler(PALETTE[0], 0.35),
    "2 × 2 up-convolution, ReLU; recorded": paler(PALETTE[2], 0.25),
    "not recorded": (0.88, 0.88, 0.88),
    "2 × 2 maximum pooling": PALETTE[3],
    "fully connected": paler(PALETTE[1], 0.3),
    "logits of each pixel": paler(PALETTE[8], 0.2),
}
COPIED = "maps of the encoder, over a skip"
INPUT, CONVOLVED, UP, UNRECORDED, POOLED, CONNECTED, PIXELS = COLOURS
MARGIN = 0.15  # inches at the left and right
GAP = 0.14  # between boxes
NAMES = 0.6  # inches that names take above boxes
NOTES = 0.32  # inches that two lines of numbers take below boxes
LEGEND = 0.5  # inches at the lower edge

VGG_SIDE = 1.4  # inches of the largest map
POOL_WIDTH = 0.05

UNET_SIDE = 0.95  # inches of the largest map's height
STEP = 0.22  # between boxes of different levels
DASHES = (0, (2, 1.5))  # outline of the encoder's maps beside those that they are joined to


@dataclass(frozen=True)
class Placed:
    """A layer, its box, and, of the maps to which a skip connection is joined, the box of those that it brings."""

    layer: Layer
    box: Box
    copied: Box | None = None


def draw(run: Results) -> Figure:
    """The first network of a run, with the names of its recorded layers."""
    settings = run.config.networks[0]
    layers = trace(settings, len(run.images.classes), *run.images.images.shape[1:3])
    layout = draw_vgg if settings.architecture == "vgg16" else draw_unet
    return layout(layers, run.config.layers)


def draw_vgg(layers: list[Layer], recorded: list[str]) -> Figure:
    """Blocks of convolutions from left to right, a thin box after each for the pooling, vectors at the end."""
    shown = [layer for layer in layers if layer.kind in ("Standardise", "ReLU", "MaxPool2d") or layer.name == "Logits"]
    placed = _place_vgg(shown)
    largest = placed[0].box
    figure, axes = _sheet(LEGEND + NOTES + largest.top - largest.bottom + NAMES, below=LEGEND + NOTES - largest.bottom)
    _draw_boxes(axes, placed, recorded)
    for (height, channels, kind), block in groupby(
        placed, lambda own: (own.layer.height, own.layer.channels, own.layer.kind)
    ):
        if kind not in ("Standardise", "MaxPool2d"):
            size = f"{height} × {height}\n× {channels}" if height > 1 else f"{channels}"
            note_below(axes, [own.box for own in block], size)
    _add_legend(figure, placed, recorded)
    return figure


def draw_unet(layers: list[Layer], recorded: list[str]) -> Figure:
    """Encoder down the left side of the U, decoder up the right side, an arrow for each skip connection."""
    shown = [layer for layer in layers if layer.kind in ("Standardise", "ReLU") or layer.name == "Logits"]
    placed = _place_unet(shown)
    lowest = min(own.box.bottom for own in placed)
    figure, axes = _sheet(LEGEND + NOTES - lowest + placed[0].box.top + NAMES, below=LEGEND + NOTES - lowest)
    _draw_boxes(axes, placed, recorded)
    for own in placed:
        if own.copied:
            note_below(axes, [own.copied, own.box], f"{own.layer.channels}+{own.layer.channels}")
        elif own.layer.kind != "Standardise":
            note_below(axes, [own.box], f"{own.layer.channels}")
    for before, after in pairwise(placed):
        _draw_step(axes, before, after)
    _draw_skips(axes, placed)
    bridge = [own for own in placed if own.box.bottom == lowest]
    size = f"\n{bridge[0].layer.height} × {bridge[0].layer.width}"
    note_below(axes, [own.box for own in bridge], size)
    _add_legend(figure, placed, recorded)
    return figure


def meaning(layer: Layer, recorded: Sequence[str]) -> str:
    """What a layer's box stands for, a key of COLOURS."""
    if layer.kind == "Standardise":
        return INPUT
    if layer.kind == "MaxPool2d":
        return POOLED
    if layer.kind == "Conv2d":
        return PIXELS
    if layer.name in recorded:
        return UP if layer.name.endswith("UpReLU") else CONVOLVED
    return CONNECTED if layer.height == 1 else UNRECORDED


def _place_vgg(shown: list[Layer]) -> list[Placed]:
    pools = sum(layer.kind == "MaxPool2d" for layer in shown)
    room = WIDTH - 2 * MARGIN - GAP * (len(shown) - 1) - pools * POOL_WIDTH
    measure = fitted_measure(VGG_SIDE / shown[0].height, [own for own in shown if own.kind != "MaxPool2d"], room)
    placed: list[Placed] = []
    for layer in shown:
        box = measure.box(layer, placed[-1].box.right + GAP if placed else MARGIN, 0.0)
        placed.append(Placed(layer, replace(box, width=POOL_WIDTH) if layer.kind == "MaxPool2d" else box))
    return placed


def _place_unet(shown: list[Layer]) -> list[Placed]:
    """Levels below each other, so close that names still fit below the arrow of the level above."""
    skips = {layer.height: layer for layer in shown if layer.name.startswith("E")}
    joined = [layer for layer in shown if layer.name.endswith("UpReLU")]
    steps = sum(before.height != after.height for before, after in pairwise(shown))
    pixel = UNET_SIDE / shown[0].height
    room = WIDTH - 2 * MARGIN - STEP * steps - GAP * (len(shown) - 1 - steps) - OBLIQUE * shown[0].width * pixel
    measure = fitted_measure(pixel, [*shown, *(skips[layer.height] for layer in joined)], room)
    placed: list[Placed] = []
    middles: dict[int, float] = {}
    for layer in shown:
        left = placed[-1].box.right + (STEP if placed[-1].layer.height != layer.height else GAP) if placed else MARGIN
        if layer.height not in middles:
            above = min(middles.values(), default=0.0)  # where the arrow of the level above runs
            middles[layer.height] = above - NAMES - GAP / 2 - measure.box(layer, 0, 0).top
        copied = measure.box(skips[layer.height], left, middles[layer.height]) if layer in joined else None
        box = measure.box(layer, copied.right if copied else left, middles[layer.height])
        placed.append(Placed(layer, box, copied))
    return placed


def _sheet(height: float, below: float) -> tuple[Figure, Axes]:
    """A figure whose only axes count inches, with 0 so far above the lower edge."""
    figure = plt.figure(figsize=(WIDTH, height))
    figure.set_layout_engine("none")  # as an argument of plt.figure it would not outlast a second savefig
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(-below, height - below))
    axes.set_axis_off()
    return figure, axes


def _draw_boxes(axes: Axes, placed: list[Placed], recorded: Sequence[str]) -> None:
    for own in placed:
        if own.copied:
            draw_box(axes, own.copied, COLOURS[INPUT], DASHES)
        draw_box(axes, own.box, COLOURS[meaning(own.layer, recorded)])
        if own.layer.name in recorded:
            name_above(axes, own.box, own.layer.name)
        elif own.layer.kind != "MaxPool2d":
            text = {"Standardise": f"{own.layer.channels} bands", "ReLUHidden": "hidden", "Logits": "logits"}
            name_above(axes, own.box, text.get(own.layer.name, own.layer.name), QUIET)


def _draw_step(axes: Axes, before: Placed, after: Placed) -> None:
    """The arrow of a pooling, down and to the right, or of an up-convolution, to the right and up."""
    if before.layer.height > after.layer.height:
        start = (before.box.left + before.box.width / 2, before.box.bottom - NOTES / 2)
        _arrow(axes, start, (after.box.left, after.box.middle), COLOURS[POOLED], "angle,angleA=-90,angleB=180,rad=0")
    elif before.layer.height < after.layer.height:
        start = (before.box.right + before.box.depth, before.box.middle)
        stop = (after.box.left + after.box.width / 2, after.box.bottom - NOTES / 2)
        _arrow(axes, start, stop, PALETTE[2], "angle,angleA=0,angleB=90,rad=0")


def _draw_skips(axes: Axes, placed: list[Placed]) -> None:
    encoded = {own.layer.height: own.box for own in placed if own.layer.name.startswith("E")}
    for own in placed:
        if own.copied:
            start, stop = encoded[own.layer.height].right + own.copied.depth, own.copied.left
            _arrow(axes, (start, own.box.middle), (stop, own.box.middle), QUIET, "arc3")
            size = f"{own.layer.height} × {own.layer.width}"
            axes.text(
                (start + stop) / 2, own.box.middle + 0.02, size, ha="center", va="bottom", fontsize=SMALL, color=QUIET
            )


def _arrow(axes: Axes, start: tuple[float, float], stop: tuple[float, float], colour: Colour | str, path: str) -> None:
    patch = FancyArrowPatch(
        start, stop, connectionstyle=path, arrowstyle="-|>", mutation_scale=6, shrinkA=0, shrinkB=0, color=colour,
        linewidth=0.9, joinstyle="miter",
    )  # fmt: skip
    axes.add_patch(patch)


def _add_legend(figure: Figure, placed: list[Placed], recorded: Sequence[str]) -> None:
    present = {meaning(own.layer, recorded) for own in placed} | {POOLED}
    handles = [
        Patch(facecolor=colour, edgecolor="0.2", linewidth=0.4, label=name)
        for name, colour in COLOURS.items()
        if name in present
    ]
    if any(own.copied for own in placed):
        handles.append(Patch(facecolor="white", edgecolor="0.2", linewidth=0.6, linestyle=DASHES, label=COPIED))
    columns = 3 if len(handles) > 4 else 2
    figure.legend(
        handles=handles, loc="lower center", ncols=columns, columnspacing=1.2, handlelength=1.5, fontsize=SMALL
    )
