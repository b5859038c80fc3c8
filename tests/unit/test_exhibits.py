"""What is committed of a finished run to be looked at."""

import json
import re
from pathlib import Path

import pytest
from mapper_run import LAYERS

from topolens.artifacts import read_json
from topolens.errors import TopolensError
from topolens.exhibits import EXAMPLES, exhibit
from topolens.mapper.graph import Fork
from topolens.mapper.telling import most_telling

STUDY = Path(__file__).parents[2] / "workflow" / "config" / "studies" / "cifar10.yaml"
FILES = {"data.npz": "data.npz", "graphs.npz": "one-graphs.npz", "structures.json": "one-structures.json"}


@pytest.fixture
def project(tmp_path, mapper_folder):
    """A project with one study, and what a finished run of it and of disks has left."""
    studies, results = tmp_path / "workflow/config/studies", tmp_path / "results/full/cifar10/main"
    for folder in (studies, results, tmp_path / "figures/full/disks"):
        folder.mkdir(parents=True)
    text = STUDY.read_text(encoding="utf-8").replace(
        "[ReLU12, ReLU22, ReLU33, ReLU43, ReLU53]", f"[{', '.join(LAYERS)}]"
    )
    (studies / "cifar10.yaml").write_text(text, encoding="utf-8")
    for name, made in (FILES | {"pictures.npz": "pictures.npz"}).items():
        (results / name).symlink_to(mapper_folder / made)
    (tmp_path / "figures/full/disks/landscapes_h1.png").write_bytes(b"a picture")
    (tmp_path / "results/full/topolens.pdf").write_bytes(b"a paper")
    return tmp_path


def test_picture_paper_and_a_small_explorer_are_kept(project, mapper_folder):
    picture, paper, page = exhibit(project, "full", 20)
    assert (picture, picture.read_bytes()) == (project / "figures/reference/landscapes_h1.png", b"a picture")
    assert (paper, paper.read_bytes()) == (project / "paper/topolens.pdf", b"a paper")
    text = page.read_text(encoding="utf-8")
    data = json.loads(re.search('<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])
    structures = read_json(mapper_folder / "one-structures.json")
    telling = most_telling({layer: [Fork(**fork) for fork in structures[layer]["forks"]] for layer in LAYERS})
    assert {layer["name"] for layer in data["layers"]} == {telling[0] if telling else LAYERS[-1]}
    nodes = [node for layer in data["layers"] for node in layer["nodes"]]
    assert max(len(node["examples"]) for node in nodes) == EXAMPLES


def test_nothing_is_kept_of_an_unfinished_run(project):
    (project / "results/full/topolens.pdf").unlink()
    with pytest.raises(TopolensError, match=r"topolens\.pdf: not made yet; run `make reproduce SCALE=full`"):
        exhibit(project, "full", 20)
    assert not (project / "figures/reference").exists()
