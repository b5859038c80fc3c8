"""The complexities of many clouds."""

import pandas as pd

from topolens.topology.complexity import complexity
from topolens.topology.diagram_table import DiagramTable


def complexity_table(table: DiagramTable, degree: int) -> pd.DataFrame:
    """One row per cloud in the order of the table: where it comes from, the degree, and what `complexity` tells."""
    means = table.clouds["mean_distance"]
    numbers = [complexity(table.diagram(cloud, degree), means[cloud]) for cloud in table.clouds.index]
    rows = pd.concat([table.clouds, pd.DataFrame(numbers)], axis=1)
    rows.insert([*rows].index("null") + 1, "degree", degree)
    return rows
