"""From clouds to diagrams: by public functions and a second engine, threads, shards, killed runs and damaged parts."""

import gudhi
import numpy as np
import pytest
import sample_run
import torch
from image_clouds import DISTANCES as IMAGE_DISTANCES
from image_clouds import HOMOLOGY as IMAGE_HOMOLOGY
from image_clouds import OTHER_K, write_image_clouds
from position_networks import CLASSES, CLOUDS, MODULES, SEED, A, B, image_set, tapped
from sample_run import DISTANCES, LAYERS, NULLS, OUTPUT_LAYER, SPHERE
from scipy.special import softmax
from sklearn.preprocessing import StandardScaler

from topolens import pairwise_distances, persistence
from topolens.artifacts import read_arrays, write_arrays
from topolens.clouds import positions
from topolens.clouds.images import ImageSource
from topolens.clouds.positions import PositionSource, Unit, channel_vectors_of, units_of
from topolens.clouds.samples import SampleSource
from topolens.clouds.standardise import standardise
from topolens.config.homology import Distance, Homology
from topolens.errors import TopolensError
from topolens.seeding import child_generator
from topolens.stages.image_diagrams import compute_image_diagrams
from topolens.stages.position_diagrams import compute_position_diagrams
from topolens.topology import cloud_diagrams
from topolens.topology.cloud_diagrams import Shard, compute_cloud_diagrams, join_shards
from topolens.topology.diagram_table import DiagramTable
from topolens.topology.gaussian import gaussian_cloud
from topolens.topology.views import view_of, views_of

KINDS = ("samples", "positions", "images")


def part_of(folder, unit):
    """The file of a finished unit, whatever its key."""
    (file,) = folder.glob(f"*/{unit}.npz")
    return file


