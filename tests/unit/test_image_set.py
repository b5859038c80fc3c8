"""Sets of images: rows by split and class, and the file between stages."""

import numpy as np
import pytest

from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError


def images(masks=False):
    """Six images of two classes: three to train on, one for validation, two for tests."""
    generator = np.random.default_rng(0)
    return ImageSet(
        images=generator.integers(0, 256, (6, 4, 5, 3), dtype=np.uint8),
        targets=generator.integers(0, 2, (6, 4, 5), dtype=np.uint8)
        if masks
        else np.array([0, 1, 0, 1, 1, 1], np.uint8),
        split=np.array([0, 0, 2, 0, 1, 2], np.uint8),
        classes=["soil", "crop row"],
        names=np.array(["a", "b", "c", "d", "e", "ä"]),
        source="made up",
    )


@pytest.mark.parametrize(
    ("split", "label", "expected"),
    [
        ("train", None, [0, 1, 3]),
        ("validation", None, [4]),
        ("test", None, [2, 5]),
        ("train", "crop row", [1, 3]),
        ("test", "soil", [2]),
    ],
)
def test_rows_of_a_split_and_class_come_in_file_order(split, label, expected):
    assert images().rows(split, label).tolist() == expected


def test_masks_have_rows_but_no_classes_of_images():
    assert images(masks=True).rows("test").tolist() == [2, 5]
    with pytest.raises(TopolensError, match="'soil'"):
        images(masks=True).rows("test", "soil")


def test_an_unknown_class_and_an_empty_choice_are_named():
    with pytest.raises(TopolensError, match=r"class 'sky': .* soil, crop row"):
        images().rows("train", "sky")
    with pytest.raises(TopolensError, match=r"no images in split 'validation' of class 'soil'"):
        images().rows("validation", "soil")


@pytest.mark.parametrize("masks", [False, True])
def test_a_set_is_read_as_it_was_written(masks, tmp_path):
    before = images(masks)
    before.write(tmp_path / "images.npz")
    after = ImageSet.read(tmp_path / "images.npz")
    for name in ("images", "targets", "split", "names"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
        assert getattr(after, name).dtype == getattr(before, name).dtype
    assert (after.classes, after.source, after.are_masks) == (before.classes, before.source, masks)


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "images.npz").write_bytes(b"no archive")
    with pytest.raises(TopolensError, match=r"images\.npz: not a readable"):
        ImageSet.read(tmp_path / "images.npz")
