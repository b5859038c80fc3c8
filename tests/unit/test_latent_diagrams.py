"""Clouds of channel vectors: images and positions, fixed networks with known vectors, diagrams by a second engine."""

import gudhi
import numpy as np
import pytest
import torch
from sklearn.preprocessing import StandardScaler
from topolens.stages.latent_diagrams import compute_latent_diagrams
from torch import nn

from topolens import pairwise_distances
from topolens.clouds import positions
from topolens.clouds.positions import (
    Unit,
    choose_images,
    choose_positions,
    images_needed,
    rows_of_group,
    unit_clouds,
)
from topolens.clouds.standardise import standardise
from topolens.config.clouds import PositionClouds
from topolens.config.homology import Distance, Homology
from topolens.config.networks import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.nets.images.build import build_network
from topolens.seeding import child_generator
from topolens.topology.cloud_diagrams import diagrams_of
from topolens.topology.diagram_table import DiagramTable
from topolens.topology.gaussian import gaussian_cloud

SEED = 3
CLASSES = ["cat", "dog", "ship"]
A = ImageNetwork(name="A", architecture="vgg16", bands=["R", "G", "B"], first_filters=1)
B = ImageNetwork(name="B", architecture="vgg16", bands=["G"], first_filters=2)
LAYERS = ["ReLU11", "ReLU53"]
CLOUDS = PositionClouds(points=20, repeats=3, groups=["cat", "all"])
DIAGRAMS = Homology(gaussian_clouds=2)
ROWS = np.arange(100, 130)


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch):
    """Tiny maps are quicker by one thread than by two."""
    before = torch.get_num_threads()
    monkeypatch.setattr(positions, "THREADS", 1)
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def image_set(side=32, count=45):
    """Random images of three classes in turn; the first nine are for training."""
    generator = np.random.default_rng(0)
    return ImageSet(
        images=generator.integers(0, 256, (count, side, side, 3)).astype(np.uint8),
        targets=(np.arange(count) % 3).astype(np.uint8),
        split=np.where(np.arange(count) < 9, 0, 2).astype(np.uint8),
        classes=CLASSES,
        names=np.arange(count).astype(str),
        source="here",
    )


@pytest.fixture(scope="module")
def images_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("images") / "images.npz"
    image_set().write(path)
    return path


def compute(images_file, folder, name="diagrams", **changes):
    settings = {
        "networks": [A, B],
        "seeds": [0, 1],
        "checkpoints": [],
        "layers": LAYERS,
        "clouds": CLOUDS,
        "distance": Distance(),
        "diagrams": DIAGRAMS,
        "seed": SEED,
        "threads": 1,
    } | changes
    compute_latent_diagrams(images_file, folder / f"{name}.npz", **settings)
    return folder / f"{name}.npz"


@pytest.fixture(scope="module")
def table(images_file, tmp_path_factory):
    before = positions.THREADS, torch.get_num_threads()
    positions.THREADS = 1
    yield DiagramTable.read(compute(images_file, tmp_path_factory.mktemp("diagrams")))
    positions.THREADS = before[0]
    torch.set_num_threads(before[1])


# Images and positions


@pytest.mark.parametrize(("side", "images"), [(32, 1), (16, 2), (8, 8), (4, 32), (2, 125)])
def test_images_that_500_points_need_on_the_published_maps(side, images):
    assert images_needed(500, side**2) == images


@pytest.mark.parametrize(("points", "positions", "images"), [(1, 1, 1), (4, 4, 1), (5, 4, 2), (8, 4, 2), (9, 4, 3)])
def test_as_many_images_as_hold_the_points_and_no_more(points, positions, images):
    assert images_needed(points, positions) == images


def test_images_of_a_cloud_do_not_repeat_and_come_from_the_rows():
    for repeat in range(5):
        chosen = choose_images(ROWS, 12, repeat, SEED, "cat")
        assert len(set(chosen.tolist())) == 12
        assert set(chosen) <= set(ROWS)
    assert sorted(choose_images(ROWS, 30, 0, SEED, "cat")) == ROWS.tolist()


