"""Figures as they are embedded in a page."""

import base64

import numpy as np
from PIL import Image

from topolens.report.picture import WIDEST, embedded_picture, small_png


def test_rare_colours_stay_what_they_are(tmp_path):
    """A page of many oranges with a thin bar of purples, of which a palette by frequency keeps few."""
    generator = np.random.default_rng(0)
    pixels = np.stack([generator.integers(low, 255, (200, 200)) for low in (200, 100, 40)], axis=2).astype(np.uint8)
    pixels[198:] = np.linspace([40, 0, 70], [200, 190, 230], 200).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "one.png")
    (tmp_path / "small.png").write_bytes(small_png(tmp_path / "one.png"))

    def worst(image):
        return np.abs(np.asarray(image.convert("RGB")).astype(int) - pixels)[198:].max()

    assert worst(Image.open(tmp_path / "small.png")) <= 24
    assert worst(Image.fromarray(pixels).quantize(256)) > 40
    assert (tmp_path / "small.png").stat().st_size < (tmp_path / "one.png").stat().st_size / 2


def test_a_wide_figure_is_made_as_wide_as_a_page_shows(tmp_path):
    Image.new("RGB", (2 * WIDEST, 100), "red").save(tmp_path / "wide.png")
    picture = embedded_picture(tmp_path / "wide.png")
    assert (picture.width, picture.height) == (WIDEST, 50)
    head, _, content = picture.uri.partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(content) == small_png(tmp_path / "wide.png")


def test_photographs_are_small_too(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (400, 400, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "many.png")
    assert len(small_png(tmp_path / "many.png")) < (tmp_path / "many.png").stat().st_size / 2
