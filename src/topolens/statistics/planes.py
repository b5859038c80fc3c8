"""How well planes of two principal components and landscapes tell classes apart."""

from collections.abc import Iterator

import pandas as pd

from topolens.statistics.rows import Row


def plane_rows(table: pd.DataFrame) -> Iterator[Row]:
    """Accuracy of the neighbours' vote by network, layer and method."""
    for row in table.to_dict("records"):
        yield {"statistic": "separation"} | {str(key): value for key, value in row.items()}
