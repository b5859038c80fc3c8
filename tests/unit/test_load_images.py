"""From the name of an image set to its images: lookup order, archives, download, stand-ins and the stage."""

import hashlib
import io
import logging
import pickle
import tarfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from topolens.config.data import DataSet
from topolens.data import load_images as load_module
from topolens.data import vision
from topolens.data.cifar10 import TRAIN_BATCHES
from topolens.data.dataset import STAND_IN
from topolens.data.files import KnownArchive, KnownDataset, KnownFile, listing, read_catalogue
from topolens.data.image_set import ImageSet
from topolens.data.load_images import load_images
from topolens.errors import TopolensError
from topolens.stages.images import prepare_images

CATALOGUE = Path(__file__).parents[2] / "workflow" / "config" / "datasets.yaml"
FOLDER = "cifar-10-batches-py"


@pytest.fixture(autouse=True)
def _no_data_folder_of_the_user(monkeypatch):
    monkeypatch.delenv("TOPOLENS_DATA", raising=False)


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def batches():
    """Six batch files of two images each."""
    names = [*TRAIN_BATCHES, "test_batch"]
    parts = [(np.full((2, 3072), number, np.uint8), [number, 9 - number]) for number in range(6)]
    return {
        f"{FOLDER}/{name}": pickle.dumps({b"data": data, b"labels": labels, b"filenames": [b"x", b"y"]}, protocol=2)
        for name, (data, labels) in zip(names, parts, strict=True)
    }


def fields():
    """Three photographs with their ground truth."""
    photograph = io.BytesIO()
    Image.new("RGB", (320, 240), (90, 120, 60)).save(photograph, format="JPEG")
    files = {f"Images/row_{number}.JPG": photograph.getvalue() for number in range(3)}
    return files | {f"GT data/row_{number}.crp": b"0.0\t40.0\r\n" * 240 for number in range(3)}


def put(files, folder):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def pack(files, archive):
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return archive


@pytest.fixture
def catalogue(tmp_path):
    """Both sets, small, each with an archive that lies in tmp_path/packed."""
    cifar10 = pack(batches(), tmp_path / "packed" / "cifar.tar.gz")
    crbd = pack(fields(), tmp_path / "packed" / "crbd.tar.gz")
    whole = listing(put(fields(), tmp_path / "unpacked"))
    about = {"title": "t", "source": "s", "licence": "l"}
    return {
        "cifar10": KnownDataset(
            **about,
            files={name: KnownFile(md5=hashlib.md5(content).hexdigest()) for name, content in batches().items()},
            archives={cifar10.name: KnownArchive(sha256=sha256(cifar10.read_bytes()))},
        ),
        "crbd": KnownDataset(
            **about,
            files={"crbd": KnownFile(sha256=sha256(whole))},
            archives={crbd.name: KnownArchive(sha256=sha256(crbd.read_bytes()), into="crbd")},
        ),
    }


def load(name, catalogue, root, *, real_only=False, download=False, **settings):
    return load_images(DataSet(name=name, **settings), catalogue, root, real_only=real_only, download=download)


