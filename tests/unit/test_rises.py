"""Networks that rise from some layer to the next: by hand, at its level without any rise, with what is missing."""

import numpy as np
import pytest

from topolens.errors import TopolensError
from topolens.inference.rises import rising_networks


def noisy(networks, layers, seed=0, rise=0.0, size=0.01):
    """Two draws; layer 2 lies `rise` above layer 1 and all others fall."""
    means = -np.arange(layers, dtype=float)
    means[2] = means[1] + rise
    return means + size * np.random.default_rng(seed).normal(size=(2, networks, layers))


def test_a_rise_beyond_the_noise_of_draws_is_found_in_every_network():
    assert rising_networks(noisy(10, 5, rise=0.5)).tolist() == [1] * 10
    assert rising_networks(noisy(10, 5, rise=-0.5)).tolist() == [0] * 10


def test_two_networks_by_hand():
    # Steps 2 and 4 in both draws' mean; half differences 1 and 0.5, each over that of the other network: 2 and 0.5.
    draws = np.array([[[0.0, 3.0], [0.0, 4.5]], [[0.0, 1.0], [0.0, 3.5]]])
    # Rises 2 / 0.5 and 4 / 1 lie above the largest noise, which is 1 / 0.5.
    assert rising_networks(draws).tolist() == [1, 1]
    lower = draws.copy()
    lower[:, 1] = [[0.0, 2.4], [0.0, 1.4]]  # 1.9 / 1
    assert rising_networks(lower).tolist() == [1, 0]


@pytest.mark.parametrize("networks", [8, 10, 32, 100])
@pytest.mark.parametrize("layers", [5, 11])
def test_without_a_rise_one_network_in_twenty_has_one(networks, layers):
    generator = np.random.default_rng(1)
    runs = 4000 // networks
    rates = [rising_networks(generator.normal(size=(2, networks, layers))).mean() for _ in range(runs)]
    assert 0.02 < np.mean(rates) < 0.07


def test_neither_order_nor_unit_of_a_layer_matters():
    draws = np.random.default_rng(2).normal(size=(2, 12, 4))
    found = rising_networks(draws)
    order = np.random.default_rng(3).permutation(12)
    assert rising_networks(draws[:, order]).tolist() == found[order].tolist()
    assert rising_networks(draws[::-1]).tolist() == found.tolist()
    assert rising_networks(7 * draws + 3).tolist() == found.tolist()


def test_what_is_missing_has_no_answer_and_no_say():
    draws = noisy(10, 5, rise=0.5)
    draws[1, 3, 2] = np.nan
    found = rising_networks(draws)
    assert np.isnan(found[3])
    assert np.delete(found, 3).tolist() == np.delete(draws, 3, axis=1).shape[1] * [1]
    assert np.isnan(rising_networks(draws[:, :1])).all()
    assert np.isnan(rising_networks(draws[:, :, :1])).all()
    assert rising_networks(np.empty((2, 0, 4))).shape == (0,)


def test_what_has_no_complexity_never_rises():
    draws = noisy(10, 5, rise=-0.5)
    draws[:, :, 3:] = -np.inf
    assert rising_networks(draws).tolist() == [0] * 10
    assert rising_networks(np.full((2, 6, 3), -np.inf)).tolist() == [0] * 6


def test_without_any_noise_every_rise_counts_and_no_standing_still():
    still = np.tile(np.array([[3.0, 2.0, 2.0]]), (2, 4, 1))
    assert rising_networks(still).tolist() == [0] * 4
    assert rising_networks(np.tile(np.array([[3.0, 2.0, 2.5]]), (2, 4, 1))).tolist() == [1] * 4


def test_other_shapes_are_refused():
    with pytest.raises(TopolensError, match="draws: expected"):
        rising_networks(np.zeros((3, 4, 5)))
