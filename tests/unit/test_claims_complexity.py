"""Statistics behind the claims on complexity along training and depth."""

import math

import numpy as np
import pandas as pd
import pytest
from perceptron_tables import cloud, evidence, grid_table, table_of

from topolens.claims.model import TWINS, Rule
from topolens.claims.registry import STATISTICS
from topolens.config.architectures import block_of
from topolens.inference.intervals import (
    NOTHING,
    jackknifed,
    middle_of,
    share_of_units,
    simultaneous_means,
    surest_rise,
)
from topolens.inference.rises import rising_networks

NAN = np.nan


def rise_of(table, accuracies=(0.7, 1.0), from_accuracy=0.7, **options):
    """The finding of a claim on a rise with training."""
    found = evidence(table, accuracies=list(accuracies))
    return STATISTICS["training_rise"](found, from_accuracy=from_accuracy, **options)


def test_the_rise_with_training_is_the_middle_of_the_layers_log_ratios():
    # Layers double, stay and grow tenfold in every network.
    ratios = np.array([2.0, 1.0, 10.0])
    values = [[network * np.ones(3), network * ratios] for network in (1.0, 2.0, 3.0, 4.0)]
    found = rise_of(grid_table(values), degree="0").estimate
    assert (found.value, found.n) == (pytest.approx(np.log(2)), 4)
    noise = np.exp(np.random.default_rng(0).normal(size=(6, 2, 3)) / 10)
    noisy = [[noise[n, 0], ratios * noise[n, 1]] for n in range(6)]
    logs = np.log(np.array(noisy)[:, 1] / np.array(noisy)[:, 0])
    expected = middle_of(simultaneous_means(logs))
    found = rise_of(grid_table(noisy), degree="0").estimate
    assert (found.value, found.low, found.high) == pytest.approx((expected.value, expected.low, expected.high))
    scaled = rise_of(grid_table(7 * np.array(noisy)), degree="0").estimate
    assert (scaled.value, scaled.low) == pytest.approx((found.value, found.low))


def test_the_rise_starts_at_the_snapshot_that_is_asked_for_and_not_before():
    values = [[[100.0], [1.0], [4.0]]] * 5
    found = rise_of(grid_table(values), (0.5, 0.7, 1.0), degree="0").estimate
    assert found.value == pytest.approx(np.log(4))
    for accuracies in ((0.5, 0.6, 1.0), (0.5, 0.6, 0.7)):
        assert rise_of(grid_table(values), accuracies, degree="0").estimate == NOTHING


def test_networks_that_never_reached_the_end_or_have_no_complexity_do_not_count_in_the_rise():
    values = [[[1, 1], [2, 2]], [[1, 1], [2, 2]], [[9, 9], [NAN, NAN]], [[0, 1], [2, 2]]]
    found = rise_of(grid_table(values), degree="0").estimate
    assert (found.value, found.n) == (pytest.approx(np.log(2)), 2)


def with_nulls(values, null):
    """A grid table with Gaussian clouds of the norms null[snapshot][layer - 1]."""
    clouds = [
        cloud(depth=layer + 1, network=0, snapshot=snapshot, l2=factor * norm, null=True, repeat=number)
        for (snapshot, layer), norm in np.ndenumerate(np.asarray(null, float))
        for number, factor in enumerate((0.9, 1.0, 1.1))
    ]
    return pd.concat([grid_table(values), table_of(*clouds)], ignore_index=True)


def test_the_twins_of_a_rise_are_scale_free_and_over_gaussian_clouds():
    table = with_nulls([[[1.0], [8.0]]] * 5, [[1.0], [2.0]])
    table["l2_scale_free"] = np.where(table["snapshot"] == 0, 1.0, 3.0)
    raw, free, gaussian = (rise_of(table, degree="all", twin=twin) for twin in TWINS)
    assert [one.estimate.value for one in (raw, free, gaussian)] == pytest.approx(np.log([8, 3, 4]))
    assert (raw.band, free.band, gaussian.band) == (*("above 1, inside 0, below 0", ""), raw.band)


def test_every_claim_with_twins_takes_them():
    for name in ("training_rise", "degree_rise_difference", "networks_with_rise", "rise_between_layers"):
        assert "twin" in STATISTICS[name].options


