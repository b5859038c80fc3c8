"""CIFAR-10: handmade batch files, their layout, and files that are damaged or ask for code to be run."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from topolens.data.cifar10 import CLASSES, TRAIN_BATCHES, read_batch, read_cifar10
from topolens.data.dataset import STAND_IN
from topolens.data.image_set import SPLITS
from topolens.errors import TopolensError


def batch(count=3, start=0, **changes):
    """What a batch file holds: rows of 1,024 red, then green, then blue values."""
    data = (np.arange(count * 3072) + start).astype(np.uint8).reshape(count, 3072)
    labels = [(start + number) % 10 for number in range(count)]
    names = [f"image_{start + number}.png".encode() for number in range(count)]
    return {b"data": data, b"labels": labels, b"filenames": names} | {
        key.encode(): value for key, value in changes.items()
    }


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_batch_has_its_colours_last_and_its_rows_downwards(protocol):
    images, labels, names = read_batch(Path("b"), pickle.dumps(batch(), protocol=protocol))
    assert (images.shape, images.dtype, labels.dtype) == ((3, 32, 32, 3), np.uint8, np.uint8)
    for row, column in (0, 0), (5, 7), (31, 30):
        # 1,024 is a multiple of 256, so that all three colours are alike here.
        assert images[0, row, column].tolist() == [(32 * row + column) % 256] * 3
    assert labels.tolist() == [0, 1, 2]
    assert names.tolist() == ["image_0.png", "image_1.png", "image_2.png"]


def test_colours_of_a_batch_are_told_apart():
    data = np.repeat(np.array([[200, 100, 50]], np.uint8), 1024, axis=1)
    images, _, _ = read_batch(Path("b"), pickle.dumps(batch(1, data=data), protocol=2))
    assert (images == [200, 100, 50]).all()


@pytest.mark.parametrize("order", [range(6), reversed(range(6)), [3, 5, 0, 1, 4, 2]])
def test_six_files_become_one_set_with_its_test_split_in_any_order(order):
    names = [*TRAIN_BATCHES, "test_batch"]
    contents = [pickle.dumps(batch(2, start=2 * number), protocol=2) for number in range(6)]
    images = read_cifar10({Path("cifar") / names[place]: contents[place] for place in order})
    assert images.targets.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert images.names[[0, -1]].tolist() == ["image_0.png", "image_11.png"]
    assert [SPLITS[place] for place in images.split] == ["train"] * 10 + ["test"] * 2
    assert images.classes == CLASSES
    assert not images.are_masks
    assert not images.source.startswith(STAND_IN)


class Evil:
    def __init__(self, call, *arguments):
        self.call, self.arguments = call, arguments

    def __reduce__(self):
        return self.call, self.arguments


@pytest.mark.parametrize("place", ["alone", "inside"])
def test_a_file_that_asks_for_code_is_refused_and_nothing_is_run(place, tmp_path):
    evil = Evil(os.mkdir, str(tmp_path / "made"))
    content = pickle.dumps(evil if place == "alone" else batch(labels=evil), protocol=2)
    with pytest.raises(TopolensError, match=r"data_batch_1: not a batch file of CIFAR-10 \(it asks for .*mkdir\)"):
        read_batch(Path("data_batch_1"), content)
    assert not (tmp_path / "made").exists()
    pickle.loads(content)
    assert (tmp_path / "made").exists(), "the file would not have done anything in the first place"


@pytest.mark.parametrize("allowed", [Evil(eval, "1"), Evil(np.fromfile, "x"), Evil(getattr, 1, "real")])
def test_other_functions_of_python_and_numpy_are_refused(allowed):
    with pytest.raises(TopolensError, match="it asks for"):
        read_batch(Path("b"), pickle.dumps(allowed, protocol=2))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no pickle",
        pickle.dumps(batch(), protocol=2)[:-50],
        pickle.dumps([1, 2]),
        pickle.dumps({b"data": 1}),
        pickle.dumps(batch(labels=[1, 2])),
        pickle.dumps(batch(labels=[1, 2, 10])),
        pickle.dumps(batch(labels=[1, 2, -1])),
        pickle.dumps(batch(labels=[1, 2, 300])),
        pickle.dumps(batch(labels=["a", "b", "c"])),
        pickle.dumps(batch(filenames=[b"a"])),
        pickle.dumps(batch(filenames=[1, 2, 3])),
        pickle.dumps(batch(data=np.zeros((3, 3071), np.uint8))),
        pickle.dumps(batch(data=np.zeros((3, 3072), np.float32))),
    ],
    ids=["empty", "no pickle", "cut", "list", "keys", "few labels", "label 10", "label -1", "label 300", "words",
         "few names", "names", "size", "type"],
)  # fmt: skip
def test_a_damaged_batch_is_named(content):
    with pytest.raises(TopolensError, match=r"test_batch: not a batch file of CIFAR-10 .*replace it"):
        read_batch(Path("test_batch"), content)


@pytest.mark.parametrize("shape", [(10**15,), (10**9, 10**9), (-1,)])
def test_R22_a_pickle_that_asks_for_more_memory_than_there_is_is_refused(shape):
    empty = Evil(np._core.multiarray._reconstruct, np.ndarray, shape, b"B")
    with pytest.raises(TopolensError, match="not a batch file of CIFAR-10"):
        read_batch(Path("b"), pickle.dumps({b"data": empty}, protocol=2))


def test_R22_a_nest_without_end_is_refused():
    nested: list = []
    content = b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b"."
    del nested
    with pytest.raises(TopolensError, match="not a batch file of CIFAR-10"):
        read_batch(Path("b"), content)