def test_first_images_differ_between_repeats_while_there_are_enough():
    first = [int(choose_images(ROWS, 1, repeat, SEED, "cat")[0]) for repeat in range(33)]
    assert sorted(first[:30]) == ROWS.tolist()
    assert first[30:] == first[:3]


def test_images_are_fixed_by_seed_group_and_repeat_and_fewer_are_the_first_of_more():
    np.testing.assert_array_equal(choose_images(ROWS, 4, 2, SEED, "cat"), choose_images(ROWS, 20, 2, SEED, "cat")[:4])
    for repeat, seed, group in ((1, SEED, "cat"), (2, SEED + 1, "cat"), (2, SEED, "dog")):
        assert (choose_images(ROWS, 20, repeat, seed, group) != choose_images(ROWS, 20, 2, SEED, "cat")).any()


def test_positions_are_distinct_and_inside():
    found = choose_positions((3, 4, 5), 50, np.random.default_rng(0))
    assert found.shape == (50, 3)
    assert len({tuple(row) for row in found.tolist()}) == 50
    assert (found >= 0).all()
    assert (found < [3, 4, 5]).all()


def test_all_positions_are_chosen_where_there_are_no_more():
    found = choose_positions((2, 2, 2), 8, np.random.default_rng(0))
    assert sorted(map(tuple, found.tolist())) == list(np.ndindex(2, 2, 2))


def test_positions_are_uniform():
    generator = np.random.default_rng(0)
    counts = np.zeros((2, 3, 2))
    for _ in range(2000):
        np.add.at(counts, tuple(choose_positions(counts.shape, 4, generator).T), 1)
    np.testing.assert_allclose(counts / 2000, 4 / 12, atol=0.05)


def test_rows_of_a_group_are_test_images_of_its_class_or_of_all():
    images = image_set()
    assert rows_of_group(images, "dog").tolist() == list(range(10, 45, 3))
    assert rows_of_group(images, "all").tolist() == list(range(9, 45))
    with pytest.raises(TopolensError, match=r"class 'cow': the images' classes are cat, dog, ship"):
        rows_of_group(images, "cow")


# Clouds of a network whose channel vectors are known


class Colours(nn.Module):
    """Channel vectors of `Wide` are the colours of the pixels, those of `Narrow` the maxima of 2 x 2 pixels."""

    def __init__(self):
        super().__init__()
        self.Wide = nn.Identity()
        self.Pool = nn.MaxPool2d(2)
        self.Narrow = nn.ReLU()

    def forward(self, bands):
        return self.Narrow(self.Pool(self.Wide(bands)))


@pytest.fixture
def colours(monkeypatch):
    monkeypatch.setattr(positions, "prepared_network", lambda *_: Colours())


def clouds_of(images, group="dog", nulls=0, network=A, **changes):
    settings = CLOUDS.model_copy(update=changes)
    return list(unit_clouds(Unit(network, 0, group, None), images, ["Wide", "Narrow"], settings, nulls, SEED))


def test_channel_vectors_are_those_of_the_chosen_images_and_positions(colours):
    # Maps of 16 and 4 positions: 20 points need 2 and 5 images.
    images = image_set(side=4)
    for repeat, batch in enumerate(clouds_of(images)):
        chosen = choose_images(rows_of_group(images, "dog"), 5, repeat, SEED, "dog")
        assert [(cloud.layer, cloud.repeat, cloud.gaussian) for cloud in batch] == [
            ("Wide", repeat, None),
            ("Narrow", repeat, None),
        ]
        pixels = images.images[chosen] / 255
        pooled = pixels.reshape(5, 2, 2, 2, 2, 3).max(axis=(2, 4))
        for cloud, maps, needed in zip(batch, (pixels, pooled), (2, 5), strict=True):
            generator = child_generator(SEED, "positions", "dog", cloud.layer, repeat)
            positions = choose_positions((needed, *maps.shape[1:3]), 20, generator)
            np.testing.assert_allclose(cloud.points, maps[tuple(positions.T)], rtol=1e-6)


