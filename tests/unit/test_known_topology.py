"""The known Betti numbers of the generated sets, through homology, and what their generators refuse."""

import numpy as np
import pytest

from topolens.config.analyses import BettiNumbers
from topolens.config.data import DataSet
from topolens.data.dataset import read_datasets, write_datasets
from topolens.data.holed_square import HoledSquareOptions, generate_holed_square
from topolens.data.known_topology import GENERATORS, generate, known_betti_numbers
from topolens.data.linked_tori import LinkedToriOptions, solid_torus
from topolens.data.nested_spheres import unit_sphere
from topolens.errors import TopolensError
from topolens.stages.known_data import prepare_known_data
from topolens.topology import hop_complex
from topolens.topology.hop_complex import hop_betti_numbers

# Name, options, neighbours and degree of small and cheap versions, and of those of the study.
SMALL = [
    ("holed_square", {}, 14, 1),
    ("linked_tori", {"sections": 20}, 15, 1),
    ("nested_spheres", {"points": (40, 60, 100)}, 8, 2),
    ("linked_tori", {}, 35, 1),
    ("nested_spheres", {}, 14, 2),
]


@pytest.mark.parametrize(("name", "options", "neighbours", "degree"), SMALL)
def test_known_betti_numbers_come_out(name, options, neighbours, degree):
    dataset, known = generate(name, options), GENERATORS[name].betti_numbers()
    for label in (0, 1):
        found = hop_betti_numbers(dataset.points[dataset.labels == label], neighbours, 2.5, degree)
        assert found.betti == known[label]
    sums = {"holed_square": (9, 10), "linked_tori": (18, 18), "nested_spheres": (18, 36)}
    assert tuple(map(sum, known.values())) == sums[name]


def test_classes_keep_their_distance():
    square = generate("holed_square", {})
    radii = np.linalg.norm(square.points, axis=1)[square.labels == 0]
    assert radii.min() < 1e-6  # one disk is in the middle
    for name, gap in (("holed_square", 0.09), ("linked_tori", 0.17), ("nested_spheres", 0.09)):
        dataset = generate(name, {})
        zero, one = (dataset.points[dataset.labels == label] for label in (0, 1))
        assert min(np.linalg.norm(one - point, axis=1).min() for point in zero) > gap
        assert len(dataset.points) <= hop_complex.LARGEST_CLOUD


def test_a_solid_torus_lies_within_its_tube_and_a_sphere_on_itself():
    options = LinkedToriOptions(sections=12, radius=2.0, tube=0.25)
    torus = solid_torus(options)
    assert torus.shape == (60, 3)
    from_core = np.hypot(np.hypot(torus[:, 0], torus[:, 1]) - 2, torus[:, 2])
    assert np.allclose(np.unique(from_core.round(9)), [0, 0.25])
    sphere = unit_sphere(50)
    assert np.allclose(np.linalg.norm(sphere, axis=1), 1)
    assert np.allclose(sphere.mean(axis=0), 0, atol=0.02)


def test_linked_tori_are_linked():
    """The core circle of an upright torus meets the disk inside its flat partner's core in one point."""
    dataset = generate("linked_tori", {})
    torus = dataset.points[dataset.labels == 1].reshape(9, 40, 5, 3)[0, :, 0]  # the first pair is in the middle
    centre = np.array([-0.15, 0.0])
    heights, places = torus[:, 2], torus[:, :2]
    crossing = np.flatnonzero(np.sign(heights + 1e-9) != np.sign(np.roll(heights, -1) + 1e-9))
    inside = np.linalg.norm(places[crossing] - centre, axis=1) < 0.3
    assert len(crossing) == 2
    assert inside.sum() == 1


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("holed_square", {"disk": 0.3}, "disk < hole"),
        ("holed_square", {"hole": 0.34}, "0.3333"),
        ("linked_tori", {"tube": 0.1}, "0.075"),
        ("linked_tori", {"spacing": 1.0}, "1.02"),
        ("nested_spheres", {"radii": (0.2, 0.1, 0.3)}, "increasing radii"),
        ("nested_spheres", {"spacing": 0.6}, "half of the spacing"),
        ("nested_spheres", {"radius": 1.0}, "unknown key 'radius'"),
        ("holed_squares", {}, "Did you mean 'holed_square'"),
    ],
)
def test_what_gives_no_shape_is_refused(name, options, told):
    with pytest.raises(TopolensError, match=told):
        generate(name, options)


def test_sets_are_read_as_written(tmp_path):
    sets = {"D-I": generate_holed_square(HoledSquareOptions()), "D-III": generate("nested_spheres", {})}
    write_datasets(tmp_path / "data.npz", sets)
    found = read_datasets(tmp_path / "data.npz")
    assert [*found] == [*sets]
    for name, dataset in sets.items():
        assert np.array_equal(found[name].inputs(), dataset.inputs())
        assert found[name].source == dataset.source
        assert not found[name].is_test.any()


def prepare(file, neighbours=14, name="holed_square"):
    counted = {"D-I": BettiNumbers(neighbours=neighbours, max_degree=1)}
    prepare_known_data(file, data=[DataSet(name=name, label="D-I")], scale=2.5, counted=counted)


def test_the_stage_writes_what_is_right_and_stops_at_what_is_not(tmp_path, monkeypatch):
    prepare(tmp_path / "data.npz")
    assert len(read_datasets(tmp_path / "data.npz")["D-I"].labels) == 1557
    # A disk of 32 points has no sixty neighbours of its own: the disks hang together.
    with pytest.raises(TopolensError, match=r"data: D-I: class 0 has Betti numbers \(1, 0\).*expected \(9, 0\)"):
        prepare(tmp_path / "other.npz", neighbours=60)
    assert not (tmp_path / "other.npz").exists()
    monkeypatch.setattr(hop_complex, "LARGEST_CLOUD", 200)
    with pytest.raises(TopolensError, match=r"data: D-I: class 0: \d+ points, at most 200"):
        prepare(tmp_path / "other.npz")


def test_betti_numbers_are_known_to_degree_two_and_of_generated_sets_alone(tmp_path):
    assert known_betti_numbers("holed_square") == {0: (9, 0, 0), 1: (1, 9, 0)}
    assert {len(numbers) for name in GENERATORS for numbers in known_betti_numbers(name).values()} == {3}
    with pytest.raises(TopolensError, match=r"known topology: unknown data set 'disks'.*holed_square"):
        prepare(tmp_path / "data.npz", name="disks")
