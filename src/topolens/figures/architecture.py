"""A convolutional network as a diagram, drawn from its modules: boxes as high as the maps, as wide as the channels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Patch, Polygon

from topolens.config.networks import ImageNetwork
from topolens.figures.style import PALETTE, QUIET, SMALL, WIDTH, Colour, paler
from topolens.nets.images.build import build_network
from topolens.nets.taps import record_activations
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
OBLIQUE = 0.16  # of a map's width is what its box recedes to the right and upwards
THINNEST = 0.03  # inches
NAME_GAP = 0.04  # between a box and its name
SHADE = 0.75  # of the right face

VGG_SIDE = 1.4  # inches of the largest map
POOL_WIDTH = 0.05

UNET_SIDE = 0.95  # inches of the largest map's height
STEP = 0.22  # between boxes of different levels
DASHES = (0, (2, 1.5))  # outline of the encoder's maps beside those that they are joined to


@dataclass(frozen=True)
class Layer:
    """A module without parts: its name in the module tree, its class, and its output's size, 1 × 1 for vectors."""

    name: str
    kind: str
    channels: int
    height: int
    width: int


@dataclass(frozen=True)
class Box:
    """A box in inches: its front's left edge and middle, its size, and how far it recedes."""

    left: float
    middle: float
    width: float
    height: float
    depth: float

    @property
    def right(self) -> float:
        """Right edge of the front."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Lower edge."""
        return self.middle - self.height / 2

    @property
    def top(self) -> float:
        """Upper edge, of the back."""
        return self.middle + self.height / 2 + self.depth


@dataclass(frozen=True)
class Measure:
    """Inches per pixel of a map's side, and per channel."""

    pixel: float
    channel: float

    def box(self, layer: Layer, left: float = 0.0, middle: float = 0.0) -> Box:
        """The box of a layer's output."""
        depth = OBLIQUE * layer.width * self.pixel
        return Box(left, middle, max(THINNEST, layer.channels * self.channel), layer.height * self.pixel, depth)


@dataclass(frozen=True)
class Placed:
    """A layer, its box, and, of the maps to which a skip connection is joined, the box of those that it brings."""

    layer: Layer
    box: Box
    copied: Box | None = None


def draw(run: Results) -> Figure:
    """The first network of a run, with the names of its recorded layers."""
    settings = run.config.image_networks[0]
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
    for shape, block in groupby(placed, lambda own: (own.layer.height, own.layer.channels, own.layer.kind)):
        height, channels, kind = shape
        if kind not in ("Standardise", "MaxPool2d"):
            size = f"{height} × {height}\n× {channels}" if height > 1 else f"{channels}"
            _note_below(axes, [own.box for own in block], size)
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
            _note_below(axes, [own.copied, own.box], f"{own.layer.channels}+{own.layer.channels}")
        elif own.layer.kind != "Standardise":
            _note_below(axes, [own.box], f"{own.layer.channels}")
    for before, after in pairwise(placed):
        _draw_step(axes, before, after)
    _draw_skips(axes, placed)
    bridge = [own for own in placed if own.box.bottom == lowest]
    size = f"\n{bridge[0].layer.height} × {bridge[0].layer.width}"
    _note_below(axes, [own.box for own in bridge], size)
    _add_legend(figure, placed, recorded)
    return figure


def trace(settings: ImageNetwork, classes: int, height: int, width: int) -> list[Layer]:
    """The layers of a network in order, their shapes found by running it on an image that is 0 everywhere."""
    network = build_network(settings, classes, seed=0).eval()
    modules = {name: module for name, module in network.named_modules() if name and not list(module.children())}
    outputs = record_activations(network, torch.zeros(1, len(settings.bands), height, width), list(modules))
    layers = []
    for name, output in outputs.items():
        channels, *sides = output.shape[1:]
        layers.append(Layer(name, type(modules[name]).__name__, channels, *(sides or (1, 1))))
    return layers


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


