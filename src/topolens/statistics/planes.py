"""How well planes of two principal components and landscapes tell classes apart."""

from collections.abc import Iterator

import pandas as pd

Row = dict[str, object]


def plane_rows(table: pd.DataFrame) -> Iterator[Row]:
    """Accuracy of the neighbours' vote; `group` is the method."""
    for row in table.to_dict("records"):
        method = row.pop("method")
        yield {"statistic": "separation", "group": method} | {str(key): value for key, value in row.items()}
