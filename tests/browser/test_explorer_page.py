"""The explorer page in a real browser, from a file, without a network."""

from dataclasses import replace

import numpy as np
import pytest

from topolens.explorer.page import ExplorerLayer, PageWords, explorer_page
from topolens.mapper.forks import find_forks, score_forks
from topolens.mapper.graph import MapperGraph
from topolens.mapper.mapper_graph import mapper_graph
from topolens.mapper.nodes import class_counts

selenium = pytest.importorskip("selenium", reason="selenium is missing: make install")
from browser_page import DESKTOP, PHONE, BrowserPage, needs_browser  # noqa: E402
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.wait import WebDriverWait  # noqa: E402

pytestmark = needs_browser
EVIL = "</script><img src=x onerror=alert(1)>"
CLASSES = ["stem", "left", EVIL, "nobody"]


def y_layer():
    """A stem that forks into two arms, with a class for each part; image i is all of one colour that tells i."""
    generator = np.random.default_rng(0)
    part = np.repeat([0, 1, 2], 200)
    along = generator.uniform(0, 4, size=len(part))
    directions = np.array([[1, 0], [0.8, 0.6], [0.8, -0.6]])
    starts = np.array([[1.0, 0], [5, 0], [5, 0]])
    cloud = starts[part] + along[:, None] * directions[part] + 0.05 * generator.normal(size=(len(part), 2))
    graph = mapper_graph(cloud, intervals=12, overlap=0.3, eps=0.4)
    forks = score_forks(graph, find_forks(graph, 5), part, 99, 0)
    pictures = np.zeros((len(graph.members), 24, 24, 3), np.uint8)
    pictures[..., 1] = 8 * np.arange(len(graph.members))[:, None, None]
    return ExplorerLayer("Y", graph, part, forks, [], pictures)


