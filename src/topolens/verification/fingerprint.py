"""Where a run is from: what computed it, on what, from which seed."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from topolens.artifacts import read_json

# Of the provenance of every stage.
MACHINE = ("processor", "instruction_set", "chosen_kernels", "blas", "torch_kernels", "device", "python")
FILE = "fingerprint.json"
COMPARISON = "verify.compare_with_reference"  # the stage that asks; it decides no number


def fingerprint(
    folder: Path, studies: Mapping[str, Any], scale: str, seed: int, stages: Collection[str] | None = None
) -> dict[str, Any]:
    """The fingerprint of a finished run, gathered from the provenance of all its stages.

    A value that is not the same in all stages is a list of those that occur: a run that went on elsewhere shows it.

    Args:
        folder: Its results.
        studies: The settings of all runs by study, as JSON has them.
        scale, seed: Of the run.
        stages: Only these count, such as those of a run of tables alone; None: all.
    """
    records = [read_json(file) for file in sorted(folder.rglob("*.provenance.json"))]
    counted = {one["stage"] for one in records} if stages is None else {*stages}
    records = [one for one in records if one["stage"] in counted - {COMPARISON}]
    pinned = [one for one in records if one.get("pinned")]
    free = [one for one in records if not one.get("pinned")]
    return {
        "scale": scale,
        "seed": seed,
        "settings": {name: _hash(settings) for name, settings in studies.items()},
        "code": {
            stage: sorted({one.get("code", "") for one in records if one["stage"] == stage})
            for stage in sorted({one["stage"] for one in records})
        },
        "packages": _hash(sorted({json.dumps(one["versions"], sort_keys=True) for one in records})),
        "machine": {name: _one_or_all(free, name) for name in MACHINE},
        "where networks are trained": {name: _one_or_all(pinned, name) for name in MACHINE},
    }


def _one_or_all(records: Iterable[Mapping[str, Any]], name: str) -> Any:
    """The value that all records have, or a sorted list of those that some have."""
    texts = {json.dumps(one[name], sort_keys=True) for one in records if one.get(name) not in (None, "")}
    values = [json.loads(text) for text in sorted(texts)]
    return values[0] if len(values) == 1 else values


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def same_machine(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two runs were computed alike, to the last bit: by the same code and packages, on the same kernels."""
    return all(one[name] == other[name] for name in ("code", "packages", "machine", "where networks are trained"))


def same_pinned(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether networks that a run trains from one seed are the same in two runs, on whatever processors.

    They are where their arithmetic was pinned alike, by the same packages and the same code of the stages.
    """
    kernels, others = (found["where networks are trained"].get("chosen_kernels") for found in (one, other))
    return bool(kernels) and kernels == others and all(one[name] == other[name] for name in ("code", "packages"))


def described(found: Mapping[str, Any]) -> str:
    """One line for people."""
    machine = {name: _in_words(value) for name, value in found["machine"].items()}
    kernels = ", ".join(filter(None, (machine["instruction_set"], machine["chosen_kernels"])))
    return (
        f"{found['scale']}, seed {found['seed']}, {machine['processor']} ({kernels}), {machine['blas']}, "
        f"code {_hash(found['code'])[:8]}, packages {found['packages'][:8]}"
    )


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={one}" for name, one in value.items())
    return " or ".join(map(_in_words, value)) if isinstance(value, list) else str(value)
