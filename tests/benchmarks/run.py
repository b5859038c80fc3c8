"""Ours against what users have today, on the same inputs in the same run; prints a table of the README beside.

Each rival's result is compared with ours before its time counts. BLAS runs on one thread throughout;
training uses both cores on both sides. Medians of interleaved repetitions.
"""

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gudhi
import numpy as np
import pandas as pd
import persim
import redzed_tda
import rivals
import torch
from networks_bench import network_rows
from scipy.spatial.distance import pdist, squareform
from threadpoolctl import threadpool_limits
from timing import interleaved, row, seconds

from topolens.clouds.positions import Unit, channel_vectors_of
from topolens.clouds.standardise import standardise
from topolens.config.homology import Distance
from topolens.config.study import load_study
from topolens.config.training import PerceptronTraining
from topolens.data.files import read_catalogue
from topolens.data.load_images import load_images
from topolens.inference.permutation import permutation_test
from topolens.nets.perceptrons.training import Samples, train_together
from topolens.topology.diagram_distances import bottleneck, wasserstein
from topolens.topology.distances import pairwise_distances
from topolens.topology.landscape_kernel import top_tents
from topolens.topology.landscapes import landscape
from topolens.topology.persistence import persistence
from topolens.topology.views import view_of

ROOT = Path(__file__).parents[2]
STUDY = ROOT / "workflow" / "config" / "studies" / "cifar10.yaml"
LEVELS = 10
GRID = np.linspace(0, 64, 700)
WIDTHS = [2, *[15] * 10, 2]


def ours(points: np.ndarray, grid: np.ndarray, levels: int) -> np.ndarray:
    """Points to landscape, degree 1, through the public functions."""
    return landscape(persistence(pairwise_distances(points))[1], grid, levels)


def bare(points: np.ndarray, grid: np.ndarray, levels: int) -> np.ndarray:
    """The same without any check: product or pdist, engine, kernel."""
    if points.shape[1] < 64:
        distances = squareform(pdist(points))
    else:
        centred = points - points.mean(axis=0)
        squares = np.einsum("ij,ij->i", centred, centred)
        distances = np.sqrt(np.maximum(squares[:, None] + squares - 2 * centred @ centred.T, 0))
        np.fill_diagonal(distances, 0)
    bars = redzed_tda.rips(distances, maxdim=1)[1]
    return top_tents(bars, grid, levels)


def one_cloud(points: int, dimensions: int, simplex_tree: bool) -> list[dict[str, object]]:
    """Points to landscape for one Gaussian cloud against the published pipelines."""
    cloud = np.random.default_rng(0).normal(size=(points, dimensions))
    arguments = (cloud, GRID, LEVELS)
    expected = ours(*arguments)
    name = f"points to landscape, {points} x {dimensions}"
    own, unchecked = interleaved(lambda: ours(*arguments), lambda: bare(*arguments))
    rows = [row(name, "the bare calls", own, unchecked)]
    competitors = [("Python distance + ripser.py + dense landscape", rivals.python_function_and_ripser, 3)]
    if simplex_tree:
        competitors.append(("gudhi RipsComplex + SimplexTree + Landscape", rivals.gudhi_simplex_tree, 3))
    for rival, function, repetitions in competitors:
        np.testing.assert_allclose(function(*arguments), expected, rtol=0, atol=1e-5)
        times = [
            (seconds(lambda: ours(*arguments)), seconds(lambda f=function: f(*arguments))) for _ in range(repetitions)
        ]
        rows.append(row(name, rival, *np.median(times, axis=0)))
    return rows


def distances_of_diagrams() -> list[dict[str, object]]:
    """Both distances of two diagrams of loops, of two clouds of 500 x 5."""
    clouds = np.random.default_rng(0).normal(size=(2, 500, 5))
    one, other = (persistence(pairwise_distances(cloud))[1] for cloud in clouds)
    compared: list[tuple[str, Callable[..., float], dict[str, Callable[..., float]]]] = [
        ("bottleneck", bottleneck, {"gudhi": gudhi.bottleneck_distance, "persim": persim.bottleneck}),
        ("1-Wasserstein", wasserstein, {"gudhi.hera, to 1 %": rivals.hera_wasserstein}),
    ]
    rows = []
    for name, function, others in compared:
        own, *times = interleaved(*(lambda f=f: f(one, other) for f in (function, *others.values())), repetitions=3)
        for (rival, theirs), taken in zip(others.items(), times, strict=True):
            np.testing.assert_allclose(theirs(one, other), function(one, other), rtol=0.01)
            rows.append(row(f"{name} distance, {len(one)} and {len(other)} bars", rival, own, taken))
    return rows


