"""How much of a heat map lies on the object, and how little of the image it takes."""

import numpy as np

from topolens.errors import TopolensError


def inside_share(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Share of each map's heat that lies inside the mask.

    Args:
        maps: (n, height, width), finite and >= 0.
        masks: (n, height, width) bool.

    Returns:
        (n,) in [0, 1]; NaN for a map that is 0 throughout, which points nowhere.

    Raises:
        TopolensError: maps with negative or not finite values, or masks that are not theirs.
    """
    maps = checked_maps(maps)
    masks = np.asarray(masks)
    if masks.dtype != bool or masks.shape != maps.shape:
        raise TopolensError(
            f"masks: expected {maps.shape} bool as the maps, found {masks.dtype} of shape {masks.shape}; "
            "compare the targets with the object's class"
        )
    shares = _shares(maps)
    # NaN * False is NaN: a map of nothing has no share anywhere.
    return (shares * masks).sum(axis=(1, 2))


def inside_gain(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """The share of heat inside the mask over the mask's share of the image.

    Returns:
        (n,) >= 0: 1 = as much as an even map, or on average a shuffled one, has; at most the image's area over the
        mask's. NaN for a map that is 0 throughout and for an empty mask.

    Raises:
        TopolensError: as for :func:`inside_share`.
    """
    shares = inside_share(maps, masks)
    area = np.asarray(masks).mean(axis=(1, 2))
    return np.divide(shares, area, out=np.full(len(area), np.nan), where=area > 0)


def spatial_concentration(maps: np.ndarray) -> np.ndarray:
    """1 - the entropy of the heat over positions, as a share of its largest value; for images without masks.

    Args:
        maps: (n, height, width), finite and >= 0, of at least two pixels.

    Returns:
        (n,) in [0, 1]: 0 = an even map, 1 = one pixel holds all; NaN for a map that is 0 throughout. Maps that were
        interpolated from few positions cannot come near 1.

    Raises:
        TopolensError: negative or not finite values, or a single pixel.
    """
    maps = checked_maps(maps)
    pixels = maps[0].size
    if pixels < 2:
        raise TopolensError(f"maps: expected at least two pixels, found shape {maps.shape}")
    shares = _shares(maps)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    # Rounding must not lead out of [0, 1].
    return np.clip(1 + (shares * logs).sum(axis=(1, 2)) / np.log(pixels), 0, 1)


def checked_maps(maps: np.ndarray) -> np.ndarray:
    """`maps` as finite float64 (n, height, width) >= 0, or a TopolensError that says what is wrong."""
    maps = np.asarray(maps, dtype=np.float64)
    if maps.ndim != 3 or maps.size == 0:
        raise TopolensError(f"maps: expected (n, height, width) with at least one map, found shape {maps.shape}")
    # NaN is not >= 0 either.
    bad = ~((maps >= 0) & np.isfinite(maps)).all(axis=(1, 2))
    if bad.any():
        raise TopolensError(
            f"maps: map {bad.argmax()} holds negative, NaN or infinite values; take the positive part of signed maps"
        )
    return maps


def _shares(maps: np.ndarray) -> np.ndarray:
    """Each map divided by its sum; NaN throughout where that is 0."""
    # By the largest value first, so that neither tiny nor huge heat is lost in the sum.
    largest = maps.max(axis=(1, 2), keepdims=True)
    scaled = np.divide(maps, largest, out=np.full_like(maps, np.nan), where=largest > 0)
    return scaled / scaled.sum(axis=(1, 2), keepdims=True)
