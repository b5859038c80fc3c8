"""Reads and checks the configuration, before any job, and gives the rules what they need of it."""

import json
import shlex
import sys
from functools import cache
from pathlib import Path

from topolens.claim_sources import sources_of
from topolens.claims.model import load_claims
from topolens.closure import code_hash
from topolens.config.artifacts import artifacts_of, checkpoint_path, owner
from topolens.config.settings import check_interpreter, checked_settings
from topolens.config.study_files import find_study_files, load_studies
from topolens.config.targets import check_targets
from topolens.data.files import read_catalogue
from topolens.errors import TopolensError, unknown_name
from topolens.processor import cores

ROOT = Path(workflow.basedir)
CONFIG = ROOT / "workflow" / "config"

try:
    check_interpreter(sys.executable)
    SETTINGS = checked_settings(config)
    SCALE, SEED = SETTINGS.scale, SETTINGS.seed
    config |= SETTINGS.model_dump(mode="json")
    config["threads"], COUNTED_THREADS = SETTINGS.threads_of_jobs(
        min(cores(), workflow.resource_settings.cores or cores())
    )
    STUDY_FILES = find_study_files(CONFIG / "studies", SETTINGS.studies)
    STUDIES = load_studies(STUDY_FILES.values(), SCALE)
    check_targets(STUDIES)
    CATALOGUE = read_catalogue(CONFIG / "datasets.yaml")
    for study in STUDIES.values():
        named = {one.name for run in study.all_runs.values() for one in run.data}
        for name in sorted(named - set(CATALOGUE)):
            raise unknown_name(
                "data set", name, CATALOGUE, f"{study.name}.yaml: data.name"
            )
    CLAIM_LIST = load_claims(CONFIG / "claims.yaml", STUDIES)
except TopolensError as error:
    raise WorkflowError(str(error)) from None

RESULTS, FIGURE_FOLDER = str(SETTINGS.results or f"results/{SCALE}"), f"figures/{SCALE}"

# For the report's first page: which data the last verdicts were reached on.
config["sources"] = sources_of(ROOT / RESULTS / "claims.csv")


# All runs of all studies: STUDY/RUN, as their folders are called and as the wildcard `run` has them.
RUNS = {
    f"{study.name}/{name}": (study, name)
    for study in STUDIES.values()
    for name in study.all_runs
}


def runs_of(*kinds):
    """The wildcard of the runs whose clouds are of some kind."""
    found = [
        run for run, (study, name) in RUNS.items() if study.all_runs[name].kind in kinds
    ]
    return "|".join(found) or "none"


SAMPLES, POSITIONS, IMAGES, LAYERS = map(
    runs_of, ("samples", "positions", "images", "layers")
)
OF_IMAGES = f"{POSITIONS}|{IMAGES}"


wildcard_constraints:
    run="|".join(RUNS),


def run_of(wildcards):
    """The settings of a run."""
    study, name = RUNS[wildcards.run]
    return study.all_runs[name]


def artifact(study, run, name):
    """The path of one file of a run."""
    return f"{RESULTS}/{study}/{run}/{name}"


def owned(study, run, name):
    """The path of a run's artifact, in the folder of the run that makes it for all that share it."""
    return artifact(study.name, owner(study, run, name), name)


def of_owner(name):
    """An input function: the artifact of the run that makes it for all that share it."""
    return lambda wildcards: owned(*RUNS[wildcards.run], name)


def there(**files):
    """An input function: those of some artifacts, by the name of the stage's argument, that the run has."""

    def paths(wildcards):
        made = artifacts_of(run_of(wildcards))
        return {
            argument: owned(*RUNS[wildcards.run], name)
            for argument, name in files.items()
            if name in made
        }

    return paths


def by_kind(**values):
    """A params function: what holds for runs of a kind; a function of wildcards is called."""

    def chosen(wildcards):
        value = values[run_of(wildcards).kind]
        return value(wildcards) if callable(value) else value

    return chosen


@cache
def sections_of(run):
    """All sections of a run, and the root seed, as JSON has them; callers must not change them."""
    study, name = RUNS[run]
    return study.all_runs[name].model_dump(mode="json") | {"seed": SEED}


def settings(*names, **extra):
    """A params function: the named sections of a run, and what functions of its settings make of it, as sorted JSON.

    A section that is not there is not passed on.
    """

    def slice_of(wildcards):
        run, sections = run_of(wildcards), sections_of(wildcards.run)
        values = {name: sections[name] for name in names}
        values |= {key: value(run) for key, value in extra.items()}
        return json.dumps(values, sort_keys=True)

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
    """The files of some studies."""
    return [path_of(name) for name in STUDIES if name in studies]


def threads_for(wildcards):
    """Small runs, which record the input alone, leave the other cores to other jobs."""
    run = run_of(wildcards)
    idle = run.kind == "samples" and not run.needs_networks
    return 1 if idle else COUNTED_THREADS


def code(function, *modules):
    """The hash of the code that a stage runs: in params, it re-runs a rule when the code changes and only then."""
    stage = f"topolens.stages.{function}".rpartition(".")[0]
    return code_hash(
        stage, *modules, scripts=[ROOT / "workflow" / "scripts" / "stage.py"]
    )


def code_by_kind(stages):
    """The same for stages by kind of run."""
    return by_kind(**{kind: code(function) for kind, function in stages.items()})
