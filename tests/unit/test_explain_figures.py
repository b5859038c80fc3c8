"""The figures of other explanations on small made-up runs, with values that say where they belong."""

import matplotlib as mpl

mpl.use("agg")

from dataclasses import asdict, replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from drawn_figure import drawn
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.colors import to_rgb
from matplotlib.contour import QuadContourSet

from topolens.artifacts import write_arrays, write_json
from topolens.config.analyses import Attributions, Intervals, Mapper
from topolens.config.clouds import PositionClouds
from topolens.config.data import DataSet
from topolens.config.homology import Landscapes
from topolens.config.networks import ImageNetwork
from topolens.config.run import Run
from topolens.config.study import Study
from topolens.config.training import ImageTraining
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.figures import attributions, depth, latent_panels, mapper_graphs, planes
from topolens.figures.style import CLASS_COLOURS, NULL_COLOUR, network_colours, use_style
from topolens.mapper.examples import example_rows, fork_parts
from topolens.mapper.graph import Fork, Loop, MapperGraph
from topolens.mapper.graph_arrays import graph_to_arrays
from topolens.mapper.layout import layout
from topolens.results import Results
from topolens.seeding import child_generator

CLASSES = ["airplane", "cat", "dog"]
VGG_LAYERS = ["ReLU11", "ReLU12", "ReLU22"]
MAPPER_LAYERS = ["ReLU12", "ReLU22"]
UNET_LAYERS = ["E1-ReLU1", "B-ReLU2", "D1-ReLU1"]
MADE = {"architecture": "vgg16", "classes": CLASSES, "groups": ["cat", "all"], "networks": ["VGG-16"]}
CROPS = {"architecture": "unet", "classes": ["soil", "crop"], "groups": ["all"], "networks": ["RGB", "M1", "M2"]}


@pytest.fixture(autouse=True)
def _style():
    use_style()
    yield
    plt.close("all")


def make_run(folder, layers, is_crops=False, side=None):
    """A run whose images are there and nothing else yet."""
    kind = CROPS if is_crops else MADE
    mapper = Mapper(
        layers=MAPPER_LAYERS, repeats=2, intervals=4, overlap=0.3, min_points=1, noise_clouds=1, pair=("cat", "dog"),
    )  # fmt: skip
    settings = Run(
        data=DataSet(name="crbd" if is_crops else "cifar10"),
        networks=[
            ImageNetwork(name=name, architecture=kind["architecture"], bands=["R"], first_filters=1)
            for name in kind["networks"]
        ],
        seeds=[3, 4],
        training=ImageTraining(epochs=1, batch_size=2, learning_rate=0.1),
        clouds=PositionClouds(of="positions", points=10, repeats=2, groups=kind["groups"], layers=layers),
        landscapes=Landscapes(degree=1, levels=2, main_levels=2, samples=11),
        intervals=Intervals(bootstrap=20),
        attributions=Attributions(images=2, window=2, stride=1, steps=2, networks=["RGB", "M2"] if is_crops else None),
        mapper=None if is_crops else mapper,
    )
    study = Study(name="toy", title="", scale="smoke", runs={"main": settings}, variants={}, figures={})
    (folder / "toy" / "main").mkdir(parents=True)
    shape = (6, 4, 6, 3) if side is None else (6, side, side, 3)
    images = np.arange(np.prod(shape)).reshape(shape) % 256
    masks = np.zeros((6, 4, 6))
    masks[:, 1:3, 2:5] = 1
    ImageSet(
        images=images.astype(np.uint8),
        targets=(masks if is_crops else np.array([0, 0, 1, 1, 2, 2])).astype(np.uint8),
        split=np.full(6, 2, np.uint8),
        classes=kind["classes"],
        names=np.array([f"image {number}" for number in range(6)]),
        source="made up",
    ).write(folder / "toy" / "main" / "data.npz")
    return Results(folder / "toy", study, "main")


@pytest.fixture
def classes(tmp_path):
    """A classifier with one network, explained by everything."""
    return make_run(tmp_path, VGG_LAYERS)


@pytest.fixture
def crops(tmp_path):
    """Networks that find masks, two of three explained, without Mapper graphs."""
    return make_run(tmp_path, UNET_LAYERS, is_crops=True)


def file_of(run, name):
    return run.folder / "main" / name


