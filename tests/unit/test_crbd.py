"""CRBD: centre lines, masks worked by hand, the fixed split, and every way in which its files can be wrong."""

import numpy as np
import pytest
from PIL import Image

from topolens.config.data import DataSet
from topolens.data.crbd import HEIGHT, WIDTH, draw_mask, random_split, read_crbd, read_rows, row_centres
from topolens.data.dataset import STAND_IN
from topolens.data.image_set import SPLITS
from topolens.errors import TopolensError


def settings(**changes):
    return DataSet(name="crbd", **changes)


def crp(*rows):
    return "".join(f"{offset:.6f}\t{spacing:.6f}\r\n" for offset, spacing in rows).encode()


@pytest.fixture
def folder(tmp_path):
    """Three photographs, of one grey each, out of order and with both suffixes."""
    for name in ("Images", "GT data"):
        (tmp_path / name).mkdir()
    for number, name in ((2, "row_2.JPG"), (3, "row_3.jpg"), (1, "row_1.JPG")):
        Image.new("RGB", (WIDTH, HEIGHT), (60 * number,) * 3).save(tmp_path / "Images" / name, format="JPEG")
        (tmp_path / "GT data" / f"row_{number}.crp").write_bytes(crp(*[(0, 100)] * number))
    return tmp_path


# Centre lines and masks


@pytest.mark.parametrize(
    ("offset", "spacing", "expected"),
    [
        (0, 100, [60, 160, 260]),
        (0, 160, [0, 160]),  # 320 is outside
        (-0.5, 160, [159, 319]),  # -0.5 is outside, though it rounds to 0
        (-7.25, 42.5, [25, 67, 110, 152, 195, 237, 280]),
        (500, 100, [60, 160, 260]),
        (-1040.5, 400, [319]),
        (100, 1000, [260]),
        (400, 1000, []),
    ],
)
def test_centres_are_the_floors_of_all_whole_steps_inside_the_image(offset, spacing, expected):
    assert row_centres(offset, spacing).tolist() == expected


def test_centres_equal_those_of_a_plain_loop():
    generator = np.random.default_rng(0)
    for offset, spacing in zip(generator.uniform(-300, 300, 50), generator.uniform(1, 200, 50), strict=True):
        every = (int(np.floor(offset + step * spacing + 160)) for step in range(-500, 501))
        assert row_centres(offset, spacing).tolist() == [column for column in every if 0 <= column < 320]


def test_a_band_is_as_wide_as_its_share_of_the_spacing():
    mask = draw_mask(np.array([[0.0, 100.0]]), 0.2)
    assert np.flatnonzero(mask[239]).tolist() == [*range(40, 81), *range(140, 181), *range(240, 281)]
    assert (mask.shape, mask.dtype, mask[:239].any()) == ((240, 320), np.uint8, False)


def test_a_narrow_band_reaches_one_pixel_each_way():
    mask = draw_mask(np.array([[0.0, 100.0]]), 0.001)
    assert np.flatnonzero(mask[239]).tolist() == [59, 60, 61, 159, 160, 161, 259, 260, 261]


def test_bands_that_meet_fill_the_row_and_a_row_without_centres_stays_empty():
    mask = draw_mask(np.array([[0.0, 3.0], [400.0, 1000.0]]), 0.2)
    assert mask[238].all()
    assert not mask[239].any()


def test_the_last_line_is_the_lowest_image_row():
    mask = draw_mask(np.array([[10.0, 500.0], [20.0, 500.0]]), 0.001)
    assert [np.flatnonzero(mask[row]).tolist() for row in (237, 238, 239)] == [[], [169, 170, 171], [179, 180, 181]]


@pytest.mark.parametrize("content", [b"-7.5\t42.25\r\n1e1\t3\r\n", b"-7.5\t42.25\n10\t3"], ids=["CRLF", "LF"])
def test_lines_are_read_with_either_line_end(content, tmp_path):
    (tmp_path / "a.crp").write_bytes(content)
    assert read_rows(tmp_path / "a.crp").tolist() == [[-7.5, 42.25], [10, 3]]


@pytest.mark.parametrize(
    "line",
    [b"5.0", b"", b"5.0 40.0", b"5.0\t40.0\t1.0", b"five\t40.0", b"5.0\t", b"5.0\t0.0", b"5.0\t-40.0", b"nan\t40.0",
     b"5.0\tnan", b"inf\t40.0", b"5.0\tinf", b"\xff\t40.0"],
)  # fmt: skip
def test_a_bad_line_is_named_by_file_and_number(line, tmp_path):
    (tmp_path / "a.crp").write_bytes(b"1.0\t40.0\r\n" + line + b"\r\n2.0\t40.0\r\n")
    with pytest.raises(TopolensError, match=r"a\.crp, line 2: expected .*d > 0.*found .*replace the file"):
        read_rows(tmp_path / "a.crp")


