"""Generated images in the place of real ones that were not found: small, learnable, and labelled as stand-ins."""

import numpy as np
from scipy.ndimage import gaussian_filter

from topolens.config.data import DataSet
from topolens.data import cifar10, crbd
from topolens.data.dataset import STAND_IN
from topolens.data.image_set import SPLITS, ImageSet
from topolens.seeding import child_generator

TRAIN_IMAGES, TEST_IMAGES = 600, 200  # of the ten classes together
PHOTOGRAPHS = 40


def stand_in_cifar10() -> ImageSet:
    """800 images of 32x32: each class has a shape, plain or striped, and a colour that neighbours share in part."""
    # A root of its own, not the run's: the stand-in is data, the same whatever seed a run has.
    generator = child_generator(0, "stand-in cifar10")
    count = TRAIN_IMAGES + TEST_IMAGES
    labels = np.arange(count) % len(cifar10.CLASSES)
    return ImageSet(
        images=np.stack([draw_object(int(label), generator) for label in labels]),
        targets=labels.astype(np.uint8),
        split=np.where(np.arange(count) < TRAIN_IMAGES, SPLITS.index("train"), SPLITS.index("test")).astype(np.uint8),
        classes=list(cifar10.CLASSES),
        names=np.array([f"{cifar10.CLASSES[label]} {number}" for number, label in enumerate(labels)]),
        source=f"{STAND_IN}: generated shapes in the form of CIFAR-10",
    )


def draw_object(label: int, generator: np.random.Generator) -> np.ndarray:
    """(32, 32, 3) uint8: shape `label` modulo 5, striped from 5 on; place, size and hue are random."""
    middle = (cifar10.SIDE - 1) / 2
    y, x = np.mgrid[: cifar10.SIDE, : cifar10.SIDE] - middle - generator.uniform(-5, 5, (2, 1, 1))
    size = generator.uniform(7, 11)
    radius, across, down = np.hypot(x, y), np.abs(x), np.abs(y)
    shape = (
        radius <= size,
        np.maximum(across, down) <= 0.85 * size,
        (across <= (y + size) / 2) & (down <= size),
        (np.minimum(across, down) <= 0.3 * size) & (np.maximum(across, down) <= size),
        (radius <= size) & (radius >= 0.55 * size),
    )[label % 5]
    hue = 2 * np.pi * label / 10 + generator.normal(scale=0.5)
    colour = 140 + 90 * np.cos(hue + 2 * np.pi * np.arange(3) / 3)
    shade = 0.7 + 0.3 * np.sin(1.6 * (x + y) + generator.uniform(0, 6)) if label >= 5 else np.ones_like(x)
    ground = generator.uniform(60, 190, 3) + np.linspace(-1, 1, cifar10.SIDE)[:, None, None] * generator.normal(
        0, 25, 3
    )
    pixels = np.where(shape[..., None], shade[..., None] * colour, ground)
    return _as_bytes(pixels + generator.normal(scale=12, size=pixels.shape))


def stand_in_crbd(settings: DataSet) -> ImageSet:
    """40 images of 240x320: green crop rows on brown soil in perspective, with exact masks."""
    # A root of its own, not the run's: the stand-in is data, the same whatever seed a run has.
    generator = child_generator(0, "stand-in crbd")
    fields = [perspective_rows(generator) for _ in range(PHOTOGRAPHS)]
    return ImageSet(
        images=np.stack([draw_field(rows, generator) for rows in fields]),
        targets=np.stack([crbd.draw_mask(rows, settings.row_width) for rows in fields]),
        split=crbd.random_split(PHOTOGRAPHS, settings),
        classes=list(crbd.CLASSES),
        names=np.array([f"field {number}" for number in range(1, PHOTOGRAPHS + 1)]),
        source=f"{STAND_IN}: generated fields in the form of CRBD",
    )


def perspective_rows(generator: np.random.Generator) -> np.ndarray:
    """(236 to 240, 2) offsets and spacings of straight parallel crop rows seen from above the field."""
    first = int(generator.integers(0, 5))
    # Image rows below the horizon, where parallel rows meet.
    depth = np.arange(first, crbd.HEIGHT) + generator.uniform(10, 120)
    spacing = generator.uniform(40, 110) * depth / depth[-1]
    offset = generator.uniform(-40, 40) + generator.uniform(-0.3, 0.3) * depth
    return np.column_stack([offset, spacing])


def draw_field(rows: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """(240, 320, 3) uint8: leaves most often on the centre lines, with gaps and weeds, over noisy soil."""
    shape = (crbd.HEIGHT, crbd.WIDTH)
    leaves = np.zeros(shape)
    for row, (offset, spacing) in enumerate(rows, crbd.HEIGHT - len(rows)):
        distances = np.abs(np.arange(crbd.WIDTH) - crbd.row_centres(offset, spacing)[:, None]).min(axis=0)
        leaves[row] = np.exp(-((distances / (0.13 * spacing + 0.7)) ** 2))
    is_leaf = leaves + 0.35 * _clumps(shape, generator) > 0.6
    soil = np.array([128.0, 105, 82]) * generator.uniform(0.75, 1.25) + 25 * _clumps(shape, generator)[..., None]
    green = np.array([75.0, 135, 55]) * generator.uniform(0.8, 1.2) + 15 * _clumps(shape, generator)[..., None]
    pixels = np.where(is_leaf[..., None], green, soil)
    return _as_bytes(pixels + generator.normal(scale=8, size=pixels.shape))


def _clumps(shape: tuple[int, int], generator: np.random.Generator) -> np.ndarray:
    """Smooth noise of unit variance."""
    sigma = 1.5
    return 2 * np.sqrt(np.pi) * sigma * gaussian_filter(generator.normal(size=shape), sigma)


def _as_bytes(pixels: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
