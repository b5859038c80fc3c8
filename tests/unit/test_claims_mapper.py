"""Statistics behind the claims on Mapper graphs."""

import numpy as np
import pandas as pd
import pytest
from explain_tables import estimate, mapper_of, run_of, undecided

from topolens.claims.model import Rule
from topolens.inference.intervals import SHARES, mean_of_units, share_of_units
from topolens.statistics.explanations import NOISE

NAN = np.nan


@pytest.mark.parametrize(
    ("name", "column"), [("fork_share", "separating"), ("fork_gain", "fork_gain"), ("loop_share", "loop_separating")]
)
def test_shares_are_means_over_layers_and_units_are_positions(name, column):
    # Positions: (0 + 1) / 2 and (1 + 1) / 2; the third layer has nothing to share.
    run = run_of(mapper=mapper_of(**{column: [[0, 1], [1, 1], [NAN, NAN]]}))
    found = estimate(name, run)
    within = None if name == "fork_gain" else SHARES
    assert found == mean_of_units(np.array([0.5, 1.0]), 200, 0, within=within)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("fork_share", ["separating"]), ("fork_gain", ["fork_gain"]), ("loop_share", ["loop_separating"]),
        ("hidden_forks", ["local", "overall"]),
    ],
)  # fmt: skip
def test_where_nothing_forks_or_loops_nothing_is_decided(name, columns):
    found = estimate(name, run_of(mapper=mapper_of(**{column: [[NAN] * 2] * 3 for column in columns})))
    assert undecided(found)
    assert found.n == 0


def test_loops_beyond_noise_of_the_same_layer():
    noise = mapper_of(NOISE, loops=[[1, 3], [10, 10], [0, 0]])
    other = mapper_of("directions", loops=[[500], [500], [500]])
    run = run_of(mapper=pd.concat([mapper_of(loops=[[4, 2], [10, 13], [1, 0]]), noise, other]))
    found = estimate("loop_excess", run)
    # First position: 2, 0 and 1 more; second: 0, 3 and 0.
    assert (found.value, found.low, found.high, found.n) == pytest.approx((1, 1, 1, 2))


def test_forks_that_the_plane_of_all_points_hides():
    local, overall = [[0.8, 0.6], [0.5, NAN], [NAN, NAN]], [[0.2, 0.1], [0.4, 0.9], [0.3, 0.3]]
    found = estimate("hidden_forks", run_of(mapper=mapper_of(local=local, overall=overall)))
    assert (found.value, found.n) == (pytest.approx((0.35 + 0.5) / 2), 2)


def pair_of(purity, null, forks):
    return run_of(mapper=mapper_of("pair", node_purity=purity, null_purity=null, forks=forks))


def test_a_pair_that_parts_late():
    run = pair_of([[0.6, 0.6], [0.7, 0.6], [0.9, 0.7]], [[0.5, 0.5], [0.5, 0.5], [0.5, 0.6]], [[0, 0], [0, 1], [2, 1]])
    # Above chance: 0.4 less the best earlier 0.2; 0.1 less 0.1.
    found = estimate("late_pair", run)
    expected = mean_of_units(np.array([0.2, 0.0]), 200, 0, within=(-2.0, 2.0))
    assert (found.value, found.low, found.high) == pytest.approx((0.1, expected.low, expected.high))
    assert estimate("late_fork", run) == share_of_units(1, 2)


@pytest.mark.parametrize(
    ("forks", "late"),
    [
        ([[0, 0], [0, 0], [1, 3]], 2),
        ([[1, 1], [0, 0], [1, 3]], 0),
        ([[0, 0], [0, 0], [0, 0]], 0),  # of no fork anywhere there is none in the last layer
    ],
)
def test_positions_at_which_only_the_last_layer_forks(forks, late):
    flat = [[0.5, 0.5]] * 3
    assert estimate("late_fork", pair_of(flat, flat, forks)) == share_of_units(late, 2)


def test_a_run_without_a_pair_decides_nothing_about_it():
    run = run_of(mapper=mapper_of(loops=[[1], [1], [1]]))
    for name in ("late_pair", "late_fork"):
        assert undecided(estimate(name, run), Rule(above=0.5))


def test_nodes_without_the_pair_have_no_purity():
    nothing = [[NAN, NAN]] * 3
    assert undecided(estimate("late_pair", pair_of(nothing, nothing, [[0, 0]] * 3)))


def test_agreement_of_positions_is_0_by_chance_and_1_for_equal_graphs():
    def found(match, chance):
        return estimate("stable_graphs", run_of(mapper=mapper_of("agreement", match=match, chance_match=chance)))

    assert found([[0.3]] * 3, [[0.3]] * 3).value == 0
    assert found([[1.0]] * 3, [[0.3]] * 3).value == 1
    # Pairs: (0.5 + 0 + 1) / 3 and (0.5 + 0.5 + 0.5) / 3.
    some = found([[0.6, 0.6], [0.2, 0.6], [1, 0.6]], [[0.2, 0.2], [0.2, 0.2], [0.5, 0.2]])
    assert (some.value, some.n) == (pytest.approx(0.5), 2)
    # Graphs of all points, or of none, agree by chance as well as they can.
    assert undecided(found([[1.0]] * 3, [[1.0]] * 3), Rule(above=0.5))
