"""The paper's long tables as LaTeX: claims, and networks of each kind."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from topolens.claims.model import full_name
from topolens.config.conditions import CLEAN
from topolens.config.study import Study
from topolens.config.training import ImageTraining
from topolens.data.files import KnownDataset
from topolens.nets.perceptrons.cards import successes
from topolens.paper.latex import breakable, cell, escape, floats, interval_text, paged, tabular, wrapped
from topolens.results import Results

OPTIMISERS = {"sgd": "SGD, Nesterov", "adamw": "AdamW"}
CLAIM_SHARES, RULE_SHARE = (0.14, 0.24, 0.14), 0.07  # of the width of the text: id, claim, verdict; rule


def claims_floats(claims: pd.DataFrame, study: Study) -> str:
    """The claims of one study over as many pages as they need, headlines in bold.

    Id, claim (once for its twins), verdict (with the reason where nothing is decided), its stability over gold runs
    (empty without), estimate with interval, rule, n.
    """
    rows, above = [], ""
    for row in claims[claims["study"] == study.name].to_dict("records"):
        rows.append(
            [
                _name(row["id"], row["twin"], row["headline"]),
                "" if row["wording"] == above else cell(row["wording"]),
                cell(row["verdict"] + (f", {row['reason']}" if row["reason"] else "")),
                "" if row["stability"] == "" else f"{row['stability']:.2f}",
                "" if math.isnan(row["estimate"]) else interval_text(row["estimate"], row["low"], row["high"]),
                *(escape(str(row["rule"])), str(row["n"])),
            ]
        )
        above = row["wording"]
    columns = "@{}" + "".join(map(wrapped, CLAIM_SHARES)) + "ll" + wrapped(RULE_SHARE) + "r@{}"
    head = "Id & Claim & Verdict & Stable & Estimate [interval] & Rule & $n$"
    caption = f"Claims and controls of the study {escape(study.name)}: {escape(study.title)}."
    return floats(
        columns, head, paged(rows, [*CLAIM_SHARES, None, None, RULE_SHARE, None]), caption, f"tab:{study.name}"
    )


def _name(claim: str, twin: str, headline: bool) -> str:
    """The id and the twin, in bold where the row counts the claim."""
    name = breakable(f"{claim} {twin}" if full_name(claim, twin) != claim else claim)
    return rf"\textbf{{{name}}}" if headline else name


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
    return tabular(f"ll{wrapped(0.25)}llll", head, rows)


def scores_of(main: Results) -> pd.DataFrame:
    """The rows of accuracy, or of IoU with and without skips: over all seeds and images, clean ones."""
    table = main.table("statistics")
    if main.config.kind == "images":
        return table[(table["statistic"] == "accuracy") & (table["condition"] == CLEAN)]
    scores = table[table["statistic"].isin(["accuracy", "iou", "iou_without_skips"]) & table["classes"].isna()]
    return scores[scores["seed"].isna() | (scores["statistic"] == "accuracy")]


def data_table(catalogue: Mapping[str, KnownDataset], shown: Mapping[str, str], mains: list[Results]) -> str:
    """Each data set that a study reads: who published it, its terms, what of it is shown, and which studies read it."""
    used: dict[str, list[str]] = {}
    for main in mains:
        for data in main.config.data:
            used.setdefault(data.name, []).append(main.study.name)
    rows = [
        [
            *(cell(known.title), breakable(known.source), cell(known.licence), cell(shown[name])),
            escape(", ".join(used[name])),
        ]
        for name, known in catalogue.items()
        if name in used
    ]
    columns = "@{}" + "".join(wrapped(share) for share in (0.24, 0.22, 0.16, 0.16)) + "l@{}"
    return tabular(columns, "data & source & terms & what is shown & studies", rows)


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


def compute_cost_table(cost: pd.DataFrame) -> str:
    """Each study: jobs, minutes of CPU time, of them those of the longest stage, and the memory of the largest job.

    Args:
        cost: As topolens.verification.compute.compute_table gives it; may be empty.
    """
    rows = []
    for study, stages in cost.groupby("study", sort=False):
        longest = stages.nlargest(1, "cpu_minutes").iloc[0]
        told = f"{longest['stage'].partition('.')[0].replace('_', ' ')} {longest['cpu_minutes']:.1f}"
        minutes = f"{stages['cpu_minutes'].sum():.1f}"
        rows.append([str(study) or "all", str(stages["jobs"].sum()), minutes, told, _memory(stages)])
    if rows:
        minutes = f"{cost['cpu_minutes'].sum():.1f}"
        rows.append(["together", str(cost["jobs"].sum()), minutes, "", _memory(cost)])
    head = "study & jobs & CPU minutes & of them the longest stage & memory (MB)"
    return tabular("lrrlr", head, ([cell(text) for text in row] for row in rows))


def _memory(stages: pd.DataFrame) -> str:
    return f"{stages['peak_memory_mb'].max():.0f}"


def training_table(mains: list[Results]) -> str:
    """How the networks of each study are trained: optimiser, highest learning rate, batch size, epochs, end."""
    rows = []
    for main in mains:
        training = main.config.training
        for name, own in training.items() if isinstance(training, dict) else [("all", training)]:
            if isinstance(own, ImageTraining):
                optimiser, epochs, end = OPTIMISERS[own.optimiser], own.epochs, "the cycle of the learning rate is over"
            else:
                last = f"training accuracy {own.snapshot_accuracies[-1]:g} or the last epoch"
                optimiser, epochs, end = "Adam", own.max_epochs, last
            numbers = [f"{own.learning_rate:g}", str(own.batch_size), str(epochs)]
            rows.append([main.study.name, name, optimiser, *numbers, end])
    head = "study & networks & optimiser & learning rate & batch & epochs & end"
    return tabular(f"llllll{wrapped(0.3)}", head, ([cell(text) for text in row] for row in rows))
