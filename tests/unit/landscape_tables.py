"""Complexities and landscapes of latent clouds as the stages write them."""

import numpy as np

from topolens.config.analyses import Clusters, Intervals, PermutationTests
from topolens.stages.position_statistics import UNUSED
from topolens.statistics.depth import MEASURES
from topolens.statistics.distances import side_vectors
from topolens.statistics.rows import tidy_table
from topolens.topology.landscape_table import inner_products

NAN = np.nan
INTERVALS = Intervals(bootstrap=200)
TESTS = PermutationTests(permutations=99, network_permutations=49)
CLUSTERS = Clusters(layers=["ReLU53"], shuffles=99)


LAYERS = ["ReLU11", "ReLU32", "ReLU53"]


SAMPLES = 5


def cloud(layer="ReLU11", repeat=0, network="A", seed=0, group="cat", null=False, **numbers):
    """A row of the complexity table; measures default to the same number."""
    row = {"network": network, "seed": seed, "layer": layer, "group": group, "repeat": repeat, "null": null}
    row |= {"channels": 4, "constant": 1} | dict.fromkeys(MEASURES, numbers.pop("value", 0.0))
    return row | ({"sampled": NAN} if null else {}) | numbers


def rows_of(rows):
    return tidy_table(rows, UNUSED)


def found(rows, **wanted):
    """The only row with these entries."""
    table = rows_of(rows)
    for name, value in wanted.items():
        table = table[table[name].isna() if value is None else table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def arrays_of(shifts, networks=("A",), groups=("cat", "dog"), layers=LAYERS, seeds=1, repeats=6, noise=1.0, grids=()):
    """Landscapes of one level; `shifts[network, group, layer]` moves the mean of all samples."""
    generator = np.random.default_rng(0)
    arrays = {"layers": np.array(layers), "networks": np.array(networks), "groups": np.array(groups)}
    arrays["seeds"] = np.arange(seeds)
    for network in networks:
        for layer in layers:
            shape = (seeds, len(groups), repeats, 1, SAMPLES)
            shift = np.array([shifts.get((network, group, layer), 0.0) for group in groups])
            vectors = noise * generator.normal(size=shape) + shift[:, None, None, None]
            arrays[f"vectors.{network}.{layer}"] = vectors.astype(np.float32)
            arrays[f"grid.{network}.{layer}"] = dict(grids).get(network, np.linspace(0, 2, SAMPLES))
        for place, group in enumerate(groups):
            own = [arrays[f"vectors.{network}.{layer}"][:, place].mean(axis=0) for layer in layers]
            arrays[f"depth.{network}.{group}"] = inner_products(np.concatenate(own), np.linspace(0, 2, SAMPLES))
    return arrays


def weighted(arrays, side, layer):
    """Raw vectors whose Euclidean products are the inner products of landscapes: the trapezoid rule, step 1/2."""
    weights = np.sqrt(0.5 * np.array([0.5, 1, 1, 1, 0.5]))
    return side_vectors(arrays, side, layer)[:, 0].astype(np.float64) * weights
