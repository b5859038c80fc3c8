"""Classes told apart by a plane of their channel vectors and by landscapes, of clouds that differ in a known way."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from topolens.artifacts import write_arrays
from topolens.clouds import positions
from topolens.clouds.positions import Unit, channel_vectors_of
from topolens.clouds.standardise import standardise
from topolens.config.clouds import PositionClouds
from topolens.config.homology import Distance, Homology
from topolens.config.networks import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.nets.images.prepared import TappedNetworks
from topolens.seeding import child_seed
from topolens.stages.planes import PROJECTED, MeasuredPlanes, compare_planes, standardised_together
from topolens.statistics.planes import STATISTICS, in_one_unit, own_plane, plane_statistics, separation_accuracy
from topolens.topology.complexity import complexity
from topolens.topology.distances import mean_distance, pairwise_distances
from topolens.topology.persistence import persistence

SEED = 2
CLASSES = ["cat", "dog", "ship"]
GROUPS = ["cat", "dog", "all", "ship"]
NETWORK = ImageNetwork(name="A", architecture="vgg16", bands=["R", "G", "B"], first_filters=1)
CLOUDS = PositionClouds(of="positions", points=12, repeats=8, groups=GROUPS)
PLANES = MeasuredPlanes(neighbours=3, shuffles=99, projected=2, distance=Distance(), homology=Homology(), degree=1)


class Colours(nn.Module):
    """Channel vectors of `Wide` are the colours of the pixels, those of `Bright` what exceeds a tenth."""

    def __init__(self):
        super().__init__()
        self.Wide = nn.Identity()
        self.Bright = nn.ReLU()

    def forward(self, bands):
        return self.Bright(self.Wide(bands) - 0.1)


@pytest.fixture(autouse=True)
def colours(monkeypatch):
    monkeypatch.setattr(positions, "prepared_network", lambda *_: Colours())
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def images_of(shift):
    """Noise; each class is brighter than the one before by `shift`."""
    labels = np.arange(30) % 3
    pixels = np.random.default_rng(0).integers(0, 40, (30, 4, 4, 3)) + shift * labels[:, None, None, None]
    return ImageSet(
        pixels.astype(np.uint8), labels.astype(np.uint8), np.full(30, 2, np.uint8), CLASSES, labels.astype(str), "here"
    )


def landscapes_of(heights, seeds=1, layers=("Wide",)):
    """Landscapes of one level, each constant; `heights` by group, equal for all repeats."""
    own = np.tile(np.array(heights, float)[None, :, None, None, None], (seeds, 1, 8, 1, 5))
    return {"groups": np.array(GROUPS)} | {f"vectors.A.{layer}": own for layer in layers}


def tapped(layers, seeds=(0,)):
    return TappedNetworks(networks=[NETWORK], seeds=[*seeds], layers={"A": [(layer, layer) for layer in layers]})


def compare(folder, images, landscapes, **changes):
    images.write(folder / "data.npz")
    write_arrays(folder / "landscapes.npz", landscapes)
    settings = {"networks": tapped(["Wide"]), "clouds": CLOUDS, "planes": PLANES, "seed": SEED} | changes
    files = [folder / name for name in ("data.npz", "landscapes.npz", "planes.csv", "projections.csv")]
    compare_planes(*files, **settings)
    table = pd.read_csv(folder / "planes.csv")
    return table[table["seed"] == 0].set_index(["layer", "method"])


def test_clouds_that_differ_in_their_mean_are_told_apart_by_the_plane_alone(tmp_path):
    found = compare(tmp_path, images_of(60), landscapes_of([1, 1, 1, 1]))
    plane, landscape = found.loc[("Wide", "plane")], found.loc[("Wide", "landscape")]
    assert (plane["estimate"], plane["n"]) == (1, 24)
    assert plane["p_value"] == 1 / 100
    assert plane["low"] > plane["null_high"]
    assert landscape["estimate"] <= 1 / 3
    assert landscape["p_value"] > 0.1
    # Centred and scaled, each is as any other.
    assert found.loc[("Wide", "plane_shape"), "p_value"] > 0.05


def test_clouds_that_differ_in_their_landscapes_alone_are_told_apart_by_them(tmp_path):
    found = compare(tmp_path, images_of(0), landscapes_of([0, 1, 9, 2]))
    plane, landscape = found.loc[("Wide", "plane")], found.loc[("Wide", "landscape")]
    assert (landscape["estimate"], landscape["p_value"]) == (1, 1 / 100)
    assert plane["low"] < 1 / 3
    assert plane["p_value"] > 0.05


def test_both_features_are_those_of_the_runs_clouds(tmp_path):
    images = images_of(8)
    generator = np.random.default_rng(4)
    own = generator.normal(size=(2, 4, 8, 2, 5)) + 0.4 * np.arange(4)[:, None, None, None]
    arrays = {"groups": np.array(GROUPS), "vectors.A.Wide": own, "vectors.A.Bright": own[:, ::-1]}
    found = compare(tmp_path, images, arrays, networks=tapped(["Wide", "Bright"], seeds=(0, 1)))
    assert found.index.tolist() == [
        (layer, method) for layer in ("Wide", "Bright") for method in ("plane", "plane_shape", "landscape")
    ]
    modules = {"Wide": "Wide", "Bright": "Bright"}
    repeats = [
        vectors
        for group in CLASSES
        for vectors in channel_vectors_of(Unit(NETWORK, 0, group, None), images, modules, CLOUDS, SEED)
    ]
    labels = np.repeat([0, 1, 2], 8)
    for layer in ("Wide", "Bright"):
        clouds = np.array([vectors[layer] for vectors in repeats], np.float64)
        deviation = clouds.std(axis=(0, 1))
        scaled = (clouds - clouds.mean(axis=(0, 1))) / np.where(deviation > 0, deviation, 1)
        landscapes = arrays[f"vectors.A.{layer}"][0, [0, 1, 3]].reshape(24, -1)  # of the first seed, without `all`
        apart = [
            (cloud - cloud.mean(axis=0)) / np.where(cloud.std(axis=0) > 0, cloud.std(axis=0), 1) for cloud in clouds
        ]
        planes = [in_one_unit(plane_statistics(own)) for own in (list(scaled), apart)]
        for method, features in (("plane", planes[0]), ("plane_shape", planes[1]), ("landscape", landscapes)):
            expected = separation_accuracy(
                features,
                labels,
                3,
                shuffles=99,
                seed=child_seed(SEED, "separation", "A", 0, layer, method),
                standardise=False,
            )
            row = found.loc[(layer, method)]
            assert row["estimate"] == pytest.approx(expected.accuracy.value)
            assert (row["null_low"], row["null_high"]) == pytest.approx((expected.null_low, expected.null_high))
            assert row["p_value"] == pytest.approx(expected.p_value)


def test_every_network_from_every_seed_has_rows_of_its_own(tmp_path):
    landscapes = landscapes_of([0, 1, 9, 2], seeds=2)
    landscapes["vectors.A.Wide"] = landscapes["vectors.A.Wide"] * np.array([1, 0])[:, None, None, None, None]
    compare(tmp_path, images_of(0), landscapes, networks=tapped(["Wide"], seeds=(0, 7)))
    table = pd.read_csv(tmp_path / "planes.csv").query("method == 'landscape'").set_index("seed")["estimate"]
    assert table[0] == 1
    assert table[7] <= 1 / 3


def test_projected_clouds_are_the_runs_in_their_own_planes_beside_gaussian_ones(tmp_path):
    images = images_of(8)
    networks = tapped(["Wide", "Bright"], seeds=(0, 1))
    compare(tmp_path, images, landscapes_of([0, 1, 2, 3], 2, ("Wide", "Bright")), networks=networks)
    table = pd.read_csv(tmp_path / "projections.csv")
    assert table.columns.tolist() == PROJECTED
    # Two seeds, layers and three classes, the first two clouds of each and a Gaussian one.
    assert len(table) == 2 * 2 * 3 * 2 * 2
    clouds = list(channel_vectors_of(Unit(NETWORK, 1, "dog", None), images, {"Wide": "Wide"}, CLOUDS, SEED))
    points, kept = own_plane(standardise(clouds[1]["Wide"])[0])
    distances = pairwise_distances(points)
    expected = complexity(persistence(distances, 1)[1], mean_distance(distances))
    own = table.query("seed == 1 and layer == 'Wide' and group == 'dog' and repeat == 1 and not null").iloc[0]
    assert own["kept"] == pytest.approx(kept)
    assert (own["l2"], own["l2_scale_free"]) == pytest.approx((expected["l2"], expected["l2_scale_free"]))
    null = table[table["null"]]
    assert null["kept"].isna().all()
    assert null["l2"].nunique() > len(null) / 2


def test_no_more_neighbours_vote_than_there_are(tmp_path):
    few = CLOUDS.model_copy(update={"repeats": 1})
    arrays = {"groups": np.array(GROUPS), "vectors.A.Wide": np.zeros((1, 4, 1, 1, 5))}
    many = PLANES.model_copy(update={"neighbours": 50, "shuffles": 9})
    found = compare(tmp_path, images_of(60), arrays, clouds=few, planes=many)
    assert (found["n"] == 3).all()


def test_standardised_together_by_hand():
    first, second = np.array([[0.0, 5, 1], [2, 5, 1]]), np.array([[4.0, 5, 3], [6, 5, 3], [3, 5, 2]])
    found = standardised_together([first, second])
    assert [len(cloud) for cloud in found] == [2, 3]
    together = np.concatenate(found)
    np.testing.assert_allclose(together.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(together.var(axis=0), [1, 0, 1])
    np.testing.assert_allclose(found[0][:, 0], [-3 / 2, -1 / 2])  # mean 3, variance 4


def test_statistics_in_one_unit_by_hand():
    row = dict.fromkeys(STATISTICS, 0.0) | {
        "mean_1": 7, "deviation_1": 2, "deviation_2": 8, "covariance": 12, "skewness_1": 1.5, "kurtosis_2": -0.5,
        "radius_0.5": 3,
    }  # fmt: skip
    found = dict(zip(STATISTICS, in_one_unit(np.array([list(row.values())]))[0], strict=True))
    assert found == row | {"covariance": 12 / 4, "skewness_1": 3, "kurtosis_2": -4}
    # A cloud on a line has no covariance to speak of.
    flat = dict(zip(STATISTICS, in_one_unit(np.array([list((row | {"deviation_2": 0}).values())]))[0], strict=True))
    assert flat["covariance"] == flat["kurtosis_2"] == 0


def test_points_in_another_unit_give_statistics_in_it():
    clouds = list(np.random.default_rng(0).gamma(2, size=(5, 30, 4)))
    found = in_one_unit(plane_statistics(clouds))
    np.testing.assert_allclose(in_one_unit(plane_statistics([10 * cloud for cloud in clouds])), 10 * found)