def test_a_cloud_of_all_positions_is_the_whole_map_of_one_image(colours):
    images = image_set(side=4)
    wide, _ = clouds_of(images, points=16, repeats=1)[0]
    chosen = choose_images(rows_of_group(images, "dog"), 1, 0, SEED, "dog")[0]
    found, expected = (sorted(map(tuple, rows)) for rows in (wide.points, images.images[chosen].reshape(16, 3) / 255))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_all_networks_see_the_same_images_and_positions(colours):
    images = image_set(side=4)
    green = clouds_of(images, network=B)
    for three, one in zip(clouds_of(images), green, strict=True):
        for cloud, single in zip(three, one, strict=True):
            np.testing.assert_array_equal(cloud.points[:, 1:2], single.points)


def test_constant_content_is_the_mean_in_every_row(colours):
    images = image_set(side=4)
    for own, constant in zip(clouds_of(images), clouds_of(images, content="constant"), strict=True):
        for cloud, same in zip(own, constant, strict=True):
            assert same.points.shape == cloud.points.shape
            np.testing.assert_array_equal(same.points, np.tile(cloud.points.mean(axis=0), (20, 1)))


@pytest.mark.parametrize(
    ("nulls", "numbers"), [(0, [[], [], []]), (2, [[0], [1], []]), (7, [[0, 3, 6], [1, 4], [2, 5]])]
)
def test_gaussian_clouds_are_modelled_on_the_repeats_in_turn(nulls, numbers, colours):
    for repeat, batch in enumerate(clouds_of(image_set(side=4), nulls=nulls)):
        for layer in ("Wide", "Narrow"):
            own = [cloud for cloud in batch if cloud.layer == layer]
            assert [cloud.gaussian for cloud in own] == [None, *numbers[repeat]]
            assert all(cloud.points is own[0].points for cloud in own)


def test_too_few_images_are_an_error_that_names_the_layer(colours):
    # 12 test images of a dog, 4 positions each.
    images = image_set(side=4)
    assert len(clouds_of(images, points=48)) == 3
    message = r"clouds\.points 49: layer 'Narrow' has 4 positions an image and group 'dog' has 12 test images"
    with pytest.raises(TopolensError, match=message):
        clouds_of(images, points=49)
    assert len(clouds_of(images, group="all", points=49)) == 3


# The table


def test_every_network_seed_group_layer_and_repeat_has_its_cloud_and_every_layer_its_gaussian_ones(table):
    clouds = table.clouds
    assert clouds.columns.tolist() == [
        "network", "seed", "group", "layer", "repeat", "gaussian", "channels", "constant", "mean_distance"
    ]  # fmt: skip
    keys = ["network", "seed", "group", "layer"]
    real, gaussian = clouds[~clouds["gaussian"]], clouds[clouds["gaussian"]]
    assert len(real) == 2 * 2 * 2 * 2 * 3
    assert not real.duplicated([*keys, "repeat"]).any()
    assert (gaussian.groupby(keys).size() == 2).all()
    assert len(gaussian) == 2 * 2 * 2 * 2 * 2
    assert clouds.groupby(["network", "layer"])["channels"].first().tolist() == [1, 8, 2, 16]
    assert (clouds["constant"] <= clouds["channels"]).all()
    units = clouds[keys[:3]].drop_duplicates().to_numpy().tolist()
    assert units == [[name, seed, group] for name in "AB" for seed in (0, 1) for group in ("cat", "all")]


