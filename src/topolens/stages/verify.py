"""A finished run against the committed reference and its gold runs; it always ends, with what it found."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from topolens.artifacts import read_json, write_json, write_table, write_text
from topolens.config.study import Study
from topolens.config.study_files import load_studies
from topolens.verification.compare import COLUMNS, How, Reference, Row, compare_study, not_comparable
from topolens.verification.fingerprint import FILE, described, fingerprint, same_machine, same_pinned
from topolens.verification.gold import CLAIMS, FILES, alone, read_gold
from topolens.verification.report import page
from topolens.verification.tables import read_tables, settings_of

ONE_RUN = "the reference is one run, which does not say how far runs of other networks lie apart"


def compare_with_reference(
    table_file: Path,
    record_file: Path,
    page_file: Path,
    *,
    results_folder: Path,
    reference_folder: Path,
    study_files: list[Path],
    scale: str,
    seed: int,
) -> None:
    """Compare all tables and claims of a run with the reference.

    Args:
        table_file: A row a study, a claim and anything else that is not equal; columns of verification.compare.COLUMNS.
        record_file: `run`, `reference` (where they are from), `how` they were compared, and the `reason` why they
            could not be.
        page_file: The same for people.
        results_folder, reference_folder: Where the tables lie.
        study_files, scale, seed: Of the run.
    """
    studies = load_studies(study_files, scale)
    known = read_json(reference_folder / FILE) if (reference_folder / FILE).is_file() else None
    found = fingerprint(results_folder, settings_of(studies), scale, seed, known and known["code"])
    record = {"run": described(found), "reference": described(known) if known else "none", "how": "", "reason": ""}
    rows: list[Row] = []
    if known is None:
        record["reason"] = f"{reference_folder / FILE}: there is no reference at this scale"
    else:
        how: How = "another seed"
        if found["seed"] == known["seed"]:
            how = "bytes" if same_machine(found, known) else "same seed"
        record["how"] = how
        rows = rows_of_studies(studies, results_folder, reference_folder, (found, known), how)
    table = pd.DataFrame(rows, columns=COLUMNS)
    write_table(table_file, table)
    write_json(record_file, record)
    write_text(page_file, page(table, record))


def rows_of_studies(
    studies: dict[str, Study],
    results_folder: Path,
    reference_folder: Path,
    fingerprints: tuple[dict[str, Any], dict[str, Any]],
    how: How,
) -> list[Row]:
    """Rows of the comparison of all studies; `fingerprints` are the run's and the reference's."""
    run, theirs = (read_tables(folder, [*studies]) for folder in (results_folder, reference_folder))
    reasons = why_not_comparable(*fingerprints, run[CLAIMS], theirs[CLAIMS])
    is_one_run = not (reference_folder / FILES[0]).is_file()
    reference = Reference(theirs, *(alone(theirs) if is_one_run else read_gold(reference_folder)))
    rows: list[Row] = []
    for name, study in studies.items():
        if name in reasons:
            rows.append(not_comparable(name, reasons[name]))
            continue
        trained = stands_on_training(theirs[name], study, same_pinned(*fingerprints))
        if is_one_run and (how == "another seed" or (how == "same seed" and trained.any())):
            rows.append(not_comparable(name, ONE_RUN))
        else:
            rows += compare_study(name, run, reference, how, trained)
    return rows


def why_not_comparable(
    found: dict[str, Any], known: dict[str, Any], ours: pd.DataFrame, theirs: pd.DataFrame
) -> dict[str, str]:
    """By study, why it cannot be compared: other data, other settings, or none of the reference's."""
    first, second = (table.groupby("study")["data"].first().to_dict() for table in (ours, theirs))
    reasons = {}
    for study, settings in found["settings"].items():
        if study not in known["settings"]:
            reasons[study] = "the reference has no such study"
        elif settings != known["settings"][study]:
            reasons[study] = "its settings are not those of the reference"
        elif first.get(study) != second.get(study):
            reasons[study] = f"its data are {first.get(study)!r}, the reference's are {second.get(study)!r}"
    return reasons


def stands_on_training(table: pd.DataFrame, study: Study, pinned: bool) -> np.ndarray:
    """Which rows of a study's table stand on networks that its runs train themselves, and might train otherwise.

    Args:
        table: With the columns `run` and, where there are layers, `depth`.
        study: Its settings.
        pinned: Whether perceptrons were trained by the same pinned arithmetic, and so are the same.

    Returns:
        (rows,) bool.
    """
    trains = {
        name: not pinned if run.kind in ("samples", "layers") else run.weights == "train"
        for name, run in study.runs.items()
    }
    trained = table["run"].map(trains).to_numpy(bool)
    at_input = table["depth"].eq(0).to_numpy(bool) if "depth" in table else np.zeros(len(table), bool)
    return trained & ~at_input
