"""Statistics behind the claims on Mapper graphs."""

import numpy as np
import pandas as pd
import pytest
from explain_tables import LAYERS, estimate, family_of, mapper_of, run_of, undecided

from topolens.claims.mapper import FINDINGS
from topolens.claims.model import NOT_REPRODUCED, REPRODUCED, UNDECIDED, Rule
from topolens.inference.intervals import DIFFERENCES, SHARES, crossed_mean, mean_of_units
from topolens.statistics.explanations import NOISE

NAN = np.nan
# What each finding reads, so that it is made of one number a graph.
COLUMNS = {
    "fork_share": {"separating": 1.0}, "fork_gain": {"fork_gain": 1.0},
    "loop_entropy": {"loop_excess_entropy": 1.0},
    "hidden_forks": {"local": 1.0, "overall": 0.0, "subset_local": 0.0, "subset_overall": 0.0},
}  # fmt: skip


def networks(finding, table, **options):
    return estimate("graphs_of_networks", run_of(mapper=table), finding=finding, **options)


def positions(finding, table, **options):
    return estimate("graphs_of_positions", run_of(mapper=table), finding=finding, **options)


def table_of(finding, values, made=family_of):
    """A table in which a finding has these values."""
    return made(**{name: np.asarray(values) * factor for name, factor in COLUMNS[finding].items()})


# Over networks


@pytest.mark.parametrize("finding", COLUMNS)
def test_networks_count_by_the_mean_over_positions_and_layers_of_each_half(finding):
    values = np.random.default_rng(0).uniform(size=(6, 2, 3, 4))
    found = networks(finding, table_of(finding, values))
    expected = crossed_mean(values.mean(axis=(2, 3)))
    assert (found.value, found.low, found.high) == pytest.approx((expected.value, expected.low, expected.high))
    assert found.n == 6
    # Seeds, halves and positions have no order, and layers that are left out say nothing.
    table = table_of(finding, values[::-1, ::-1, :, ::-1])
    again = networks(finding, table.sample(frac=1, random_state=0))
    assert (again.value, again.low) == pytest.approx((found.value, found.low))
    two = networks(finding, table_of(finding, values), omitted=["L3"])
    assert two.value == pytest.approx(values[:, :, :2].mean())


def test_layers_count_alike_however_many_of_their_graphs_fork():
    # First layer 0 and 1, second 1 alone, third nothing: (0.5 + 1) / 2.
    values = np.tile([[0, 1], [1, NAN], [NAN, NAN]], (5, 2, 1, 1))
    found = networks("fork_share", table_of("fork_share", values))
    assert (found.value, found.n) == (0.75, 5)


def test_a_network_with_a_half_without_forks_is_left_out():
    values = np.full((6, 2, 3, 2), 0.8)
    values[2, 1] = NAN
    values[4, 0, 1:] = NAN
    found = networks("fork_share", table_of("fork_share", values))
    assert (found.value, found.n) == (pytest.approx(0.8), 5)
    nothing = networks("fork_share", table_of("fork_share", np.full((6, 2, 3, 2), NAN)))
    assert undecided(nothing)
    assert nothing.n == 0


def test_one_half_says_what_its_networks_say():
    values = np.random.default_rng(1).normal(size=(7, 1, 3, 2))
    found = networks("fork_gain", table_of("fork_gain", values))
    expected = mean_of_units(values.mean(axis=(1, 2, 3)), 200, 0)
    assert (found.value, found.low) == pytest.approx((expected.value, expected.low))


def test_few_networks_decide_nothing():
    found = networks("fork_share", table_of("fork_share", np.full((4, 2, 3, 2), 0.9)))
    assert Rule(above=0.5).verdict(found, 5) == UNDECIDED
    found = networks("fork_share", table_of("fork_share", np.full((5, 2, 3, 2), 0.9)))
    assert Rule(above=0.5).verdict(found, 5) == REPRODUCED


