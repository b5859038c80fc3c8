"""Channel vectors of networks that find masks, inside the masks and outside, in planes of two principal components."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import nn

from topolens.clouds.positions import choose_images, choose_positions, rows_of_group
from topolens.config.clouds import ALL
from topolens.config.networks import ImageNetwork
from topolens.errors import TopolensError
from topolens.figures.latent_panels import shown_layers
from topolens.figures.panels import add_legend, dot, draw_points, name_rows, panel_grid, tight
from topolens.figures.style import PALETTE, PICTURE_DPI, WIDTH
from topolens.mapper.fork_projections import plane
from topolens.nets.images.inference import as_inputs
from topolens.nets.images.prepared import prepared_network
from topolens.nets.taps import map_sizes, record_channel_vectors
from topolens.results import Results
from topolens.seeding import child_generator

INSIDE, OUTSIDE = PALETTE[2], "0.55"
SHAPE = 0.7  # height of a panel over its width
EXTRA = 0.6  # inches for names and the legend


def draw(run: Results, seed: int, layers: list[str], points: int = 1000, images: int = 6) -> Figure:
    """Columns: those of the `layers` that the run has; rows: each network from its first seed.

    `seed` chooses so many `points` of each layer's maps of so many test `images`, the first of those that the run's
    clouds are of.
    """
    if not run.images.are_masks:
        raise TopolensError("mask_planes: the images of this run have labels, not masks")
    networks, shown = run.config.image_networks, shown_layers(run.config.layers, layers)
    height = EXTRA + len(networks) * SHAPE * (WIDTH - 0.5) / len(shown)
    look = {"dpi": PICTURE_DPI, "layout": tight(0.03, 0.03)}
    figure, grid = panel_grid(len(networks), len(shown), height, **look)
    rows, first = image_rows(run, seed, images), run.config.seeds[0]
    for settings, panels in zip(networks, grid, strict=True):
        model = prepared_network(settings, first, run.checkpoint(settings.name, first), run.images, "cpu")
        found = channel_vectors(run, model, settings, shown, rows, points, seed)
        for axes, (vectors, inside) in zip(panels, found.values(), strict=True):
            draw_sides(axes, vectors, inside)
    for axes, layer in zip(grid[0], shown, strict=True):
        axes.set_title(layer)
    name_rows(grid, [settings.name for settings in networks])
    entries = {"inside the crop rows": dot(INSIDE, marker="^"), "outside": dot(OUTSIDE)}
    add_legend(figure, entries, handletextpad=0.1)
    return figure


def image_rows(run: Results, seed: int, count: int) -> np.ndarray:
    """Rows of the set: the first images of the first clouds, each once."""
    rows = rows_of_group(run.images, ALL)
    return np.array([choose_images(rows, 1, repeat, seed, ALL)[0] for repeat in range(min(count, len(rows)))])


def channel_vectors(
    run: Results, model: nn.Module, settings: ImageNetwork, layers: list[str], rows: np.ndarray, points: int, seed: int
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Of each layer vectors (n, channels) at random positions, the same for every network, and which lie in masks."""
    images, modules = run.images, {run.config.modules[layer]: layer for layer in layers}
    inputs = as_inputs(images.images[rows], settings.bands)
    masks = images.targets[rows] == len(images.classes) - 1
    sizes = {module: size[1:] for module, size in map_sizes(model, inputs, [*modules]).items()}
    positions = {}
    for module, size in sizes.items():
        shape, generator = (len(rows), *size), child_generator(seed, "figure", "positions", modules[module])
        positions[module] = choose_positions(shape, min(points, int(np.prod(shape))), generator)
    vectors = record_channel_vectors(model, inputs, positions)
    inside = {module: mostly_inside(masks, sizes[module])[tuple(own.T)] for module, own in positions.items()}
    return {layer: (vectors[module], inside[module]) for module, layer in modules.items()}


def draw_sides(axes: Axes, vectors: np.ndarray, inside: np.ndarray) -> None:
    """Vectors in the plane of their own two principal components, those in masks in front."""
    positions = plane(vectors).transform(vectors)
    draw_points(axes, positions[~inside], s=2, color=OUTSIDE, alpha=0.5, rasterized=True)
    draw_points(axes, positions[inside], s=3, marker="^", color=INSIDE, alpha=0.6, rasterized=True)
    axes.set(xticks=[], yticks=[])
    axes.spines[["left", "bottom"]].set(color="0.6", linewidth=0.5)


def mostly_inside(masks: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(n, height, width) masks to (n, *size): whether most pixels of a position are in the mask.

    The sides are multiples of those of `size`.
    """
    count, height, width = masks.shape
    blocks = masks.reshape(count, size[0], height // size[0], size[1], width // size[1])
    return blocks.mean(axis=(2, 4)) > 0.5
