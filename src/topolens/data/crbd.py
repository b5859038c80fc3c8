"""CRBD, the Crop Row Benchmark Dataset (Vidović, Cupec and Hocenski 2016): photographs with centre lines of rows."""

from pathlib import Path

import numpy as np
from PIL import Image

from topolens.config.data import DataSet
from topolens.data.files import UNREADABLE, is_visible
from topolens.data.image_set import SPLITS, ImageSet
from topolens.errors import TopolensError
from topolens.seeding import child_generator

CLASSES = ["soil", "crop row"]
HEIGHT, WIDTH = 240, 320
LEAST_HALF_WIDTH = 1.0  # pixels: thinner bands would break up where far rows stand close


def read_crbd(folder: Path, settings: DataSet) -> ImageSet:
    """The photographs in `Images` with masks from the files of the same names in `GT data`, sorted by name.

    Returns:
        Images (n, 240, 320, 3), masks (n, 240, 320) of 0 and 1, and the split of :func:`random_split`.

    Raises:
        TopolensError: a photograph without ground truth or the reverse, or a file that is not as it should be.
    """
    photographs, truths = (
        {path.stem: path for path in place.glob("*") if path.suffix.lower() == suffix and is_visible(path, folder)}
        for place, suffix in ((folder / "Images", ".jpg"), (folder / "GT data", ".crp"))
    )
    for stem in sorted(photographs.keys() ^ truths.keys()):
        present, missing = (photographs, "GT data") if stem in photographs else (truths, "Images")
        raise TopolensError(f"{present[stem]}: nothing of that name in {folder / missing}; unpack CRBD again")
    if not photographs:
        raise TopolensError(f"{folder / 'Images'}: no .jpg files; unpack CRBD again")
    names = sorted(photographs)
    masks = [draw_mask(read_rows(truths[name]), settings.row_width) for name in names]
    return ImageSet(
        images=np.stack([read_photograph(photographs[name]) for name in names]),
        targets=np.stack(masks),
        split=random_split(len(names), settings),
        classes=list(CLASSES),
        names=np.array(names),
        source="CRBD, original photographs and centre lines",
    )


def read_photograph(path: Path) -> np.ndarray:
    """(240, 320, 3) uint8 of a JPEG file."""
    try:
        with Image.open(path) as image:
            if image.size != (WIDTH, HEIGHT):  # before anything of that size is made
                raise TopolensError(
                    f"{path}: expected {WIDTH}x{HEIGHT} pixels, found {image.width}x{image.height}; replace it"
                )
            pixels = np.asarray(image.convert("RGB"))
    except (*UNREADABLE, SyntaxError, Image.DecompressionBombError) as error:
        raise TopolensError(f"{path}: not a readable JPEG ({error}); replace it") from error
    return pixels


def read_rows(path: Path) -> np.ndarray:
    """A .crp file: offset c of the middle crop row and spacing d of the rows, for each image row from its first.

    Returns:
        (lines, 2) float64 in pixels; the last line belongs to image row 239, so that `lines` is at most 240.
    """
    lines = path.read_bytes().splitlines()
    if not 0 < len(lines) <= HEIGHT:
        raise TopolensError(f"{path}: expected 1 to {HEIGHT} lines, found {len(lines)}; replace it")
    rows = np.empty((len(lines), 2))
    for number, line in enumerate(lines, 1):
        try:
            rows[number - 1] = offset, spacing = [float(part) for part in line.split(b"\t")]
        except ValueError:
            offset = spacing = np.nan
        if not (np.isfinite(offset) and np.isfinite(spacing) and spacing > 0):
            raise TopolensError(
                f"{path}, line {number}: expected `c<TAB>d`, finite numbers with d > 0, "
                f"found {line.decode(errors='replace')!r}; replace the file"
            )
    return rows


def row_centres(offset: float, spacing: float) -> np.ndarray:
    """Columns floor(c + k d + 160) of the crop rows in one image row, for all integers k that lie in the image."""
    middle = WIDTH / 2
    steps = np.arange(np.floor((-middle - offset) / spacing), np.ceil((middle - offset) / spacing) + 1)
    columns = np.floor(offset + steps * spacing + middle)
    return columns[(columns >= 0) & (columns < WIDTH)]


def draw_mask(rows: np.ndarray, row_width: float) -> np.ndarray:
    """The mask of an image: 1 within `row_width` times the spacing of a crop row's centre, else 0.

    Args:
        rows: (lines, 2) offsets and spacings; image rows above the first line have no mask.
        row_width: Half-width of a band as a share of the spacing; the band reaches at least one pixel each way.

    Returns:
        (240, 320) uint8.
    """
    # ASSUME: the source has centre lines only; how wide a crop row is, is ours.
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for row, (offset, spacing) in enumerate(rows, HEIGHT - len(rows)):
        distances = np.abs(np.arange(WIDTH) - row_centres(offset, spacing)[:, None])
        mask[row] = (distances <= max(LEAST_HALF_WIDTH, row_width * spacing)).any(axis=0)
    return mask


def random_split(count: int, settings: DataSet) -> np.ndarray:
    """(count,) uint8 indexes into SPLITS: the stated shares, rounded, at random from the split's own seed.

    Raises:
        TopolensError: nothing is left to train on.
    """
    validation, test = round(settings.validation * count), round(settings.test * count)
    if validation + test >= count:
        raise TopolensError(
            f"data.validation {settings.validation} and data.test {settings.test} leave none of {count} images "
            "for training; lower them"
        )
    split = np.full(count, SPLITS.index("train"), np.uint8)
    order = child_generator(settings.split_seed, "split of images").permutation(count)
    split[order[:test]] = SPLITS.index("test")
    split[order[test : test + validation]] = SPLITS.index("validation")
    return split
