"""All figures of a scale on one sheet, to be looked at together."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from topolens.artifacts import written_whole
from topolens.errors import TopolensError

TILE, LABEL, GAP, COLUMNS = 520, 24, 16, 5  # pixels, and tiles in a row


def write_sheet(folder: Path, sheet_file: Path) -> int:
    """Put every figure of a folder, each named, on one PNG: a row of a study under the other.

    Args:
        folder: Of a scale, with a folder a study.
        sheet_file: The PNG.

    Returns:
        How many figures there are.

    Raises:
        TopolensError: none.
    """
    studies = {study: sorted(study.glob("*.png")) for study in sorted(folder.iterdir()) if study.is_dir()}
    files = [file for figures in studies.values() for file in figures]
    if not files:
        raise TopolensError(f"{folder}: expected figures, found none; run `snakemake --cores all figures`")
    rows = [
        figures[start : start + COLUMNS] for figures in studies.values() for start in range(0, len(figures), COLUMNS)
    ]
    tiles = [[_tile(file) for file in row] for row in rows]
    heights = [max(tile.height for tile in row) + LABEL + GAP for row in tiles]
    sheet = Image.new("RGB", (COLUMNS * (TILE + GAP) + GAP, sum(heights) + GAP), "white")
    draw, font, top = ImageDraw.Draw(sheet), ImageFont.load_default(LABEL - 8), GAP
    for named, row, height in zip(rows, tiles, heights, strict=True):
        for column, (file, tile) in enumerate(zip(named, row, strict=True)):
            left = GAP + column * (TILE + GAP)
            draw.text((left, top), f"{file.parent.name}: {file.stem}", fill="black", font=font)
            sheet.paste(tile, (left, top + LABEL))
        top += height
    with written_whole(sheet_file) as temporary:
        sheet.save(temporary, "PNG")
    return len(files)


def _tile(file: Path) -> Image.Image:
    """A figure as wide as a tile, and no higher than twice that."""
    with Image.open(file) as opened:
        image = opened.convert("RGB")
    image.thumbnail((TILE, 2 * TILE))
    return image
