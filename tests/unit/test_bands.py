"""Input bands: every vegetation index on values worked by hand, and the colours that have no chromatic coordinates."""

from typing import get_args

import numpy as np
import pytest

from topolens.config.networks import Band
from topolens.data.bands import COLOURS, INDICES, compute_bands
from topolens.errors import TopolensError


def pixel(*colour):
    return np.array(colour, np.uint8).reshape(1, 1, 1, 3)


def value(band, *colour):
    return compute_bands(pixel(*colour), [band]).item()


# (50, 100, 50) has r, g, b = 1/4, 1/2, 1/4; (60, 30, 30) has 1/2, 1/4, 1/4.
BY_HAND = [
    ("R", (51, 102, 255), 0.2),
    ("G", (51, 102, 255), 0.4),
    ("B", (51, 102, 255), 1.0),
    ("ExG", (50, 100, 50), 0.5),
    ("ExG", (60, 30, 30), -0.25),
    ("ExR", (50, 100, 50), -0.15),
    ("ExR", (60, 30, 30), 0.45),
    ("ExGR", (50, 100, 50), 0.65),
    ("ExGR", (60, 30, 30), -0.7),
    ("CIVE", (50, 100, 50), 0.11025 - 0.4055 + 0.09625 + 18.78745),
    ("CIVE", (60, 30, 30), 0.2205 - 0.20275 + 0.09625 + 18.78745),
    ("NGRDI", (50, 100, 50), 1 / 3),
    ("NGRDI", (60, 30, 30), -1 / 3),
    ("VEG", (50, 100, 50), 2.0),  # 0.5 / 0.25^(0.667 + 0.333)
    ("VEG", (80, 80, 80), 1.0),
    ("VEG", (60, 30, 30), 2**-0.667),  # 0.25 / (0.5^0.667 * 0.25^0.333)
    ("COM2", (50, 100, 50), 0.36 * 0.5 + 0.47 * 18.58845 + 0.17 * 2),
]


@pytest.mark.parametrize(("band", "colour", "expected"), BY_HAND)
def test_bands_have_the_values_worked_by_hand(band, colour, expected):
    assert value(band, *colour) == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_indices_do_not_see_brightness():
    for band in INDICES:
        assert value(band, 30, 60, 15) == pytest.approx(value(band, 120, 240, 60), rel=1e-5)


def test_every_band_of_the_settings_is_known_and_the_reverse():
    assert set(get_args(Band)) == {*COLOURS, *INDICES}


@pytest.mark.parametrize("colour", [(0, 0, 0), (0, 255, 0), (255, 0, 0), (0, 0, 255), (0, 1, 0)])
def test_bands_of_black_and_pure_colours_are_finite(colour):
    bands = compute_bands(pixel(*colour), [*COLOURS, *INDICES])
    assert np.isfinite(bands).all()
    assert np.abs(bands).max() < 300


def test_black_has_no_colour_and_no_vegetation():
    assert [value(band, 0, 0, 0) for band in ("R", "ExG", "ExR", "ExGR", "NGRDI", "VEG")] == [0] * 6
    assert value("CIVE", 0, 0, 0) == pytest.approx(18.78745)


def test_bands_come_in_the_order_asked_for_beside_the_image_axis():
    images = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 3), dtype=np.uint8)
    bands = compute_bands(images, ["B", "ExG", "R"])
    assert (bands.shape, bands.dtype) == ((2, 3, 4, 5), np.float32)
    np.testing.assert_allclose(bands[:, 0], images[..., 2] / 255, rtol=1e-6)
    np.testing.assert_allclose(bands[:, 2], images[..., 0] / 255, rtol=1e-6)
    r, g, b = np.moveaxis(images / images.sum(axis=-1, keepdims=True), -1, 0)
    np.testing.assert_allclose(bands[:, 1], 2 * g - r - b, atol=1e-6)


def test_an_unknown_band_is_answered_with_the_nearest_and_all_names():
    with pytest.raises(TopolensError, match=r"unknown band 'ExB'.*Did you mean.*'ExG'.*Valid: B, CIVE, COM2"):
        compute_bands(pixel(1, 2, 3), ["R", "ExB"])
