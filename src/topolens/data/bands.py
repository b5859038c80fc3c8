"""Input bands of the networks: colours and the vegetation indices of crop-row work."""

from collections.abc import Callable, Sequence

import numpy as np

from topolens.errors import unknown_name

# Below this no pixel of 8-bit images differs from zero; it guards the divisions.
TINY = 1e-6


def excess_green(r: np.ndarray, g: np.ndarray, b: np.ndarray) -> np.ndarray:
    """ExG (Woebbecke et al. 1995)."""
    return 2 * g - r - b


def excess_red(r: np.ndarray, g: np.ndarray, b: np.ndarray) -> np.ndarray:
    """ExR (Meyer and Neto 2008)."""
    return 1.4 * r - g


def cive(r: np.ndarray, g: np.ndarray, b: np.ndarray) -> np.ndarray:
    """CIVE, the colour index of vegetation extraction (Kataoka et al. 2003)."""
    return 0.441 * r - 0.811 * g + 0.385 * b + 18.78745


def normalised_difference(r: np.ndarray, g: np.ndarray, b: np.ndarray) -> np.ndarray:
    """NGRDI, the normalised difference of green and red; 0 where both vanish."""
    return (g - r) / np.maximum(g + r, TINY)


def vegetative(r: np.ndarray, g: np.ndarray, b: np.ndarray) -> np.ndarray:
    """VEG (Hague et al. 2006); red and blue are taken as at least 1/255 of the sum, so that it stays finite."""
    floor = 1 / 255
    return g / (np.maximum(r, floor) ** 0.667 * np.maximum(b, floor) ** 0.333)


def combined(r: np.ndarray, g: np.ndarray, b: np.ndarray) -> np.ndarray:
    """COM2 (Guerrero et al. 2012)."""
    return 0.36 * excess_green(r, g, b) + 0.47 * cive(r, g, b) + 0.17 * vegetative(r, g, b)


INDICES: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "ExG": excess_green,
    "ExR": excess_red,
    "ExGR": lambda r, g, b: excess_green(r, g, b) - excess_red(r, g, b),
    "CIVE": cive,
    "NGRDI": normalised_difference,
    "VEG": vegetative,
    "COM2": combined,
}
COLOURS = ("R", "G", "B")


def compute_bands(images: np.ndarray, bands: Sequence[str]) -> np.ndarray:
    """Named bands of colour images.

    Colours are channel / 255; the indices see the chromatic coordinates r, g, b = channel / (R + G + B), which
    are 0 for a black pixel.

    Args:
        images: (n, height, width, 3) uint8.
        bands: Of R, G, B and INDICES.

    Returns:
        (n, bands, height, width) float32.

    Raises:
        TopolensError: unknown band.
    """
    for band in bands:
        if band not in COLOURS and band not in INDICES:
            raise unknown_name("band", band, [*COLOURS, *INDICES])
    colours = np.moveaxis(images, -1, 0).astype(np.float32) / np.float32(255)
    result = np.empty((len(bands), *images.shape[:-1]), np.float32)
    if any(band in INDICES for band in bands):
        r, g, b = colours / np.maximum(colours.sum(axis=0), np.float32(TINY))
    for place, band in enumerate(bands):
        result[place] = colours[COLOURS.index(band)] if band in COLOURS else INDICES[band](r, g, b)
    return np.moveaxis(result, 0, 1)
