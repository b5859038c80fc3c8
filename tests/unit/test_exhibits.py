"""What is committed of a finished run to be looked at."""

import json
import re
import shutil
from pathlib import Path

import pytest
from mapper_run import LAYERS
from PIL import Image, ImageColor

from topolens.artifacts import read_json
from topolens.errors import TopolensError
from topolens.exhibits import EXAMPLES, exhibit
from topolens.mapper.graph import Fork
from topolens.mapper.telling import most_telling

ROOT = Path(__file__).parents[2]
FILES = {"data.npz": "data.npz", "graphs.npz": "one-graphs.npz", "structures.json": "one-structures.json"}
COLOURS = {
    "disks/landscapes_h1": "red",
    "disks/complexity_by_snapshot": "green",
    "mnist/complexity_by_snapshot": "blue",
}


@pytest.fixture
def project(tmp_path, mapper_folder):
    """The project with two findings, and what a finished run has left of it that is looked at."""
    config, results = tmp_path / "workflow/config", tmp_path / "results/full/cifar10/main"
    shutil.copytree(ROOT / "workflow/config", config)
    study, findings = config / "studies/cifar10.yaml", config / "findings.yaml"
    layers = f"[{', '.join(LAYERS)}]"
    text = study.read_text(encoding="utf-8").replace("[ReLU12, ReLU22, ReLU33, ReLU43, ReLU53]", layers)
    study.write_text(text, encoding="utf-8")
    stands_on = [{"disks W3": "any", "mnist W3": "any"}, {"disks W3.gaussian": "any"}]
    told = [{"id": f"one {name}", "text": "a", "stands_on": rows} for name, rows in zip("ab", stands_on, strict=True)]
    findings.write_text(json.dumps(told), encoding="utf-8")
    results.mkdir(parents=True)
    for name, made in (FILES | {"pictures.npz": "pictures.npz"}).items():
        (results / name).symlink_to(mapper_folder / made)
    for name in COLOURS:
        picture = tmp_path / f"figures/full/{name}.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (30, 20), COLOURS[name]).save(picture)
    shutil.copy(ROOT / "results/reference/full/claims.csv", tmp_path / "results/full/claims.csv")
    (tmp_path / "results/full/topolens.pdf").write_bytes(b"a paper")
    return tmp_path


def test_figures_of_findings_paper_and_a_small_explorer_are_kept(project, mapper_folder):
    paper, *pictures, page = exhibit(project, "full", 20)
    assert (paper, paper.read_bytes()) == (project / "paper/topolens.pdf", b"a paper")
    colours = {f"{name.replace('/', '_')}.png": ImageColor.getrgb(colour) for name, colour in COLOURS.items()}
    assert {file.name: Image.open(file).convert("RGB").getpixel((3, 3)) for file in pictures} == colours
    assert {file.parent for file in pictures} == {project / "figures/reference"}
    text = page.read_text(encoding="utf-8")
    data = json.loads(re.search('<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])
    structures = read_json(mapper_folder / "one-structures.json")
    telling = most_telling({layer: [Fork(**fork) for fork in structures[layer]["forks"]] for layer in LAYERS})
    assert {layer["name"] for layer in data["layers"]} == {telling[0] if telling else LAYERS[-1]}
    nodes = [node for layer in data["layers"] for node in layer["nodes"]]
    assert max(len(node["examples"]) for node in nodes) == EXAMPLES


@pytest.mark.parametrize("missing", ["topolens.pdf", "claims.csv"])
def test_nothing_is_kept_of_an_unfinished_run(project, missing):
    (project / "results/full" / missing).unlink()
    with pytest.raises(TopolensError, match=rf"{missing}: not made yet; run `make reproduce SCALE=full`"):
        exhibit(project, "full", 20)
    assert not (project / "figures/reference").exists()
