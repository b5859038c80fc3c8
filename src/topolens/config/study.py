"""A study: one YAML file, read, overlaid and checked before any job starts.

A study file gives the published sizes. Its `scales` section holds the small overlays of the smoke and quick
scales; `controls` and `variants` are named overrides of the headline run `main`.
"""

from pathlib import Path
from typing import Any, Literal, Self, cast

from pydantic import Field, model_validator

from topolens.config.figure import Figure
from topolens.config.model import Model
from topolens.config.names import Name
from topolens.config.run import Run
from topolens.config.settings import Scale
from topolens.config.validation import checked
from topolens.config.yaml_file import read_yaml
from topolens.errors import unknown_name


class Study(Model):
    """A study with every run resolved for one scale."""

    name: str
    title: str = Field(description="A line for the reader.")
    scale: Scale
    runs: dict[str, Run] = Field(description="Headline run `main` and the controls: made by default.")
    variants: dict[str, Run] = Field(description="Further runs, targets of their own.")
    figures: dict[str, Figure]
    claims: list[dict[str, Any]] = Field(default_factory=list, description="Claims of its own, not checked yet.")

    @property
    def all_runs(self) -> dict[str, Run]:
        """Runs and variants."""
        return self.runs | self.variants


# The headline run, and every run (in `scales`).
RESERVED_RUNS = {"main", "all"}


class StudyFile(Model):
    """What a file of workflow/config/studies may contain."""

    title: str = Field(description="A line for the reader.")
    main: Run = Field(description="Settings of the headline run at the published size.")
    controls: dict[Name, dict[str, Any]] = Field(
        default_factory=dict, description="Overrides of `main` that the claims need beside it."
    )
    variants: dict[Name, dict[str, Any]] = Field(
        default_factory=dict, description="Overrides of `main` that are made on request."
    )
    scales: dict[Literal["smoke", "quick"], dict[str, dict[str, Any]]] = Field(
        default_factory=dict, description="Per scale: overrides by run name, `all` for every run."
    )
    figures: dict[Name, Figure] = Field(default_factory=dict, description="Figures by name.")
    claims: list[dict[str, Any]] = Field(
        default_factory=list, description="Claims on this study alone, as in claims.yaml but without `studies`."
    )

    @model_validator(mode="after")
    def _each_run_once(self) -> Self:
        for key, names in (("controls", self.controls), ("variants", self.variants)):
            if taken := sorted(RESERVED_RUNS & set(names)):
                raise ValueError(f"{key}: {', '.join(taken)} cannot name a run; rename it")
        if both := sorted(set(self.controls) & set(self.variants)):
            raise ValueError(f"controls, variants: both have {', '.join(both)}; rename one")
        return self


def overlay(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """`base` with the keys of `change` put over it, nested mappings merged, everything else replaced.

    A list of named mappings names those that stay, in its order, each put over the one of its name. A mapping that
    becomes another kind of thing, by `of` or `architecture`, is replaced.
    """
    if any(base.get(key) not in (None, change.get(key, base.get(key))) for key in ("of", "architecture")):
        return change
    merged = dict(base)
    for key, value in change.items():
        there = merged.get(key)
        if isinstance(value, dict) and isinstance(there, dict):
            merged[key] = overlay(there, value)
        elif _are_named(value) and _are_named(there):
            by_name = {one["name"]: one for one in there or []}
            merged[key] = [overlay(by_name.get(one["name"], {}), one) for one in value]
        else:
            merged[key] = value
    return merged


def _are_named(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) and "name" in one for one in value)


def load_study(file: Path, scale: str) -> Study:
    """Read one study file and resolve its runs for a scale.

    Args:
        file: Its name is the study's.
        scale: `smoke`, `quick` or `full`.

    Raises:
        TopolensError: with file, key, what was expected and found.
    """
    if scale not in ("smoke", "quick", "full"):
        raise unknown_name("scale", scale, ["smoke", "quick", "full"])
    content = read_yaml(file, dict)
    parsed = checked(StudyFile, content, f"{file}")
    scaling = {str(name): change for name, change in parsed.scales.items()}.get(scale, {})
    overrides: dict[str, dict[str, Any]] = {"main": {}} | parsed.controls | parsed.variants
    for name in scaling:
        if name not in {*overrides, "all"}:
            raise unknown_name("run", name, [*overrides, "all"], f"{file}: scales.{scale}")

    def resolve(name: str) -> Run:
        settings = content["main"]
        for change in (scaling.get("all", {}), overrides[name], scaling.get(name, {})):
            settings = overlay(settings, change)
        return checked(Run, settings, f"{file}: run {name!r} at scale {scale!r}")

    runs = {name: resolve(name) for name in ["main", *parsed.controls]}
    variants = {name: resolve(name) for name in parsed.variants}
    for name, figure in parsed.figures.items():
        if figure.run not in runs:
            raise unknown_name("run", figure.run, runs, f"{file}: figures.{name}.run")
    return Study(
        name=file.stem,
        title=parsed.title,
        scale=cast(Scale, scale),
        runs=runs,
        variants=variants,
        figures=parsed.figures,
        claims=parsed.claims,
    )