def test_networks_without_an_effect_are_rarely_said_to_have_one():
    generator, wrong = np.random.default_rng(0), 0
    for _ in range(300):
        shape = generator.normal(size=(8, 1, 1, 1)) + 0.3 * generator.normal(size=(1, 2, 1, 1))
        values = shape + 0.5 * generator.normal(size=(8, 2, 3, 2))
        found = crossed_mean(values.mean(axis=(2, 3)))
        wrong += not found.low <= 0 <= found.high
    assert wrong / 300 < 0.08


# Loops


def loops_of(loops, noise):
    """Graphs and noise, [seed][half][layer][repeat or cloud]."""
    return pd.concat([family_of(loops=loops), family_of(NOISE, loops=noise)])


def test_rank_of_loops_among_noise_by_hand():
    # Layers: 2 among 1, 2, 3, 0 is 0.625; 0 among zeros is 0.5; 5 among 0 to 3 is 1.
    noise = np.tile([[1, 2, 3, 0], [0, 0, 0, 0], [0, 1, 2, 3]], (5, 2, 1, 1))
    found = networks("loop_rank", loops_of(np.tile([[2], [0], [5]], (5, 2, 1, 1)), noise))
    assert (found.value, found.n) == (pytest.approx((0.625 + 0.5 + 1) / 3), 5)
    one = networks("loop_rank", loops_of(np.tile([[2], [0], [5]], (5, 2, 1, 1)), noise), omitted=["L1", "L3"])
    assert one.value == 0.5
    # No loops anywhere decide nothing, since every network is at the bound.
    assert Rule(above=0.5).verdict(one, 5) == UNDECIDED


def test_a_graph_is_ranked_among_the_noise_of_its_own_network_half_and_layer():
    loops, noise = np.zeros((5, 2, 3, 1)), np.ones((5, 2, 3, 3))
    noise[1:] += 10
    loops[0], noise[0] = 2, 1
    found = networks("loop_rank", loops_of(loops, noise))
    assert found.value == pytest.approx(1 / 5)
    # A common number of further loops changes no rank.
    assert networks("loop_rank", loops_of(loops + 3, noise + 3)) == found


def test_ranks_of_graphs_that_are_noise_are_a_half():
    generator, wrong, values = np.random.default_rng(0), 0, []
    for _ in range(60):
        loops, noise = generator.poisson(0.7, (8, 2, 3, 2)), generator.poisson(0.7, (8, 2, 3, 19))
        found = networks("loop_rank", loops_of(loops, noise))
        values.append(found.value)
        wrong += not found.low <= 0.5 <= found.high
    assert np.mean(values) == pytest.approx(0.5, abs=0.01)
    assert wrong / 60 <= 0.1


def test_loops_at_positions_of_one_network_are_held_against_each_cloud_of_noise():
    table = pd.concat([mapper_of(loops=[[4, 2], [10, 13], [1, 0]]), mapper_of(NOISE, loops=[[3, 1], [10, 20], [0, 0]])])
    found = estimate("loops_of_positions", run_of(mapper=table))
    # By position and cloud: (1 + 0.5 + 1) / 3 and (1 + 0 + 1) / 3; (0 + 1 + 0.5) / 3 and (1 + 0 + 0.5) / 3.
    expected = crossed_mean(np.array([[2.5, 2], [1.5, 1.5]]) / 3)
    assert (found.value, found.low, found.n) == pytest.approx((expected.value, expected.low, 2))
    last = estimate("loops_of_positions", run_of(mapper=table), omitted=["L1", "L2"])
    assert last.value == 0.75
    nothing = run_of(mapper=mapper_of(loops=[[1], [1], [1]]))
    assert undecided(estimate("loops_of_positions", nothing))