def tests() -> list[dict[str, object]]:
    """9,999 relabellings of 32 against 32 landscapes of 7,000 samples."""
    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(2, 32, 7000))
    b += 0.012
    result = permutation_test(a, b, 9999, 0)
    start = time.perf_counter()
    p_value = rivals.scipy_permutations(a, b, 9999, 0)
    theirs = time.perf_counter() - start
    assert abs(result.p_value - p_value) < 0.02, (result.p_value, p_value)
    (own,) = interleaved(lambda: permutation_test(a, b, 9999, 0))
    return [row("permutation test, 2 x 32 x 7000, 9,999 relabellings", "scipy.stats.permutation_test", own, theirs)]


def training(networks: int = 100, epochs: int = 10) -> list[dict[str, object]]:
    """Seconds per network and epoch on 12,760 points of the plane, batch 512."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(12_760, 2, generator=generator)
    labels = (inputs.norm(dim=1) > 1).long()
    settings = PerceptronTraining(learning_rate=1e-3, batch_size=512, max_epochs=epochs, snapshot_accuracies=[1.0])
    groups = np.array_split(np.arange(networks), 4)

    def together(group: np.ndarray) -> None:
        torch.set_num_threads(1)
        train_together(Samples(inputs, labels), WIDTHS, "tanh", group.tolist(), settings)

    def ours_together() -> None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(together, groups))

    torch.set_num_threads(2)
    times = interleaved(
        ours_together,
        lambda: rivals.train_alone(inputs, labels, WIDTHS, epochs, loader=True),
        lambda: rivals.train_alone(inputs, labels, WIDTHS, epochs, loader=False),
        repetitions=3,
    )
    own = times[0] / networks / epochs
    name = f"training, per network and epoch, {networks} together"
    return [
        row(name, "one by one from a DataLoader", own, times[1] / epochs),
        row(name, "one by one from slices", own, times[2] / epochs),
    ]


def channel_vectors() -> list[dict[str, object]]:
    """Four clouds of the restored VGG-16's last ReLU, cats against dogs, from points to the p-value."""
    study = load_study(STUDY, "full")
    run = study.runs["main"]
    catalogue = read_catalogue(STUDY.parents[1] / "datasets.yaml")
    images = load_images(run.data_set, catalogue, ROOT, real_only=True, download=False)
    clouds = run.position_clouds.model_copy(update={"repeats": 2})
    checkpoint = ROOT / "results" / "checkpoints" / study.name / "VGG-16-0.safetensors"
    groups = []
    for group in ("cat", "dog"):
        unit = Unit(run.image_networks[0], 0, group, checkpoint)
        repeats = channel_vectors_of(unit, images, {"ReLU53": "ReLU53"}, clouds, 0)
        groups.append([standardise(vectors["ReLU53"])[0] for vectors in repeats])

    def p_value(pipeline: Callable[..., np.ndarray], test: Callable[..., float]) -> float:
        a, b = (np.stack([pipeline(points, GRID, LEVELS) for points in group]) for group in groups)
        return test(a.reshape(len(a), -1), b.reshape(len(b), -1), 9999, 0)

    def own_test(*arguments: Any) -> float:
        return permutation_test(*arguments).p_value

    start = time.perf_counter()
    expected = p_value(rivals.gudhi_simplex_tree, rivals.scipy_permutations)
    theirs = time.perf_counter() - start
    found = p_value(ours, own_test)
    assert abs(found - expected) < 0.02, (found, expected)
    (own,) = interleaved(lambda: p_value(ours, own_test), repetitions=3)
    name = "channel vectors to p-value, 2 x 2 clouds of 500 x 512 of VGG-16"
    return [row(name, "gudhi SimplexTree + Landscape + scipy test", own, theirs)]


def proportion() -> list[dict[str, object]]:
    """Cost of a run's diagrams at two sizes: networks x layers x snapshots clouds of 300 x 15."""
    clouds = np.random.default_rng(0).normal(size=(200, 300, 15))
    with ThreadPoolExecutor(2) as pool:

        def compute(count: int) -> None:
            list(pool.map(lambda cloud: persistence(view_of(cloud, Distance()).distances, 1), clouds[:count]))

        small, large = interleaved(lambda: compute(50), lambda: compute(200), repetitions=5)
    return [row("200 clouds of 300 x 15 over 50 clouds (4 is proportional)", "itself", small, large)]


def main() -> None:
    """Print the table and write it to results/benchmarks.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without-simplex-tree", action="store_true", help="leave out the rivals of minutes")
    arguments = parser.parse_args()
    with threadpool_limits(1):
        rows = one_cloud(500, 512, not arguments.without_simplex_tree) + one_cloud(1000, 15, False) + tests()
        if not arguments.without_simplex_tree:
            rows += channel_vectors()
        rows += distances_of_diagrams()
        rows += proportion()
        rows += network_rows()
    rows += training()
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, float_format=lambda value: f"{value:.4g}"))
    folder = Path("results")
    folder.mkdir(exist_ok=True)
    table.to_csv(folder / "benchmarks.csv", index=False, float_format="%.6g")


if __name__ == "__main__":
    main()