@pytest.mark.parametrize("count", [0, 241])
def test_too_many_lines_or_none_are_refused(count, tmp_path):
    (tmp_path / "a.crp").write_bytes(crp(*[(0, 40)] * count))
    with pytest.raises(TopolensError, match=rf"a\.crp: expected 1 to 240 lines, found {count}"):
        read_rows(tmp_path / "a.crp")


# The whole folder


def test_photographs_and_masks_are_paired_and_sorted_by_name(folder):
    images = read_crbd(folder, settings())
    assert images.names.tolist() == ["row_1", "row_2", "row_3"]
    assert (images.images.shape, images.images.dtype) == ((3, 240, 320, 3), np.uint8)
    assert images.images[:, 100, 100, 0].tolist() == [60, 120, 180]
    assert (images.targets.shape, images.targets.dtype) == ((3, 240, 320), np.uint8)
    assert images.targets.any(axis=2).sum(axis=1).tolist() == [1, 2, 3]
    assert images.classes == ["soil", "crop row"]
    assert not images.source.startswith(STAND_IN)
    assert images.are_masks


def test_the_row_width_is_that_of_the_settings(folder):
    thin, thick = (read_crbd(folder, settings(row_width=width)).targets for width in (0.1, 0.3))
    assert (thin.sum(), thick.sum()) == (6 * 3 * 21, 6 * 3 * 61)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("Images/row_4.JPG", r"Images/row_4\.JPG: nothing of that name in .*GT data"),
        ("GT data/row_4.crp", r"GT data/row_4\.crp: nothing of that name in .*Images"),
    ],
)
def test_a_photograph_without_ground_truth_is_named_and_the_reverse(extra, message, folder):
    (folder / extra).write_bytes(b"")
    with pytest.raises(TopolensError, match=message):
        read_crbd(folder, settings())


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(TopolensError, match=r"Images: no \.jpg files"):
        read_crbd(tmp_path, settings())


@pytest.mark.parametrize("damage", [lambda content: b"", lambda content: b"no JPEG", lambda content: content[:-900]])
def test_a_damaged_photograph_is_named(damage, folder):
    file = folder / "Images" / "row_3.jpg"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(TopolensError, match=r"row_3\.jpg: not a readable JPEG"):
        read_crbd(folder, settings())


def test_a_photograph_of_another_size_is_refused_with_both_sizes(folder):
    Image.new("RGB", (HEIGHT, WIDTH)).save(folder / "Images" / "row_2.JPG", format="JPEG")
    with pytest.raises(TopolensError, match=r"row_2\.JPG: expected 320x240 pixels, found 240x320"):
        read_crbd(folder, settings())


# The split


def test_the_split_has_the_stated_shares_and_depends_on_its_seed_alone():
    split = random_split(281, settings(validation=0.1, test=0.2))
    assert np.bincount(split).tolist() == [197, 28, 56]
    assert split.dtype == np.uint8
    np.testing.assert_array_equal(split, random_split(281, settings(validation=0.1, test=0.2, row_width=0.4)))
    assert (split != random_split(281, settings(validation=0.1, test=0.2, split_seed=1))).any()
    # The images kept for tests stay the same whatever is kept for validation.
    test = SPLITS.index("test")
    np.testing.assert_array_equal(split == test, random_split(281, settings(test=0.2)) == test)


def test_a_split_that_leaves_nothing_to_train_on_is_refused():
    with pytest.raises(TopolensError, match=r"data\.validation 0\.5 and data\.test 0\.5 leave none of 10 images"):
        random_split(10, settings(validation=0.5, test=0.5))
    assert not random_split(10, settings()).any()


def test_R22_a_photograph_that_declares_a_huge_size_is_refused_before_it_is_made(folder):
    file = folder / "Images" / "row_3.jpg"
    content = bytearray(file.read_bytes())
    frame = content.index(b"\xff\xc0")  # the frame's header: length, precision, height, width
    content[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"
    file.write_bytes(content)
    with pytest.raises(TopolensError, match=r"row_3.jpg: (expected 320x240 pixels, found 65535x65535|not a readable)"):
        read_crbd(folder, settings())


def test_R16_hidden_files_are_no_photographs(folder):
    for name in ("._row_1.JPG", ".z.jpg"):
        (folder / "Images" / name).write_bytes(b"metadata of a file manager")
    (folder / "GT data" / "._row_1.crp").write_bytes(b"x")
    assert read_crbd(folder, settings()).names.tolist() == ["row_1", "row_2", "row_3"]
