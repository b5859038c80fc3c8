"""Figures as they are embedded in a page, or kept: small enough that all of a run fit."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

WIDEST = 1400  # pixels
COLOURS = 256
MANY_COLOURS = 2**16  # of sheets of photographs, whose colours take seconds to cover, and are all frequent


@dataclass(frozen=True)
class Picture:
    """An image as a data URI, with its size in pixels."""

    uri: str
    width: int
    height: int


def embedded_picture(file: Path) -> Picture:
    """A figure's PNG for a page."""
    content = small_png(file)
    width, height = Image.open(io.BytesIO(content)).size
    return Picture("data:image/png;base64," + base64.b64encode(content).decode(), width, height)


def small_png(file: Path) -> bytes:
    """A PNG as wide as a page shows it, with a palette: a third of the bytes.

    The palette covers all colours rather than the frequent ones, else the rare ones of colour bars would be others.
    """
    with Image.open(file) as opened:
        image = opened.convert("RGB")
    if image.width > WIDEST:
        image = image.resize((WIDEST, round(image.height * WIDEST / image.width)), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    is_drawn = image.getcolors(MANY_COLOURS) is not None
    method = Image.Quantize.MAXCOVERAGE if is_drawn else Image.Quantize.MEDIANCUT
    image.quantize(COLOURS, method).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
