"""Stage 10: every number and table that the paper's text uses, as LaTeX, so that none is typed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from topolens.artifacts import write_text
from topolens.claims.model import NOT_REPRODUCED, REPRODUCED, UNDECIDED
from topolens.config.betti import BettiRun
from topolens.config.latent import LatentRun
from topolens.config.metric import CLEAN, MetricRun
from topolens.config.study import Run, Study
from topolens.config.study_files import load_studies
from topolens.paper.claim_pages import ROWS_A_PAGE, parts_of
from topolens.results import Results

DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
SPECIAL = {character: f"\\{character}" for character in "&%#_${}"} | {
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
    "=": "$=$",  # typst would take it for a heading at the start of a cell
    "≥": r"$\ge$",
    "≤": r"$\le$",
    "−": r"$-$",
}


def write_numbers(
    claims_file: Path,
    numbers_file: Path,
    *,
    study_files: list[Path],
    results_folder: Path,
    figure_folder: Path,
    scale: str,
) -> None:
    """Macros for claims, settings and networks, and the long tables, all in the folder of `numbers_file`.

    Beside it lie `setup.tex` (where the figures are), `claims_<study>.tex` and, of at most a page each,
    `claims_<study>_<part>.tex`, `networks.tex` for families of
    perceptrons, `image_networks.tex` for convolutional networks and `betti_networks.tex` for data of known topology.
    """
    folder = numbers_file.parent
    claims = pd.read_csv(claims_file)
    studies = [*load_studies(study_files, scale).values()]
    mains: list[Results[Any]] = [Results(results_folder / study.name, study, "main") for study in studies]
    families = [main for main in mains if isinstance(main.config, Run)]
    latent = [main for main in mains if isinstance(main.config, LatentRun | MetricRun)]
    known = [main for main in mains if isinstance(main.config, BettiRun)]
    macros = {"Scale": scale} | dict(_count_macros(claims)) | dict(_claim_macros(claims))
    for main in mains:
        macros |= dict(_setting_macros(main.study))
        macros[macro_name(main.study.name, "data")] = escape(main.source)
    for family in families:
        last = [epochs[-1] for epochs in family.record("networks")["reached_epoch"]]
        macros[macro_name(family.study.name, "reached last")] = str(sum(epoch is not None for epoch in last))
    for one in latent:
        macros |= dict(_score_macros(one))
    for trained in known:
        macros |= dict(_trained_macros(trained))
    lines = [f"\\newcommand{{\\{name}}}{{{value}}}" for name, value in sorted(macros.items())]
    write_text(numbers_file, "\n".join(lines) + "\n")
    write_text(folder / "setup.tex", f"\\newcommand{{\\figures}}{{../{figure_folder}}}\n")
    for study in studies:
        own = claims[claims["study"] == study.name]
        write_text(folder / f"claims_{study.name}.tex", claims_table(own))
        for part in range(parts_of(len(own))):
            rows = own.iloc[part * ROWS_A_PAGE : (part + 1) * ROWS_A_PAGE]
            write_text(folder / f"claims_{study.name}_{part + 1}.tex", claims_table(rows))
    write_text(folder / "networks.tex", networks_table(families))
    write_text(folder / "image_networks.tex", image_networks_table(latent))
    write_text(folder / "betti_networks.tex", betti_networks_table(known))


def macro_name(*parts: str) -> str:
    """A LaTeX macro name: words capitalised and joined, digits spelled out: W3, low -> WthreeLow."""
    words = re.sub(r"\d", lambda digit: DIGITS[int(digit.group())], " ".join(parts))
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z]+", words))


def escape(text: str) -> str:
    """Text made safe for LaTeX."""
    return "".join(SPECIAL.get(character, character) for character in text)


def number(value: float) -> str:
    """A number for the text: at most three significant digits, integers whole, n/a when there is none."""
    if value is None or np.isnan(value):
        return "n/a"
    digits, _, exponent = (f"{int(value)}" if whole(value) else f"{value:.3g}").partition("e")
    if exponent:
        digits = rf"{float(digits):g}\cdot 10^{{{int(exponent)}}}"
    # In text a bare minus sign would be set as a hyphen.
    return rf"\ensuremath{{{digits}}}" if exponent or value < 0 else digits


def whole(value: float) -> bool:
    """Whether a number is a count rather than a measurement."""
    return float(value).is_integer() and abs(value) < 1e6


def _count_macros(claims: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """How many published claims, controls left out, got each verdict."""
    published = claims.loc[~claims["id"].str.startswith("C"), "verdict"]
    yield "ClaimsCount", str(len(published))
    for verdict in (REPRODUCED, NOT_REPRODUCED, UNDECIDED):
        yield macro_name("claims", verdict), str((published == verdict).sum())


def _claim_macros(claims: pd.DataFrame) -> Iterator[tuple[str, str]]:
    for row in claims.to_dict("records"):
        name = (row["study"], row["id"])
        yield macro_name(*name, "verdict"), escape(row["verdict"])
        for field in ("estimate", "low", "high", "n"):
            yield macro_name(*name, field), number(row[field])


def _setting_macros(study: Study) -> Iterator[tuple[str, str]]:
    def walk(values: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        if isinstance(values, dict):
            for key, value in values.items():
                yield from walk(value, (*path, key))
        elif isinstance(values, bool | str):
            yield macro_name(*path), escape(str(values).lower())
        elif isinstance(values, int | float):
            yield macro_name(*path), number(values)
        elif isinstance(values, list) and all(isinstance(value, str | int | float) for value in values):
            yield macro_name(*path), escape(", ".join(map(str, values)))

    yield from walk(study.runs["main"].model_dump(mode="json"), (study.name,))


def _score_macros(main: Results[LatentRun | MetricRun]) -> Iterator[tuple[str, str]]:
    """Accuracy or IoU of each network over its seeds, as `\\<Study><Network>Accuracy`."""
    for row in scores_of(main).to_dict("records"):
        yield macro_name(main.study.name, str(row["network"]), str(row["statistic"])), number(row["estimate"])


def scores_of(main: Results[LatentRun | MetricRun]) -> pd.DataFrame:
    """The rows of accuracy, or of IoU with and without skips: over all seeds and images, clean ones."""
    table = main.table("statistics")
    if isinstance(main.config, MetricRun):
        return table[(table["statistic"] == "accuracy") & (table["other"] == CLEAN)]
    scores = table[table["statistic"].isin(["accuracy", "iou", "iou_without_skips"]) & table["group"].isna()]
    return scores[scores["seed"].isna() | (scores["statistic"] == "accuracy")]


def claims_table(claims: pd.DataFrame) -> str:
    """The claims of one study: id, claim, verdict, estimate with interval, rule, n."""
    lines = [
        " & ".join(
            [
                escape(row["id"]),
                escape(row["wording"]),
                escape(row["verdict"]),
                interval_text(row["estimate"], row["low"], row["high"]),
                escape(str(row["rule"])),
                str(row["n"]),
            ]
        )
        for row in claims.to_dict("records")
    ]
    wrapped = r">{\raggedright\arraybackslash}p"
    columns = rf"@{{}}l{wrapped}{{0.29\linewidth}}ll{wrapped}{{0.08\linewidth}}r@{{}}"
    return _tabular(columns, "Id & Claim & Verdict & Estimate [interval] & Rule & $n$", lines)


def networks_table(mains: list[Results[Run]]) -> str:
    """How many networks reached each accuracy, and after how many epochs (median)."""
    lines = []
    for main in mains:
        reached = pd.DataFrame(
            main.record("networks")["reached_epoch"], columns=main.record("networks")["thresholds"], dtype=float
        )
        for threshold, epochs in reached.items():
            median = "n/a" if epochs.isna().all() else f"{epochs.median():.4g}"
            lines.append(
                f"{escape(main.study.name)} & {threshold:g} & {epochs.notna().sum()} of {len(epochs)} & {median}"
            )
    return _tabular("llll", "study & training accuracy & networks & median epoch", lines)


def image_networks_table(mains: list[Results[LatentRun | MetricRun]]) -> str:
    """Each convolutional network: bands, seeds, scores on test images, minutes of training of one seed."""
    lines = []
    for main in mains:
        scores = {(row["network"], row["statistic"]): row for row in scores_of(main).to_dict("records")}
        for network in main.config.networks:
            cells = []
            for statistic in ("accuracy", "iou", "iou_without_skips"):
                row = scores.get((network.name, statistic))
                cells.append(interval_text(row["estimate"], row["low"], row["high"]) if row else "")
            cards = [main.checkpoint_card(network.name, seed) for seed in main.config.seeds]
            minutes = np.mean([card["minutes"] for card in cards])
            lines.append(
                f"{escape(main.study.name)} & {escape(network.name)} & {escape(', '.join(network.bands))} & "
                f"{len(cards)} & {cells[0] or cells[1]} & {cells[2]} & {minutes:.3g}"
            )
    head = "study & network & bands & seeds & accuracy or IoU & IoU without skips & minutes"
    return _tabular(r"ll>{\raggedright\arraybackslash}p{0.25\linewidth}llll", head, lines)


def betti_networks_table(mains: list[Results[BettiRun]]) -> str:
    """Each family of perceptrons on data of known topology: how many networks make no error, and after which epoch."""
    lines = []
    for main in mains:
        for cell, trained in zip(main.record("networks")["cells"].values(), trained_counts(main), strict=True):
            needed = main.config.training[cell["set"]].accuracy
            reached = pd.Series(cell["reached_epoch"], dtype=float)[pd.Series(cell["accuracy"], dtype=float) >= needed]
            median = "n/a" if reached.empty else f"{reached.median():.4g}"
            shape = rf"${cell['depth']} \times {cell['widths'][1]}$"
            lines.append(
                f"{escape(cell['set'])} & {escape(cell['activation'].replace('_', ' '))} & {shape} & "
                f"{trained} of {len(cell['seeds'])} & {median}"
            )
    return _tabular("lllll", "data & activation & hidden layers & networks & median epoch", lines)


def trained_counts(main: Results[BettiRun]) -> list[int]:
    """How many networks of each cell reached the accuracy that makes them count."""
    needed = {name: one.accuracy for name, one in main.config.training.items()}
    return [
        sum(value is not None and value >= needed[cell["set"]] for value in cell["accuracy"])
        for cell in main.record("networks")["cells"].values()
    ]


def _trained_macros(main: Results[BettiRun]) -> Iterator[tuple[str, str]]:
    """How many networks there are and how many count, `\\<Study>Networks` and `\\<Study>Trained`."""
    yield (
        macro_name(main.study.name, "networks"),
        str(sum(len(cell["seeds"]) for cell in main.record("networks")["cells"].values())),
    )
    yield macro_name(main.study.name, "trained"), str(sum(trained_counts(main)))


def interval_text(value: float, low: float, high: float) -> str:
    """An estimate with its interval."""
    return f"{number(value)} [{number(low)}, {number(high)}]"


def _tabular(columns: str, head: str, lines: list[str]) -> str:
    rows = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", rf"{head} \\", r"\midrule"]
    rows += [*(rf"{line} \\" for line in lines), r"\bottomrule", r"\end{tabular}"]
    return "\n".join(rows) + "\n"
