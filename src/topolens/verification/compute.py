"""What a run took: the time and memory of its stages, by study, from their provenance."""

from pathlib import Path

import pandas as pd

from topolens.artifacts import read_json

FILE = "compute.csv"


def compute_table(folder: Path, studies: list[str]) -> pd.DataFrame:
    """A row for each study and stage of a finished run; what belongs to no study, such as claims, has an empty one.

    Args:
        folder: Its results.
        studies: The names of its studies.

    Returns:
        Columns study, stage, jobs, cpu_minutes (of all cores together), wall_minutes (summed over jobs) and
        peak_memory_mb (of the largest job).
    """
    rows = [
        (
            study if study in studies else "",
            one["stage"],
            one["cpu_seconds"],
            one["wall_seconds"],
            one["peak_memory_mb"],
        )
        for file in sorted(folder.rglob("*.provenance.json"))
        for study, one in [(file.relative_to(folder).parts[0], read_json(file))]
    ]
    records = pd.DataFrame(rows, columns=["study", "stage", "cpu", "wall", "memory"])
    cost = records.groupby(["study", "stage"], as_index=False).agg(
        jobs=("cpu", "size"), cpu_minutes=("cpu", "sum"), wall_minutes=("wall", "sum"), peak_memory_mb=("memory", "max")
    )
    minutes = ["cpu_minutes", "wall_minutes"]
    cost[minutes] = (cost[minutes] / 60).round(3)
    return cost
