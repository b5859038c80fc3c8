"""Files that are derived from others and kept in step by a test: JSON schemas and the conda environment."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from topolens.artifacts import write_text
from topolens.claims.model import Claim
from topolens.claims.publish import PublishedVerdict
from topolens.config.study import StudyFile
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