def texts(artist):
    return [text.get_text() for text in artist.findobj(plt.Text) if text.get_text()]


def lines_of(axes, label):
    return [line for line in axes.lines if line.get_label() == label]


def legend_of(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def legend_names(figure):
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def colours_of(collection):
    return {tuple(np.round(colour[:3], 6)) for colour in collection.get_facecolor()}


def rounded(colour):
    return tuple(np.round(to_rgb(colour), 6))


# --- maps of one photograph ----------------------------------------------------------------------

PICTURED = [4, 2, 3]  # rows of the set: a dog, a cat told wrong, a cat told right
UNKEPT = 5


def write_maps(run):
    """Heat that is 1 in one pixel, -0.5 in another and says which image, and scores that say which layer.

    Of a second cat that is told right there are scores, but no maps.
    """
    networks = run.config.attributions.networks or ["VGG-16"]
    is_crops = run.images.are_masks
    arrays = {"images": np.array(PICTURED), "layers": np.array(run.config.explained_layers)}
    rows = []
    for n, network in enumerate(networks):
        for place, layer in enumerate([*run.config.explained_layers, "input"]):
            heat = np.zeros((3, 4, 6), np.float32)
            heat[:, 1, 2] = [1, 2, 4]
            heat[:, 0, 0] = [-0.5, -1, -2]
            arrays[f"{network}.{layer}"] = heat
            for image, label in zip([*PICTURED, UNKEPT], ["dog", "cat", "cat", "cat"], strict=True):
                score = (n + 1) * 0.1 + 0.01 * place + 0.001 * image
                about = {"network": network, "method": "occlusion" if layer == "input" else "grad_cam", "layer": layer}
                about |= {"seed": 3, "image": image, "repeat": [*PICTURED, UNKEPT].index(image) % 2 if is_crops else -1}
                about |= {"label": np.nan if is_crops else label, "correct": np.nan if is_crops else int(image != 2)}
                about |= {"concentration": score, "inside": score if is_crops else np.nan}
                rows.append(about | {"gain": score / 0.25 if is_crops else np.nan})
    write_arrays(file_of(run, "maps.npz"), arrays)
    pd.DataFrame(rows).to_csv(file_of(run, "attributions.csv"), index=False)


def write_landscapes(run):
    """Tents whose height is 1000 a seed, 100 a group, 10 a repeat and 1 a layer."""
    grid = np.linspace(0, 10, 11)
    tent = np.maximum(0, 3 - abs(grid - 5)) / np.array([[1], [3]])
    config = run.config
    arrays = {"groups": np.array(config.clouds.groups)}
    for network in config.networks:
        for place, layer in enumerate(config.layers, 1):
            shape = (2, len(config.clouds.groups), 2)
            seeds, groups, repeats = np.indices(shape)
            heights = 1000 * seeds + 100 * groups + 10 * repeats + place
            arrays[f"vectors.{network.name}.{layer}"] = (heights[..., None, None] * tent).astype(np.float32)
            arrays[f"grid.{network.name}.{layer}"] = grid
    write_arrays(run.folder / "main" / "landscapes.npz", arrays)
    return tent


def test_a_class_is_explained_above_its_landscapes(classes):
    write_maps(classes)
    tent = write_landscapes(classes)
    figure = drawn(attributions.draw(classes, layers=["ReLU22", "ReLU12", "ReLU53"], label="cat", images=1))
    above, below = np.array(figure.axes[:8]).reshape(2, 4)
    assert [axes.get_title() for axes in above] == ["photograph", "ReLU12", "ReLU22", "occlusion"]
    np.testing.assert_array_equal(above[0].images[0].get_array(), classes.images.images[3])
    assert [axes.get_xlabel() for axes in above] == ["told right", "0.11", "0.12", "0.13"]
    # The mean over repeats of the first seed's landscapes of cat, the second layer; the first level is on top.
    np.testing.assert_allclose(below[1].lines[-1].get_ydata(), (5 + 2) * tent[0], rtol=1e-6)
    assert not below[0].axison
    assert not below[-1].axison
    assert "mean of 2 clouds\nof cat" in " ".join(texts(below[0]))
    assert legend_names(figure) == ["1", "2"]


def test_images_whose_maps_are_kept_are_shown_those_that_are_told_right_first(classes):
    write_maps(classes)
    write_landscapes(classes)
    assert [one.row for one in attributions.chosen_images(classes, "VGG-16", "cat", 9)] == [3, 2]
    assert [one.row for one in attributions.chosen_images(classes, "VGG-16", None, 2)] == [4, 2]
    figure = drawn(attributions.draw(classes, layers=["ReLU12"], label="cat"))
    grid = np.array(figure.axes[:9]).reshape(3, 3)
    assert [axes.get_xlabel() for axes in grid[:2, 0]] == ["told right", "told wrong"]
    with pytest.raises(TopolensError, match="at least 1"):
        attributions.draw(classes, images=0)


def test_heat_against_the_class_is_blue():
    blue = attributions.overlay(np.full((4, 6, 3), 128, np.uint8), np.full((4, 6), -1.0))
    assert (blue[..., 2] > blue[..., 0]).all()


def test_images_of_several_classes_stand_above_the_landscapes_of_all(classes):
    write_maps(classes)
    tent = write_landscapes(classes)
    figure = drawn(attributions.draw(classes, images=2))
    grid = np.array(figure.axes[:15]).reshape(3, 5)
    assert [axes.get_title() for axes in grid[0, 1:-1]] == VGG_LAYERS
    np.testing.assert_allclose(grid[2, 1].lines[-1].get_ydata(), (100 + 5 + 1) * tent[0], rtol=1e-6)
    assert "of any class" in " ".join(texts(grid[2, 0]))


def test_a_photograph_with_a_mask_stands_above_its_own_landscape(crops):
    write_maps(crops)
    tent = write_landscapes(crops)
    figure = drawn(attributions.draw(crops, layers=["B-ReLU2"], network="M2", images=1))
    above, below = np.array(figure.axes[:6]).reshape(2, 3)
    assert [axes.get_xlabel() for axes in above[:2]] == ["rows: 0.25", "0.21"]
    assert all(axes.findobj(QuadContourSet) for axes in above)
    np.testing.assert_allclose(below[1].lines[-1].get_ydata(), 2 * tent[0], rtol=1e-6)  # of repeat 0 alone
    assert "of the photograph's\ncloud" in " ".join(texts(below[0]))


def test_layers_that_a_scale_lacks_give_way_to_some_at_equal_steps(classes):
    assert latent_panels.shown_layers(classes.config.explained_layers, ["ReLU53"]) == VGG_LAYERS
    assert latent_panels.shown_layers(classes.config.explained_layers, ["ReLU22", "ReLU11"]) == ["ReLU11", "ReLU22"]


def test_heat_tints_what_speaks_for_and_against():
    photograph = np.full((1, 3, 3), 51, np.uint8)
    shown = attributions.overlay(photograph, np.array([[2.0, -2.0, 0.0]]))
    assert shown[0, 0, 0] > shown[0, 0, 2]
    assert shown[0, 1, 2] > shown[0, 1, 0]
    pale = attributions.PALE + (1 - attributions.PALE) * 0.2
    np.testing.assert_allclose(shown[0, 2], pale, atol=0.05)  # the middle of the colours is nearly white
    assert np.ptp(attributions.overlay(photograph, np.zeros((1, 3)))) < 0.01


def test_a_map_without_heat_has_no_score(classes):
    write_maps(classes)
    write_landscapes(classes)
    table = classes.table("attributions")
    table.loc[table["layer"] == "ReLU22", "concentration"] = np.nan
    figure = attributions.draw(classes, layers=["ReLU22"], label="cat", images=1)
    assert figure.axes[1].get_xlabel() == "no heat for it"


@pytest.mark.parametrize("wrong", [{"label": "horse"}, {"network": "ResNet"}])
def test_unknown_names_are_refused(classes, wrong):
    write_maps(classes)
    with pytest.raises(TopolensError, match=next(iter(wrong.values()))):
        attributions.draw(classes, **wrong)


# --- their scores --------------------------------------------------------------------------------


def interval(value):
    return {"estimate": value, "low": value - 0.05, "high": value + 0.05, "n": 9}


def write_scores(run, score, areas=True):
    """Statistics that tell network and layer."""
    rows = []
    for n, network in enumerate(run.config.attributions.networks or ["VGG-16"]):
        for place, layer in reversed(list(enumerate(run.config.explained_layers))):
            cell = {"network": network, "layer": layer, "method": "grad_cam"}
            rows.append(cell | {"statistic": score} | interval(0.1 * (place + 1) + 0.01 * n))
            about = {"network": network, "layer": layer, "statistic": "explained_complexity_l2_scale_free"}
            rows.append(about | interval(2 + 10 * n + place))
        for twin, value in (("", 0.2), ("_scale_free", -0.6)):
            rows.append({"network": network, "statistic": f"{score}_agreement{twin}"} | interval(value + 0.01 * n))
        kinds = [("grad_cam", run.config.explained_layers[-1], 0.5), ("occlusion", "input", 0.6)] if areas else []
        for method, layer, value in kinds:
            for shift, curve in enumerate(["insertion", "insertion_shifted", "deletion", "deletion_shifted"]):
                cell = {"network": network, "layer": layer, "method": method, "statistic": curve}
                rows.append(cell | interval(value + 0.01 * n + 0.1 * shift))
    pd.DataFrame(rows).to_csv(file_of(run, "statistics.csv"), index=False)


def points_of(axes, network):
    (points,) = [one for one in axes.collections if one.get_label() == network]
    return points


def test_scores_of_a_classifier_stand_against_its_complexity(classes):
    write_maps(classes)
    write_scores(classes, "concentration")
    figure = drawn(attributions.scores(classes))
    scatter, cam, occluded = figure.axes
    assert "concentration" in scatter.get_ylabel()
    points = points_of(scatter, "VGG-16")
    # By depth, though the table runs from the last.
    np.testing.assert_allclose(points.get_offsets(), [[2, 0.1], [3, 0.2], [4, 0.3]])
    shades = points.get_facecolor()[:, :3].sum(axis=1)
    assert (np.diff(shades) < 0).all()  # the deeper the darker
    assert [text.get_text() for text in scatter.texts] == VGG_LAYERS
    assert len(scatter.collections) == 3  # with the intervals both ways
    assert [line.get_xdata()[0] for line in cam.lines] == pytest.approx([0.5, 0.6, 0.7, 0.8])
    assert [line.get_markerfacecolor() for line in occluded.lines][1::2] == ["white", "white"]  # the shifted ones
    assert legend_names(figure) == ["VGG-16: −0.60 (−0.65 to −0.55)"]  # scale-free


def test_with_masks_the_heat_inside_them_counts(crops):
    write_maps(crops)
    write_scores(crops, "inside")
    figure = drawn(attributions.scores(crops))
    scatter, cam, _ = figure.axes
    assert "crop rows" in scatter.get_ylabel()
    points = points_of(scatter, "M2")
    np.testing.assert_allclose(points.get_offsets()[:, 1], [0.11, 0.21, 0.31])
    # As where M1 is shown too.
    assert rounded(points.get_edgecolor()[0]) == rounded(network_colours(CROPS["networks"])["M2"])
    evenly = [line for line in scatter.lines if np.ptp(line.get_ydata()) == 0 and len(line.get_ydata()) == 2]
    assert evenly[0].get_ydata()[0] == pytest.approx(0.25)  # the masks' share of the image
    assert [text.get_text() for text in scatter.texts] == UNET_LAYERS  # beside the first network's points alone
    assert len(scatter.collections) == 2  # no intervals
    assert [text.get_text() for text in cam.get_yticklabels()] == ["RGB", "M2"]
    assert [name.split(":")[0] for name in legend_names(figure)] == ["RGB", "M2"]


def test_one_network_has_a_correlation_without_interval():
    row = pd.Series({"network": "VGG-16", "estimate": 0.5, "low": -1, "high": 1, "n": 1})
    assert attributions.agreement_text(row) == "VGG-16: 0.50"


def test_areas_that_were_not_measured_are_said_to_be_so(classes):
    write_maps(classes)
    write_scores(classes, "concentration", areas=False)
    *_, cam, occluded = drawn(attributions.scores(classes)).axes
    assert "not measured" in texts(cam)
    assert "not measured" in texts(occluded)


# --- Mapper graphs -------------------------------------------------------------------------------


def forked():
    """A trunk of two nodes and two arms of two nodes, with a loop beside them, on 14 points."""
    edges = np.array([(0, 1), (1, 2), (1, 3), (2, 4), (3, 5)])
    return MapperGraph(
        members=[np.array(rows) for rows in ([0, 1, 2, 3], [3, 4, 5], [5, 6], [4, 7], [6, 8], [7, 9, 10])],
        intervals=np.array([0, 1, 2, 2, 3, 3]),
        lens=np.linspace(1, 2, 14),
        edges=edges,
        jaccard=np.linspace(0.2, 0.6, len(edges)),
    )


def no_nodes():
    nothing = np.zeros(0, np.int64)
    return MapperGraph([], nothing, np.linspace(1, 2, 14), np.zeros((0, 2), np.int64), nothing.astype(float))


FORK = Fork(1, [[2, 4], [3, 5]], entropy=1.5, arm_entropy=0.25, purity=0.9, p_value=0.01)
UNCLEAR = Fork(0, [[1], [2]], entropy=1.0, arm_entropy=0.9, purity=0.5, p_value=0.3)
LABELS = np.array([0, 0, 1, 1, 2, 1, 1, 2, 1, 2, 2, 0, 0, 0])


def write_graphs(run, graphs, forks=(), loops=(), pictured=(), points=()):
    """The same forks and loops in every layer's graph; planes that tell layer and point; pictures that tell theirs."""

    def tiles(numbers):
        return np.array([np.full((4, 6, 3), number) for number in numbers], np.uint8).reshape(-1, 4, 6, 3)

    arrays = {"images": np.arange(14) % 6, "labels": LABELS}
    structures, pictures = {}, {}
    for number, (layer, graph) in enumerate(graphs.items()):
        arrays |= graph_to_arrays(graph, layer)
        arrays[f"{layer}.means"] = np.arange(len(graph.members))[:, None] - 3.0 + np.zeros(4)  # of node 3 it is 0
        arrays[f"{layer}.plane"] = np.column_stack([np.arange(14), 100 * number + np.arange(14)]).astype(np.float32)
        structures[layer] = {"forks": [asdict(fork) for fork in forks], "loops": [asdict(loop) for loop in loops]}
        for place, fork in enumerate(forks):
            arm = np.array([-1, 0, 0, 1, 1])
            positions = np.array([[0.5, 0.0], [0, 0], [0, 1], [9, 0], [9, 1.0]])
            fields = {"rows": np.array([3, 5, 6, 7, 9]), "arm": arm, "local": positions, "overall": positions[:, ::-1]}
            assert len(fork.arms) == 2
            arrays |= {f"{layer}.fork{place}.{field}": array for field, array in fields.items()}
        shown = {"nodes": np.array(pictured, int), "pictures": tiles(pictured)}
        shown |= {"points": np.array(points, int), "single_pictures": tiles(points)}
        pictures |= {f"{layer}.{name}": array for name, array in shown.items()}
    write_arrays(file_of(run, "graphs.npz"), arrays)
    write_arrays(file_of(run, "pictures.npz"), pictures)
    write_json(file_of(run, "structures.json"), structures)


def of_type(axes, kind):
    return [collection for collection in axes.collections if isinstance(collection, kind)]


def test_graphs_show_nodes_as_pies_and_mark_forks_and_loops(classes):
    graph = forked()
    write_graphs(classes, dict.fromkeys(MAPPER_LAYERS, graph), [UNCLEAR, FORK], [Loop([1, 2, 3], 1.0, 0.5, 0.2)])
    figure = drawn(mapper_graphs.draw(classes, seed=0))
    large, _, other = figure.axes
    assert large.get_title(loc="left") == "ReLU12: 6 nodes, 1 loop, 1 of 2 forks part classes"
    assert other.get_title() == "ReLU22\n6 nodes, 1 loop\n1 of 2 forks part classes"
    for axes in (large, other):
        (pies,) = of_type(axes, PatchCollection)
        assert len(pies.get_paths()) == sum(len(set(LABELS[rows])) for rows in graph.members)
        assert colours_of(pies) == {rounded(colour) for colour in CLASS_COLOURS[:3]}
        (loop,) = lines_of(axes, "loop")
        np.testing.assert_allclose(loop.get_xydata(), layout(graph, 0)[[1, 2, 3, 1]])
        (ring,) = axes.patches  # of the fork that parts classes only
        assert ring.center == pytest.approx(tuple(layout(graph, 0)[1]))
    assert sorted(len(lines.get_segments()) for lines in of_type(large, LineCollection)) == [2, 2, 5]
    assert len(of_type(other, LineCollection)) == 1  # arms are those of the large graph
    assert legend_names(figure) == CLASSES


def test_the_arms_of_the_fork_that_tells_most_are_named_and_shown(classes):
    write_graphs(classes, dict.fromkeys(MAPPER_LAYERS, forked()), [UNCLEAR, FORK], pictured=[1, 3, 4])
    large, parts, _ = drawn(mapper_graphs.draw(classes, seed=0)).axes
    assert [text.get_text() for text in large.texts] == ["arm 1\n100% cat", "arm 2\n100% dog"]
    assert texts(parts)[2:] == ["branching node (p = 0.01): 3 images", "arm 1: 3 images", "arm 2: 4 images"]
    painted = sum(len({1, 3, 4} & {*nodes}) for nodes in [[1], *FORK.arms])
    assert len(parts.images) == 3 + 3 + 4 + painted  # all their images, and the feature pictures there are
    assert [rounded(bar.get_facecolor()[:3]) for bar in parts.patches][1:] == list(
        map(rounded, mapper_graphs.ARM_COLOURS[:2])
    )


def test_the_first_image_of_a_part_has_the_picture_of_its_own_vector(classes):
    first = [int(rows[0]) for rows in example_rows(fork_parts(forked(), FORK), order_of_examples(), 1)]
    write_graphs(classes, dict.fromkeys(MAPPER_LAYERS, forked()), [FORK], points=first)
    _, parts, _ = drawn(mapper_graphs.draw(classes, seed=0)).axes
    assert len(parts.images) == 3 + 3 + 4 + len(first)
    singles = mapper_graphs.painted_singles(classes, mapper_graphs.layer_of(classes, "ReLU12"))
    assert {point: int(picture.max()) for point, (picture,) in singles.items()} == {point: point for point in first}


def order_of_examples():
    return child_generator(0, "explorer").permutation(14)


def test_feature_pictures_are_those_of_the_largest_nodes_that_have_one(classes):
    write_graphs(classes, dict.fromkeys(MAPPER_LAYERS, forked()), [FORK], pictured=[0, 1, 2, 5])
    layer = mapper_graphs.layer_of(classes, "ReLU12")
    found = mapper_graphs.painted(classes, layer, [[1], [2, 4, 0], [3]])
    assert [[int(picture.max()) for picture in own] for own in found] == [[1], [0, 2], []]


def test_without_any_fork_the_first_layer_is_large(classes):
    write_graphs(classes, dict.fromkeys(MAPPER_LAYERS, forked()))
    large, parts, _ = drawn(mapper_graphs.draw(classes, seed=0)).axes
    assert large.get_title(loc="left") == "ReLU12: 6 nodes, 0 loops, no fork"
    assert texts(parts) == ["no fork of any layer"]


def test_a_pie_shows_the_shares_of_a_node_from_the_top_clockwise():
    pies = mapper_graphs.pies(np.zeros((1, 2)), np.array([1.0]), np.array([[1, 3]]))
    quarter, rest = (path.vertices for path in pies.get_paths())
    assert quarter.min() >= -1e-9  # to the right of the top
    assert rest.min() == pytest.approx(-1, abs=0.03)  # control points lie a little outside
    assert mapper_graphs.node_radii(np.array([1, 4, 10000]), 2.0) == pytest.approx([0.32, 0.32, 1.0])


def test_a_layer_without_nodes_says_so(classes):
    write_graphs(classes, dict(zip(MAPPER_LAYERS, [no_nodes(), forked()], strict=True)))
    first, _, second = drawn(mapper_graphs.draw(classes, seed=0)).axes
    assert "no node" in texts(first)
    assert "0 nodes" in first.get_title(loc="left")
    assert not of_type(first, PatchCollection)
    assert of_type(second, PatchCollection)


def test_many_nodes_without_edges_are_drawn(classes):
    many = MapperGraph(
        [np.array([row % 14]) for row in range(700)],
        np.arange(700),
        np.ones(14),
        np.zeros((0, 2), np.int64),
        np.zeros(0),
    )
    write_graphs(classes, dict.fromkeys(MAPPER_LAYERS, many))
    first, *_ = drawn(mapper_graphs.draw(classes, seed=0)).axes
    assert len(of_type(first, PatchCollection)[0].get_paths()) == 700


# --- planes --------------------------------------------------------------------------------------


def test_the_clearest_fork_is_shown_in_both_planes(classes):
    write_graphs(classes, dict.fromkeys(MAPPER_LAYERS, forked()), [UNCLEAR, FORK])
    figure = drawn(planes.of_forks(classes))
    local, overall = np.array(figure.axes).reshape(2, 2)
    titles = [axes.get_legend().get_title().get_text() for axes in local]
    assert titles == [f"{layer}, p = 0.01" for layer in MAPPER_LAYERS]
    assert legend_of(local[0]) == ["100% cat (2)", "100% dog (2)"]
    first, second, trunk = local[0].collections
    np.testing.assert_allclose(first.get_offsets(), [[0, 0], [0, 1]])
    assert colours_of(first) == {rounded(mapper_graphs.ARM_COLOURS[0])}
    assert colours_of(second) == {rounded(mapper_graphs.ARM_COLOURS[1])}
    assert len(trunk.get_offsets()) == 1
    assert len(trunk.get_facecolor()) == 0
    assert len(overall[0].collections[0].get_offsets()) == 14  # all points behind
    assert legend_names(figure) == ["branching node only", "all other vectors of the layer"]


def test_clearest_means_smallest_p_then_largest_gain(classes):
    better, worse = replace(FORK, arm_entropy=0.1), replace(FORK, p_value=0.04, arm_entropy=0.0)
    write_graphs(classes, dict.fromkeys(MAPPER_LAYERS, forked()), [UNCLEAR, worse, FORK, better])
    shown = planes.clearest(classes, 3)
    assert [(layer, number) for layer, number, _ in shown] == [("ReLU12", 3), ("ReLU12", 2), ("ReLU22", 3)]
    assert len(planes.clearest(classes, 99)) == 6  # never the unclear ones


def test_without_a_fork_that_parts_classes_the_figure_says_so(classes):
    write_graphs(classes, dict.fromkeys(MAPPER_LAYERS, forked()), [UNCLEAR])
    figure = drawn(planes.of_forks(classes))
    assert texts(figure).count("no fork of any layer parts classes") == 2


def test_the_grid_shows_all_classes_and_single_ones_before_the_rest(classes):
    write_graphs(classes, dict.fromkeys(MAPPER_LAYERS, forked()))
    figure = drawn(planes.of_classes(classes, 0, classes=["dog", "airplane"]))
    grid = np.array(figure.axes).reshape(3, 2)
    assert [axes.get_title() for axes in grid[0]] == MAPPER_LAYERS
    assert [axes.get_ylabel() for axes in grid[:, 0]] == ["all classes", "dog", "airplane"]
    (everything,) = grid[0, 1].collections
    at = {
        int(x): tuple(np.round(colour[:3], 6))
        for (x, _), colour in zip(everything.get_offsets(), everything.get_facecolor(), strict=True)
    }
    assert at == {row: rounded(CLASS_COLOURS[label]) for row, label in enumerate(LABELS)}
    rest, own = grid[1, 1].collections
    np.testing.assert_array_equal(own.get_offsets(), [[row, 100 + row] for row in np.flatnonzero(LABELS == 2)])
    assert colours_of(own) == {rounded(CLASS_COLOURS[2])}
    assert colours_of(rest) == {rounded(NULL_COLOUR)}
    assert len(rest.get_offsets()) + len(own.get_offsets()) == 14


def test_the_grid_shows_the_classes_with_landscapes_unless_told(classes):
    write_graphs(classes, dict.fromkeys(MAPPER_LAYERS, forked()))
    figure = planes.of_classes(classes, 0)
    assert [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()] == ["all classes", "cat"]
    with pytest.raises(TopolensError, match="horse"):
        planes.of_classes(classes, 0, classes=["horse"])


# --- numbers of the graphs, methods --------------------------------------------------------------


def write_numbers(run, loops=True):
    rows = []
    for place, layer in reversed(list(enumerate(MAPPER_LAYERS, 1))):
        noise = {"null_low": 0.5 * place, "null_high": 0.8 * place}
        rows.append({"statistic": "mapper_forks", "layer": layer} | interval(10.0 * place) | noise)
        if loops:
            rows.append({"statistic": "mapper_loops", "layer": layer} | interval(1.0 * place) | noise)
        for statistic, value in (("mapper_separating", 0.3), ("mapper_node_purity", 0.4), ("pair_excess", -0.1)):
            rows.append({"statistic": statistic, "layer": layer} | interval(value * place))
        for kind in ("repeats", "parameters"):
            for statistic, value in (("mapper_match", 0.2), ("mapper_chance_match", 0.1)):
                value += kind == "parameters"
                rows.append({"statistic": statistic, "layer": layer, "against": kind} | interval(value * place))
    pd.DataFrame(rows).to_csv(file_of(run, "statistics.csv"), index=False)


def test_numbers_of_graphs_stand_by_layer_beside_noise_and_chance(classes):
    write_numbers(classes)
    figure = drawn(depth.mapper_numbers(classes))
    shown = {axes.get_title().split("\n")[0]: axes for axes in figure.axes}
    assert list(shown) == [
        "forks", "share of the forks", "purity of nodes", "loops", "purity of cat and dog",
        "Jaccard index of",
    ]  # fmt: skip
    expected = {"forks": [10, 20], "purity of nodes": [0.4, 0.8], "purity of cat and dog": [-0.1, -0.2]}
    for name, values in expected.items():
        np.testing.assert_allclose(lines_of(shown[name], shown[name].get_title())[0].get_ydata(), values)
    chance, match = shown["Jaccard index of"].lines
    np.testing.assert_allclose(chance.get_ydata(), [0.1, 0.2])  # of two positions, not of other parameters
    np.testing.assert_allclose(match.get_ydata(), [0.2, 0.4])
    band = shown["forks"].collections[0]
    assert colours_of(band) == {rounded(NULL_COLOUR)}
    assert band.get_paths()[0].vertices[:, 1].max() == pytest.approx(1.6)
    assert len(shown["purity of nodes"].collections) == 1  # no noise has classes
    assert [text.get_text() for text in shown["loops"].get_xticklabels()] == MAPPER_LAYERS


def test_a_number_that_is_nowhere_is_said_to_be_missing(classes):
    write_numbers(classes, loops=False)
    figure = drawn(depth.mapper_numbers(classes))
    assert [axes.get_title() for axes in figure.axes if "none" in texts(axes)] == ["loops"]


def write_separation(run):
    rows = [
        {"statistic": "separation", "network": "VGG-16", "seed": seed, "method": method, "layer": layer, "p_value": 0.5}
        | interval(value + 0.1 * place if seed == 3 else 0.1)
        | {"null_low": 0.2, "null_high": 0.3 + value / 10}
        for seed in (3, 4)  # the first is shown
        for method, value in (("plane", 0.6), ("plane_shape", 0.5), ("landscape", 0.4))
        for place, layer in enumerate(VGG_LAYERS)
    ]
    pd.DataFrame(rows[::-1]).to_csv(file_of(run, "statistics.csv"), index=False)


def test_methods_are_compared_beside_shuffled_labels(classes):
    write_separation(classes)
    figure = drawn(depth.separation(classes))
    (axes,) = figure.axes
    np.testing.assert_allclose(lines_of(axes, "landscapes")[0].get_ydata(), [0.4, 0.5, 0.6])
    np.testing.assert_allclose(lines_of(axes, "plane")[0].get_ydata(), [0.6, 0.7, 0.8])
    null = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert (null.min(), null.max()) == pytest.approx((0.2, 0.36))  # of both methods together
    assert legend_names(figure) == [
        *("landscapes", "plane", "plane, clouds centred"),
        "shuffled labels",
    ]


def test_a_run_that_compares_no_planes_says_so(crops):
    other = {"statistic": "inside", "network": "RGB", "seed": np.nan, "method": "grad_cam", "layer": "B-ReLU2"}
    other |= {"null_low": np.nan, "null_high": np.nan}
    pd.DataFrame([other | interval(0.5)]).to_csv(file_of(crops, "statistics.csv"), index=False)
    figure = drawn(depth.separation(crops))
    assert "this run compares no planes" in texts(figure)