@pytest.fixture(autouse=True)
def _one_thread():
    """Tiny maps are quicker by one thread than by two."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Killed(Exception):
    """Stands for the signal."""


def counting(function, fail_after=None):
    """The function, counting its calls and failing after some."""

    def call(*arguments, **named):
        if fail_after is not None and call.count >= fail_after:
            raise Killed
        call.count += 1
        return function(*arguments, **named)

    call.count = 0
    return call


# Three runs, one of each kind of clouds


@pytest.fixture(scope="module")
def images_file(tmp_path_factory):
    """Images, for networks without training."""
    path = tmp_path_factory.mktemp("images") / "data.npz"
    image_set().write(path)
    return path


def of_positions(images_file, folder, name="diagrams", **changes):
    settings = {
        "networks": tapped(),
        "clouds": CLOUDS,
        "distance": Distance(),
        "homology": Homology(),
        "seed": SEED,
        "threads": 1,
    } | changes
    compute_position_diagrams(images_file, folder / f"{name}.npz", **settings)
    return folder / f"{name}.npz"


@pytest.fixture(scope="module")
def image_clouds(tmp_path_factory):
    return write_image_clouds(tmp_path_factory.mktemp("image_clouds") / "clouds.npz")


def of_images(clouds_file, folder, **changes):
    settings = {
        "distances": [*IMAGE_DISTANCES.items()],
        "other_k": OTHER_K,
        "homology": IMAGE_HOMOLOGY,
        "seed": SEED,
        "threads": 1,
    } | changes
    compute_image_diagrams(clouds_file, folder / "diagrams.npz", **settings)
    return folder / "diagrams.npz"


@pytest.fixture(scope="module")
def position_table(images_file, tmp_path_factory):
    before = torch.get_num_threads()
    yield DiagramTable.read(of_positions(images_file, tmp_path_factory.mktemp("positions")))
    torch.set_num_threads(before)


@pytest.fixture
def one_run(request, samples_folder, images_file, image_clouds):
    """A source of clouds, how they are seen and to which degree: what each stage hands to the driver."""
    if request.param == "samples":
        distances = dict(DISTANCES)
        source = SampleSource(samples_folder / "clouds.npz", LAYERS, NULLS, SEED)
        return source, lambda cloud: [view_of(cloud.points, distances[cloud.key["depth"]])], Homology()
    if request.param == "positions":
        units = units_of(tapped(seeds=[0]), CLOUDS.groups)
        source = PositionSource(image_set(), units, MODULES, CLOUDS, SEED)
        return source, lambda cloud: [view_of(cloud.points, Distance())], Homology()

    def views(cloud):
        return views_of(cloud.points, IMAGE_DISTANCES, OTHER_K if cloud.is_last and cloud.is_first else [])

    return ImageSource(image_clouds, SEED), views, IMAGE_HOMOLOGY


of_each_kind = pytest.mark.parametrize("one_run", KINDS, indirect=True)


# Diagrams of samples


def expected_diagrams(arrays, clouds_row, number_in_cell):
    """Distances and diagrams of one row of the table, by the public functions."""
    layer, network, snapshot, draw = (int(clouds_row[name]) for name in ("depth", "network", "snapshot", "repeat"))
    recorded = (arrays["index"] == [network, snapshot, draw]).all(axis=1)
    place = draw if layer == 0 else int(np.flatnonzero(recorded)[0])
    points = arrays[f"layer_{layer}"][place]
    if clouds_row["null"]:
        points = gaussian_cloud(points, child_generator(SEED, "gaussian", layer, snapshot, number_in_cell))
    if layer == OUTPUT_LAYER:
        distances = pairwise_distances(softmax(points.astype(float), axis=1), "sphere")
    else:
        distances = pairwise_distances(points)
    return distances, persistence(distances)


def test_diagrams_of_samples_are_those_of_the_public_functions_to_the_bit(samples_folder):
    arrays = read_arrays(samples_folder / "clouds.npz")
    table = DiagramTable.read(samples_folder / "diagrams.npz")
    assert table.clouds.columns.tolist() == ["network", "snapshot", "depth", "repeat", "null", "mean_distance"]
    within = table.clouds.groupby(["depth", "snapshot", "null"]).cumcount()
    cells = 1 + 3 * len(np.unique(arrays["index"][:, 1]))
    assert table.clouds["null"].sum() == 2 * cells
    assert len(table.clouds) == 3 + 3 * len(arrays["index"]) + 2 * cells
    for row, cloud in table.clouds.iterrows():
        distances, expected = expected_diagrams(arrays, cloud, within[row])
        for degree in (0, 1):
            np.testing.assert_array_equal(table.diagram(row, degree), expected[degree])
        upper = distances[np.triu_indices(60, 1)]
        assert cloud["mean_distance"] == pytest.approx(upper.mean(), rel=1e-12)


def test_each_layer_has_its_distance(samples_folder, tmp_path):
    euclidean = dict.fromkeys(LAYERS, Distance())
    table = DiagramTable.read(sample_run.diagrams(samples_folder, tmp_path, layers=[*euclidean.items()]))
    arrays = read_arrays(samples_folder / "clouds.npz")
    row = int(np.flatnonzero((table.clouds["depth"] == OUTPUT_LAYER) & ~table.clouds["null"])[0])
    expected = persistence(pairwise_distances(arrays["layer_3"][0]))
    np.testing.assert_array_equal(table.diagram(row, 1), expected[1])


def test_settings_of_the_filtration_are_passed_on(samples_folder, tmp_path):
    settings = Homology(max_degree=2, longest_edge=0.5, engine="gudhi")
    file = sample_run.diagrams(samples_folder, tmp_path, layers=[(1, Distance(normalise="max"))], homology=settings)
    table, points = DiagramTable.read(file), read_arrays(samples_folder / "clouds.npz")["layer_1"][0]
    expected = persistence(pairwise_distances(points, normalise="max"), 2, 0.5, "gudhi")
    assert list(table.degrees) == [0, 1, 2]
    assert "degrees" not in table.clouds
    for degree in range(3):
        np.testing.assert_array_equal(table.diagram(0, degree), expected[degree])


# Diagrams of positions


def test_every_network_seed_group_layer_and_repeat_has_its_cloud_and_every_layer_its_gaussian_ones(position_table):
    clouds = position_table.clouds
    assert clouds.columns.tolist() == [
        "network", "seed", "layer", "group", "repeat", "null", "channels", "constant", "mean_distance"
    ]  # fmt: skip
    keys = ["network", "seed", "group", "layer"]
    real, gaussian = clouds[~clouds["null"]], clouds[clouds["null"]]
    assert len(real) == 2 * 2 * 2 * 2 * 3
    assert not real.duplicated([*keys, "repeat"]).any()
    assert (gaussian.groupby(keys).size() == 2).all()
    assert len(gaussian) == 2 * 2 * 2 * 2 * 2
    assert clouds.groupby(["network", "layer"])["channels"].first().tolist() == [1, 8, 2, 16]
    assert (clouds["constant"] <= clouds["channels"]).all()
    units = clouds[keys[:3]].drop_duplicates().to_numpy().tolist()
    assert units == [[name, seed, group] for name in "AB" for seed in (0, 1) for group in ("cat", "all")]


def test_diagrams_and_distances_are_those_of_scikit_learn_and_gudhi(position_table):
    # The clouds once more, standardised by scikit-learn, their Vietoris-Rips complexes built by gudhi.
    repeats = channel_vectors_of(Unit(B, 1, "all", None), image_set(), MODULES, CLOUDS, SEED)
    vectors = [(layer, repeat, own) for repeat, layers in enumerate(repeats) for layer, own in layers.items()]
    own = position_table.clouds.query("network == 'B' and seed == 1 and group == 'all' and not null")
    for (row, named), (layer, repeat, values) in zip(own.iterrows(), vectors, strict=True):
        assert (named["layer"], named["repeat"]) == (layer, repeat)
        points = StandardScaler().fit_transform(values.astype(np.float64))
        assert named["constant"] == (points == 0).all(axis=0).sum()
        distances = np.sqrt(((points[:, None] - points) ** 2).sum(axis=-1))
        assert named["mean_distance"] == pytest.approx(distances[np.triu_indices(20, 1)].mean(), rel=1e-6)
        tree = gudhi.RipsComplex(distance_matrix=distances).create_simplex_tree(max_dimension=2)
        tree.compute_persistence(homology_coeff_field=2)
        for degree in (0, 1):
            expected = tree.persistence_intervals_in_dimension(degree).reshape(-1, 2)
            found = position_table.diagram(row, degree)
            long = [bars[bars[:, 1] - bars[:, 0] > 1e-4] for bars in (expected, found)]
            np.testing.assert_allclose(*(np.array(sorted(map(tuple, bars))) for bars in long), rtol=1e-5, atol=1e-6)


def test_gaussian_rows_are_gaussian_clouds_of_the_standardised_ones(position_table):
    layers = next(channel_vectors_of(Unit(A, 0, "cat", None), image_set(), MODULES, CLOUDS, SEED))
    own = position_table.clouds.query("network == 'A' and seed == 0 and group == 'cat' and null and layer == 'ReLU53'")
    points, _ = standardise(layers["ReLU53"])
    modelled = gaussian_cloud(points, child_generator(SEED, "gaussian", "A-0-cat", "ReLU53", 0))
    expected = persistence(pairwise_distances(modelled))
    assert own["repeat"].tolist() == [0, 1]
    for degree in (0, 1):
        np.testing.assert_array_equal(position_table.diagram(own.index[0], degree), expected[degree])


def test_different_networks_seeds_and_groups_have_different_clouds(position_table):
    first = position_table.clouds.query("not null and layer == 'ReLU53' and repeat == 0")
    means = first["mean_distance"].tolist()
    assert len(set(means)) == len(means) == 8


def test_constant_channels_have_one_component_and_no_hole(images_file, tmp_path):
    constant = CLOUDS.model_copy(update={"content": "constant", "nulls": 0})
    found = DiagramTable.read(of_positions(images_file, tmp_path, clouds=constant, networks=tapped([A], [0])))
    assert (found.clouds["constant"] == found.clouds["channels"]).all()
    assert (found.clouds["mean_distance"] == 0).all()
    for cloud in found.clouds.index:
        np.testing.assert_array_equal(found.diagram(cloud, 0), [[0, np.inf]])
        assert len(found.diagram(cloud, 1)) == 0


def test_settings_of_the_distance_and_the_filtration_are_passed_on(images_file, tmp_path):
    clouds = CLOUDS.model_copy(update={"repeats": 1, "nulls": 0})
    found = DiagramTable.read(
        of_positions(
            images_file,
            tmp_path,
            networks=tapped([A], [0], ["ReLU53"]),
            clouds=clouds,
            distance=Distance(normalise="max"),
            homology=Homology(max_degree=0, longest_edge=0.3),
        )
    )
    layers = next(channel_vectors_of(Unit(A, 0, "cat", None), image_set(), {"ReLU53": "ReLU53"}, clouds, SEED))
    distances = pairwise_distances(standardise(layers["ReLU53"])[0], normalise="max")
    assert list(found.degrees) == [0]
    assert found.clouds["mean_distance"][0] == pytest.approx(distances[np.triu_indices(20, 1)].mean())
    bars = found.diagram(0, 0)
    assert np.isinf(bars[:, 1]).sum() > 1
    assert bars[np.isfinite(bars[:, 1]), 1].max() <= 0.3 + 1e-7


def test_a_unit_does_not_depend_on_the_others(images_file, position_table, tmp_path):
    only = CLOUDS.model_copy(update={"groups": ["all"]})
    alone = DiagramTable.read(of_positions(images_file, tmp_path, networks=tapped([B], [1]), clouds=only))
    own = position_table.clouds.query("network == 'B' and seed == 1 and group == 'all'").index
    assert len(alone.clouds) == len(own)
    for row, cloud in enumerate(own):
        np.testing.assert_array_equal(alone.diagram(row, 1), position_table.diagram(cloud, 1))


def test_an_unknown_group_and_too_large_clouds_are_refused(images_file, tmp_path):
    with pytest.raises(TopolensError, match=f"class 'cow': the images' classes are {', '.join(CLASSES)}"):
        of_positions(images_file, tmp_path, clouds=CLOUDS.model_copy(update={"groups": ["cat", "cow"]}))
    with pytest.raises(TopolensError, match=r"persistence of 1 x 10000000 points .*Take fewer points"):
        of_positions(images_file, tmp_path, clouds=CLOUDS.model_copy(update={"points": 10_000_000}))


# Diagrams of images


@pytest.fixture(scope="module")
def image_table(image_clouds, tmp_path_factory):
    return DiagramTable.read(of_images(image_clouds, tmp_path_factory.mktemp("diagrams")))


def test_every_cloud_of_images_is_seen_by_every_distance_and_by_all_stacked(image_table):
    clouds = image_table.clouds
    assert clouds.columns.tolist() == [
        "network", "condition", "layer", "repeat", "metric", "k", "is_main", "mean_distance", "degrees"
    ]  # fmt: skip
    main = clouds[clouds["is_main"]]
    assert [*main["metric"].unique()] == [*IMAGE_DISTANCES, "stacked"]
    keys = ["network", "layer", "condition", "repeat"]
    stage, norm = (main[main["layer"] == layer] for layer in ("stage 1", "norm"))
    assert (main.groupby(keys).size() == 5).all()
    assert len(stage) == 2 * 5 * (3 + 2)
    assert len(norm) == 2 * 5 * (3 + 3)
    assert set(main.loc[main["condition"] != "clean", "repeat"]) == {0}


def test_a_further_k_is_seen_on_the_first_clean_clouds_of_last_layers_alone(image_table):
    further = image_table.clouds[~image_table.clouds["is_main"]]
    assert set(further["layer"]) == {"norm"}
    assert set(further["condition"]) == {"clean"}
    assert further[["metric", "k"]].drop_duplicates().to_numpy().tolist() == [
        ["euclidean relative-max", 5],
        ["cosine relative-max", 5],
    ]
    assert len(further) == 4  # 3, the study's own k, is among the further ones, and is not seen again


def test_degree_two_of_the_first_clean_clouds_alone(image_table):
    clouds = image_table.clouds
    first = (clouds["condition"] == "clean") & (clouds["repeat"] == 0) & (clouds["metric"] != "stacked")
    assert (clouds["degrees"] == np.where(first, 2, 1)).all()
    assert list(image_table.degrees) == [0, 1, 2]
    assert all(len(image_table.diagram(cloud, 2)) == 0 for cloud in np.flatnonzero(~first))


def test_diagrams_of_images_are_those_of_the_public_functions(image_clouds, image_table):
    arrays = read_arrays(image_clouds)
    for row, cloud in image_table.clouds[image_table.clouds["metric"] != "stacked"].iterrows():
        points = arrays[f"{cloud['network']}/{cloud['layer']}/{cloud['condition']}"]
        points = points[12 * cloud["repeat"] : 12 * (cloud["repeat"] + 1)]
        metric, _, normalise = cloud["metric"].partition(" ")
        distances = pairwise_distances(points, metric, normalise=normalise or None, k=cloud["k"] or None)
        expected = persistence(distances, int(cloud["degrees"]))
        for degree in range(cloud["degrees"] + 1):
            np.testing.assert_allclose(image_table.diagram(row, degree), expected[degree], rtol=1e-12)
        assert cloud["mean_distance"] == pytest.approx(distances[np.triu_indices(12, 1)].mean(), rel=1e-12)


def test_without_a_degree_of_clean_clouds_all_have_the_same(image_clouds, tmp_path):
    table = DiagramTable.read(of_images(image_clouds, tmp_path, homology=Homology(max_degree=1), other_k=[]))
    assert list(table.degrees) == [0, 1]
    assert "degrees" not in table.clouds
    assert table.clouds["is_main"].all()


def test_clouds_of_images_know_their_classes_and_what_they_are_held_against(image_clouds):
    source = ImageSource(image_clouds, SEED)
    assert source.units() == ["ResNet-50-clean", "ResNet-50-gaussian", "ResNet-50-int8", "ViT-clean", "ViT-gaussian",
                              "ViT-int8"]  # fmt: skip
    assert [source.size(unit) for unit in source.units()] == [6, 3, 2] * 2
    clouds = [cloud for unit in source.units() for batch in source.clouds(unit) for cloud in batch]
    assert len(clouds) == 22
    for cloud in clouds:
        np.testing.assert_array_equal(cloud.labels, np.tile(np.arange(3), 4))
        assert cloud.points.shape == (12, 5)
        assert cloud.is_last == (cloud.key["layer"] == "norm")
        assert cloud.is_first == (cloud.key["condition"] == "clean" and cloud.key["repeat"] == 0)


# Shards and threads


@of_each_kind
def test_shards_in_any_order_give_the_same_bytes_as_one_run(one_run, tmp_path):
    source, views, homology = one_run
    assert len(source.units()) >= 3
    whole = tmp_path / "whole.npz"
    compute_cloud_diagrams(source, views, homology, whole, "key", 1)
    for of, orders in ((1, [(0,)]), (2, [(0, 1), (1, 0)]), (3, [(0, 1, 2), (2, 0, 1), (1, 2, 0)])):
        for number, order in enumerate(orders):
            file = tmp_path / f"diagrams-{of}-{number}.npz"
            for shard in order:
                compute_cloud_diagrams(source, views, homology, file, "key", 1, Shard(shard, of))
                assert not file.exists()
            join_shards(source, file, "key")
            assert file.read_bytes() == whole.read_bytes()
            assert not (tmp_path / f".{file.stem}.parts").exists()


@of_each_kind
def test_a_shard_makes_every_so_manieth_unit_from_its_number_on(one_run, tmp_path):
    source, views, homology = one_run
    file, units = tmp_path / "diagrams.npz", source.units()
    compute_cloud_diagrams(source, views, homology, file, "key", 1, Shard(1, 3))
    parts = {part.stem for part in (tmp_path / ".diagrams.parts").rglob("*.npz")}
    assert parts == {*units[1::3]}
    for unit in parts:
        rows = DiagramTable.read(part_of(tmp_path / ".diagrams.parts", unit)).clouds
        assert len(rows) >= source.size(unit)


@of_each_kind
def test_more_shards_than_units_leave_some_without_any(one_run, tmp_path):
    source, views, homology = one_run
    file, count = tmp_path / "diagrams.npz", len(source.units())
    compute_cloud_diagrams(source, views, homology, file, "key", 1, Shard(count, count + 1))
    assert not list((tmp_path / ".diagrams.parts").rglob("*.npz"))


def test_shards_that_are_not_all_made_cannot_be_joined(samples_folder, tmp_path):
    source = SampleSource(samples_folder / "clouds.npz", LAYERS, 0, SEED)
    arguments = (source, lambda cloud: [view_of(cloud.points, Distance())], Homology(), tmp_path / "diagrams.npz")
    compute_cloud_diagrams(*arguments, "key", 1, Shard(0, 2))
    with pytest.raises((TopolensError, OSError)):
        join_shards(source, tmp_path / "diagrams.npz", "key")
    assert not (tmp_path / "diagrams.npz").exists()
    compute_cloud_diagrams(*arguments, "key", 1, Shard(1, 2))
    join_shards(source, tmp_path / "diagrams.npz", "key")
    assert (tmp_path / "diagrams.npz").exists()


@of_each_kind
def test_threads_change_no_byte(one_run, tmp_path):
    source, views, homology = one_run
    files = [tmp_path / f"{threads}.npz" for threads in (1, 2, 3)]
    for threads, file in enumerate(files, start=1):
        compute_cloud_diagrams(source, views, homology, file, "key", threads)
    assert files[0].read_bytes() == files[1].read_bytes() == files[2].read_bytes()


def test_threads_change_no_byte_of_any_stage(samples_folder, images_file, image_clouds, tmp_path):
    for threads in (1, 2):
        (tmp_path / str(threads)).mkdir()
    stages = [
        lambda folder, **named: sample_run.diagrams(samples_folder, folder, **named),
        lambda folder, **named: of_positions(images_file, folder, **named),
        lambda folder, **named: of_images(image_clouds, folder, **named),
    ]
    for stage in stages:
        one, two = (stage(tmp_path / str(threads), threads=threads).read_bytes() for threads in (1, 2))
        assert one == two


# Killed runs and damaged parts


@of_each_kind
def test_a_killed_run_keeps_its_finished_units_and_gives_the_same_bytes(one_run, tmp_path, monkeypatch):
    source, views, homology = one_run
    whole, file, parts = tmp_path / "whole.npz", tmp_path / "killed.npz", tmp_path / ".killed.parts"
    counted = counting(persistence)
    monkeypatch.setattr(cloud_diagrams, "persistence", counted)
    compute_cloud_diagrams(source, views, homology, whole, "key", 1)
    rows = len(DiagramTable.read(whole).clouds)
    assert counted.count == rows
    units = source.units()
    # In the third unit, after its first view.
    compute_cloud_diagrams(source, views, homology, tmp_path / "two.npz", "key", 1, Shard(0, len(units)))
    first = len(DiagramTable.read(part_of(tmp_path / ".two.parts", units[0])).clouds)
    compute_cloud_diagrams(source, views, homology, tmp_path / "two.npz", "key", 1, Shard(1, len(units)))
    second = len(DiagramTable.read(part_of(tmp_path / ".two.parts", units[1])).clouds)

    monkeypatch.setattr(cloud_diagrams, "persistence", counting(persistence, fail_after=first + second + 1))
    with pytest.raises(Killed):
        compute_cloud_diagrams(source, views, homology, file, "key", 1)
    assert not file.exists()
    assert {part.stem for part in parts.rglob("*.npz")} == {*units[:2]}

    counted = counting(persistence)
    monkeypatch.setattr(cloud_diagrams, "persistence", counted)
    compute_cloud_diagrams(source, views, homology, file, "key", 1)
    assert counted.count == rows - first - second
    assert file.read_bytes() == whole.read_bytes()
    assert not parts.exists()


@pytest.fixture
def killed(samples_folder, tmp_path, monkeypatch):
    """A folder in which computing diagrams of samples was killed after the first unit of five clouds."""
    (tmp_path / "clouds.npz").write_bytes((samples_folder / "clouds.npz").read_bytes())
    monkeypatch.setattr(cloud_diagrams, "persistence", counting(persistence, fail_after=7))
    with pytest.raises(Killed):
        sample_run.diagrams(tmp_path)
    assert not (tmp_path / "diagrams.npz").exists()
    assert [path.name for path in (tmp_path / ".diagrams.parts").rglob("*.npz")] == ["0--1.npz"]
    monkeypatch.setattr(cloud_diagrams, "persistence", counting(persistence))
    return tmp_path


def clouds_of(folder):
    return len(DiagramTable.read(folder / "diagrams.npz").clouds)


def test_a_killed_stage_goes_on_behind_its_finished_units_with_the_same_result(samples_folder, killed):
    sample_run.diagrams(killed)
    assert cloud_diagrams.persistence.count == clouds_of(samples_folder) - 5
    assert (killed / "diagrams.npz").read_bytes() == (samples_folder / "diagrams.npz").read_bytes()
    assert not (killed / ".diagrams.parts").exists()


def cut(content):
    return content[: len(content) // 2]


def flip(content):
    return content[:200] + bytes([content[200] ^ 0xFF]) + content[201:]


@pytest.mark.parametrize(
    "damage", [lambda content: b"rubbish", lambda content: b"", cut, flip], ids=["rubbish", "empty", "cut", "flipped"]
)
def test_a_damaged_part_is_made_again(samples_folder, killed, damage):
    part = part_of(killed / ".diagrams.parts", "0--1")
    part.write_bytes(damage(part.read_bytes()))
    sample_run.diagrams(killed)
    assert cloud_diagrams.persistence.count == clouds_of(samples_folder)
    assert (killed / "diagrams.npz").read_bytes() == (samples_folder / "diagrams.npz").read_bytes()


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": SEED + 1},
        {"layers": [*dict.fromkeys([0, 1, 2], Distance(normalise="mean")).items(), (3, SPHERE)]},
        {"layers": [*dict.fromkeys(LAYERS, Distance()).items()]},
        {"nulls": 1},
        {"homology": Homology(max_degree=0)},
        {"layers": [(0, Distance())]},
        {"layers": [(1, Distance()), (2, Distance())]},
    ],
    ids=["seed", "distance", "output distance", "nulls", "degree", "input alone", "layers"],
)
def test_parts_made_for_other_settings_are_not_used(killed, changes):
    (killed / "fresh").mkdir()
    again, fresh = (sample_run.diagrams(killed, target, **changes) for target in (killed, killed / "fresh"))
    assert again.read_bytes() == fresh.read_bytes()


def test_parts_made_for_other_clouds_are_not_used(killed):
    arrays = read_arrays(killed / "clouds.npz")
    write_arrays(killed / "clouds.npz", arrays | {"layer_0": 2 * arrays["layer_0"]})
    sample_run.diagrams(killed)
    assert cloud_diagrams.persistence.count == clouds_of(killed)


@pytest.mark.parametrize(
    "changes",
    [
        {"clouds": CLOUDS.model_copy(update={"points": 21})},
        {"distance": Distance(metric="cosine")},
        {"homology": Homology(max_degree=0)},
        {"seed": SEED + 1},
        {"networks": tapped([A], layers=["ReLU53"])},
    ],
    ids=["points", "distance", "degree", "seed", "layers"],
)
def test_parts_of_positions_of_other_settings_are_not_used(images_file, tmp_path, monkeypatch, changes):
    real, networks = positions.prepared_network, {"networks": tapped([A])}

    def fails_for_the_second_seed(settings, seed, *rest):
        if seed == 1:
            raise Killed
        return real(settings, seed, *rest)

    monkeypatch.setattr(positions, "prepared_network", fails_for_the_second_seed)
    with pytest.raises(Killed):
        of_positions(images_file, tmp_path, **networks)
    assert {part.stem for part in (tmp_path / ".diagrams.parts").rglob("*.npz")} == {"A-0-cat", "A-0-all"}
    monkeypatch.setattr(positions, "prepared_network", real)
    again, fresh = (of_positions(images_file, tmp_path, name, **(networks | changes)) for name in ("diagrams", "fresh"))
    assert again.read_bytes() == fresh.read_bytes()


def test_finished_units_of_positions_need_no_network(images_file, tmp_path, monkeypatch):
    made, real = [], positions.prepared_network

    def network_of(settings, seed, *rest):
        made.append(seed)
        if fails_at == len(made):
            raise Killed
        return real(settings, seed, *rest)

    monkeypatch.setattr(positions, "prepared_network", network_of)
    fails_at = 3
    with pytest.raises(Killed):
        of_positions(images_file, tmp_path, networks=tapped([A]))
    made.clear()
    fails_at = 0
    of_positions(images_file, tmp_path, networks=tapped([A]))
    assert made == [1, 1]


@pytest.mark.parametrize(
    "changes",
    [{"distances": [*IMAGE_DISTANCES.items()][:2]}, {"other_k": []}, {"homology": Homology(max_degree=1)}],
    ids=["distances", "other k", "degree"],
)
def test_parts_of_images_of_other_settings_are_not_used(image_clouds, tmp_path, monkeypatch, changes):
    monkeypatch.setattr(cloud_diagrams, "persistence", counting(persistence, fail_after=70))
    with pytest.raises(Killed):
        of_images(image_clouds, tmp_path)
    assert list((tmp_path / ".diagrams.parts").rglob("*.npz"))
    monkeypatch.setattr(cloud_diagrams, "persistence", persistence)
    (tmp_path / "fresh").mkdir()
    again, fresh = (of_images(image_clouds, target, **changes) for target in (tmp_path, tmp_path / "fresh"))
    assert again.read_bytes() == fresh.read_bytes()


def test_a_run_that_may_not_fit_is_refused_before_the_first_cloud(samples_folder, tmp_path, monkeypatch):
    def refuse(points, *_, clouds):
        raise TopolensError(f"{points} points do not fit")

    monkeypatch.setattr(cloud_diagrams, "refuse_what_does_not_fit", refuse)
    monkeypatch.setattr(cloud_diagrams, "persistence", lambda *_: pytest.fail("computed"))
    with pytest.raises(TopolensError, match="60 points do not fit"):
        sample_run.diagrams(samples_folder, tmp_path)
