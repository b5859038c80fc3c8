"""A convolutional network as a diagram, drawn from its modules: boxes as high as the maps, as wide as the channels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Patch, Polygon
from scipy.optimize import brentq

from topolens.config.networks import ImageNetwork
from topolens.figures.panels import page
from topolens.figures.style import PALETTE, QUIET, SMALL, WIDTH, Colour, paler
from topolens.nets.images.build import build_network
from topolens.nets.taps import record_activations
from topolens.results import Results

Point = tuple[float, float]

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
KINDS = {"Standardise": INPUT, "MaxPool2d": POOLED, "Conv2d": PIXELS}  # of layers whose class says what they are
SHOWN = ("Standardise", "ReLU", "MaxPool2d")  # and the logits
MARGIN = 0.15  # inches at the left and right
GAP = 0.14  # between boxes
NAMES = 0.66  # inches that names take above boxes
NOTES = 0.32  # inches that two lines of numbers take below boxes
LEGEND = 0.65  # inches at the lower edge
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
    """A layer's output in inches: its front's left edge and middle, its size, and how far it recedes.

    Of maps to which a skip connection is joined, `copied` is the box of those that it brings.
    """

    layer: Layer
    left: float
    middle: float
    width: float
    height: float
    depth: float
    copied: "Box | None" = None

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


def draw(run: Results) -> Figure:
    """The first network of a run, with the names of its recorded layers."""
    settings, recorded = run.config.image_networks[0], run.config.layers
    layers = trace(settings, len(run.images.classes), *run.images.images.shape[1:3])
    place, annotate = (place_vgg, note_blocks) if settings.architecture == "vgg16" else (place_unet, annotate_unet)
    boxes = place([layer for layer in layers if layer.kind in SHOWN or layer.name == "Logits"])
    lowest = min(box.bottom for box in boxes)
    figure = page(LEGEND + NOTES - lowest + boxes[0].top + NAMES)
    figure.set_layout_engine("none")  # as an argument of plt.figure it would not outlast a second savefig
    axes = figure.add_axes((0, 0, 1, 1))  # it counts inches
    axes.set(xlim=(0, WIDTH), ylim=(lowest - LEGEND - NOTES, boxes[0].top + NAMES))
    axes.set_axis_off()
    draw_boxes(axes, boxes, recorded)
    annotate(axes, boxes)
    present = {meaning(box.layer, recorded) for box in boxes} | {POOLED}
    handles = [Patch(fc=COLOURS[name], ec="0.2", lw=0.4, label=name) for name in COLOURS if name in present]
    if any(box.copied for box in boxes):
        handles.append(Patch(fc="white", ec="0.2", lw=0.6, ls=DASHES, label=COPIED))
    look: dict[str, Any] = {"columnspacing": 1.2, "handlelength": 1.5, "fontsize": SMALL}
    figure.legend(handles=handles, loc="lower center", ncols=2, **look)
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
    if layer.kind in KINDS:
        return KINDS[layer.kind]
    if layer.name in recorded:
        return UP if layer.name.endswith("UpReLU") else CONVOLVED
    return CONNECTED if layer.height == 1 else UNRECORDED


def boxed(layer: Layer, pixel: float, channel: float, left: float, middle: float = 0.0) -> Box:
    """The box of a layer, at so many inches per pixel of a map's side and per channel."""
    width = max(THINNEST, layer.channels * channel)
    return Box(layer, left, middle, width, layer.height * pixel, OBLIQUE * layer.width * pixel)


def fitted_channel(layers: Sequence[Layer], room: float) -> float:
    """The inches per channel at which these layers' boxes, side by side, are as wide as the room."""

    def excess(channel: float) -> float:
        return sum(max(THINNEST, layer.channels * channel) for layer in layers) - room

    return float(brentq(excess, 0.0, room))


def place_vgg(shown: list[Layer]) -> list[Box]:
    """Blocks of convolutions from left to right, a thin box after each for the pooling, vectors at the end."""
    wide = [layer for layer in shown if layer.kind != "MaxPool2d"]
    room = WIDTH - 2 * MARGIN - GAP * (len(shown) - 1) - (len(shown) - len(wide)) * POOL_WIDTH
    pixel, channel = VGG_SIDE / shown[0].height, fitted_channel(wide, room)
    boxes: list[Box] = []
    for layer in shown:
        box = boxed(layer, pixel, channel, boxes[-1].right + GAP if boxes else MARGIN)
        boxes.append(box if layer in wide else replace(box, width=POOL_WIDTH))
    return boxes


def place_unet(shown: list[Layer]) -> list[Box]:
    """Encoder down the left side of the U, decoder up the right side.

    Levels lie below each other, so close that names still fit below the arrow of the level above.
    """
    shown = [layer for layer in shown if layer.kind != "MaxPool2d"]
    skips = {layer.height: layer for layer in shown if layer.name.startswith("E")}
    joined = [layer for layer in shown if layer.name.endswith("UpReLU")]
    steps = sum(before.height != after.height for before, after in pairwise(shown))
    pixel = UNET_SIDE / shown[0].height
    room = WIDTH - 2 * MARGIN - STEP * steps - GAP * (len(shown) - 1 - steps) - OBLIQUE * shown[0].width * pixel
    channel = fitted_channel([*shown, *(skips[layer.height] for layer in joined)], room)
    boxes: list[Box] = []
    middles: dict[int, float] = {}
    for layer in shown:
        left = boxes[-1].right + (STEP if boxes[-1].layer.height != layer.height else GAP) if boxes else MARGIN
        if layer.height not in middles:
            above = min(middles.values(), default=0.0)  # where the arrow of the level above runs
            middles[layer.height] = above - NAMES - GAP / 2 - boxed(layer, pixel, channel, left).top
        middle = middles[layer.height]
        copied = boxed(skips[layer.height], pixel, channel, left, middle) if layer in joined else None
        boxes.append(replace(boxed(layer, pixel, channel, copied.right if copied else left, middle), copied=copied))
    return boxes


