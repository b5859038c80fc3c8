import base64
import hashlib
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from topolens.errors import TopolensError
from topolens.explorer import templates
from topolens.explorer.page import ExplorerLayer, PageWords, explorer_page
from topolens.explorer.sprites import sprites
from topolens.explorer.templates import template_hash
from topolens.figures.style import CLASS_COLOURS
from topolens.mapper.examples import example_rows
from topolens.mapper.graph import Fork, Loop, MapperGraph
from topolens.mapper.layout import layout

EVIL = "</script><img src=x onerror=alert(1)>&<!--\u2028\u2029"
CLASSES = ["cat", "dog", "ship"]


def chain(members, points):
    """Nodes in a row, each joined with the next."""
    edges = np.array([(node, node + 1) for node in range(len(members) - 1)], dtype=np.int64).reshape(-1, 2)
    return MapperGraph(
        members=[np.array(rows, dtype=np.int64) for rows in members],
        intervals=np.arange(len(members)),
        lens=np.linspace(1, 2, points),
        edges=edges,
        jaccard=np.full(len(edges), 1 / 3),
    )


def small_layer(name="ReLU1", **changes):
    """Three nodes on six points, each of an image of its own."""
    layer = ExplorerLayer(
        name=name,
        graph=chain([[0, 1, 2], [2, 3], [3, 4, 5]], 6),
        labels=np.array([0, 0, 1, 1, 0, 0]),
        forks=[Fork(1, [[2], [0]], 1.0, 0.9, 0.7, 0.5), Fork(1, [[0], [2]], 1.0, 0.2, 0.9, 0.001)],
        loops=[Loop([0, 1, 2], 0.9, 0.6, 0.25)],
    )
    return replace(layer, **changes)


def small_images(count=6, side=8):
    return np.full((count, side, side, 3), 40, np.uint8) * np.arange(1, count + 1, dtype=np.uint8)[:, None, None, None]


def page_of(*layers, images=None, classes=CLASSES, title="A title", notes=(), **options):
    images = small_images() if images is None else images
    return explorer_page(layers or [small_layer()], images, classes, PageWords(title, tuple(notes)), seed=0, **options)


