"""What a model offers to be recorded: its layers in the order in which they run."""

from typing import Any

import pandas as pd
from torch import Tensor, nn

from topolens.errors import TopolensError
from topolens.nets.batches import Forward, samples_in
from topolens.nets.outputs import tensor_of
from topolens.nets.taps import Hook, Recording, modules_of, run_tapped


def layers_of(model: nn.Module, sample: Any, *, forward: Forward | None = None) -> pd.DataFrame:
    """What a model offers to :func:`record_activations`, in the order in which it runs.

    Args:
        model: Any module.
        sample: A batch as record_activations takes it; two or more samples tell the samples' axis best.
        forward: As there.

    Returns:
        A row for each module that ran: `layer` (its name, of several the first), `class`, `calls` in one pass, `output`
        (tensor, tuple, ...), `shape` of the tensor that is kept, and `axis`, that of the samples; <NA> where no or
        several axes have as many entries as there are samples, and the first has not.
    """
    rows: dict[str, dict[str, Any]] = {}
    samples = samples_in(sample)

    def tap(name: str) -> Hook:
        def hook(module: nn.Module, _inputs: Any, output: Any) -> None:
            row = rows.setdefault(name, {"layer": name, "class": type(module).__name__, "calls": 0})
            tensors = [tensor_of(output, name)] if _has_tensor(output) else []
            fitting = [place for one in tensors for place, size in enumerate(one.shape) if size == samples]
            row["calls"] += 1
            row["output"] = "tensor" if isinstance(output, Tensor) else type(output).__name__
            row["shape"] = next((tuple(one.shape) for one in tensors), None)
            row["axis"] = fitting[0] if fitting and (fitting[0] == 0 or len(fitting) == 1) else pd.NA

        return hook

    first_names: dict[int, str] = {}
    modules = modules_of(model)
    for name, module in modules.items():
        first_names.setdefault(id(module), name)
    run_tapped(model, sample, {name: tap(name) for name in first_names.values()}, modules, Recording(forward))
    columns = ["layer", "class", "calls", "output", "shape", "axis"]
    return pd.DataFrame([*rows.values()], columns=columns).astype({"axis": "Int64"})


def _has_tensor(output: Any) -> bool:
    try:
        tensor_of(output, "")
    except TopolensError:
        return False
    return True
