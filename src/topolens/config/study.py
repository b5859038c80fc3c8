"""A study: one YAML file, read, overlaid and checked before any job starts.

A study file gives the published sizes. Its `scales` section holds the small overlays of the smoke and quick
scales; `controls` and `variants` are named overrides of the headline run `main`. There are five flows: `activation`,
families of multilayer perceptrons and their snapshots along training; `latent`, convolutional networks and
their channel vectors; `metric`, one vector per image and layer of any network under many distances; `explain`,
other explanations of a latent study's networks; and `betti`, families of perceptrons on data of known topology and
their Betti numbers.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self, cast

from pydantic import Field, model_validator

from topolens.config.analysis import Figure, Statistics
from topolens.config.betti import BettiRun
from topolens.config.explain import ExplainRun
from topolens.config.homology import Clouds, Diagrams, Distance, Landscapes, check_neighbours
from topolens.config.latent import ALL, LatentRun
from topolens.config.metric import MetricRun
from topolens.config.model import Model
from topolens.config.names import Name
from topolens.config.networks import Data, Networks, Training
from topolens.config.settings import Scale
from topolens.config.validation import checked
from topolens.config.yaml_file import read_yaml
from topolens.errors import TopolensError, unknown_name

Flow = Literal["activation", "latent", "metric", "explain", "betti"]


class Run(Model):
    """One complete set of settings of the activation flow: a headline run, a control or a variant."""

    data: Data
    networks: Networks
    training: Training
    clouds: Clouds
    distance: Distance = Distance()
    output_distance: Distance | None = Field(default=None, description="Distance of the last layer; null: the same.")
    diagrams: Diagrams = Diagrams()
    landscapes: Landscapes
    statistics: Statistics = Statistics()

    @model_validator(mode="after")
    def _layers_exist(self) -> Self:
        last = self.output_layer
        too_high = [layer for layer in self.clouds.layers or [] if layer > last]
        if too_high:
            raise ValueError(f"clouds.layers {too_high}: the networks have layers 0 to {last}")
        check_neighbours(self.distance, self.clouds.points, "distance")
        if self.output_distance is not None:
            check_neighbours(self.output_distance, self.clouds.points, "output_distance")
        return self

    @property
    def layers(self) -> list[int]:
        """The recorded layers, 0 = input, last = logits."""
        return sorted(self.clouds.layers or range(len(self.networks.hidden) + 2))

    @property
    def output_layer(self) -> int:
        """The number of the logits' layer."""
        return len(self.networks.hidden) + 1

    @property
    def needs_networks(self) -> bool:
        """Whether any layer behind the input is recorded."""
        return self.layers != [0]


AnyRun = Run | LatentRun | MetricRun | ExplainRun | BettiRun


class Study(Model):
    """A study with every run resolved for one scale."""

    name: str
    title: str = Field(description="A line for the reader.")
    flow: Flow
    scale: Scale
    runs: dict[str, AnyRun] = Field(description="Headline run `main` and the controls: made by default.")
    variants: dict[str, AnyRun] = Field(description="Further runs, targets of their own.")
    figures: dict[str, Figure]
    subjects: dict[str, "Study"] = Field(default_factory=dict, description="The studies whose networks it looks at.")

    @property
    def all_runs(self) -> dict[str, AnyRun]:
        """Runs and variants."""
        return self.runs | self.variants


# The headline run, every run (in `scales`), and the run that is explained (in the inputs of figures).
RESERVED_RUNS = {"main", "all", "subject"}


class _StudyFile(Model):
    title: str = Field(description="A line for the reader.")
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

    @model_validator(mode="after")
    def _each_run_once(self) -> Self:
        for key, names in (("controls", self.controls), ("variants", self.variants)):
            if taken := sorted(RESERVED_RUNS & set(names)):
                raise ValueError(f"{key}: {', '.join(taken)} cannot name a run; rename it")
        if both := sorted(set(self.controls) & set(self.variants)):
            raise ValueError(f"controls, variants: both have {', '.join(both)}; rename one")
        return self


class ActivationStudyFile(_StudyFile):
    """What a file of workflow/config/studies may contain, for families of multilayer perceptrons."""

    flow: Literal["activation"] = Field(description="Which stages make it.")
    main: Run = Field(description="Settings of the headline run at the published size.")


class LatentStudyFile(_StudyFile):
    """What a file of workflow/config/studies may contain, for convolutional networks."""

    flow: Literal["latent"] = Field(description="Which stages make it.")
    main: LatentRun = Field(description="Settings of the headline run at the published size.")


class MetricStudyFile(_StudyFile):
    """What a file of workflow/config/studies may contain, for layers under many distances."""

    flow: Literal["metric"] = Field(description="Which stages make it.")
    main: MetricRun = Field(description="Settings of the headline run at the published size.")


class ExplainStudyFile(_StudyFile):
    """What a file of workflow/config/studies may contain, for other explanations of a latent study's networks."""

    flow: Literal["explain"] = Field(description="Which stages make it.")
    main: ExplainRun = Field(description="Settings of the headline run at the published size.")


class BettiStudyFile(_StudyFile):
    """What a file of workflow/config/studies may contain, for data of known topology."""

    flow: Literal["betti"] = Field(description="Which stages make it.")
    main: BettiRun = Field(description="Settings of the headline run at the published size.")