def shares_table(*rows):
    """Of one layer in degree 1 from (network, snapshot, norm, main share)."""
    return table_of(*(cloud(network=n, snapshot=s, degree=1, l2=norm, main_share=share) for n, s, norm, share in rows))


def test_the_main_share_is_a_ratio_of_sums_from_which_no_network_drops_out():
    # Network 1 has no bars at first: its share is none, and it adds nothing.
    table = shares_table((0, 0, 1.0, 0.5), (0, 1, 2.0, 0.75), (1, 0, 0.0, NAN), (1, 1, 1.0, 0.25))
    found = STATISTICS["main_share_rise"](evidence(table), degree=1)
    assert (found.value, found.n) == (pytest.approx((4 * 0.75 + 0.25) / 5 - 0.5), 2)


def test_the_rise_of_the_main_share_is_a_mean_over_layers_with_its_jackknifed_interval():
    generator = np.random.default_rng(0)
    norms, shares = generator.uniform(1, 2, size=(7, 2, 3)), generator.uniform(size=(7, 2, 3))
    table = table_of(
        *(
            cloud(depth=layer + 1, network=n, snapshot=s, degree=1, l2=norm, main_share=shares[n, s, layer])
            for (n, s, layer), norm in np.ndenumerate(norms)
        )
    )

    def rise(kept):
        ratios = (shares * norms**2)[kept].sum(axis=0) / (norms**2)[kept].sum(axis=0)
        return (ratios[1] - ratios[0]).mean()

    found = STATISTICS["main_share_rise"](evidence(table), degree=1)
    left_out = np.array([rise(np.delete(np.arange(7), network)) for network in range(7)])
    expected = jackknifed(rise(np.arange(7)), left_out, 200, 0)
    assert (found.value, found.low, found.high) == pytest.approx((expected.value, expected.low, expected.high))
    # Clouds of a layer that are all divided by a constant have the same shares: the claim needs no scale-free twin.
    scaled = table.assign(l2=table["l2"] * np.where(table["depth"] == 2, 100.0, 0.1))
    assert STATISTICS["main_share_rise"](evidence(scaled), degree=1).value == pytest.approx(found.value)


def test_networks_that_lack_a_snapshot_have_no_share_of_the_features():
    table = shares_table((0, 0, 1.0, 0.5), (0, 1, 1.0, 0.75), (1, 0, 1.0, 0.1))
    found = STATISTICS["main_share_rise"](evidence(table), degree=1)
    assert (found.value, found.n) == (pytest.approx(0.25), 1)
    nobody = evidence(table[table["snapshot"] == 0], accuracies=[0.7, 1.0])
    assert STATISTICS["main_share_rise"](nobody, degree=1) == NOTHING


def two_degrees(zeroth, first):
    """Complexity table from values[network][snapshot] in one layer for both degrees."""
    return table_of(
        *(
            cloud(network=network, snapshot=snapshot, degree=degree, l2=value)
            for degree, values in enumerate((zeroth, first))
            for (network, snapshot), value in np.ndenumerate(np.asarray(values, float))
        )
    )


def difference_of(table, **options):
    found = evidence(table, accuracies=[0.7, 1.0])
    return STATISTICS["degree_rise_difference"](found, degree="0", than="1", from_accuracy=0.7, **options)


def test_the_rises_of_two_degrees_are_compared_in_each_network():
    # Contrasts: (3 - 1) / 4 in degree 0; 0, and 1 for what grew out of nothing, in degree 1.
    found = difference_of(two_degrees([[1, 3], [2, 6]], [[5, 5], [0, 4]]))
    assert (found.value, found.n) == (pytest.approx((0.5 + 0.5 - 1) / 2), 2)
    swapped = difference_of(two_degrees([[5, 5], [0, 4]], [[1, 3], [2, 6]]))
    assert swapped.value == pytest.approx(-found.value)
    # A factor of one degree does not count: rises are relative.
    assert difference_of(two_degrees([[10, 30], [20, 60]], [[5, 5], [0, 4]])).value == pytest.approx(found.value)


def test_two_degrees_that_rise_alike_and_networks_without_bars_decide_nothing():
    equal = two_degrees([[1, 2]] * 5, [[0, 0], [0, 0], [3, 6], [3, 6], [3, 6]])
    found = difference_of(equal)
    assert found.value == pytest.approx(2 / 5 * (1 / 3))  # bars that never were do not rise
    assert found.low < 0 < found.high
    table = two_degrees([[1, 2]] * 5, [[1, 2]] * 5)
    assert difference_of(table).value == pytest.approx(0)
    lacking = two_degrees([[1, 2], [1, 2]], [[1, 2], [1, 2]])
    assert difference_of(lacking[(lacking["network"] == 0) | (lacking["snapshot"] == 0)]).n == 1


