"""Reads and checks the configuration, before any job, and gives the rules what they need of it."""

import csv
import json
import sys
from pathlib import Path

from topolens.closure import code_hash
from topolens.config.artifacts import SUBJECT, data_artifact, owner
from topolens.config.study import load_study
from topolens.data.files import read_catalogue
from topolens.errors import TopolensError, unknown_name
from topolens.claims.model import load_claims
from topolens.results import checkpoint_path

ROOT = Path(workflow.basedir)
CONFIG = ROOT / "workflow" / "config"
SETTINGS = {"scale", "seed", "threads", "download"}

try:
    for key in set(config) - SETTINGS:
        raise unknown_name(
            "key", key, SETTINGS, "workflow/config/default.yaml or --config"
        )
    SCALE, SEED = config["scale"], int(config["seed"])
    STUDIES = {
        file.stem: load_study(file, SCALE)
        for file in sorted(CONFIG.glob("studies/*.yaml"))
    }
    CATALOGUE = read_catalogue(CONFIG / "datasets.yaml")
    for study in STUDIES.values():
        if study.flow == "explain":
            continue  # the data of its subjects
        for name in {run.data.name for run in study.all_runs.values()} - set(CATALOGUE):
            raise unknown_name(
                "data set", name, CATALOGUE, f"{study.name}.yaml: data.name"
            )
    CLAIM_LIST = load_claims(CONFIG / "claims.yaml", STUDIES)
except TopolensError as error:
    raise WorkflowError(str(error)) from None

RESULTS, FIGURE_FOLDER = f"results/{SCALE}", f"figures/{SCALE}"

# For the report's first page: which data the last verdicts were reached on.
decided = ROOT / RESULTS / "claims.csv"
lines = decided.read_text(encoding="utf-8").splitlines() if decided.is_file() else []
config["sources"] = {row["study"]: row["data"] for row in csv.DictReader(lines)}


# The rules of each flow match its studies only.
ACTIVATION, LATENT, METRIC, EXPLAIN, BETTI = (
    "|".join(study.name for study in STUDIES.values() if study.flow == flow) or "none"
    for flow in ("activation", "latent", "metric", "explain", "betti")
)
IMAGES = f"{LATENT}|{METRIC}"


wildcard_constraints:
    study="|".join(STUDIES),
    run="[a-z0-9_]+",


def artifact(study, run, name):
    """The path of one file of a run."""
    return f"{RESULTS}/{study}/{run}/{name}"


def owned(study, run, name):
    """The path of a run's artifact, in the folder of the run that makes it for all that share it."""
    return artifact(study.name, owner(study, run, name), name)


def of_owner(name):
    """An input function: the artifact of the run that makes it for all that share it."""

    def path(wildcards):
        return owned(STUDIES[wildcards.study], wildcards.run, name)

    return path


def settings(*names, **extra):
    """A params function: the named sections or properties of a run, and more, as sorted JSON."""

    def slice_of(wildcards):
        run = STUDIES[wildcards.study].all_runs[wildcards.run]
        sections = run.model_dump(mode="json") | {"seed": SEED}
        values = {
            name: sections[name] if name in sections else getattr(run, name)
            for name in names
        }
        computed = {key: value(run) for key, value in extra.items()}
        return json.dumps(values | computed, sort_keys=True)

    return slice_of


def threads_for(wildcards):
    """Small runs, which record the input alone, leave the other cores to other jobs."""
    run = STUDIES[wildcards.study].all_runs[wildcards.run]
    return config["threads"] if run.needs_networks else 1


def code(function, *modules):
    """The hash of the code that a stage runs: in params, it re-runs a rule when the code changes and only then."""
    stage = f"topolens.stages.{function}".rpartition(".")[0]
    return code_hash(
        stage, *modules, scripts=[ROOT / "workflow" / "scripts" / "stage.py"]
    )
