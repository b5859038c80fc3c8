"""Shares of the first principal component, by hand and within classes."""

import numpy as np
import pandas as pd
import pytest

from topolens.artifacts import write_arrays
from topolens.inference.principal import first_share, second_over_first
from topolens.stages.principal_shares import measure_principal_shares

SEED = 3


def test_the_share_of_the_first_principal_component_by_hand():
    # Variances 4 and 1 along the axes.
    cross = np.array([[2.0, 0], [-2, 0], [0, 1], [0, -1]]) + 7
    assert first_share(cross) == pytest.approx(4 / 5)
    assert first_share(np.outer(np.arange(5.0), [1, 2, 3])) == pytest.approx(1)
    assert np.isnan(first_share(np.ones((5, 3))))
    assert first_share(np.concatenate([np.eye(3), -np.eye(3)])) == pytest.approx(1 / 3)


def test_the_second_component_over_the_first_by_hand():
    cross = np.array([[2.0, 0], [-2, 0], [0, 1], [0, -1]]) + 7
    assert second_over_first(cross) == pytest.approx(1 / 4)
    assert second_over_first(3 * cross) == pytest.approx(1 / 4)
    assert second_over_first(np.outer(np.arange(5.0), [1, 2, 3])) == pytest.approx(0)
    assert second_over_first(np.arange(5.0)[:, None]) == 0  # one dimension has one component
    assert second_over_first(np.concatenate([np.eye(3), -np.eye(3)])) == pytest.approx(1)
    assert np.isnan(second_over_first(np.ones((5, 3))))


def test_shares_are_measured_within_each_class_beside_shuffled_labels(tmp_path):
    # Two classes, each on a line of its own; shuffled labels mix the lines.
    line = np.linspace(-1, 1, 20)[:, None]
    points = np.concatenate([line * [1.0, 0.0], line * [0.0, 1.0]])
    arrays = {"index": np.array([[0, 1, 0]]), "labels": np.repeat([[0, 1]], 20, axis=1), "layer_2": points[None]}
    write_arrays(tmp_path / "clouds.npz", arrays)
    measure_principal_shares(tmp_path / "clouds.npz", tmp_path / "shares.csv", output_layer=2, seed=SEED)
    table = pd.read_csv(tmp_path / "shares.csv")
    assert table[["network", "snapshot", "repeat", "group"]].values.tolist() == [[0, 1, 0, 0], [0, 1, 0, 1]]
    np.testing.assert_allclose(table["share"], 1)
    assert (table["shuffled_share"] < 0.9).all()
    np.testing.assert_allclose(table["ratio"], 0, atol=1e-12)
    assert table["isotropic_ratio"].between(0.4, 1).all()
    assert table["isotropic_ratio"].nunique() == 2