def test_diagrams_and_distances_are_those_of_scikit_learn_and_gudhi(table):
    # The clouds once more, standardised by scikit-learn, their Vietoris-Rips complexes built by gudhi.
    batches = list(unit_clouds(Unit(B, 1, "all", None), image_set(), LAYERS, CLOUDS, 0, SEED))
    own = table.clouds.query("network == 'B' and seed == 1 and group == 'all' and not gaussian")
    for (row, named), cloud in zip(own.iterrows(), [cloud for batch in batches for cloud in batch], strict=True):
        assert (named["layer"], named["repeat"]) == (cloud.layer, cloud.repeat)
        points = StandardScaler().fit_transform(cloud.points.astype(np.float64))
        assert named["constant"] == (points == 0).all(axis=0).sum()
        distances = np.sqrt(((points[:, None] - points) ** 2).sum(axis=-1))
        assert named["mean_distance"] == pytest.approx(distances[np.triu_indices(20, 1)].mean(), rel=1e-6)
        tree = gudhi.RipsComplex(distance_matrix=distances).create_simplex_tree(max_dimension=2)
        tree.compute_persistence(homology_coeff_field=2)
        for degree in (0, 1):
            expected = tree.persistence_intervals_in_dimension(degree).reshape(-1, 2)
            found = table.diagram(row, degree)
            long = [bars[bars[:, 1] - bars[:, 0] > 1e-4] for bars in (expected, found)]
            np.testing.assert_allclose(*(np.array(sorted(map(tuple, bars))) for bars in long), rtol=1e-5, atol=1e-6)


def test_gaussian_rows_are_gaussian_clouds_of_the_standardised_ones(table):
    (batch, *_) = unit_clouds(Unit(A, 0, "cat", None), image_set(), LAYERS, CLOUDS, 0, SEED)
    own = table.clouds.query("network == 'A' and seed == 0 and group == 'cat' and gaussian and layer == 'ReLU53'")
    points, _ = standardise(batch[1].points)
    modelled = gaussian_cloud(points, child_generator(SEED, "gaussian", "A-0-cat", "ReLU53", 0))
    _, expected = diagrams_of(modelled, Distance(), DIAGRAMS)
    assert own["repeat"].tolist() == [0, 1]
    for degree in (0, 1):
        np.testing.assert_array_equal(table.diagram(own.index[0], degree), expected[degree])


def test_different_networks_seeds_and_groups_have_different_clouds(table):
    first = table.clouds.query("not gaussian and layer == 'ReLU53' and repeat == 0")
    means = first["mean_distance"].tolist()
    assert len(set(means)) == len(means) == 8


def test_constant_channels_have_one_component_and_no_hole(images_file, tmp_path):
    constant = CLOUDS.model_copy(update={"content": "constant"})
    found = DiagramTable.read(
        compute(images_file, tmp_path, clouds=constant, networks=[A], seeds=[0], diagrams=Homology(gaussian_clouds=0))
    )
    assert (found.clouds["constant"] == found.clouds["channels"]).all()
    assert (found.clouds["mean_distance"] == 0).all()
    for cloud in found.clouds.index:
        np.testing.assert_array_equal(found.diagram(cloud, 0), [[0, np.inf]])
        assert len(found.diagram(cloud, 1)) == 0


def test_settings_of_the_distance_and_the_filtration_are_passed_on(images_file, tmp_path):
    small = {"networks": [A], "seeds": [0], "layers": ["ReLU53"], "clouds": CLOUDS.model_copy(update={"repeats": 1})}
    found = DiagramTable.read(
        compute(
            images_file,
            tmp_path,
            **small,
            distance=Distance(normalise="max"),
            diagrams=Homology(maximum_degree=0, threshold=0.3, gaussian_clouds=0),
        )
    )
    ((cloud,),) = unit_clouds(Unit(A, 0, "cat", None), image_set(), ["ReLU53"], small["clouds"], 0, SEED)
    distances = pairwise_distances(standardise(cloud.points)[0], normalise="max")
    assert list(found.degrees) == [0]
    assert found.clouds["mean_distance"][0] == pytest.approx(distances[np.triu_indices(20, 1)].mean())
    bars = found.diagram(0, 0)
    assert np.isinf(bars[:, 1]).sum() > 1
    assert bars[np.isfinite(bars[:, 1]), 1].max() <= 0.3 + 1e-7


