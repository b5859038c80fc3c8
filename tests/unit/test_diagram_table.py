"""Many diagrams in one file: what goes in comes out."""

import numpy as np
import pandas as pd
import pytest

from topolens.topology.diagram_table import DiagramTable

INF = np.inf
DIAGRAMS = [
    [np.array([[0.0, INF], [0.0, 2.0]]), np.array([[1.0, 1.5]])],
    [np.array([[0.0, INF]]), np.empty((0, 2))],
    [np.empty((0, 2)), np.array([[3.0, 4.0], [3.0, INF], [0.1, 0.3]])],
]


def clouds_table(count=3):
    numbers = np.arange(count)
    return pd.DataFrame(
        {
            "layer": numbers,
            "network": numbers - 1,
            "snapshot": numbers - 1,
            "repeat": 0,
            "null": numbers == 1,
            "mean_distance": 0.1 + numbers / 3,
        }
    )


def test_collected_diagrams_are_found_by_cloud_and_degree():
    table = DiagramTable.collect(clouds_table(), DIAGRAMS)
    assert list(table.degrees) == [0, 1]
    for cloud, diagrams in enumerate(DIAGRAMS):
        for degree, diagram in enumerate(diagrams):
            np.testing.assert_array_equal(table.diagram(cloud, degree), diagram)
            assert table.diagram(cloud, degree).shape == diagram.shape


def test_offsets_say_where_each_clouds_bars_start():
    table = DiagramTable.collect(clouds_table(), DIAGRAMS)
    np.testing.assert_array_equal(table.offsets[0], [0, 2, 3, 3])
    np.testing.assert_array_equal(table.offsets[1], [0, 1, 1, 4])
    assert [len(bars) for bars in table.bars] == [3, 4]


def test_what_is_written_is_read_to_the_bit(tmp_path):
    table = DiagramTable.collect(clouds_table(), DIAGRAMS)
    table.write(tmp_path / "diagrams.npz")
    again = DiagramTable.read(tmp_path / "diagrams.npz")
    pd.testing.assert_frame_equal(again.clouds, table.clouds)
    for degree in table.degrees:
        np.testing.assert_array_equal(again.bars[degree], table.bars[degree])
        np.testing.assert_array_equal(again.offsets[degree], table.offsets[degree])
    assert again.clouds["null"].dtype == bool


def test_equal_tables_are_equal_files(tmp_path):
    for name in ("a", "b"):
        DiagramTable.collect(clouds_table(), DIAGRAMS).write(tmp_path / f"{name}.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_rows_count_from_0_whatever_the_index_was():
    table = DiagramTable.collect(clouds_table().set_index(pd.Index([7, 5, 9])), DIAGRAMS)
    assert list(table.clouds.index) == [0, 1, 2]
    np.testing.assert_array_equal(table.diagram(2, 1), DIAGRAMS[2][1])


def test_one_degree_and_one_empty_cloud(tmp_path):
    table = DiagramTable.collect(clouds_table(1), [[np.empty((0, 2))]])
    table.write(tmp_path / "diagrams.npz")
    again = DiagramTable.read(tmp_path / "diagrams.npz")
    assert list(again.degrees) == [0]
    assert again.diagram(0, 0).shape == (0, 2)


def test_clouds_with_different_numbers_of_degrees_are_refused():
    with pytest.raises(ValueError, match="zip"):
        DiagramTable.collect(clouds_table(2), [DIAGRAMS[0], DIAGRAMS[1][:1]])


def test_tables_join_behind_one_another():
    def table(network, *diagrams):
        clouds = clouds_table(len(diagrams)).assign(network=network)
        return DiagramTable.collect(clouds, [[np.asarray(one, float).reshape(-1, 2)] for one in diagrams])

    first, second = table(0, [[0, 1]], []), table(1, [[2, 3], [4, 5]])
    joined = DiagramTable.join([first, second])
    assert joined.clouds["network"].tolist() == [0, 0, 1]
    assert [joined.diagram(cloud, 0).tolist() for cloud in range(3)] == [[[0, 1]], [], [[2, 3], [4, 5]]]
