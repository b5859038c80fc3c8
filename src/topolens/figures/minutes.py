"""How long each figure takes: all stages behind it, by what their provenance says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from topolens.artifacts import read_json
from topolens.config.artifacts import owner
from topolens.config.study import Study
from topolens.figures.catalogue import FIGURE_INPUTS

Sidecar = dict[str, Any]


def figure_minutes(root: Path, study: Study) -> dict[str, float]:
    """Minutes by figure of a finished study; figures that are not there are left out.

    Args:
        root: The project's folder.
        study: Of the scale that was run.
    """
    results, figures = (root / folder / study.scale / study.name for folder in ("results", "figures"))
    sidecars = {file: read_json(file) for file in sorted(results.rglob("*.provenance.json"))}
    makers = {digest: file for file, one in sidecars.items() for digest in one["outputs_sha256"].values()}

    def behind(files: Iterator[Path], seen: set[Path]) -> set[Path]:
        for file in files:
            if file not in seen:
                seen.add(file)
                behind((makers[one] for one in sidecars[file]["inputs_sha256"].values() if one in makers), seen)
        return seen

    found = {}
    for name, figure in study.figures.items():
        own = figures / f"{name}.provenance.json"
        if own.is_file():
            artifacts = [_maker(results, study, figure.run, source, sidecars) for source in FIGURE_INPUTS[figure.draw]]
            stages = behind((file for file in artifacts if file is not None), set())
            found[name] = (read_json(own)["wall_seconds"] + sum(sidecars[one]["wall_seconds"] for one in stages)) / 60
    return found


def _maker(results: Path, study: Study, run: str, source: str, sidecars: dict[Path, Sidecar]) -> Path | None:
    """The sidecar of what made an input of a figure, named as in FIGURE_INPUTS; None where the run has no such file."""
    other, _, name = source.rpartition(":")
    if name == "checkpoints" or (other or run) not in study.runs:
        return None  # restored, or not in this study
    folder = results / owner(study, other or run, name)
    made = (file for file in folder.glob("*.provenance.json") if name in sidecars[file]["outputs_sha256"])
    return next(made, None)
