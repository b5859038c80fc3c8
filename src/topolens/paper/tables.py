"""The paper's long tables as LaTeX: claims, and networks of each kind."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from topolens.claims.model import full_name
from topolens.config.conditions import CLEAN
from topolens.nets.perceptrons.cards import successes
from topolens.paper.latex import ROWS_A_PAGE, cell, escape, interval_text, parts_of, tabular
from topolens.results import Results

WRAPPED = r">{\raggedright\arraybackslash}p"


def claims_tables(claims: pd.DataFrame, studies: Iterable[str]) -> Iterator[tuple[str, str]]:
    """By name, the claims of each study whole, `claims_<study>`, and by pages, `claims_<study>_<part>`."""
    for study in studies:
        own = claims[claims["study"] == study]
        yield f"claims_{study}", claims_table(own)
        for part in range(parts_of(len(own))):
            page = own.iloc[part * ROWS_A_PAGE : (part + 1) * ROWS_A_PAGE]
            yield f"claims_{study}_{part + 1}", claims_table(page)


def claims_table(claims: pd.DataFrame) -> str:
    """The claims of one study: id, claim, verdict, estimate with interval, rule, n."""
    rows = [
        [
            escape(full_name(row["id"], row["twin"])),
            *(cell(row[column]) for column in ("wording", "verdict")),
            interval_text(row["estimate"], row["low"], row["high"]),
            *(escape(str(row["rule"])), str(row["n"])),
        ]
        for row in claims.to_dict("records")
    ]
    columns = rf"@{{}}l{WRAPPED}{{0.29\linewidth}}ll{WRAPPED}{{0.08\linewidth}}r@{{}}"
    return tabular(columns, "Id & Claim & Verdict & Estimate [interval] & Rule & $n$", rows)


def networks_table(mains: list[Results]) -> str:
    """How many networks reached each accuracy, and after how many epochs (median)."""
    rows = []
    for main in mains:
        (family,) = main.record("networks")["families"].values()
        reached = pd.DataFrame(family["reached_epoch"], columns=main.config.snapshot_accuracies, dtype=float)
        for accuracy, epochs in reached.items():
            count = f"{epochs.notna().sum()} of {len(epochs)}"
            rows.append([escape(main.study.name), f"{accuracy:g}", count, _median(epochs)])
    return tabular("llll", "study & training accuracy & networks & median epoch", rows)


def _median(epochs: pd.Series) -> str:
    return "n/a" if epochs.isna().all() else f"{epochs.median():.4g}"


def image_networks_table(mains: list[Results]) -> str:
    """Each convolutional network: bands, seeds, scores on test images, minutes of training of one seed."""
    rows = []
    for main in mains:
        scores = {
            (row["network"], row["statistic"]): interval_text(row["estimate"], row["low"], row["high"])
            for row in scores_of(main).to_dict("records")
        }
        for network in main.config.image_networks:
            accuracy, iou, without_skips = (
                scores.get((network.name, statistic), "") for statistic in ("accuracy", "iou", "iou_without_skips")
            )
            minutes = [main.checkpoint_card(network.name, seed)["minutes"] for seed in main.config.seeds]
            names = [escape(text) for text in (main.study.name, network.name, ", ".join(network.bands))]
            rows.append([*names, str(len(minutes)), accuracy or iou, without_skips, f"{np.mean(minutes):.3g}"])
    head = "study & network & bands & seeds & accuracy or IoU & IoU without skips & minutes"
    return tabular(rf"ll{WRAPPED}{{0.25\linewidth}}llll", head, rows)


def scores_of(main: Results) -> pd.DataFrame:
    """The rows of accuracy, or of IoU with and without skips: over all seeds and images, clean ones."""
    table = main.table("statistics")
    if main.config.kind == "images":
        return table[(table["statistic"] == "accuracy") & (table["condition"] == CLEAN)]
    scores = table[table["statistic"].isin(["accuracy", "iou", "iou_without_skips"]) & table["classes"].isna()]
    return scores[scores["seed"].isna() | (scores["statistic"] == "accuracy")]


def betti_networks_table(mains: list[Results]) -> str:
    """Each family of perceptrons on data of known topology: how many networks make no error, and after which epoch."""
    rows = [
        [
            escape(family["data"]),
            escape(family["activation"].replace("_", " ")),
            rf"${family['depth']} \times {family['widths'][1]}$",
            f"{len(epochs)} of {len(family['seeds'])}",
            _median(epochs),
        ]
        for main in mains
        for family, epochs in trained_epochs(main)
    ]
    return tabular("lllll", "data & activation & hidden layers & networks & median epoch", rows)


def trained_epochs(main: Results) -> list[tuple[dict[str, Any], pd.Series]]:
    """Each family, and after which epochs those of its networks were trained that are accurate enough to count."""
    found = []
    for family in main.record("networks")["families"].values():
        accuracy = main.config.perceptron_training(family["data"]).snapshot_accuracies[-1]
        counted = [*successes(family, accuracy)]
        epochs = [own[-1] for own in family["reached_epoch"]]
        found.append((family, pd.Series(epochs, dtype=float)[counted]))
    return found
