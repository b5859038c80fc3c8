"""What U-Nets find in photographs: right, too much and missed, beside the photograph and the truth."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from topolens.errors import TopolensError
from topolens.figures.panels import add_legend, area, bare, grey, panel_grid
from topolens.figures.style import PALETTE, PICTURE_DPI, SMALL, WIDTH
from topolens.figures.tables import rows_of
from topolens.nets.images.inference import predict
from topolens.nets.images.prepared import prepared_network
from topolens.results import Results

FOUND, TOO_MUCH, MISSED = PALETTE[0], PALETTE[3], PALETTE[8]
MEANINGS = {"crop row": FOUND, "soil taken for a crop row": TOO_MUCH, "crop row that was missed": MISSED}
OPACITY = 0.7  # of these colours over the photograph in grey
TITLE_HEIGHT = 0.2  # inches above each picture
LEGEND_HEIGHT = 0.45


def draw(run: Results, images: int = 3) -> Figure:
    """A row per test image from hard to easy; photograph, truth and the prediction of each network's first seed."""
    image_set, seed = run.images, run.config.seeds[0]
    if not image_set.are_masks:
        raise TopolensError("segmentation: the images of this run have labels, not masks")
    tested = rows_of(run.table("performance"), skips=True)
    rows = chosen_rows(tested, images)
    photographs, truths = image_set.images[rows], image_set.targets[rows] > 0
    columns, shape = 2 + len(run.config.image_networks), photographs.shape[1] / photographs.shape[2]
    height = len(rows) * (WIDTH / columns * shape + TITLE_HEIGHT) + LEGEND_HEIGHT
    figure, panels = panel_grid(len(rows), columns, height, dpi=PICTURE_DPI)
    for axes in panels.flat:
        bare(axes)
    for line, photograph, truth, name in zip(panels, photographs, truths, image_set.names[rows], strict=True):
        line[0].imshow(photograph)
        line[0].set_ylabel(str(name), fontsize=SMALL)
        line[1].imshow(overlay(photograph, truth, truth))
    panels[0, 0].set_title("photograph")
    panels[0, 1].set_title("truth")
    for settings, column in zip(run.config.image_networks, panels.T[2:], strict=True):
        network = prepared_network(settings, seed, run.checkpoint(settings.name, seed), image_set, "cpu")
        predicted = predict(network, photographs, settings.bands) > 0
        scores = rows_of(tested, network=settings.name, seed=seed).set_index("image").loc[rows, "iou"]
        for axes, photograph, mask, truth, score in zip(column, photographs, predicted, truths, scores, strict=True):
            axes.imshow(overlay(photograph, mask, truth))
            axes.set_title(f"IoU {score:.2f}")
        column[0].set_title(f"{settings.name}\n{column[0].get_title()}")
    add_legend(figure, {name: area(colour) for name, colour in MEANINGS.items()})
    return figure


def chosen_rows(tested: pd.DataFrame, count: int) -> list[int]:
    """Images in the middles of so many equal parts of the order by mean IoU, from hard to easy."""
    order = tested.groupby("image")["iou"].mean().sort_values(kind="stable").index
    if not 1 <= count <= len(order):
        raise TopolensError(f"segmentation: images must be 1 to {len(order)}, as many as were tested, found {count}")
    places = (np.arange(count) + 0.5) * len(order) / count
    return [int(order[int(place)]) for place in places]


def overlay(photograph: np.ndarray, predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """A photograph (height, width, 3) uint8 in grey, with the pixels of two masks coloured by whether they agree."""
    shown = grey(photograph)
    for mask, colour in ((predicted & truth, FOUND), (predicted & ~truth, TOO_MUCH), (truth & ~predicted, MISSED)):
        shown[mask] = (1 - OPACITY) * shown[mask] + OPACITY * np.array(colour)
    return shown
