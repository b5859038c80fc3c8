"""Files that are derived from others and kept in step by a test: JSON schemas, the conda environment, figures' page."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from topolens.artifacts import read_json, write_json, write_text
from topolens.claims.model import Claim
from topolens.claims.publish import PublishedVerdict
from topolens.config.study import Study, StudyFile
from topolens.config.study_files import find_study_files, load_studies
from topolens.data.disks import DisksOptions
from topolens.data.files import KnownDataset

SCHEMAS: dict[str, TypeAdapter[Any]] = {
    "study": TypeAdapter(StudyFile),
    "claims": TypeAdapter(list[Claim]),
    "published_claims": TypeAdapter(list[PublishedVerdict]),
    "datasets": TypeAdapter(dict[str, KnownDataset]),
    "disks_options": TypeAdapter(DisksOptions),
}


def schemas() -> dict[str, str]:
    """The JSON schema of each kind of configuration file, and of claims.json, as text."""
    return {name: json.dumps(adapter.json_schema(), indent=1) + "\n" for name, adapter in SCHEMAS.items()}


def write_schemas(root: Path) -> None:
    """Write them to workflow/config/schemas."""
    for name, text in schemas().items():
        write_text(root / "workflow" / "config" / "schemas" / f"{name}.schema.json", text)


def conda_environment(lock: str) -> str:
    """environment.yml with the pins of requirements.lock: python, pip and make from conda, the rest by pip."""
    pins = [line for line in lock.splitlines() if "==" in line]
    return (
        "# Made from requirements.lock by `make lock`; do not edit.\n"
        "name: topolens\nchannels: [conda-forge]\ndependencies:\n"
        "  - python>=3.11\n  - pip\n  - make\n  - pip:\n"
        + "".join(f"      - {pin}\n" for pin in pins)
        + "      - --editable .\n"
    )


def write_conda_environment(root: Path) -> None:
    """Write environment.yml."""
    text = conda_environment((root / "requirements.lock").read_text(encoding="utf-8"))
    write_text(root / "environment.yml", text)


def figures_page(studies: Mapping[str, Study], minutes: Mapping[str, Mapping[str, str]]) -> str:
    """figures/README.md: what each figure shows, the target that makes it, how long that takes, which claims it shows.

    Args:
        studies: At any scale.
        minutes: By `STUDY/FIGURE` and scale, as texts; what is not there was not timed.
    """
    text = (
        "# Figures\n\n"
        "Made by `python -m topolens figures_page`; do not edit.\n\n"
        "A figure lies in `figures/<scale>/<study>/<name>.pdf`, a PNG beside it. Its target makes it with whatever is\n"
        "missing for it: `snakemake --cores all --config scale=<scale> -- <target>`. Minutes are what the stages\n"
        "behind it take on two cores, with data, and with training where networks are not restored.\n"
    )
    for study in studies.values():
        text += f"\n## {study.name}: {study.title}\n\n| target | what it shows | minutes, quick; full | claims |\n"
        text += "|---|---|---|---|\n"
        for name, figure in study.figures.items():
            told = minutes.get(f"{study.name}/{name}", {})
            took = "; ".join(told.get(scale) or "–" for scale in ("quick", "full"))
            first = " ".join(figure.caption.split()).replace("|", "\\|").partition(". ")[0].removesuffix(".")
            text += f"| `{study.name}_{name}` | {first}. | {took} | {', '.join(figure.claims)} |\n"
    return text


def read_minutes(root: Path) -> dict[str, dict[str, str]]:
    """figures/minutes.json, by figure and scale; nothing where there is no such file."""
    file = root / "figures" / "minutes.json"
    return read_json(file) if file.is_file() else {}


def write_figures_page(root: Path) -> None:
    """Write figures/README.md, and figures/minutes.json with what the finished runs of this folder took."""
    from topolens.figures.minutes import figure_minutes

    minutes = read_minutes(root)
    files = [*find_study_files(root / "workflow" / "config" / "studies", []).values()]
    for scale in ("quick", "full"):
        for study in load_studies(files, scale).values():
            for name, value in figure_minutes(root, study).items():
                minutes.setdefault(f"{study.name}/{name}", {})[scale] = f"{value:.1f}" if value >= 0.05 else "< 0.1"
    write_json(root / "figures" / "minutes.json", dict(sorted(minutes.items())))
    write_text(root / "figures" / "README.md", figures_page(load_studies(files, "full"), minutes))
