"""The stage of the explorer page: it shows the graphs and pictures that other stages left."""

import json
import re

from mapper_run import LAYERS

from topolens.artifacts import read_arrays
from topolens.explorer.of_run import CAUTION, NOTE
from topolens.explorer.page import PageWords
from topolens.stages.explorer import write_explorer


def test_the_page_shows_the_graphs(mapper_folder, tmp_path):
    files = [mapper_folder / name for name in ("data.npz", "one-graphs.npz", "one-structures.json", "pictures.npz")]
    page, words = tmp_path / "page.html", PageWords("Graphs", links={"claim T1": "../report.html#T1"})
    write_explorer(*files, page, layers=LAYERS, words=words, seed=0)
    text = page.read_text(encoding="utf-8")
    data = re.search('<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1]
    shown = json.loads(data)
    graphs, pictures = (read_arrays(mapper_folder / name) for name in ("one-graphs.npz", "pictures.npz"))
    assert shown["notes"] == [NOTE, CAUTION, "Images: made up."]
    assert shown["links"] == {"claim T1": "../report.html#T1"}
    assert [(one["name"], one["position"]) for one in shown["layers"]] == [(name, k) for name in LAYERS for k in (1, 2)]
    for layer in shown["layers"][1::2]:
        assert [node["size"] for node in layer["nodes"]] == graphs[f"{layer['name']}.position2.sizes"].tolist()
        assert all(node["feature"] is None for node in layer["nodes"])
    for layer in shown["layers"][::2]:
        nodes = layer["nodes"]
        assert [node["size"] for node in nodes] == graphs[f"{layer['name']}.sizes"].tolist()
        with_picture = [number for number, node in enumerate(nodes) if node["feature"] is not None]
        assert with_picture == pictures[f"{layer['name']}.nodes"].tolist()
        assert [nodes[number]["feature"] for number in with_picture] == [0, 1]
    assert not re.search(r"(src|href)=\"https?://", text)
