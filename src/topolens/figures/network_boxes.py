"""The maps inside a convolutional network, and how figures draw them: as boxes with the maps' proportions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from topolens.config.images import ImageNetwork
from topolens.figures.style import QUIET, SMALL, Colour, paler
from topolens.nets.images.build import build_network
from topolens.nets.taps import record_activations

OBLIQUE = 0.16  # of a map's width is what its box recedes to the right and upwards
THINNEST = 0.03  # inches
NAME_GAP = 0.04  # between a box and its name
SHADE = 0.75  # of the right face


Dashes = tuple[float, tuple[float, float]]


@dataclass(frozen=True)
class Layer:
    """One module without parts.

    Attributes:
        name: As in the module tree.
        kind: Its class.
        channels, height, width: Of its output; height and width are 1 for vectors.
    """

    name: str
    kind: str
    channels: int
    height: int
    width: int


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

    def thickness(self, channels: int) -> float:
        """Width of a box."""
        return max(THINNEST, channels * self.channel)

    def box(self, layer: Layer, left: float, middle: float) -> Box:
        """The box of a layer's output."""
        depth = OBLIQUE * layer.width * self.pixel
        return Box(left, middle, self.thickness(layer.channels), layer.height * self.pixel, depth)


def fitted_measure(pixel: float, layers: Sequence[Layer], room: float) -> Measure:
    """The measure at which these layers' boxes, side by side, are as wide as the room."""
    low, high = 0.0, room
    for _ in range(60):  # thin boxes keep their least width, so halve the interval rather than divide
        middle = (low + high) / 2
        total = math.fsum(Measure(pixel, middle).thickness(layer.channels) for layer in layers)
        low, high = (middle, high) if total < room else (low, middle)
    return Measure(pixel, low)


def draw_box(axes: Axes, box: Box, colour: Colour, line: str | Dashes = "-") -> None:
    """Front, upper and right face; boxes further right are drawn later, over those that they hide."""
    left, right, depth = box.left, box.right, box.depth
    bottom, top = box.bottom, box.top - depth
    red, green, blue = (SHADE * part for part in colour)
    faces = (
        (((left, bottom), (right, bottom), (right, top), (left, top)), colour),
        (((left, top), (right, top), (right + depth, top + depth), (left + depth, top + depth)), paler(colour, 0.4)),
        (
            ((right, bottom), (right + depth, bottom + depth), (right + depth, top + depth), (right, top)),
            (red, green, blue),
        ),
    )
    for corners, fill in faces:
        axes.add_patch(
            Polygon(corners, facecolor=fill, edgecolor="0.2", linewidth=0.4, linestyle=line, joinstyle="round")
        )


def name_above(axes: Axes, box: Box, text: str, colour: str = "black") -> None:
    """An upright name above a box."""
    place = box.left + (box.width + box.depth) / 2
    axes.text(place, box.top + NAME_GAP, text, rotation=90, ha="center", va="bottom", fontsize=SMALL, color=colour)


def note_below(axes: Axes, boxes: Sequence[Box], text: str) -> None:
    """Numbers below boxes that share a level, in the middle of their fronts."""
    place = (boxes[0].left + boxes[-1].right) / 2
    height = boxes[0].bottom - NAME_GAP
    axes.text(place, height, text, ha="center", va="top", fontsize=SMALL, color=QUIET, linespacing=1.1)
