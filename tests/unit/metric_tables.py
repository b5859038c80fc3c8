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
from topolens.statistics.performance import accuracy_rows, robustness_rows
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


NOISES = ("gaussian", "salt_pepper", "speckle", "poisson", "uniform")


def distances(between=3.0, within=1.0, int8=0.5):
    """Three disjoint pairs of clean clouds; noise n at its r-th weakest strength moves diagrams by 1 + n + 10 r."""
    rows = []
    for network in ("A", "B"):
        for layer in ("x", "y", "z"):
            for repeat in (0, 2, 4):
                rows.append(("between", network, layer, "euclidean", "cosine", "clean", repeat, between))
            for metric in METRICS:
                rows += [("within", network, layer, metric, "", "clean", repeat, 1.0) for repeat in range(1, 6)]
                rows += [("paired", network, layer, metric, "", "clean", repeat, within) for repeat in (1, 3, 5)]
                rows.append(("disturbed", network, layer, metric, "", "int8", 0, int8))
                for rank in (0, 1):
                    for number, noise in enumerate(NOISES):
                        name = condition_of(noise, rank)
                        rows.append(("disturbed", network, layer, metric, "", name, 0, 1.0 + number + 10 * rank))
    columns = ["kind", "network", "layer", "metric", "against", "condition", "repeat", "bottleneck"]
    return pd.DataFrame(rows, columns=columns).assign(degree=1, wasserstein=1.0)


def condition_of(noise, rank):
    """The name of a noise at its r-th weakest strength; of photons the fewer ones are stronger."""
    return f"{noise} {strength_of(noise, rank):g}"


def strength_of(noise, rank):
    return (100, 10)[rank] if noise == "poisson" else (0.1, 0.2)[rank]


def performance(lost=0.02, quantised=0.7):
    """50 images; noise n at its r-th weakest strength takes (1 + n + 5 r) `lost` from A, B loses twice that."""
    rows = []
    noises = [(condition_of(noise, rank), noise, strength_of(noise, rank)) for rank in (0, 1) for noise in NOISES]
    for factor, network in enumerate(("A", "B"), 1):
        for number, (condition, kind, strength) in enumerate(
            [*noises, ("clean", "clean", None), ("int8", "int8", None)]
        ):
            wrong = round(50 * lost * factor * (number + 1)) if strength else 0
            share = quantised if kind == "int8" else 0.0
            rows += [(network, condition, kind, strength, image, int(image >= wrong), share) for image in range(50)]
    columns = ["network", "condition", "kind", "strength", "image", "correct", "quantised"]
    return pd.DataFrame(rows, columns=columns)


def untrained(seeds=19, score=0.3, spread=0.01):
    """By seed one vote more or less far above `score`, the same for both networks and metrics; two clouds."""
    rows = [
        (network, seed, repeat, metric, score + spread * seed)
        for network in ("A", "B")
        for seed in range(seeds)
        for repeat in (0, 1)
        for metric in (*METRICS, STACKED)
    ]
    return pd.DataFrame(rows, columns=["network", "seed", "repeat", "metric", "neighbours"])


def evidence(**changes):
    published = [Condition(kind="clean"), Condition(kind="gaussian", strength=0.1), Condition(kind="int8")]
    layers = dict.fromkeys(("x", "y", "z"), "")
    config = SimpleNamespace(
        networks=[SimpleNamespace(name="A"), SimpleNamespace(name="B")],
        layers_by_network={"A": layers, "B": layers},
        all_conditions=published,
        intervals=Intervals(bootstrap=200),
    )
    parts = {
        "clouds": clouds(), "distances": distances(), "performance": performance(), "untrained": untrained()
    } | changes  # fmt: skip
    rows = [
        *accuracy_rows(parts["performance"], config.intervals, 0),
        *trend_rows(parts["clouds"], config.intervals, 0),
        *robustness_rows(parts["performance"], parts["distances"], config.intervals),
    ]
    run = MadeUpResults(
        config=config,
        separation=parts["clouds"],
        diagram_distances=parts["distances"],
        performance=parts["performance"],
        untrained=parts["untrained"],
        statistics=tidy_table(rows, UNUSED),
    )
    return Evidence(run, 0)


def decide(statistic, options, own=None):
    return STATISTICS[statistic](own or evidence(), **options)