def test_forks_of_random_parts_are_taken_off():
    local, overall = [[0.8, 0.6], [0.5, NAN], [NAN, NAN]], [[0.2, 0.1], [0.4, NAN], [NAN, NAN]]
    chance = {"subset_local": [[0.5, 0.4]] * 3, "subset_overall": [[0.1, 0.2]] * 3}
    found = positions("hidden_forks", mapper_of(local=local, overall=overall, **chance))
    # First position: 0.6 - 0.4 and 0.1 - 0.4; second: 0.5 - 0.2.
    assert (found.value, found.n) == (pytest.approx((-0.05 + 0.3) / 2), 2)


# A pair of classes


def pair_of(purity, null, forks, made=family_of):
    return made("pair", node_purity=purity, null_purity=null, forks=forks)


def family(purity, forks):
    """Five networks, two halves and as many positions as of [layer][repeat]."""
    tile = (5, 2, 1, 1)
    return pair_of(np.tile(purity, tile), np.full((5, 2, *np.shape(purity)), 0.5), np.tile(forks, tile))


@pytest.mark.parametrize(
    ("purity", "forks", "late", "pure"),
    [
        ([[0.6], [0.7], [0.9]], [[0], [0], [2]], 1, 0.2),
        ([[0.6], [0.9], [0.8]], [[0], [0], [2]], 0, -0.1),  # purer before
        ([[0.6], [0.8], [0.8]], [[0], [0], [2]], 0, 0),  # as pure before
        ([[0.6], [0.7], [0.9]], [[1], [0], [2]], 0, 0.2),  # a fork before
        ([[0.6], [0.7], [0.9]], [[0], [0], [0]], 0, 0.2),  # no fork at all
    ],
)
def test_a_pair_parts_late_by_purity_and_by_fork(purity, forks, late, pure):
    table = family(purity, forks)
    found = networks("late_pair", table)
    assert (found.value, found.n) == (late, 5)
    expected = mean_of_units(np.full(5, float(late)), 200, 0, within=SHARES)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert networks("late_purity", table).value == pytest.approx(pure)
    only_forks = [row[0] > 0 for row in forks] == [False, False, True]
    assert networks("late_fork", table).value == only_forks


def test_a_network_counts_by_the_share_of_its_positions_at_which_the_pair_parts_late():
    found = networks("late_pair", family([[0.6, 0.6], [0.7, 0.7], [0.9, 0.6]], [[0, 0], [0, 0], [1, 1]]))
    assert found.value == 0.5
    # Purity is averaged over positions first: 0.75 less 0.7.
    assert networks(
        "late_purity", family([[0.6, 0.6], [0.7, 0.7], [0.9, 0.6]], [[0, 0], [0, 0], [1, 1]])
    ).value == pytest.approx(0.05)


def test_eight_of_eight_networks_decide_and_seven_do_not():
    purity, forks = np.tile([[0.6], [0.7], [0.9]], (8, 2, 1, 1)), np.tile([[0], [0], [1]], (8, 2, 1, 1))
    null = np.full(purity.shape, 0.5)
    rule = Rule(above=0.5)
    assert rule.verdict(networks("late_pair", pair_of(purity, null, forks)), 5) == REPRODUCED
    forks[0, :, 0] = 1
    assert rule.verdict(networks("late_pair", pair_of(purity, null, forks)), 5) == UNDECIDED
    forks[:, :, 0] = 1
    assert rule.verdict(networks("late_pair", pair_of(purity, null, forks)), 5) == NOT_REPRODUCED


def test_chance_is_that_of_each_graph():
    purity, null = [[0.6, 0.6], [0.7, 0.6], [0.9, 0.7]], [[0.5, 0.5], [0.5, 0.5], [0.5, 0.6]]
    table = pair_of(purity, null, [[0, 0], [0, 1], [2, 1]], mapper_of)
    # Above chance: 0.4 less the best earlier 0.2; 0.1 less 0.1, as far as rounding goes.
    found = positions("late_purity", table)
    expected = mean_of_units(np.array([0.2, 0.0]), 200, 0, within=DIFFERENCES)
    assert (found.value, found.low, found.high) == pytest.approx((0.1, expected.low, expected.high))
    assert positions("late_fork", table) == mean_of_units(np.array([1.0, 0.0]), 200, 0, within=SHARES)