def draw_boxes(axes: Axes, boxes: list[Box], recorded: Sequence[str]) -> None:
    """Boxes with upright names above them; boxes further right are drawn later, over those that they hide."""
    for box in boxes:
        if box.copied:
            draw_box(axes, box.copied, COLOURS[INPUT], DASHES)
        draw_box(axes, box, COLOURS[meaning(box.layer, recorded)])
        if box.layer.kind != "MaxPool2d":
            words = {"Standardise": f"{box.layer.channels} bands", "ReLUHidden": "hidden", "Logits": "logits"}
            name, is_recorded = box.layer.name, box.layer.name in recorded
            text, colour = name if is_recorded else words.get(name, name), "black" if is_recorded else QUIET
            place = box.left + (box.width + box.depth) / 2
            note(axes, place, box.top + NAME_GAP, text, rotation=90, va="bottom", color=colour)


def draw_box(axes: Axes, box: Box, colour: Colour, line: Any = "-") -> None:
    """Front, upper and right face."""
    left, right, depth, bottom, top = box.left, box.right, box.depth, box.bottom, box.top - box.depth
    red, green, blue = (SHADE * part for part in colour)
    front = [(left, bottom), (right, bottom), (right, top), (left, top)]
    upper = [(left, top), (right, top), (right + depth, top + depth), (left + depth, top + depth)]
    side = [(right, bottom), (right + depth, bottom + depth), (right + depth, top + depth), (right, top)]
    look: dict[str, Any] = {"edgecolor": "0.2", "linewidth": 0.4, "linestyle": line, "joinstyle": "round"}
    for corners, fill in ((front, colour), (upper, paler(colour, 0.4)), (side, (red, green, blue))):
        axes.add_patch(Polygon(corners, facecolor=fill, **look))


def note(axes: Axes, x: float, y: float, text: str, color: str = QUIET, **look: Any) -> None:
    """Small text, centred."""
    axes.text(x, y, text, ha="center", fontsize=SMALL, color=color, **look)


def note_below(axes: Axes, boxes: Sequence[Box], text: str) -> None:
    """Numbers below boxes that share a level, in the middle of their fronts."""
    middle = (boxes[0].left + boxes[-1].right) / 2
    note(axes, middle, boxes[0].bottom - NAME_GAP, text, va="top", linespacing=1.1)


def note_blocks(axes: Axes, boxes: list[Box]) -> None:
    """The shape of the maps below each block of a VGG."""
    named = [box for box in boxes if box.layer.kind not in ("Standardise", "MaxPool2d")]
    for (height, channels, _), block in groupby(named, attrgetter("layer.height", "layer.channels", "layer.kind")):
        note_below(axes, [*block], f"{height} × {height}\n× {channels}" if height > 1 else f"{channels}")


def annotate_unet(axes: Axes, boxes: list[Box]) -> None:
    """Numbers of channels, an arrow for each step between levels and for each skip connection, the bridge's size."""
    for box in boxes:
        if box.copied:
            note_below(axes, [box.copied, box], f"{2 * box.layer.channels}")
        elif box.layer.kind != "Standardise":
            note_below(axes, [box], f"{box.layer.channels}")
    for before, after in pairwise(boxes):
        draw_step(axes, before, after)
    encoded = {box.layer.height: box for box in boxes if box.layer.name.startswith("E")}
    for box in boxes:
        if box.copied:
            start, stop = encoded[box.layer.height].right + box.copied.depth, box.copied.left
            draw_arrow(axes, (start, box.middle), (stop, box.middle), QUIET, "arc3")
            size = f"{box.layer.height} × {box.layer.width}"
            note(axes, (start + stop) / 2, box.middle + 0.02, size, va="bottom")
    lowest = min(box.bottom for box in boxes)
    bridge = [box for box in boxes if box.bottom == lowest]
    note_below(axes, bridge, f"\n{bridge[0].layer.height} × {bridge[0].layer.width}")


def draw_step(axes: Axes, before: Box, after: Box) -> None:
    """The arrow of a pooling, down and to the right, or of an up-convolution, to the right and up."""
    if before.layer.height > after.layer.height:
        start = (before.left + before.width / 2, before.bottom - NOTES / 2)
        draw_arrow(axes, start, (after.left, after.middle), COLOURS[POOLED], "angle,angleA=-90,angleB=180,rad=0")
    elif before.layer.height < after.layer.height:
        start = (before.right + before.depth, before.middle)
        stop = (after.left + after.width / 2, after.bottom - NOTES / 2)
        draw_arrow(axes, start, stop, PALETTE[2], "angle,angleA=0,angleB=90,rad=0")


def draw_arrow(axes: Axes, start: Point, stop: Point, colour: Colour | str, path: str) -> None:
    """An arrow along a connection style of matplotlib."""
    look: dict[str, Any] = {"color": colour, "linewidth": 0.9, "joinstyle": "miter", "shrinkA": 0, "shrinkB": 0}
    axes.add_patch(FancyArrowPatch(start, stop, connectionstyle=path, arrowstyle="-|>", mutation_scale=6, **look))
