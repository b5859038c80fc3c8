"""Betti flow, stage 3: Betti numbers and landscape norm of every layer and class of every network."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file
from torch import Tensor

from topolens.artifacts import read_json, write_table
from topolens.closure import code_hash
from topolens.config.betti import BettiData, KnownSet, LayerNorms
from topolens.data.dataset import Dataset
from topolens.data.known_topology import read_sets
from topolens.nets.perceptrons.mlp import as_module
from topolens.nets.taps import record_activations
from topolens.progress import progress_bar
from topolens.resume import Parts, content_key
from topolens.seeding import child_generator
from topolens.topology.complexity import complexity
from topolens.topology.distances import mean_distance, pairwise_distances
from topolens.topology.hop_complex import hop_betti_numbers
from topolens.topology.persistence import persistence

Row = dict[str, Any]
NETWORKS_PER_PART = 10
NORMS = ("l2", "l2_error", "l2_scale_free", "l2_error_scale_free")
# layer 0 stands once for each set, network -1 without activation and depth.
COLUMNS = [
    "set", "activation", "depth", "network", "layer", "class", "points", "distinct",
    "betti_0", "betti_1", "betti_2", "omega", *NORMS,
]  # fmt: skip


@dataclass(frozen=True)
class Unit:
    """One network, or the input of a set, where `weights` is None."""

    name: str
    activation: str
    depth: int
    network: int
    weights: list[Tensor] | None


def measure_layers(
    data_file: Path,
    networks_file: Path,
    card_file: Path,
    layers_file: Path,
    *,
    data: BettiData,
    norms: LayerNorms,
    training: dict[str, Any],
    seed: int,
    threads: int,
) -> None:
    """Betti numbers and landscape norm, on the same networks; one row per network, layer and class.

    Networks that did not reach the accuracy are left out here; the card counts them. `omega` is the sum of the Betti
    numbers, `l2` the norm of the landscapes of all degrees side by side. One thread a cloud, so threads change no
    bit. A killed stage keeps its finished parts.
    """
    sets = read_sets(data_file)
    units = list_units(sets, load_file(networks_file), read_json(card_file)["cells"], training)
    settings = [data.model_dump_json(), norms.model_dump_json(), str((seed, NETWORKS_PER_PART))]
    parts = Parts(layers_file, content_key(*settings, code_hash(__name__), data_file, networks_file, card_file))

    def measure(unit: Unit) -> list[Row]:
        rows = norm_rows(sets[unit.name], norms.points, seed, unit.name)
        return measure_unit(unit, sets[unit.name], data.sets[unit.name], data.scale, norms, rows)

    tables = []
    with ThreadPoolExecutor(threads) as pool, progress_bar(len(units), "layers", "networks") as progress:
        for begin in range(0, len(units), NETWORKS_PER_PART):
            chunk = units[begin : begin + NETWORKS_PER_PART]
            columns = parts.read(f"from-{begin}")
            if columns is None:
                found = [row for rows in pool.map(measure, chunk) for row in rows]
                columns = {name: np.array([row[name] for row in found]) for name in COLUMNS}
                parts.write(f"from-{begin}", columns)
            progress.update(len(chunk))
            tables.append(pd.DataFrame(columns))
    write_table(layers_file, pd.concat(tables, ignore_index=True)[COLUMNS])
    parts.remove()


def list_units(
    sets: dict[str, Dataset], tensors: dict[str, Tensor], cells: dict[str, Any], training: dict[str, Any]
) -> list[Unit]:
    """Each set's input, then each network that reached its accuracy, by cell."""
    units = [Unit(name, "", 0, -1, None) for name in sets]
    for cell, card in cells.items():
        count = sum(name.startswith(f"{cell}/") for name in tensors)
        for network, accuracy in enumerate(card["accuracy"]):
            if accuracy is not None and accuracy >= training[card["set"]]["accuracy"]:
                weights = [tensors[f"{cell}/{i}"][network] for i in range(count)]
                units.append(Unit(card["set"], card["activation"], card["depth"], network, weights))
    return units


def norm_rows(dataset: Dataset, points: int, seed: int, name: str) -> dict[int, np.ndarray]:
    """By class: which of its points make up the cloud of the norm, the same for all networks and layers."""
    rows = {label: len(dataset.rows("all", label)) for label in dataset.classes}
    return {
        label: np.sort(child_generator(seed, "norm", name, label).choice(size, min(points, size), replace=False))
        for label, size in rows.items()
    }


def measure_unit(
    unit: Unit, dataset: Dataset, known: KnownSet, scale: float, norms: LayerNorms, rows: dict[int, np.ndarray]
) -> list[Row]:
    """All layers and classes of one network, or of the input."""
    found = []
    for layer, activations in layers_of(unit, dataset).items():
        for label in dataset.classes:
            points = activations[dataset.labels == label]
            counted = hop_betti_numbers(points, known.neighbours, scale, known.maximum_degree)
            row: Row = {"set": unit.name, "activation": unit.activation, "depth": unit.depth}
            row |= {"network": unit.network, "layer": layer, "class": label}
            row |= {"points": len(points), "distinct": counted.distinct, "omega": sum(counted.betti)}
            row |= {f"betti_{degree}": np.nan for degree in range(3)}
            row |= {f"betti_{degree}": float(number) for degree, number in enumerate(counted.betti)}
            found.append(row | landscape_norms(points[rows[label]], norms.maximum_degree))
    return found


def layers_of(unit: Unit, dataset: Dataset) -> dict[int, np.ndarray]:
    """Activations (points, width) by layer, in double precision: a collapsed layer must not show rounding."""
    inputs = dataset.inputs().astype(np.float64)
    if unit.weights is None:
        return {0: inputs}
    model = as_module([weight.double() for weight in unit.weights], unit.activation)
    recorded = record_activations(model, torch.from_numpy(inputs), [f"layer_{i}" for i in range(1, unit.depth + 2)])
    return {int(name.removeprefix("layer_")): values for name, values in recorded.items()}


def landscape_norms(points: np.ndarray, max_degree: int) -> dict[str, float]:
    """L2 norm of the Euclidean landscapes of all degrees side by side, its noise over bars, both also scale-free."""
    distances = pairwise_distances(points)
    mean = mean_distance(distances)
    rows = [complexity(diagram, mean) for diagram in persistence(distances, max_degree).by_degree]
    norms = {}
    for twin in ("", "_scale_free"):
        squares = sum(row[f"l2{twin}"] ** 2 for row in rows)
        noise = sum((row[f"l2{twin}"] * row[f"l2_error{twin}"]) ** 2 for row in rows)
        norms[f"l2{twin}"] = float(np.sqrt(squares))
        norms[f"l2_error{twin}"] = float(np.sqrt(noise / squares)) if squares > 0 else 0.0
    return norms
