"""Small tables of accuracies, clouds and distances between diagrams."""

import pandas as pd

from topolens.config.analyses import Intervals

INTERVALS = Intervals(bootstrap=200)


def performance():
    """Two networks, four images; noise takes one of four right answers from A and all from B."""
    rows = [
        (network, condition, image, correct, 0.7 if condition == "int8" else 0.0)
        for network, hits in (
            ("A", {"clean": [1, 1, 1, 1], "gaussian 0.1": [1, 1, 0, 1], "int8": [1, 1, 1, 1]}),
            ("B", {"clean": [1, 1, 1, 0], "gaussian 0.1": [0, 0, 0, 0], "int8": [1, 1, 0, 0]}),
        )
        for condition, values in hits.items()
        for image, correct in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=["network", "condition", "image", "correct", "quantised"])


def clouds():
    """Three layers, two clean clouds; ari rises with depth in the first and falls in the second."""
    rows = [
        ("A", layer, "clean", repeat, "cosine", score, 4)
        for layer, scores in (("one", (0.1, 0.9)), ("two", (0.2, 0.5)), ("ten", (0.4, 0.1)))
        for repeat, score in enumerate(scores)
    ]
    rows.append(("A", "ten", "int8", 0, "cosine", 0.3, 4))
    columns = ["network", "layer", "condition", "repeat", "metric", "ari", "components"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(**dict.fromkeys(("nmi", "best_ari", "best_nmi", "neighbours"), table["ari"]))


def distances():
    """Two metrics at one layer, degree 1: within 1..4 and 2..5, between 4.5."""
    columns = ["kind", "metric", "against", "condition", "repeat", "k", "bottleneck"]
    rows = [
        *(("within", "cosine", "", "clean", number, 0, float(number)) for number in (1, 2, 3, 4)),
        *(("within", "euclidean", "", "clean", number, 0, number + 1.0) for number in (1, 2, 3, 4)),
        ("between", "cosine", "euclidean", "clean", 0, 0, 4.5),
        ("disturbed", "cosine", "", "gaussian 0.1", 0, 0, 2.5),
        ("disturbed", "cosine", "", "int8", 0, 0, 0.5),
        ("k", "cosine", "", "clean", 0, 7, 9.0),
    ]
    table = pd.DataFrame(rows, columns=columns).assign(network="A", layer="ten", degree=1)
    return table.assign(wasserstein=10 * table["bottleneck"])


def only(rows, **cell):
    (row,) = [row for row in rows if all(row.get(key) == value for key, value in cell.items())]
    return row