def test_a_run_without_a_pair_decides_nothing_about_it():
    for finding in ("late_pair", "late_purity", "late_fork"):
        assert undecided(networks(finding, family_of(loops=np.ones((5, 2, 3, 1)))), Rule(above=0.5))
        assert undecided(positions(finding, mapper_of(loops=[[1], [1], [1]])), Rule(above=0.5))


def test_nodes_without_the_pair_have_no_purity():
    nothing, none = [[NAN, NAN]] * 3, [[0, 0]] * 3
    assert undecided(networks("late_purity", family(nothing, none)))
    assert undecided(networks("late_pair", family(nothing, none)))


# Agreement


def agreement_of(match, chance, made=mapper_of, pairs=((0, 1),)):
    first, second = ([[pair[side] for pair in pairs]] * len(LAYERS) for side in (0, 1))
    if made is family_of:
        first, second = (np.broadcast_to(own, np.shape(match)) for own in (first, second))
    return made("agreement", match=match, chance_match=chance, first=first, second=second)


def test_agreement_is_0_by_chance_and_1_for_equal_graphs():
    chance = np.full((5, 2, 3, 1), 0.3)
    assert networks("agreement", agreement_of(chance, chance, family_of)).value == 0
    assert networks("agreement", agreement_of(np.ones((5, 2, 3, 1)), chance, family_of)).value == 1
    some = networks("agreement", agreement_of(np.tile([[0.6], [0.2], [1]], (5, 2, 1, 1)), chance * 0 + 0.2, family_of))
    assert (some.value, some.n) == (pytest.approx(0.5), 5)
    # Graphs of all points, or of none, agree by chance as well as they can.
    ones = np.ones((5, 2, 3, 1))
    assert undecided(networks("agreement", agreement_of(ones, ones, family_of)))


PAIRS = [(a, b) for a in range(5) for b in range(a + 1, 5)]


def test_agreement_at_one_network_is_that_of_pairs_and_resamples_positions():
    # Each position adds to its pairs: the mean over pairs is that of twice the positions, and so is the interval.
    adds = np.array([0.05, 0.1, 0.2, 0.25, 0.3])
    match = [[adds[a] + adds[b] for a, b in PAIRS]] * 3
    found = estimate("agreement_of_positions", run_of(mapper=agreement_of(match, np.zeros((3, 10)), pairs=PAIRS)))
    assert (found.value, found.n) == (pytest.approx(2 * adds.mean()), 5)
    jackknifed = mean_of_units(2 * adds, 200, 0)
    assert (found.low, found.high) == pytest.approx((jackknifed.low, jackknifed.high))
    # Pairs that are taken as independent say too much.
    naive = mean_of_units(np.array(match[0]), 200, 0)
    assert found.high - found.low > naive.high - naive.low


def test_agreement_of_layers_that_are_left_out_says_nothing():
    match = np.array([[0.2] * 10, [0.4] * 10, [0.9] * 10])
    run = run_of(mapper=agreement_of(match, np.zeros((3, 10)), pairs=PAIRS))
    assert estimate("agreement_of_positions", run, omitted=["L3"]).value == pytest.approx(0.3)
    two = estimate("agreement_of_positions", run_of(mapper=agreement_of([[0.2]] * 3, [[0.0]] * 3)))
    assert (two.value, two.n) == (pytest.approx(0.2), 2)
    assert np.isnan(two.low)
    nothing = run_of(mapper=agreement_of([[NAN]] * 3, [[NAN]] * 3))
    assert undecided(estimate("agreement_of_positions", nothing))


def test_every_finding_is_asked_for_by_a_name_that_says_it():
    assert {*COLUMNS} | {"loop_rank", "late_pair", "late_purity", "late_fork", "agreement"} == {*FINDINGS}