AnyStudyFile = ActivationStudyFile | LatentStudyFile | MetricStudyFile | ExplainStudyFile | BettiStudyFile
STUDY_FILES: dict[str, type[AnyStudyFile]] = {
    "activation": ActivationStudyFile,
    "latent": LatentStudyFile,
    "metric": MetricStudyFile,
    "explain": ExplainStudyFile,
    "betti": BettiStudyFile,
}
RUNS: dict[str, type[AnyRun]] = {
    "activation": Run,
    "latent": LatentRun,
    "metric": MetricRun,
    "explain": ExplainRun,
    "betti": BettiRun,
}


def overlay(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """`base` with the keys of `change` put over it, nested mappings merged, everything else replaced."""
    merged = dict(base)
    for key, value in change.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = overlay(merged[key], value) if both else value
    return merged


def load_study(file: Path, scale: str, others: Mapping[str, Path] | None = None) -> Study:
    """Read one study file and resolve its runs for a scale.

    Args:
        file: Its name is the study's.
        scale: `smoke`, `quick` or `full`.
        others: The files of studies that it may look at, by name; None: those in its folder.

    Raises:
        TopolensError: with file, key, what was expected and found.
    """
    if scale not in ("smoke", "quick", "full"):
        raise unknown_name("scale", scale, ["smoke", "quick", "full"])
    content = read_yaml(file, dict)
    flow = content.get("flow")
    if not isinstance(flow, str) or flow not in STUDY_FILES:
        raise unknown_name("flow", flow, STUDY_FILES, f"{file}: flow")
    parsed = checked(STUDY_FILES[flow], content, f"{file}")
    scaling = {str(name): change for name, change in parsed.scales.items()}.get(scale, {})
    overrides: dict[str, dict[str, Any]] = {"main": {}} | parsed.controls | parsed.variants
    for name in scaling:
        if name not in {*overrides, "all"}:
            raise unknown_name("run", name, [*overrides, "all"], f"{file}: scales.{scale}")

    def resolve(name: str) -> AnyRun:
        settings = content["main"]
        for change in (scaling.get("all", {}), overrides[name], scaling.get(name, {})):
            settings = overlay(settings, change)
        return checked(RUNS[flow], settings, f"{file}: run {name!r} at scale {scale!r}")

    runs = {name: resolve(name) for name in ["main", *parsed.controls]}
    variants = {name: resolve(name) for name in parsed.variants}
    for name, figure in parsed.figures.items():
        if figure.run not in runs:
            raise unknown_name("run", figure.run, runs, f"{file}: figures.{name}.run")
    return Study(
        name=file.stem,
        title=parsed.title,
        flow=parsed.flow,
        scale=cast(Scale, scale),
        runs=runs,
        variants=variants,
        figures=parsed.figures,
        subjects={
            run.subject.study: _subject(file, name, run, scale, others)
            for name, run in (runs | variants).items()
            if isinstance(run, ExplainRun)
        },
    )


def _subject(file: Path, name: str, run: ExplainRun, scale: str, others: Mapping[str, Path] | None) -> Study:
    """The study that a run looks at, with all that the run names checked."""
    where = f"{file}: run {name!r}"
    if others is None:
        others = {known.stem: known for known in file.parent.glob("*.yaml")}
    if run.subject.study not in others:
        raise unknown_name("study", run.subject.study, others, where)
    other = others[run.subject.study]
    flow = read_yaml(other, dict).get("flow")  # before loading it: it might look at this very study
    if flow != "latent":
        raise TopolensError(f"{where}: subject.study {run.subject.study!r} is of the {flow} flow, expected latent")
    study = load_study(other, scale)
    if run.subject.run not in study.runs:
        raise unknown_name("run", run.subject.run, study.runs, f"{where}: subject.run")
    subject = study.runs[run.subject.run]
    assert isinstance(subject, LatentRun)
    if subject.weights == "random":
        raise TopolensError(f"{where}: subject.run {run.subject.run!r} has untrained networks; name a trained run")
    _check_names(run, subject, where)
    _check_classes(run, subject, where)
    return study


def _check_names(run: ExplainRun, subject: LatentRun, where: str) -> None:
    """Refuse layers and networks that the subject does not have."""
    mapper_layers = run.mapper.layers if run.mapper else []
    for key, layers in (("attributions", run.attributions.layers or []), ("mapper", mapper_layers)):
        for layer in layers:
            if layer not in subject.layers:
                raise unknown_name("layer", layer, subject.layers, f"{where}: {key}.layers")
    sorted_layers = [layer for layer in subject.layers if layer in mapper_layers]
    if mapper_layers != sorted_layers:
        raise TopolensError(f"{where}: mapper.layers: expected order of depth {sorted_layers}, found {mapper_layers}")
    names = [network.name for network in subject.networks]
    for network in run.attributions.networks or []:
        if network not in names:
            raise unknown_name("network", network, names, f"{where}: attributions.networks")


def _check_classes(run: ExplainRun, subject: LatentRun, where: str) -> None:
    """Refuse to tell classes apart where there are none, before hours are spent on the subject's networks."""
    if subject.networks[0].architecture == "unet" and (run.mapper or run.planes):
        raise TopolensError(
            f"{where}: mapper, planes: images of {run.subject.study!r} have masks, no classes; set null"
        )
    classes = [group for group in subject.clouds.groups if group != ALL]
    if run.planes and len(classes) < 2:
        raise TopolensError(
            f"{where}: planes: expected a subject with clouds of two classes, found {classes}; set null"
        )