def fitted_measure(pixel: float, layers: Sequence[Layer], room: float) -> Measure:
    """The measure at which these layers' boxes, side by side, are as wide as the room."""
    low, high = 0.0, room
    for _ in range(60):  # thin boxes keep their least width, so halve the interval rather than divide
        middle = (low + high) / 2
        total = math.fsum(Measure(pixel, middle).box(layer).width for layer in layers)
        low, high = (middle, high) if total < room else (low, middle)
    return Measure(pixel, low)


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
    """Boxes with upright names above them; boxes further right are drawn later, over those that they hide."""
    for own in placed:
        if own.copied:
            _draw_box(axes, own.copied, COLOURS[INPUT], DASHES)
        _draw_box(axes, own.box, COLOURS[meaning(own.layer, recorded)])
        if own.layer.kind != "MaxPool2d":
            name, place = own.layer.name, own.box.left + (own.box.width + own.box.depth) / 2
            words = {"Standardise": f"{own.layer.channels} bands", "ReLUHidden": "hidden", "Logits": "logits"}
            text, colour = (name, "black") if name in recorded else (words.get(name, name), QUIET)
            look: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": SMALL, "color": colour}
            axes.text(place, own.box.top + NAME_GAP, text, rotation=90, **look)


def _draw_box(axes: Axes, box: Box, colour: Colour, line: Any = "-") -> None:
    """Front, upper and right face."""
    left, right, depth, bottom, top = box.left, box.right, box.depth, box.bottom, box.top - box.depth
    red, green, blue = (SHADE * part for part in colour)
    front = [(left, bottom), (right, bottom), (right, top), (left, top)]
    upper = [(left, top), (right, top), (right + depth, top + depth), (left + depth, top + depth)]
    side = [(right, bottom), (right + depth, bottom + depth), (right + depth, top + depth), (right, top)]
    look: dict[str, Any] = {"edgecolor": "0.2", "linewidth": 0.4, "linestyle": line, "joinstyle": "round"}
    for corners, fill in ((front, colour), (upper, paler(colour, 0.4)), (side, (red, green, blue))):
        axes.add_patch(Polygon(corners, facecolor=fill, **look))


def _note_below(axes: Axes, boxes: Sequence[Box], text: str) -> None:
    """Numbers below boxes that share a level, in the middle of their fronts."""
    place, height = (boxes[0].left + boxes[-1].right) / 2, boxes[0].bottom - NAME_GAP
    axes.text(place, height, text, ha="center", va="top", fontsize=SMALL, color=QUIET, linespacing=1.1)


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
            place, size = ((start + stop) / 2, own.box.middle + 0.02), f"{own.layer.height} × {own.layer.width}"
            axes.text(*place, size, ha="center", va="bottom", fontsize=SMALL, color=QUIET)


def _arrow(axes: Axes, start: tuple[float, float], stop: tuple[float, float], colour: Colour | str, path: str) -> None:
    look: dict[str, Any] = {"color": colour, "linewidth": 0.9, "joinstyle": "miter", "shrinkA": 0, "shrinkB": 0}
    axes.add_patch(FancyArrowPatch(start, stop, connectionstyle=path, arrowstyle="-|>", mutation_scale=6, **look))


def _add_legend(figure: Figure, placed: list[Placed], recorded: Sequence[str]) -> None:
    present = {meaning(own.layer, recorded) for own in placed} | {POOLED}
    handles = [Patch(fc=COLOURS[name], ec="0.2", lw=0.4, label=name) for name in COLOURS if name in present]
    if any(own.copied for own in placed):
        handles.append(Patch(fc="white", ec="0.2", lw=0.6, ls=DASHES, label=COPIED))
    look: dict[str, Any] = {"columnspacing": 1.2, "handlelength": 1.5, "fontsize": SMALL}
    figure.legend(handles=handles, loc="lower center", ncols=3 if len(handles) > 4 else 2, **look)
