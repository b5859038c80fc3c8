"""Betti numbers and landscape norm of every layer and class of every network."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from topolens.artifacts import read_json, write_table
from topolens.closure import code_hash
from topolens.config.analyses import Betti, LayerNorms
from topolens.data.dataset import Dataset, read_datasets
from topolens.nets.perceptrons.cards import successes
from topolens.nets.perceptrons.families import read_families
from topolens.nets.perceptrons.mlp import as_module
from topolens.nets.taps import record_activations
from topolens.progress import progress_bar
from topolens.resume import Parts, content_key
from topolens.seeding import child_generator
from topolens.topology.gaussian import gaussian_cloud
from topolens.topology.hop_complex import hop_betti_numbers
from topolens.topology.layer_norms import landscape_norms

NETWORKS_PER_PART = 10
# The input, depth 0, stands once for each data set, network -1 without activation and hidden layers.
COLUMNS = [
    "data", "activation", "hidden", "network", "depth", "group", "points", "distinct",
    "betti_0", "betti_1", "betti_2", "omega",
]  # fmt: skip


@dataclass(frozen=True)
class Unit:
    """One network, or the input of a data set, where `weights` is None."""

    data: str
    activation: str
    hidden: int
    network: int
    weights: list[Tensor] | None

    @property
    def names(self) -> tuple[str, ...]:
        """What names its random draws."""
        return (self.data, self.activation, str(self.hidden), str(self.network))


def measure_layers(
    data_file: Path,
    networks_file: Path,
    card_file: Path,
    layers_file: Path,
    *,
    betti: Betti,
    seed: int,
    threads: int,
) -> None:
    """Betti numbers and landscape norm, on the same networks; one row per network, layer and class.

    Networks that did not reach the accuracy are left out here; the card counts them. `omega` is the sum of the Betti
    numbers, and in the logits also `omega, K neighbours, scale S`, counted otherwise. `l2` and `l2_scale_free` are the
    norm of the landscapes of all degrees side by side, the mean over draws of points, and `l2_0`, `l2_1` and so on that
    of each draw; `l2_gaussian` that of Gaussian clouds. One thread a cloud, so threads change no bit. A killed stage
    keeps its finished parts.
    """
    sets = read_datasets(data_file)
    units = [Unit(name, "", 0, -1, None) for name in sets] + [*trained_units(networks_file, card_file)]
    spec = (betti.model_dump_json(), str((seed, NETWORKS_PER_PART)))
    parts = Parts(layers_file, content_key(*spec, code_hash(__name__), data_file, networks_file, card_file))
    tables = []

    def measure(unit: Unit) -> list[dict[str, Any]]:
        return [*measure_unit(unit, sets[unit.data], betti, seed)]

    with ThreadPoolExecutor(threads) as pool, progress_bar(len(units), "layers", "networks") as progress:
        for begin in range(0, len(units), NETWORKS_PER_PART):
            chunk = units[begin : begin + NETWORKS_PER_PART]
            columns = parts.read(f"from-{begin}")
            if columns is None:
                found = [row for rows in pool.map(measure, chunk) for row in rows]
                columns = {name: np.array([row[name] for row in found]) for name in found[0]}
                parts.write(f"from-{begin}", columns)
            progress.update(len(chunk))
            tables.append(pd.DataFrame(columns))
    write_table(layers_file, pd.concat(tables, ignore_index=True))
    parts.remove()


def trained_units(networks_file: Path, card_file: Path) -> Iterator[Unit]:
    """Each network that reached its accuracy, by family."""
    trained, card = read_families(networks_file), read_json(card_file)
    for name, family in card["families"].items():
        accuracy = card["training"][family["data"]]["snapshot_accuracies"][-1]
        for network, succeeded in enumerate(successes(family, accuracy)):
            if succeeded:
                weights = [tensor[-1, network] for tensor in trained[name].snapshots]
                yield Unit(family["data"], family["activation"], family["depth"], network, weights)


def measure_unit(unit: Unit, dataset: Dataset, betti: Betti, seed: int) -> Iterator[dict[str, Any]]:
    """All layers and classes of one network, or of the input."""
    counted = betti.counted[unit.data]
    draws = norm_draws(unit, dataset, betti.norms, seed)
    for depth, activations in layers_of(unit, dataset).items():
        for label in dataset.classes:
            points = activations[dataset.labels == label]
            found = hop_betti_numbers(points, counted.neighbours, betti.scale, counted.max_degree)
            row: dict[str, Any] = {"data": unit.data, "activation": unit.activation, "hidden": unit.hidden}
            row |= {"network": unit.network, "depth": depth, "group": label}
            row |= {"points": len(points), "distinct": found.distinct}
            row |= {f"betti_{degree}": np.nan for degree in range(3)}
            row |= {f"betti_{degree}": float(number) for degree, number in enumerate(found.betti)}
            row |= {"omega": sum(found.betti)} | other_counts(points, betti, unit.data, depth == unit.hidden + 1)
            generator = child_generator(seed, "gaussian", *unit.names, label, depth)
            yield row | norms_of([points[rows] for rows in draws[label]], betti.norms, generator)


def other_counts(points: np.ndarray, betti: Betti, data: str, is_asked: bool) -> dict[str, float]:
    """By column: the sum of Betti numbers as each other way counts it; NaN by the ways of other sets, or unasked."""
    found = {f"omega, {other.called}": np.nan for own in betti.counted.values() for other in own.others}
    counted = betti.counted[data]
    for other in counted.others if is_asked else []:
        numbers = hop_betti_numbers(points, other.neighbours, other.scale, counted.max_degree).betti
        found[f"omega, {other.called}"] = float(sum(numbers))
    return found


def norms_of(clouds: list[np.ndarray], norms: LayerNorms, generator: np.random.Generator) -> dict[str, float]:
    """By column: the norms of one layer's clouds, a draw each, their mean, and that of Gaussian clouds like the first.

    Without Gaussian clouds theirs is NaN.
    """
    draws = [landscape_norms(cloud, norms.max_degree) for cloud in clouds]
    found = {name: float(np.mean([draw[name] for draw in draws])) for name in draws[0]}
    found |= {f"{name}_{number}": draw[name] for number, draw in enumerate(draws) for name in draw}
    gaussian = [
        landscape_norms(gaussian_cloud(clouds[0], generator), norms.max_degree)["l2"] for _ in range(norms.nulls)
    ]
    return found | {"l2_gaussian": float(np.mean(gaussian)) if gaussian else np.nan}


def norm_draws(unit: Unit, dataset: Dataset, norms: LayerNorms, seed: int) -> dict[int, list[np.ndarray]]:
    """By class: which of its points make up each cloud of a network's norms, the same in all layers.

    Networks have draws of their own, so that they are independent.
    """

    def draw(label: int, number: int) -> np.ndarray:
        size = len(dataset.rows("all", label))
        generator = child_generator(seed, "norm", *unit.names, label, number)
        return np.sort(generator.choice(size, min(norms.points, size), replace=False))

    return {label: [draw(label, number) for number in range(norms.repeats)] for label in dataset.classes}


def layers_of(unit: Unit, dataset: Dataset) -> dict[int, np.ndarray]:
    """Activations (points, width) by layer, in double precision: a collapsed layer must not show rounding."""
    inputs = dataset.inputs().astype(np.float64)
    if unit.weights is None:
        return {0: inputs}
    model = as_module([weight.double() for weight in unit.weights], unit.activation)
    recorded = record_activations(model, torch.from_numpy(inputs), [f"layer_{i}" for i in range(1, unit.hidden + 2)])
    return {int(name.removeprefix("layer_")): values for name, values in recorded.items()}