def drawn_table(values):
    """From values[draw][network][layer - 1] of the L2 norm at the last of two snapshots."""
    values = np.asarray(values, float)
    return table_of(
        *(
            cloud(depth=layer + 1, network=network, snapshot=1, repeat=2 * network + draw, l2=value)
            for (draw, network, layer), value in np.ndenumerate(values)
            if not np.isnan(value)
        )
    )


def rising_share(table, **options):
    return STATISTICS["networks_with_rise"](evidence(table, **options), degree="0").estimate


def test_networks_with_a_rise_beyond_the_noise_of_a_second_draw_are_counted():
    generator = np.random.default_rng(0)
    logs = np.tile([3.0, 2.0, 1.0, 0.5], (2, 12, 1)) + 0.01 * generator.normal(size=(2, 12, 4))
    logs[:, :9, 2] += 1.5
    table = drawn_table(np.exp(logs))
    assert rising_share(table) == share_of_units(9, 12)
    assert rising_share(table) == share_of_units(int(rising_networks(logs).sum()), 12)
    # A factor in a layer is a constant of its logarithm; the twins look at other numbers.
    table["l2_scale_free"] = np.exp(-table["depth"].to_numpy(float))
    twin = STATISTICS["networks_with_rise"](evidence(table), degree="0", twin="scale-free").estimate
    assert twin.value == 0


def test_the_step_into_an_output_layer_with_a_distance_of_its_own_takes_no_part():
    logs = -np.tile(np.arange(5.0), (2, 10, 1)) + 0.01 * np.random.default_rng(0).normal(size=(2, 10, 5))
    logs[:, :, 4] = 10
    table = drawn_table(np.exp(logs))
    assert rising_share(table).value == 1
    assert rising_share(table, own=True).value == 0


def test_networks_with_a_rise_need_a_second_draw_and_the_last_snapshot():
    logs = np.random.default_rng(0).normal(size=(2, 6, 4))
    table = drawn_table(np.exp(logs))
    assert rising_share(table[table["repeat"] % 2 == 0]) == NOTHING
    lacking = table[(table["network"] != 5) | (table["depth"] != 2)]
    assert rising_share(lacking).n == 5
    assert rising_share(drawn_table(np.exp(logs[:, :1]))).n == 0


def test_the_surest_rise_between_hidden_layers_is_found_and_a_fall_decides_nothing():
    generator = np.random.default_rng(0)
    logs = np.array([0.0, -1.0, -0.5, -2.0, 9.0]) + 0.1 * generator.normal(size=(8, 5))
    found = STATISTICS["rise_between_layers"](evidence(grid_table(np.exp(logs)[:, None])), degree="0").estimate
    expected = surest_rise(simultaneous_means(np.diff(logs[:, :4], axis=1)))
    assert (found.value, found.low, found.n) == pytest.approx((expected.value, expected.low, 8))
    assert found.low > 0
    assert found.high == math.inf
    falling = -np.arange(5.0) + 0.1 * generator.normal(size=(8, 5))
    falling[:, 4] = 9  # the output layer
    found = STATISTICS["rise_between_layers"](evidence(grid_table(np.exp(falling)[:, None])), degree="0").estimate
    assert Rule(above=0).verdict(found, 5) == "undecided"


def test_rises_that_are_not_there_are_rarely_found():
    generator = np.random.default_rng(1)
    found = 0
    for _ in range(200):
        values = np.exp(generator.normal(size=(10, 1, 5)))
        one = STATISTICS["rise_between_layers"](evidence(grid_table(values)), degree="0").estimate
        found += one.low > 0
    assert found <= 0.05 * 200


@pytest.mark.parametrize(
    ("layer", "block"),
    [("ReLU11", "ReLU1"), ("ReLU53", "ReLU5"), ("E1-ReLU2", "E1"), ("B-ReLU1", "B"), ("D3-UpReLU", "D3")],
)
def test_blocks_of_layers(layer, block):
    assert block_of(layer) == block
