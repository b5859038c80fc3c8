"""Random images of a set: by class, or with the outline of their masks."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from scipy.ndimage import binary_erosion

from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.figures.panels import bare
from topolens.figures.style import PALETTE, PICTURE_DPI, WIDTH
from topolens.results import Results
from topolens.seeding import child_generator

MASK_ROWS = 3  # rows of photographs, each above the same with outlines
OUTLINE = PALETTE[9]
OUTLINE_WIDTH = 2  # pixels
LABEL_WIDTH = 0.75  # inches that the names at the left take


def draw(run: Results, columns: int, seed: int) -> Figure:
    """A row of images for each class; of images with masks, rows of photographs, each above the same with outlines.

    `columns` images stand in a row, fewer where there are no more; `seed` chooses them from all splits, each once.
    """
    if columns < 1:
        raise TopolensError(f"contact_sheet: columns must be at least 1, found {columns}")
    images, generator = run.images, child_generator(seed, "contact sheet")
    rows, names = (_mask_rows if images.are_masks else _class_rows)(images, columns, generator)
    gap = max(2, images.images.shape[2] // 32)
    sheet = compose(rows, columns, gap)
    height, width = sheet.shape[:2]
    figure = plt.figure(figsize=(WIDTH, (WIDTH - LABEL_WIDTH) * height / width), dpi=PICTURE_DPI)
    figure.set_layout_engine("none")  # only so, not by plt.figure, does it outlast a second savefig
    axes = figure.add_axes((LABEL_WIDTH / WIDTH, 0, 1 - LABEL_WIDTH / WIDTH, 1))
    axes.imshow(sheet)
    step = images.images.shape[1] + gap
    bare(axes)
    axes.set_yticks(np.arange(len(names)) * step + images.images.shape[1] / 2, names)
    axes.tick_params(length=0)
    return figure


def compose(rows: list[np.ndarray], columns: int, gap: int) -> np.ndarray:
    """One white picture of rows of images, each (at most `columns`, height, width, 3) uint8, with gaps between."""
    _, height, width, _ = rows[0].shape
    size = (len(rows) * (height + gap) - gap, columns * (width + gap) - gap, 3)
    sheet = np.full(size, 255, np.uint8)
    for line, row in enumerate(rows):
        for place, image in enumerate(row):
            top, left = line * (height + gap), place * (width + gap)
            sheet[top : top + height, left : left + width] = image
    return sheet


def outlined(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """An image (height, width, 3) uint8 with the outermost pixels of its mask coloured."""
    inside = binary_erosion(mask > 0, iterations=OUTLINE_WIDTH, border_value=1)
    return np.where(((mask > 0) & ~inside)[..., None], np.rint(255 * np.array(OUTLINE)), image).astype(np.uint8)


def _class_rows(images: ImageSet, columns: int, generator: np.random.Generator) -> tuple[list[np.ndarray], list[str]]:
    of_classes = [np.flatnonzero(images.targets == label) for label in range(len(images.classes))]
    return [images.images[generator.permutation(own)[:columns]] for own in of_classes], images.classes


def _mask_rows(images: ImageSet, columns: int, generator: np.random.Generator) -> tuple[list[np.ndarray], list[str]]:
    chosen = generator.permutation(len(images.images))[: MASK_ROWS * columns]
    rows = []
    for start in range(0, len(chosen), columns):
        own = chosen[start : start + columns]
        rows += [images.images[own], np.stack([outlined(images.images[row], images.targets[row]) for row in own])]
    return rows, ["photograph", "crop rows"] * (len(rows) // 2)
