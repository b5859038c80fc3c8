"""The sheet of all figures."""

import numpy as np
import pytest
from PIL import Image

from topolens.errors import TopolensError
from topolens.figures.sheet import COLUMNS, GAP, LABEL, TILE, write_sheet


def test_every_figure_has_a_tile_under_its_name_and_studies_start_rows(tmp_path):
    for study, count, colour in (("a", COLUMNS + 1, "red"), ("b", 1, "blue")):
        (tmp_path / study).mkdir()
        for number in range(count):
            Image.new("RGB", (2 * TILE, TILE), colour).save(tmp_path / study / f"f{number}.png")
    assert write_sheet(tmp_path, tmp_path / "sheet.png") == COLUMNS + 2
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    height = TILE // 2 + LABEL + GAP
    assert sheet.shape == (3 * height + GAP, COLUMNS * (TILE + GAP) + GAP, 3)

    def colour(row, column):
        return sheet[GAP + row * height + LABEL + 5, GAP + column * (TILE + GAP) + 5].tolist()

    assert [colour(0, column) for column in range(COLUMNS)] == [[255, 0, 0]] * COLUMNS
    assert [colour(1, 0), colour(1, 1), colour(2, 0)] == [[255, 0, 0], [255, 255, 255], [0, 0, 255]]
    assert (sheet[GAP : GAP + LABEL, GAP : GAP + TILE] < 128).any()  # the name


def test_a_folder_without_figures_is_refused(tmp_path):
    with pytest.raises(TopolensError, match="expected figures, found none"):
        write_sheet(tmp_path, tmp_path / "sheet.png")