# Threads, killed runs, bad input


def test_threads_change_no_byte(images_file, tmp_path):
    one, two = (compute(images_file, tmp_path, f"{threads}", threads=threads) for threads in (1, 2))
    assert one.read_bytes() == two.read_bytes()


def test_a_unit_does_not_depend_on_the_others(images_file, table, tmp_path):
    alone = DiagramTable.read(
        compute(images_file, tmp_path, networks=[B], seeds=[1], clouds=CLOUDS.model_copy(update={"groups": ["all"]}))
    )
    own = table.clouds.query("network == 'B' and seed == 1 and group == 'all'").index
    for row, cloud in enumerate(own):
        np.testing.assert_array_equal(alone.diagram(row, 1), table.diagram(cloud, 1))


class Killed(Exception):
    """Stands for the signal."""


def test_a_killed_run_keeps_its_finished_units_and_gives_the_same_bytes(images_file, tmp_path, monkeypatch):
    whole = compute(images_file, tmp_path, "whole", networks=[A])
    made, real = [], positions.prepared_network

    def network_of(settings, seed, *rest):
        made.append(seed)
        if fails_at == len(made):
            raise Killed
        return real(settings, seed, *rest)

    monkeypatch.setattr(positions, "prepared_network", network_of)
    fails_at = 3
    with pytest.raises(Killed):
        compute(images_file, tmp_path, "killed", networks=[A])
    parts = tmp_path / ".killed.parts"
    assert sorted(part.stem for part in parts.glob("*.npz")) == ["A-0-all", "A-0-cat"]
    assert not (tmp_path / "killed.npz").exists()

    made.clear()
    fails_at = 0
    killed = compute(images_file, tmp_path, "killed", networks=[A])
    assert made == [1, 1]
    assert killed.read_bytes() == whole.read_bytes()
    assert not parts.exists()


def test_parts_of_other_settings_are_not_used(images_file, tmp_path, monkeypatch):
    real = positions.prepared_network

    def fails_for_the_second_seed(settings, seed, *rest):
        if seed == 1:
            raise Killed
        return real(settings, seed, *rest)

    monkeypatch.setattr(positions, "prepared_network", fails_for_the_second_seed)
    with pytest.raises(Killed):
        compute(images_file, tmp_path, networks=[A])
    monkeypatch.setattr(positions, "prepared_network", real)
    other = CLOUDS.model_copy(update={"points": 21})
    again = compute(images_file, tmp_path, networks=[A], clouds=other)
    assert again.read_bytes() == compute(images_file, tmp_path, "fresh", networks=[A], clouds=other).read_bytes()


def test_an_unknown_group_or_layer_and_too_large_clouds_are_refused(images_file, tmp_path, monkeypatch):
    with pytest.raises(TopolensError, match=r"class 'cow': the images' classes are cat, dog, ship"):
        compute(images_file, tmp_path, clouds=CLOUDS.model_copy(update={"groups": ["cat", "cow"]}))
    with pytest.raises(TopolensError, match=r"unknown layer 'ReLU54'.*'ReLU53'"):
        compute(images_file, tmp_path, layers=["ReLU54"])
    with pytest.raises(TopolensError, match=r"persistence of 1 x 10000000 points .*Take fewer points"):
        compute(images_file, tmp_path, clouds=CLOUDS.model_copy(update={"points": 10_000_000}))


def test_a_network_that_has_diverged_is_named(images_file, tmp_path, monkeypatch):
    network = build_network(A, 3, 0).eval()
    with torch.no_grad():
        network.Conv11.weight.fill_(torch.nan)
    monkeypatch.setattr(positions, "prepared_network", lambda *_: network)
    with pytest.raises(TopolensError, match="layer 'ReLU11': NaN or infinite"):
        compute(images_file, tmp_path)
