"""The published pipelines and the obvious programs, written anew: what users have today."""

import itertools

import gudhi
import kmapper
import numpy as np
import ripser
import torch
from captum.attr import Occlusion
from gudhi import hera
from gudhi.representations import Landscape
from scipy.sparse.csgraph import shortest_path
from scipy.spatial.distance import pdist, squareform
from scipy.stats import permutation_test
from sklearn.cluster import DBSCAN
from sklearn.neighbors import NearestNeighbors, kneighbors_graph


def dense_landscape(diagram: np.ndarray, grid: np.ndarray, levels: int) -> np.ndarray:
    """All tents at all samples, sorted: (levels, samples)."""
    births, deaths = diagram[:, :1], diagram[:, 1:]
    tents = np.maximum(np.minimum(grid - births, deaths - grid), 0)
    return -np.sort(-tents, axis=0)[:levels]


def python_function_and_ripser(points: np.ndarray, grid: np.ndarray, levels: int) -> np.ndarray:
    """Distances by a Python function of two points, ripser.py, a dense landscape; degree 1."""
    distances = squareform(pdist(points, lambda a, b: np.sqrt(np.sum((a - b) ** 2))))
    return dense_landscape(ripser.ripser(distances, distance_matrix=True, maxdim=1)["dgms"][1], grid, levels)


def gudhi_simplex_tree(points: np.ndarray, grid: np.ndarray, levels: int) -> np.ndarray:
    """RipsComplex, SimplexTree of dimension 2, Landscape with its factor root 2 taken off; degree 1."""
    tree = gudhi.RipsComplex(points=points).create_simplex_tree(max_dimension=2)
    tree.compute_persistence(homology_coeff_field=2)
    bars = tree.persistence_intervals_in_dimension(1)
    sampled = Landscape(num_landscapes=levels, resolution=len(grid), sample_range=[grid[0], grid[-1]])
    return sampled.fit_transform([bars]).reshape(levels, len(grid)) / np.sqrt(2)


def hera_wasserstein(one: np.ndarray, other: np.ndarray) -> float:
    """1-Wasserstein in the maximum norm by auctions, to one percent."""
    return hera.wasserstein_distance(one, other, order=1, internal_p=np.inf, delta=0.01)


def scipy_permutations(a: np.ndarray, b: np.ndarray, resamples: int, seed: int) -> float:
    """scipy's permutation test of the norm of the difference of means; the p-value.

    scipy relabels scalars, so rows are represented by their numbers and looked up in the statistic.
    """
    rows = np.concatenate([a, b])

    def statistic(x: np.ndarray, y: np.ndarray) -> float:
        return float(np.linalg.norm(rows[x].mean(axis=0) - rows[y].mean(axis=0)))

    numbers = (np.arange(len(a)), np.arange(len(a), len(rows)))
    return permutation_test(numbers, statistic, n_resamples=resamples, alternative="greater", rng=seed).pvalue


def mlp(widths: list[int]) -> torch.nn.Sequential:
    """A tanh MLP as a module."""
    layers: list[torch.nn.Module] = []
    for inputs, outputs in itertools.pairwise(widths):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.Tanh()]
    return torch.nn.Sequential(*layers[:-1])


def train_alone(inputs: torch.Tensor, labels: torch.Tensor, widths: list[int], epochs: int, loader: bool) -> None:
    """One network, the usual loop: batches from a DataLoader, or from slices of a shuffled index."""
    torch.manual_seed(0)
    model = mlp(widths)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    dataset = torch.utils.data.TensorDataset(inputs, labels)
    batches = torch.utils.data.DataLoader(dataset, batch_size=512, shuffle=True)
    for _ in range(epochs):
        order = torch.randperm(len(inputs)).split(512)
        right = 0
        for batch in batches if loader else ((inputs[rows], labels[rows]) for rows in order):
            logits = model(batch[0])
            loss = torch.nn.functional.cross_entropy(logits, batch[1])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            right += int((logits.argmax(1) == batch[1]).sum())


def hooks_that_keep_maps(
    network: torch.nn.Module, inputs: torch.Tensor, positions: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Channel vectors (points, channels) at (points, 3) images, rows and columns: whole maps of each image, indexed."""
    maps: dict[str, list[np.ndarray]] = {layer: [] for layer in positions}
    handles = [
        network.get_submodule(layer).register_forward_hook(
            lambda module, arguments, output, kept=kept: kept.append(output[0].numpy())
        )
        for layer, kept in maps.items()
    ]
    with torch.no_grad():
        for image in inputs:
            network(image[None])
    for handle in handles:
        handle.remove()
    stacked = {layer: np.stack(kept) for layer, kept in maps.items()}
    return {layer: stacked[layer][rows[:, 0], :, rows[:, 1], rows[:, 2]] for layer, rows in positions.items()}


def kmapper_and_dbscan(points: np.ndarray, intervals: int, overlap: float, eps: float | None = None) -> list[int]:
    """Numbers of nodes and edges under the norm; without a radius, that of the elbow below the chord."""
    if eps is None:
        distances, _ = NearestNeighbors(n_neighbors=5).fit(points).kneighbors()
        curve = np.sort(distances[:, -1])
        eps = float(curve[np.argmax(np.linspace(curve[0], curve[-1], len(curve)) - curve)])
    graph = kmapper.KeplerMapper().map(
        np.linalg.norm(points, axis=1, keepdims=True),
        points,
        clusterer=DBSCAN(eps=eps, min_samples=5),
        cover=kmapper.Cover(n_cubes=intervals, perc_overlap=overlap),
    )
    return [len(graph["nodes"]), sum(len(ends) for ends in graph["links"].values())]


def occlusion_one_by_one(
    network: torch.nn.Module, inputs: torch.Tensor, labels: np.ndarray, window: int, stride: int
) -> np.ndarray:
    """captum with its own defaults: one hidden window a pass, the mean colour in it."""
    bands = inputs.shape[1]
    colour = network.get_submodule("Standardise").get_buffer("mean")
    lost = Occlusion(network).attribute(
        inputs,
        (bands, window, window),
        strides=(bands, stride, stride),
        baselines=colour[:, None, None].expand(inputs.shape),
        target=torch.from_numpy(labels.astype(np.int64)),
    )
    return lost[:, 0].numpy()


def ripser_of_hops(points: np.ndarray, neighbours: int, scale: float) -> tuple[int, ...]:
    """Betti numbers 0 and 1 at a scale: neighbour graph, all paths, the whole filtration up to the scale."""
    graph = kneighbors_graph(points, neighbours)
    hops = shortest_path(graph.maximum(graph.T), unweighted=True)
    hops[np.isinf(hops)] = len(points)
    diagrams = ripser.ripser(hops, distance_matrix=True, maxdim=1, thresh=scale)["dgms"]
    return tuple(int(((bars[:, 0] <= scale) & (bars[:, 1] > scale)).sum()) for bars in diagrams)
