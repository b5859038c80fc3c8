"""Reads and checks the configuration, before any job, and gives the rules what they need of it."""

import json
import shlex
import sys
from functools import cache
from pathlib import Path

from topolens.claim_sources import sources_of
from topolens.claims.model import load_claims
from topolens.closure import code_hash
from topolens.config.artifacts import SUBJECT, checkpoint_path, data_artifact, owner
from topolens.config.settings import checked_settings
from topolens.config.study_files import find_study_files, load_studies
from topolens.config.targets import check_targets
from topolens.config.yaml_file import read_yaml
from topolens.data.files import read_catalogue
from topolens.errors import TopolensError, unknown_name

ROOT = Path(workflow.basedir)
CONFIG = ROOT / "workflow" / "config"

try:
    SETTINGS = checked_settings(config)
    SCALE, SEED = SETTINGS.scale, SETTINGS.seed
    config |= SETTINGS.model_dump(mode="json")
    STUDY_FILES = find_study_files(CONFIG / "studies", SETTINGS.studies)
    STUDIES = load_studies(STUDY_FILES.values(), SCALE)
    check_targets(STUDIES)
    CATALOGUE = read_catalogue(CONFIG / "datasets.yaml")
    for study in STUDIES.values():
        if study.flow == "explain":
            continue  # the data of its subjects
        for name in {run.data.name for run in study.all_runs.values()} - set(CATALOGUE):
            raise unknown_name(
                "data set", name, CATALOGUE, f"{study.name}.yaml: data.name"
            )
    read_yaml(CONFIG / "claims.yaml", list)
    CLAIM_LIST = load_claims(CONFIG / "claims.yaml", STUDIES)
except TopolensError as error:
    raise WorkflowError(str(error)) from None

RESULTS, FIGURE_FOLDER = f"results/{SCALE}", f"figures/{SCALE}"

# For the report's first page: which data the last verdicts were reached on.
config["sources"] = sources_of(ROOT / RESULTS / "claims.csv")


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


@cache
def sections_of(study, run):
    """All sections of a run, and the root seed, as JSON has them; callers must not change them."""
    return STUDIES[study].all_runs[run].model_dump(mode="json") | {"seed": SEED}


def settings(*names, **extra):
    """A params function: the named sections or properties of a run, and more, as sorted JSON."""

    def slice_of(wildcards):
        run = STUDIES[wildcards.study].all_runs[wildcards.run]
        sections = sections_of(wildcards.study, wildcards.run)
        values = {
            name: sections[name] if name in sections else getattr(run, name)
            for name in names
        }
        computed = {key: value(run) for key, value in extra.items()}
        return json.dumps(values | computed, sort_keys=True)

    return slice_of


def text(value):
    """A params function for text of studies and claims: in plain text Snakemake would fill in {braces}."""
    return lambda wildcards: value


def settings_text(**values):
    """The same for settings that no run has."""
    return text(json.dumps(values, sort_keys=True))


def path_of(study):
    """The file of a study, relative to the project where it lies inside, so that results do not say where that is."""
    file = STUDY_FILES[study]
    return str(file.relative_to(ROOT) if file.is_relative_to(ROOT) else file)


def study_files(*studies):
    """The files of some studies and of those that they look at."""
    named = {name for study in studies for name in (study, *STUDIES[study].subjects)}
    return [path_of(name) for name in STUDIES if name in named]


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