def grid_layer():
    """A graph of 400 nodes and 760 edges: a grid, whose squares are loops."""
    nodes = np.arange(400).reshape(20, 20)
    edges = np.vstack([np.column_stack([nodes[:, :-1].ravel(), nodes[:, 1:].ravel()]),
                       np.column_stack([nodes[:-1].ravel(), nodes[1:].ravel()])])  # fmt: skip
    edges = edges[np.lexsort(edges.T[::-1])]
    labels = np.random.default_rng(0).integers(0, 3, 600)
    members = [np.array(sorted({node, (7 * node) % 600})) for node in range(400)]
    graph = MapperGraph(members, np.arange(400) // 20, np.linspace(1, 3, 600), edges, np.full(len(edges), 0.5))
    return ExplorerLayer("grid", graph, labels)


def noise_layer():
    nothing = MapperGraph([], np.zeros(0, int), np.ones(600), np.zeros((0, 2), int), np.zeros(0))
    return ExplorerLayer("noise", nothing, np.zeros(600, int))


def large_page():
    generator = np.random.default_rng(0)

    def pictures(count, side):
        rough = generator.integers(0, 256, (count, side // 4, side // 4, 3), dtype=np.uint8)
        return rough.repeat(4, axis=1).repeat(4, axis=2)

    def chain():
        rows, starts = generator.permutation(10_000), np.arange(299)
        members = [np.sort(rows[33 * node : 33 * node + 50]) for node in range(300)]
        edges = np.column_stack([starts, starts + 1])
        return MapperGraph(members, np.arange(300), np.linspace(1, 2, 10_000), edges, np.full(299, 0.2))

    labels = generator.integers(0, 10, 10_000)
    layers = [ExplorerLayer(name, chain(), labels, [], [], pictures(300, 96)) for name in "abc"]
    return explorer_page(layers, pictures(10_000, 32), [f"class {k}" for k in range(10)], PageWords("Large"), seed=0)


def told_by_colour(count, side=16):
    """Images of one colour: red tells the number modulo 25, blue the rest."""
    numbers = np.arange(count)
    colours = np.stack([10 * (numbers % 25), np.full(count, 128), 10 * (numbers // 25)], axis=1).astype(np.uint8)
    return np.broadcast_to(colours[:, None, None], (count, side, side, 3)).copy()


class Page(BrowserPage):
    """The explorer, in the words of these tests."""

    def bright(self):
        """Nodes that are not dimmed."""
        return {int(node.get_attribute("data-node")) for node in self.all(".node:not(.dim)")}

    @property
    def title(self):
        return self.one("#panel-title").text

    @property
    def focused(self):
        """The node that has the focus, or None."""
        return self.run("const one = document.activeElement.closest('.node'); return one && +one.dataset.node")

    @property
    def view(self):
        return self.one("#world").get_attribute("transform")


@pytest.fixture(scope="module")
def layer():
    return y_layer()


@pytest.fixture(scope="module")
def address(layer, tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "explorer.html"
    layers = [layer, grid_layer(), noise_layer()]
    file.write_text(
        explorer_page(layers, told_by_colour(600), CLASSES, PageWords(EVIL, (EVIL,)), seed=0), encoding="utf-8"
    )
    return file.as_uri()


@pytest.fixture
def page(driver, address):
    """The page, freshly opened on a desktop; afterwards it must have logged nothing."""
    page = Page(driver)
    page.screen(DESKTOP)
    page.requests()
    driver.get(address)
    yield page
    assert driver.get_log("browser") == []


def test_it_asks_for_nothing_but_itself(page, address):
    page.all(".node")[0].click()
    page.choose("layer", "grid")
    assert page.requests() == [address]


def test_the_policy_forbids_any_fetch_and_foreign_scripts(page):
    fetched = "fetch('data:text/plain,x').then(() => arguments[0]('fetched'), () => arguments[0]('refused'))"
    assert page.driver.execute_async_script(fetched) == "refused"
    page.run("const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)")
    assert page.run("return window.ran") is None
    refused = page.driver.get_log("browser")
    assert refused
    assert all("Content Security Policy" in entry["message"] for entry in refused)


def test_a_large_page_paints_early(page, tmp_path):
    """Ten thousand images, three layers of 300 nodes with ten classes and pictures: what a full run shows."""
    file = tmp_path / "large.html"
    file.write_text(large_page(), encoding="utf-8")
    assert file.stat().st_size > 5e6
    page.driver.get(file.as_uri())
    painted = "return performance.getEntriesByName('first-contentful-paint').map((one) => one.startTime)"
    (paint,) = WebDriverWait(page.driver, 10).until(lambda _: page.run(painted))
    assert paint < 2000
    assert len(page.all(".node")) == 300


def test_it_draws_the_graph(page, layer):
    assert len(page.all(".node")) == len(layer.graph.members)
    assert len(page.all("#edges line")) == len(layer.graph.edges)
    box = page.run("const b = document.querySelector('#graph').getBoundingClientRect(); return [b.right, b.bottom]")
    for node in page.all(".node"):
        assert 0 < node.rect["x"] < box[0]
        assert 0 < node.rect["y"] < box[1]


def test_a_click_shows_the_node(page, layer):
    node = max(range(len(layer.graph.members)), key=lambda number: len(layer.graph.members[number]))
    page.all(".node")[node].click()
    assert page.title == f"Node {node}"
    assert page.all(".node")[node].get_attribute("aria-pressed") == "true"
    terms = dict(zip([t.text for t in page.all("#panel dt")], [t.text for t in page.all("#panel dd")], strict=True))
    assert terms["Points"] == str(len(layer.graph.members[node]))
    assert terms["Mean norm"] == f"{layer.graph.lens[layer.graph.members[node]].mean():.2f}"
    neighbours = layer.graph.edges[(layer.graph.edges == node).any(axis=1)].sum(axis=1) - node
    links = page.all("#panel .links button")
    assert sorted(int(link.text.split()[0]) for link in links) == sorted(neighbours)
    other = int(links[0].text.split()[0])
    links[0].click()
    assert page.title == f"Node {other}"


def test_pictures_are_those_of_the_node_and_described(page, layer):
    page.all(".node")[3].click()
    WebDriverWait(page.driver, 10).until(lambda _: page.run("return [...document.images].every((i) => i.naturalWidth)"))
    colours = page.run(
        "return [...document.images].map((image) => {"
        "  const canvas = document.createElement('canvas').getContext('2d');"
        "  canvas.drawImage(image, 0, 0);"
        "  return [image.alt, image.naturalWidth, ...canvas.getImageData(5, 5, 1, 1).data.slice(0, 3)]; })"
    )
    (alt, width, _, green, _), *examples = colours
    assert (alt, width) == ("Feature picture of node 3", 24)
    assert abs(green - 24) <= 3
    numbers = [round(red / 10) + 25 * round(blue / 10) for _, _, red, _, blue in examples]
    assert len(set(numbers)) == 9
    assert set(numbers) <= set(layer.graph.members[3].tolist())
    for number, (alt, *_) in zip(numbers, examples, strict=True):
        assert alt == f"Example image of class {CLASSES[layer.labels[number]]}"


def test_a_node_without_a_feature_picture_shows_none(page, layer, tmp_path):
    pictured = np.array([3, 5])
    some = replace(layer, feature_pictures=layer.feature_pictures[pictured], pictured=pictured)
    file = tmp_path / "some.html"
    file.write_text(explorer_page([some], told_by_colour(600), CLASSES, PageWords("Some"), seed=0), encoding="utf-8")
    page.driver.get(file.as_uri())
    for node, described in ((5, ["Feature picture of node 5"]), (4, []), (3, ["Feature picture of node 3"]), (0, [])):
        page.all(".node")[node].click()
        assert page.title == f"Node {node}"
        assert [image.get_attribute("alt") for image in page.all("#panel .feature img")] == described
        assert ("Feature picture" in [heading.text for heading in page.all("#panel h3")]) == bool(described)
        assert page.all("#panel .examples figure")


def test_hovering_shows_a_node_and_leaving_shows_the_selected_one_again(page):
    nodes = page.all(".node")
    nodes[2].click()
    ActionChains(page.driver).move_to_element(nodes[5]).perform()
    assert page.title == "Node 5"
    ActionChains(page.driver).move_to_element(page.one("#title")).perform()
    assert page.title == "Node 2"


def test_the_filter_dims_nodes_with_a_smaller_share(page, layer):
    counts = class_counts(layer.graph, layer.labels, 4)
    shares = counts[:, 1] / counts.sum(axis=1)
    page.key(Keys.ESCAPE)
    page.choose("filter", "left")
    for percent in (50, 90):
        page.run("const s = arguments[0]; s.value = arguments[1]; s.dispatchEvent(new Event('input'))",
                 page.one("#share"), percent)  # fmt: skip
        kept = set(np.flatnonzero(shares >= percent / 100).tolist())
        assert 0 < len(kept) < len(shares)
        assert page.bright() == kept
        assert page.one("#filter-result").text == f"{len(kept)} of {len(shares)} nodes"
    page.choose("filter", "nobody")
    assert page.bright() == set()
    assert page.one("#filter-result").text == "no point of this class lies in a node"
    page.choose("filter", "all classes")
    assert len(page.bright()) == len(shares)


def test_colours_by_class_purity_and_norm_have_a_legend(page, layer):
    assert len(page.all("#legend .swatch")) == 4
    assert page.all(".node path")
    page.choose("colour", "purity")
    assert page.all(".node path") == []
    assert page.one("#legend").text.split("\n")[1:] == ["0 %", "100 %"]
    page.choose("colour", "mean norm")
    means = [layer.graph.lens[rows].mean() for rows in layer.graph.members]
    assert page.one("#legend").text.split("\n")[1:] == [f"{min(means):.2f}", f"{max(means):.2f}"]
    fills = [circle.get_attribute("fill") for circle in page.all(".node circle:last-child")]
    shades = page.run("return JSON.parse(document.querySelector('#data').textContent).shades")
    ends = [f"rgb({','.join(str(int(shade[place : place + 2], 16)) for place in (1, 3, 5))})" for shade in shades]
    assert fills[int(np.argmin(means))] == ends[0]
    assert fills[int(np.argmax(means))] == ends[-1]


def test_a_fork_is_highlighted(page, layer):
    (fork,) = layer.forks
    (button,) = page.all("#structures button")
    assert "entropy" in button.text
    assert "p = 0.01" in button.text
    assert page.bright() == {fork.node, *(node for arm in fork.arms for node in arm)}
    assert page.title == f"Fork at node {fork.node}"
    assert [text.text for text in page.all("#marks text")] == ["arm 1", "arm 2"]
    assert page.one(".node.marked").get_attribute("data-node") == str(fork.node)
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert len(page.bright()) == len(layer.graph.members)
    button.click()
    assert page.title == f"Fork at node {fork.node}"


def test_it_opens_at_the_fork_that_tells_most(page, layer, tmp_path):
    weaker = replace(layer, name="weaker", forks=[replace(fork, p_value=0.5) for fork in layer.forks])
    file = tmp_path / "two.html"
    pages = {"claim T1": "report.html#T1"}
    file.write_text(
        explorer_page([weaker, layer], told_by_colour(600), CLASSES, PageWords("Two", links=pages), seed=0),
        encoding="utf-8",
    )
    page.driver.get(file.as_uri())
    assert page.one("#layer").get_attribute("value") == "1"
    assert page.title == f"Fork at node {layer.forks[0].node}"
    assert page.one("#notes a").text == "claim T1"
    assert page.one("#notes a").get_attribute("href").endswith("report.html#T1")


def test_a_layer_is_shown_at_another_draw_of_positions(page, layer, tmp_path):
    redrawn = replace(grid_layer(), name=layer.name, position=2)
    file = tmp_path / "draws.html"
    made = explorer_page([layer, redrawn, noise_layer()], told_by_colour(600), CLASSES, PageWords("Draws"), seed=0)
    file.write_text(made, encoding="utf-8")
    page.driver.get(file.as_uri())
    assert [option.text for option in page.all("#layer option")] == [layer.name, "noise"]
    assert [option.text for option in page.all("#position option")] == ["1", "2"]
    page.choose("position", "2")
    assert len(page.all(".node")) == 400
    assert page.one("#layer").get_attribute("value") == "0"
    assert page.title == f"Layer {layer.name}"
    page.choose("layer", "noise")
    assert not page.one("#position").is_displayed()
    page.choose("layer", layer.name)
    assert page.one("#position").get_attribute("value") == "0"
    assert len(page.all(".node")) == len(layer.graph.members)


def test_arms_show_their_pictures_and_images(page, layer):
    described = [image.get_attribute("alt") for image in page.all("#panel .examples img")]
    for arm in layer.forks[0].arms:
        assert f"Feature picture of node {arm[-1]}" in described
    assert "Example image of class left" in described


def test_the_keyboard_reaches_selects_and_clears(page, layer):
    for _ in range(12):
        page.key(Keys.TAB)
        if page.focused is not None:
            break
    start = page.focused
    assert start is not None
    assert page.run("return getComputedStyle(document.activeElement.querySelector('.ring')).strokeWidth") == "8px"
    assert page.title == f"Node {start}"
    for arrow in (Keys.ARROW_RIGHT, Keys.ARROW_LEFT, Keys.ARROW_UP, Keys.ARROW_DOWN):
        page.key(arrow)
        if page.focused != start:
            break
    moved = page.focused
    assert sorted([start, moved]) in layer.graph.edges.tolist()
    page.key(Keys.ENTER)
    assert page.all(".node")[moved].get_attribute("aria-pressed") == "true"
    page.key(Keys.ESCAPE)
    assert page.title == "Layer Y"
    assert page.all(".node[aria-pressed=true]") == []
    before = page.view
    page.key("+")
    assert page.view != before
    page.key("0")
    assert page.view == before


def test_arrow_keys_reach_every_node(page, layer):
    page.run("document.querySelector('.node').focus()")
    seen, waiting = {page.focused}, [page.focused]
    while waiting:
        start = waiting.pop()
        for arrow in ("ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"):
            page.run("const n = document.querySelectorAll('.node')[arguments[0]]; n.focus();", start)
            reached = page.run(
                "const n = document.querySelectorAll('.node')[arguments[0]];"
                "n.dispatchEvent(new KeyboardEvent('keydown', {key: arguments[1], bubbles: true}));"
                "return +document.activeElement.dataset.node", start, arrow)  # fmt: skip
            if reached not in seen:
                seen.add(reached)
                waiting.append(reached)
    assert len(seen) == len(layer.graph.members)


def test_wheel_buttons_and_dragging_move_the_view(page):
    graph, whole = page.one("#graph"), page.view
    scale = float(whole.split("scale(")[1].rstrip(")"))
    page.one("[data-zoom='1.5']").click()
    assert float(page.view.split("scale(")[1].rstrip(")")) == pytest.approx(1.5 * scale)
    zoomed = page.view
    page.run("arguments[0].dispatchEvent(new WheelEvent('wheel', {deltaY: -100, clientX: 300, clientY: 300}))", graph)
    assert float(page.view.split("scale(")[1].rstrip(")")) > 1.5 * scale
    page.one("[data-zoom='0']").click()
    assert page.view == whole
    page.all(".node")[0].click()
    ActionChains(page.driver).drag_and_drop_by_offset(graph, 80, 40).perform()
    assert page.view not in (whole, zoomed)
    assert page.title == "Node 0", "dragging selects nothing and clears nothing"


def test_two_fingers_zoom(page):
    def touch(kind, *points):
        places = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        page.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    page.screen(PHONE)
    scale = float(page.view.split("scale(")[1].rstrip(")"))
    touch("touchStart", (170, 300), (210, 300))
    for step in range(1, 9):
        touch("touchMove", (170 - 5 * step, 300), (210 + 5 * step, 300))
    touch("touchEnd")
    assert float(page.view.split("scale(")[1].rstrip(")")) > 1.8 * scale


def test_a_phone_shows_everything_in_one_column(page):
    page.screen(PHONE)
    assert page.run("return document.documentElement.scrollWidth") <= 390
    page.all(".node")[1].click()
    assert page.run("return document.documentElement.scrollWidth") <= 390
    top = page.run("return document.querySelector('#panel-title').getBoundingClientRect().top")
    assert 0 <= top < PHONE["height"]  # the panel is seen after a tap
    graph, panel = page.one("#graph-box").rect, page.one("#panel").rect
    assert panel["y"] >= graph["y"] + graph["height"]
    assert panel["width"] == pytest.approx(graph["width"])
    page.choose("layer", "grid")
    assert page.run("return document.documentElement.scrollWidth") <= 390


def test_names_stay_text(page):
    assert page.one("#title").text == EVIL
    assert page.driver.title == EVIL
    assert page.one("#notes").text == EVIL
    page.all(".node")[0].click()
    assert EVIL in page.one("#legend").text
    page.choose("filter", EVIL)
    assert page.all("img[src='x']") == []


def test_everything_that_can_be_operated_has_a_name(page):
    page.all(".node")[0].click()
    for control in page.all("button, select, input, .node"):
        if control.is_displayed():
            assert control.accessible_name, control.get_attribute("outerHTML")
    assert all(image.get_attribute("alt") for image in page.all("img"))


def test_a_layer_of_noise_says_so_and_others_still_work(page):
    page.choose("layer", "noise")
    assert page.one("#empty").text.startswith("DBSCAN found only noise in this layer: none of its 600 points")
    assert page.title == "Layer noise"
    page.choose("colour", "purity")
    page.choose("filter", "left")
    page.one("#graph").click()
    page.choose("layer", "Y")
    assert not page.one("#empty").is_displayed()
    assert page.all(".node")


def test_four_hundred_nodes_move_smoothly(page):
    page.choose("layer", "grid")
    frames = page.driver.execute_async_script(
        "const [graph, done] = arguments; const times = []; let last = performance.now();"
        "const zoom = (now) => { times.push(now - last); last = now;"
        "  if (times.length > 30) return done(times.slice(1));"
        "  graph.dispatchEvent(new WheelEvent('wheel', {deltaY: -30, clientX: 400, clientY: 400}));"
        "  requestAnimationFrame(zoom); };"
        "requestAnimationFrame(zoom)", page.one("#graph"))  # fmt: skip
    # Without a GPU, on a busy machine: a reader's is several times as fast.
    assert np.median(frames) < 150
