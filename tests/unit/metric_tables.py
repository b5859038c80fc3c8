"""Tables of layers under many distances as the stages write them, and estimates made of them."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
from made_up_results import MadeUpResults

from topolens.claims.evidence import Evidence
from topolens.claims.registry import STATISTICS
from topolens.config.analyses import Intervals
from topolens.config.conditions import Condition
from topolens.config.homology import STACKED
from topolens.stages.image_statistics import UNUSED
from topolens.statistics.robustness import accuracy_rows, robustness_rows
from topolens.statistics.rows import tidy_table
from topolens.statistics.separation import trend_rows

METRICS = ("euclidean", "cosine")


def clouds(rise=0.1, stacked=0.5):
    """Two networks, three layers, six clean clouds; the score rises by `rise` a layer; euclidean is the better one."""
    generator = np.random.default_rng(0)
    rows = []
    for network in ("A", "B"):
        for depth, layer in enumerate(("x", "y", "z")):
            for repeat in range(6):
                noise = generator.normal(scale=0.001)
                scores = {"euclidean": 0.4 + rise * depth + noise, "cosine": 0.3 + rise * depth + noise}
                scores[STACKED] = stacked
                rows += [(network, layer, "clean", repeat, metric, score) for metric, score in scores.items()]
    table = pd.DataFrame(rows, columns=["network", "layer", "condition", "repeat", "metric", "ari"])
    return table.assign(**dict.fromkeys(("nmi", "best_ari", "neighbours"), table["ari"]))


def distances(between=3.0, int8=0.5):
    rows = []
    for network in ("A", "B"):
        for layer in ("x", "y", "z"):
            rows.append(("between", network, layer, "euclidean", "cosine", "clean", between))
            for metric in METRICS:
                rows += [("within", network, layer, metric, "", "clean", 1.0) for _ in range(3)]
                rows.append(("disturbed", network, layer, metric, "", "int8", int8))
                for strength in (1, 2, 3, 4):
                    name = f"gaussian {strength / 10:g}"
                    rows.append(("disturbed", network, layer, metric, "", name, 1.0 + strength))
    columns = ["kind", "network", "layer", "metric", "against", "condition", "bottleneck"]
    return pd.DataFrame(rows, columns=columns).assign(degree=1, wasserstein=1.0)


def performance(lost=0.1, quantised=0.7):
    """50 images; A loses `lost` times the strength's number, B twice that; INT8 costs nothing."""
    rows = []
    noises = [(f"gaussian {strength / 10:g}", "gaussian", strength) for strength in (1, 2, 3, 4)]
    for factor, network in enumerate(("A", "B"), 1):
        for condition, kind, strength in (("clean", "clean", 0), ("int8", "int8", 0), *noises):
            wrong = round(50 * lost * factor * strength)
            share = quantised if kind == "int8" else 0.0
            rows += [(network, condition, kind, image, int(image >= wrong), share) for image in range(50)]
    return pd.DataFrame(rows, columns=["network", "condition", "kind", "image", "correct", "quantised"])


def evidence(**changes):
    published = [Condition(kind="clean"), Condition(kind="gaussian", strength=0.1), Condition(kind="int8")]
    layers = dict.fromkeys(("x", "y", "z"), "")
    config = SimpleNamespace(
        networks=[SimpleNamespace(name="A"), SimpleNamespace(name="B")],
        layers_by_network={"A": layers, "B": layers},
        all_conditions=published,
        intervals=Intervals(bootstrap=200),
    )
    parts = {"clouds": clouds(), "distances": distances(), "performance": performance()} | changes
    other = changes.get("other")
    rows = [
        *accuracy_rows(parts["performance"], config.intervals, 0),
        *trend_rows(parts["clouds"], config.intervals, 0),
        *robustness_rows(parts["performance"], parts["distances"], config.intervals, 0),
    ]
    run = MadeUpResults(
        config=config,
        separation=parts["clouds"],
        diagram_distances=parts["distances"],
        performance=parts["performance"],
        statistics=tidy_table(rows, UNUSED),
        other=lambda name: other,
    )
    return Evidence(run, 0)


def decide(statistic, options, own=None):
    return STATISTICS[statistic](own or evidence(), **options)
