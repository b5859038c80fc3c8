"""Numbers stay with their keys: rows of version 0.1, called as they were, stand in the reference under new names.

`former_rows` holds two hundred random rows of each table of the quick scale as the code before the one schema made
them on the machine of the reference; no layer, network or class may have been taken for another since. Intervals are
made otherwise since, and so are Mapper graphs and geodesic distances; clean clouds of images are more; the networks
that a run itself trains are others since: their rows keep their keys.
"""

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from topolens.config.run import Run
from topolens.config.study import load_study

HERE = Path(__file__).parent / "former_rows"
ROOT = Path(__file__).parents[2]
NUMBERS = ["estimate", "n", "null_low", "null_high", "p_value", "p_holm"]
ATTRIBUTION_SCORES = {
    "concentration", "inside", "gain", "deletion", "insertion", "deletion_shifted", "insertion_shifted",
}  # fmt: skip
SEPARATION_SCORES = {"ari", "nmi", "best_ari", "best_nmi", "neighbours", "components"}
OUTPUT = {"disks": 11, "mnist": 7}  # number of the logits' layer
RETIRED_RUNS = {"first_rows", "geodesic_input", "class_0"}  # of the disks: what they showed are unit tests
TRAINED_IN_THE_RUN = {"disks", "mnist", "naitzat"}
Keys = dict[str, str]


@cache
def settings_of(study: str) -> Run:
    return load_study(ROOT / "workflow" / "config" / "studies" / f"{study}.yaml", "quick").all_runs["main"]


def layer_of(depth: str, last: int) -> Keys:
    name = "input" if depth == "0" else "logits" if depth == str(last) else f"hidden {depth}"
    return {"layer": name, "depth": depth} if depth else {"layer": "", "depth": ""}


def of_samples(study: str, row: Keys) -> Keys:
    statistic = row["statistic"].replace("threshold_difference", "snapshot_difference")
    keys = {"statistic": statistic, "degree": row["degree"], "snapshot": row["threshold"]}
    return keys | layer_of(row["layer"], OUTPUT[study]) | {"classes": row.get("class", "")}


def of_positions(study: str, row: Keys) -> Keys:
    keys = {name: row.get(name, "") for name in ("statistic", "network", "seed", "layer")}
    keys["statistic"] = keys["statistic"].replace("subject_", "explained_")
    layers = settings_of(study).layers
    keys["depth"] = str(["input", *layers].index(row["layer"])) if row["layer"] else ""
    group, other = row["group"], row.get("other", "")
    if keys["statistic"] in ATTRIBUTION_SCORES:
        return keys | {"method": group, "classes": "", "against": ""}
    if keys["statistic"] == "separation":
        return keys | {"method": group, "network": "VGG-16", "classes": "", "against": ""}
    if keys["statistic"].startswith(("mapper_", "pair_")):
        against = {"agreement": "repeats"}.get(group, group)
        return keys | {"network": "VGG-16", "against": against, "classes": "", "method": ""}
    return keys | {"classes": group, "against": other, "method": ""}


def of_images(study: str, row: Keys) -> Keys:
    keys = {name: row[name] for name in ("statistic", "network", "layer", "degree")} | {"metric": row["group"]}
    layers = settings_of(study).layers_by_network[row["network"]]
    keys["depth"] = str([*layers].index(row["layer"]) + 1) if row["layer"] else ""
    statistic, other = row["statistic"], row["other"]
    if statistic in SEPARATION_SCORES or statistic.endswith("_trend"):
        return keys | {"condition": other or "clean", "against": ""}
    if statistic.startswith(("accuracy", "quantised", "disturbed")):
        return keys | {"condition": other, "against": ""}
    return keys | {"condition": "", "against": other}


def of_layers(study: str, row: Keys) -> Keys:
    network = f"{row['activation']} {row['depth']}" if row["activation"] else ""
    last = int(row["depth"]) + 1 if row["depth"] else 0
    keys = {"statistic": row["statistic"], "data": row["set"], "network": network}
    return keys | layer_of(row["layer"], last) | {"classes": row["class"], "degree": row["degree"]}


# By former table: which study its rows belong to, by run, and how their keys are read.
KINDS = {
    "disks": of_samples, "mnist": of_samples, "cifar10": of_positions, "crops": of_positions, "explain": of_positions,
    "metrics": of_images, "naitzat": of_layers,
}  # fmt: skip


def place_of(table: str, row: Keys) -> tuple[str, str]:
    """Study and run in which a former row stands today."""
    return ("crops" if row["run"] == "crops" else "cifar10", "main") if table == "explain" else (table, row["run"])


def new_keys(table: str, row: Keys) -> Keys:
    """The key of a former row in today's columns."""
    study, run = place_of(table, row)
    return dict(sorted(({"run": run} | KINDS[table](study, row)).items()))


def has_kept_its_numbers(table: str, row: Keys, keys: Keys) -> bool:
    """Whether nothing that a former row was computed from has changed since."""
    if row["statistic"].startswith(("mapper_", "pair_")) or row["run"].startswith("geodesic"):
        return False
    if table == "metrics":  # there are more clean clouds since
        return row["statistic"].startswith(("accuracy", "quantised"))
    return table not in TRAINED_IN_THE_RUN or keys["layer"] == "input"


def as_text(value: str) -> str:
    """A number as six digits, so that 1 and 1.0 are the same; other text as it is."""
    try:
        return f"{float(value):.6g}"
    except ValueError:
        return value


@pytest.mark.parametrize("table", KINDS)
def test_former_rows_keep_their_numbers_under_their_new_keys(table):
    former = pd.read_csv(HERE / f"{table}.csv", dtype=str, keep_default_na=False).to_dict("records")
    assert len(former) == 200
    former = [row for row in former if row["run"] not in RETIRED_RUNS]
    indices = {}
    for row in former:
        study, _ = place_of(table, row)
        keys = new_keys(table, row)
        if study not in indices:
            reference = pd.read_csv(
                ROOT / "results" / "reference" / "quick" / f"{study}.csv", dtype=str, keep_default_na=False
            )
            indices[study] = {}
            for own in reference.to_dict("records"):
                indices[study].setdefault(tuple(as_text(own.get(name, "")) for name in keys), []).append(own)
        stands = indices[study].get(tuple(map(as_text, keys.values())), [])
        assert len(stands) == 1, (keys, len(stands))
        if has_kept_its_numbers(table, row, keys):
            former_numbers, numbers = ([as_text(own.get(name, "")) for name in NUMBERS] for own in (row, stands[0]))
            assert former_numbers == numbers, keys