def embedded(page, name="data"):
    return json.loads(re.search(f'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL)[1])


def test_a_page_by_hand():
    data = embedded(page_of(notes=["One.", "Two."], examples=2))
    assert data["title"] == "A title"
    assert data["notes"] == ["One.", "Two."]
    (layer,) = data["layers"]
    assert (layer["name"], layer["points"], layer["covered"]) == ("ReLU1", 6, 6)
    positions = layout(small_layer().graph, 0)
    first, middle, _ = layer["nodes"]
    assert first.pop("examples")
    assert first == {
        **{"x": pytest.approx(positions[0, 0], abs=1e-4), "y": pytest.approx(positions[0, 1], abs=1e-4)},
        **{"interval": 0, "size": 3, "mean_norm": pytest.approx(1.2), "purity": pytest.approx(2 / 3)},
        **{"entropy": pytest.approx(0.9183, abs=1e-4), "counts": [2, 1, 0], "feature": None},
    }
    assert sorted(middle["examples"]) == [[1, 1], [2, 1]]
    assert layer["edges"] == [[0, 1, 0.3333], [1, 2, 0.3333]]
    best, other = layer["forks"]
    assert (best["p_value"], other["p_value"]) == (0.001, 0.5)
    assert best["parts"] == [{"nodes": [0], "counts": [2, 1, 0]}, {"nodes": [2], "counts": [2, 1, 0]}]
    # A point that several nodes of the loop hold is counted once.
    assert layer["loops"][0]["parts"] == [{"nodes": [0, 1, 2], "counts": [4, 2, 0]}]


def test_the_page_names_the_layer_of_the_fork_that_tells_most():
    forks = small_layer().forks
    weak = small_layer("weak", forks=forks[:1])
    clearer = small_layer("clearer", forks=[replace(fork, arm_entropy=0.1) for fork in forks])
    data = embedded(page_of(weak, small_layer(), clearer))
    assert data["telling"] == 2
    assert [fork["p_value"] for fork in data["layers"][2]["forks"]] == [0.001, 0.5]  # the clearest first
    assert embedded(page_of(small_layer(forks=[Fork(1, [[0], [2]])])))["telling"] is None  # without scores


def test_missing_scores_are_null():
    data = embedded(page_of(small_layer(forks=[Fork(1, [[0], [2]])], loops=[Loop([0, 1, 2])])))
    (fork,), (loop,) = data["layers"][0]["forks"], data["layers"][0]["loops"]
    assert fork["p_value"] is fork["arm_entropy"] is loop["entropy"] is None


@pytest.mark.parametrize(
    ("pictured", "features"), [(None, [0, 1, 2]), ([0, 2], [0, None, 1]), ([2, 0], [1, None, 0]), ([], [None] * 3)]
)
def test_nodes_know_their_feature_pictures(pictured, features):
    count = 3 if pictured is None else len(pictured)
    nodes = None if pictured is None else np.array(pictured, dtype=np.int64)
    layer = small_layer(feature_pictures=small_images(count), pictured=nodes)
    page = page_of(layer)
    assert [node["feature"] for node in embedded(page)["layers"][0]["nodes"]] == features
    (sheets,) = embedded(page, "pictures")["features"]
    assert len(sheets["sheets"]) == min(count, 1)
    assert layer.picture_of == {node: number for node, number in enumerate(features) if number is not None}


def test_without_feature_pictures_no_node_has_one():
    assert small_layer().picture_of == small_layer(pictured=np.array([1])).picture_of == {}


def test_names_stay_text_wherever_they_appear():
    harmless = page_of()
    page = page_of(small_layer(EVIL), classes=[EVIL, "dog", "ship"], title=EVIL, notes=[EVIL])
    data = embedded(page)
    assert data["title"] == data["notes"][0] == data["classes"][0]["name"] == data["layers"][0]["name"] == EVIL
    assert "<img" not in page
    for sign in ("</script", "<script", "<!--"):
        assert page.count(sign) == harmless.count(sign)
    assert "\u2028" not in "".join(re.findall(r"<script.*?</script>", page, re.DOTALL))
    assert re.search("<title>(.*?)</title>", page)[1].startswith("&lt;/script&gt;&lt;img")


def test_inserted_text_is_no_template():
    page = page_of(title="{{script}} {{data}}")
    assert embedded(page)["title"] == "{{script}} {{data}}"
    assert page.count("function movable") == 1


def test_only_the_script_and_style_of_the_page_may_run_and_nothing_be_fetched():
    page = page_of()
    policy = re.search('http-equiv="Content-Security-Policy" content="(.*?)"', page)[1]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["img-src"] == "data:"
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert directives[directive] == f"'sha256-{digest}'"
    outside = re.sub(r"data:image/jpeg;base64,[^\"]*|http://www\.w3\.org/2000/svg", "", page)
    assert "://" not in outside
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|eval\(", page)


def test_same_arguments_same_bytes_and_another_seed_other_examples():
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (40, 8, 8, 3), dtype=np.uint8)
    graph = chain([np.arange(20), np.arange(10, 40)], 40)
    layer = ExplorerLayer("a", graph, np.zeros(40, int))
    arguments = ([layer], images, CLASSES, PageWords("title"))
    page = explorer_page(*arguments, examples=3, seed=1)
    assert page == explorer_page(*arguments, examples=3, seed=1)
    assert page != explorer_page(*arguments, examples=3, seed=2)


def test_examples_are_images_of_the_node_at_most_so_many_and_shared():
    graph = chain([np.arange(30), np.arange(20, 50), [50]], 60)
    order = np.random.default_rng(3).permutation(60)
    rows = example_rows(graph.members, order, 9)
    assert [len(part) for part in rows] == [9, 9, 1]
    for part, members in zip(rows, graph.members, strict=True):
        assert len(set(part.tolist()) & set(members.tolist())) == len(part)
    # What is an example of one node and lies in the other comes before anything that the other shows without it.
    for row in set(rows[0].tolist()) & set(graph.members[1].tolist()):
        assert row in rows[1] or order[row] > order[rows[1]].max()


def test_each_row_is_as_likely_to_be_shown():
    graph = chain([np.arange(10)], 10)
    generator = np.random.default_rng(0)
    shown = np.zeros(10)
    for _ in range(2000):
        shown[example_rows(graph.members, generator.permutation(10), 3)[0]] += 1
    assert np.abs(shown / 2000 - 0.3).max() < 5 * np.sqrt(0.3 * 0.7 / 2000)


def test_only_shown_images_are_embedded_each_once():
    layers = [small_layer(name, graph=chain([[4]], 6), forks=[], loops=[]) for name in "ab"]
    pictures = embedded(page_of(*layers), "pictures")
    assert pictures["features"] == [None, None]
    (sheet,) = pictures["images"]["sheets"]
    decoded = Image.open(io.BytesIO(base64.b64decode(sheet.partition(",")[2])))
    assert decoded.height == 8
    assert abs(int(np.asarray(decoded)[0, 0, 0]) - 200) <= 2


def test_sprites_keep_place_and_colour():
    pictures = np.random.default_rng(0).integers(0, 256, (300, 1, 1, 3), dtype=np.uint8).repeat(20, 1).repeat(24, 2)
    sheets = sprites(pictures, 64)
    assert (sheets.width, sheets.height, sheets.cell) == (24, 20, (24, 24))
    (sheet,) = sheets.sheets
    decoded = np.asarray(Image.open(io.BytesIO(base64.b64decode(sheet.partition(",")[2]))), dtype=int)
    for number, picture in enumerate(pictures):
        down, across = divmod(number, sheets.columns)
        part = decoded[24 * down : 24 * down + 20, 24 * across : 24 * across + 24]
        assert np.abs(part - picture).max() <= 6


def test_sprites_shrink_and_spread_over_sheets():
    sheets = sprites(np.zeros((20, 300, 150, 3), np.uint8), 64)
    assert (sheets.width, sheets.height, sheets.cell) == (32, 64, (32, 64))
    large = sprites(np.zeros((5, 1000, 1000, 3), np.uint8), 1000)
    assert (large.columns, large.capacity, len(large.sheets)) == (2, 4, 2)
    assert sprites(np.zeros((0, 8, 8, 3), np.uint8), 64).sheets == []


def test_colours_are_those_of_figures_and_rare_classes_share_the_grey():
    colours = [one["colour"] for one in embedded(page_of())["classes"]]
    assert colours == [f"#{''.join(f'{round(255 * part):02x}' for part in colour)}" for colour in CLASS_COLOURS[:3]]
    counts = np.array([5, 0, 9, 1, 8, 7, 1, 6, 6, 6, 6, 6])
    labels = np.repeat(np.arange(12), counts)
    graph = chain([np.arange(len(labels))], len(labels))
    layer, images = ExplorerLayer("a", graph, labels), np.zeros((len(labels), 8, 8, 3), np.uint8)
    page = page_of(layer, images=images, classes=list("abcdefghijkl"))
    colours = [one["colour"] for one in embedded(page)["classes"]]
    assert [place for place, colour in enumerate(colours) if colour == "#949494"] == [1, 3, 6]
    assert len(set(colours)) == 10


def test_graphs_without_nodes_have_a_page():
    layer = ExplorerLayer("ReLU1", chain([], 5), np.zeros(5, int), feature_pictures=np.zeros((0, 8, 8, 3), np.uint8))
    page = page_of(layer)
    assert embedded(page)["layers"][0] == {
        **{"name": "ReLU1", "position": 1, "points": 5, "covered": 0},
        **{"nodes": [], "edges": [], "forks": [], "loops": []},
    }
    assert embedded(page, "pictures")["images"]["sheets"] == []
    assert "DBSCAN found only noise" in page


def test_a_page_of_ten_thousand_images_is_small():
    """Three layers of 300 nodes, images as rough as photographs, a feature picture for each node."""
    generator = np.random.default_rng(0)

    def pictures(count, side):
        rough = generator.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
        return np.array([np.asarray(Image.fromarray(one).resize((side, side))) for one in rough])

    images, labels = pictures(10_000, 32), generator.integers(0, 10, 10_000)
    layers = []
    for name in "abc":
        rows = generator.permutation(10_000)
        graph = chain([np.sort(rows[33 * node : 33 * node + 50]) for node in range(300)], 10_000)
        layers.append(ExplorerLayer(name, graph, labels, [], [], pictures(300, 96)))
    page = explorer_page(layers, images, [str(number) for number in range(10)], PageWords("title"), seed=0)
    assert len(page.encode()) < 8e6


WRONG = {
    "layer 'ReLU1': labels: expected one for each of the 6 points": {"labels": np.zeros(5, int)},
    "layer 'ReLU1': labels: expected 0 to 2 for 3 classes": {"labels": np.full(6, 3)},
    "layer 'ReLU1': expected 3 feature_pictures, found 2": {"feature_pictures": np.zeros((2, 8, 8, 3), np.uint8)},
    r"layer 'ReLU1': feature_pictures: expected \(n, height, width, 3\) uint8": {
        "feature_pictures": np.zeros((3, 8, 8))
    },
    "layer 'ReLU1': expected 2 feature_pictures, found 3": {
        "feature_pictures": small_images(3),
        "pictured": np.array([0, 2]),
    },
    r"layer 'ReLU1': pictured: expected different nodes of 3, found \[0, 3\]": {
        "feature_pictures": small_images(2),
        "pictured": np.array([0, 3]),
    },
    r"layer 'ReLU1': pictured: expected different nodes of 3, found \[-1\]": {
        "feature_pictures": small_images(1),
        "pictured": np.array([-1]),
    },
    r"layer 'ReLU1': pictured: expected different nodes of 3, found \[1, 1\]": {
        "feature_pictures": small_images(2),
        "pictured": np.array([1, 1]),
    },
    "layer 'ReLU1': forks or loops name node 7 of 3": {"loops": [Loop([0, 1, 7])]},
}


@pytest.mark.parametrize("message", WRONG)
def test_a_layer_whose_parts_do_not_fit(message):
    with pytest.raises(TopolensError, match=message):
        page_of(small_layer(**WRONG[message]))


def test_wrong_arguments():
    with pytest.raises(TopolensError, match=r"different names or positions, found \[\('a', 1\), \('a', 1\)\]"):
        page_of(small_layer("a"), small_layer("a"))
    with pytest.raises(TopolensError, match="layers: expected at least one"):
        explorer_page([], small_images(), CLASSES, PageWords("title"), seed=0)
    with pytest.raises(TopolensError, match="layer 'ReLU1': 6 points, but 5 images"):
        page_of(images=small_images(5))
    with pytest.raises(TopolensError, match="examples=0: expected at least 1"):
        page_of(examples=0)
    with pytest.raises(TopolensError, match=r"images: expected \(n, height, width, 3\) uint8, found .* float64; scale"):
        page_of(images=np.zeros((3, 8, 8, 3)))


def test_the_hash_covers_each_template(monkeypatch):
    before = template_hash()
    assert re.fullmatch("[0-9a-f]{16}", before)
    unchanged = templates.template_text
    hashes = {before}
    for edited in templates.TEMPLATES:
        monkeypatch.setattr(
            templates, "template_text", lambda name, edited=edited: unchanged(name) + " " * (name == edited)
        )
        hashes.add(template_hash())
    assert len(hashes) == 5
