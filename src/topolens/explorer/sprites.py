"""Many small pictures as a few large ones, which a page can carry in itself."""

import base64
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from topolens.errors import TopolensError

SIDE = 2048  # pixels: the longest side of a sheet, which any browser decodes
BLOCK = 8  # pixels: JPEG at full colour resolution codes squares of this side, so whole ones keep tiles apart
QUALITY = 80


@dataclass(frozen=True)
class Sprites:
    """Equally large pictures, row by row on sheets.

    Attributes:
        sheets: JPEG files as data URIs.
        width: Of a picture, in pixels.
        height: Likewise.
        cell: (across, down) distance of pictures on a sheet, in pixels.
        columns: Pictures in a row of a sheet.
        capacity: Pictures on every sheet but the last.
    """

    sheets: list[str]
    width: int
    height: int
    cell: tuple[int, int]
    columns: int
    capacity: int


def sprites(pictures: np.ndarray, longest: int) -> Sprites:
    """Pictures on sheets. Equal pictures give equal bytes under the same Pillow.

    Args:
        pictures: (n, height, width, 3) uint8, also none.
        longest: Side in pixels above which pictures are shrunk, from 1 to SIDE.

    Raises:
        TopolensError: another shape or type, or pictures without pixels.
    """
    checked_pictures(pictures, "pictures")
    height, width = pictures.shape[1:3]
    shrink = min(1.0, longest / max(height, width))
    height, width = (max(1, round(side * shrink)) for side in (height, width))
    cell = (_whole_blocks(width), _whole_blocks(height))
    columns = SIDE // cell[0]
    capacity = columns * (SIDE // cell[1])
    parts = [pictures[start : start + capacity] for start in range(0, len(pictures), capacity)]
    sheets = [_sheet([_cell(picture, (width, height), cell) for picture in part], columns) for part in parts]
    return Sprites(sheets, width, height, cell, columns, capacity)


def checked_pictures(pictures: np.ndarray, name: str) -> None:
    """A TopolensError with this name in it, unless these are (n, height, width, 3) uint8."""
    if pictures.ndim != 4 or pictures.shape[3] != 3 or pictures.dtype != np.uint8 or 0 in pictures.shape[1:]:
        raise TopolensError(
            f"{name}: expected (n, height, width, 3) uint8, found {pictures.shape} {pictures.dtype}; scale to 0 to 255"
        )


def _whole_blocks(side: int) -> int:
    return -(-side // BLOCK) * BLOCK


def _cell(picture: np.ndarray, size: tuple[int, int], cell: tuple[int, int]) -> np.ndarray:
    """A picture at (width, height) `size`, its last row and column repeated to fill the cell."""
    if picture.shape[1::-1] != size:
        picture = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
    return np.pad(picture, ((0, cell[1] - size[1]), (0, cell[0] - size[0]), (0, 0)), mode="edge")


def _sheet(cells: list[np.ndarray], columns: int) -> str:
    """Cells row by row as a JPEG in a data URI; what is left of the last row is black."""
    rows = -(-len(cells) // columns)
    blank = [np.zeros_like(cells[0])] * (rows * columns - len(cells))
    grid = np.array([*cells, *blank]).reshape(rows, columns, *cells[0].shape)
    sheet = grid.swapaxes(1, 2).reshape(rows * cells[0].shape[0], -1, 3)
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, "JPEG", quality=QUALITY, subsampling="4:4:4", optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
