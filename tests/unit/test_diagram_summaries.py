import numpy as np
import pytest
from gudhi.representations import Entropy

from topolens.errors import TopolensError
from topolens.topology.diagram_summaries import persistence_entropy, total_persistence


def test_by_hand():
    diagram = np.array([[0.0, 1], [2, 3], [1, 3], [0, np.inf]])
    assert persistence_entropy(diagram) == pytest.approx(2 * 0.25 * np.log(4) + 0.5 * np.log(2))
    assert total_persistence(diagram) == 4
    assert total_persistence(diagram, power=2) == 6


def test_equal_bars_have_the_largest_entropy():
    diagram = np.array([[number, number + 0.5] for number in range(7)])
    assert persistence_entropy(diagram) == pytest.approx(np.log(7))
    assert persistence_entropy(diagram, normalised=True) == pytest.approx(1)


def test_bars_of_length_0_do_not_count():
    diagram = np.array([[0.0, 1], [2, 3], [5, 5]])
    assert persistence_entropy(diagram) == pytest.approx(np.log(2))
    assert persistence_entropy(diagram, normalised=True) == pytest.approx(1)


@pytest.mark.parametrize("diagram", [np.empty((0, 2)), np.array([[0.0, 1]]), np.array([[0, np.inf], [0, np.inf]])])
def test_fewer_than_two_finite_bars(diagram):
    assert persistence_entropy(diagram) == persistence_entropy(diagram, normalised=True) == 0


@pytest.mark.parametrize("power", [0.0, -1.0, np.inf, np.nan])
def test_what_is_no_power(power):
    with pytest.raises(TopolensError, match="power="):
        total_persistence(np.array([[0.0, 1]]), power)


def test_as_gudhi():
    births, lengths = np.random.default_rng(0).random((2, 20))
    diagram = np.stack([births, births + lengths], axis=1)
    assert persistence_entropy(diagram) == pytest.approx(Entropy().fit_transform([diagram])[0, 0])
    assert persistence_entropy(5 * diagram) == pytest.approx(persistence_entropy(diagram))