def test_unpacked_files_are_read_where_they_lie(catalogue, tmp_path):
    root = tmp_path / "project"
    put(batches(), root / "data")
    put(fields(), tmp_path / "shared" / "data" / "crbd")
    cifar10 = load("cifar10", catalogue, root, real_only=True)
    assert cifar10.targets.tolist() == [0, 9, 1, 8, 2, 7, 3, 6, 4, 5, 5, 4]
    assert cifar10.images[:, 0, 0, 0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    crbd = load("crbd", catalogue, root, real_only=True, test=0.34)
    assert crbd.names.tolist() == ["row_0", "row_1", "row_2"]
    assert len(crbd.rows("test")) == 1
    assert sorted(path.name for path in (root / "data").iterdir()) == [FOLDER]


@pytest.mark.parametrize(("name", "folder"), [("cifar10", FOLDER), ("crbd", "crbd")])
def test_an_archive_is_unpacked_once_into_the_projects_data_folder(name, folder, catalogue, tmp_path, monkeypatch):
    monkeypatch.setenv("TOPOLENS_DATA", str(tmp_path / "packed"))
    root = tmp_path / "project"
    first = load(name, catalogue, root, real_only=True)
    assert [path.name for path in (root / "data").iterdir()] == [folder]
    monkeypatch.delenv("TOPOLENS_DATA")
    np.testing.assert_array_equal(load(name, catalogue, root, real_only=True).images, first.images)


@pytest.mark.parametrize("change", ["a byte", "a file more", "a file less"])
def test_a_folder_that_is_not_as_known_is_refused(change, catalogue, tmp_path):
    crbd = put(fields(), tmp_path / "project" / "data" / "crbd")
    file = crbd / "GT data" / "row_1.crp"
    if change == "a byte":
        file.write_bytes(b"1" + file.read_bytes()[1:])
    elif change == "a file more":
        (crbd / "Images" / "row_3.JPG").write_bytes(b"")
    else:
        file.unlink()
    with pytest.raises(TopolensError, match=r"data/crbd: sha256 expected .*, found .*replace or remove"):
        load("crbd", catalogue, tmp_path / "project")


def test_hidden_files_of_a_file_manager_do_not_matter(catalogue, tmp_path):
    crbd = put(fields(), tmp_path / "project" / "data" / "crbd")
    (crbd / "Images" / ".DS_Store").write_bytes(b"x")
    assert len(load("crbd", catalogue, tmp_path / "project", real_only=True).images) == 3


@pytest.mark.parametrize("name", ["cifar10", "crbd"])
def test_without_files_a_stand_in_is_used_with_a_warning_and_refused_at_the_full_scale(
    name, catalogue, tmp_path, caplog
):
    with caplog.at_level(logging.WARNING, "topolens"):
        images = load(name, catalogue, tmp_path / "project")
    assert images.source.startswith(STAND_IN)
    assert f"{name}: no files found; using a stand-in" in caplog.text
    with pytest.raises(TopolensError, match=rf"{name}: the full scale needs the real files.*tar\.gz.*TOPOLENS_DATA"):
        load(name, catalogue, tmp_path / "project", real_only=True)


def torchvision_that(download):
    return lambda: SimpleNamespace(datasets=SimpleNamespace(CIFAR10=download))


def test_a_download_is_checked_kept_and_read(catalogue, tmp_path, monkeypatch):
    def fake(folder, download):
        put(batches(), Path(folder))
        pack(batches(), Path(folder) / "cifar-10-python.tar.gz")

    monkeypatch.setattr(vision, "import_torchvision", torchvision_that(fake))
    root = tmp_path / "project"
    assert len(load("cifar10", catalogue, root, real_only=True, download=True).images) == 12
    assert [path.name for path in (root / "data").iterdir()] == [FOLDER]
    monkeypatch.setattr(vision, "import_torchvision", lambda: pytest.fail("asked again"))
    assert len(load("cifar10", catalogue, root, real_only=True, download=True).images) == 12


def test_a_download_that_breaks_off_leaves_nothing(catalogue, tmp_path, monkeypatch, caplog):
    def fake(folder, download):
        put(dict(list(batches().items())[:3]), Path(folder))
        raise RuntimeError("no network")

    monkeypatch.setattr(vision, "import_torchvision", torchvision_that(fake))
    root = tmp_path / "project"
    assert load("cifar10", catalogue, root, download=True).source.startswith(STAND_IN)
    assert "cifar10: download failed (no network)" in caplog.text
    assert list((root / "data").iterdir()) == []


def test_the_network_is_asked_only_where_allowed_and_never_for_crbd(catalogue, tmp_path, monkeypatch):
    monkeypatch.setattr(vision, "import_torchvision", lambda: pytest.fail("the network was asked"))
    monkeypatch.setattr(load_module, "stand_in_cifar10", lambda: "c")
    monkeypatch.setattr(load_module, "stand_in_crbd", lambda settings: settings.row_width)
    assert load("cifar10", catalogue, tmp_path / "project", download=False) == "c"
    assert load("crbd", catalogue, tmp_path / "project", download=True, row_width=0.25) == 0.25


def test_a_set_that_the_catalogue_lacks_is_named(catalogue, tmp_path):
    with pytest.raises(TopolensError, match=r"data\.name: unknown data set 'crbd'"):
        load("crbd", {"cifar10": catalogue["cifar10"]}, tmp_path)


def test_the_projects_catalogue_has_both_sets_with_archives():
    catalogue = read_catalogue(CATALOGUE)
    assert len(catalogue["cifar10"].files) == 6
    assert len(catalogue["cifar10"].archives) == 2
    assert catalogue["crbd"].archives["crbd.tar.gz"].into == "crbd"


def test_the_stage_writes_the_images_it_found(catalogue, tmp_path):
    put(fields(), tmp_path / "project" / "data" / "crbd")
    prepare_images(
        tmp_path / "data.npz",
        data=[DataSet(name="crbd")],
        catalogue=catalogue,
        root=tmp_path / "project",
        real_only=True,
        download=False,
    )
    images = ImageSet.read(tmp_path / "data.npz")
    assert images.names.tolist() == ["row_0", "row_1", "row_2"]
    assert images.are_masks
