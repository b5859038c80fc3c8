"""topolens: topology as an explanatory tool for deep neural networks.

The functions below are the ones the workflow itself uses; they take plain arrays and torch modules.
They are loaded on first use, so that a script that only plots does not wait for torch.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from topolens.errors import TopolensError

if TYPE_CHECKING:  # what editors and type checkers see; the names are those of _PUBLIC
    from topolens.inference.permutation import permutation_test
    from topolens.nets.layers import layers_of
    from topolens.nets.taps import channel_vectors, record_activations
    from topolens.results import load_results
    from topolens.topology.complexity import complexity
    from topolens.topology.diagram_distances import bottleneck, wasserstein
    from topolens.topology.distances import pairwise_distances, percentile_normalise
    from topolens.topology.gaussian import gaussian_cloud
    from topolens.topology.landscapes import landscape, landscape_norm
    from topolens.topology.persistence import Diagrams, persistence

    __version__: str

__all__ = [
    "Diagrams",
    "TopolensError",
    "__version__",
    "bottleneck",
    "channel_vectors",
    "complexity",
    "gaussian_cloud",
    "landscape",
    "landscape_norm",
    "layers_of",
    "load_results",
    "pairwise_distances",
    "percentile_normalise",
    "permutation_test",
    "persistence",
    "record_activations",
    "wasserstein",
]
_PUBLIC = {
    "pairwise_distances": "topolens.topology.distances",
    "percentile_normalise": "topolens.topology.distances",
    "persistence": "topolens.topology.persistence",
    "Diagrams": "topolens.topology.persistence",
    "bottleneck": "topolens.topology.diagram_distances",
    "wasserstein": "topolens.topology.diagram_distances",
    "complexity": "topolens.topology.complexity",
    "gaussian_cloud": "topolens.topology.gaussian",
    "landscape": "topolens.topology.landscapes",
    "landscape_norm": "topolens.topology.landscapes",
    "permutation_test": "topolens.inference.permutation",
    "layers_of": "topolens.nets.layers",
    "record_activations": "topolens.nets.taps",
    "channel_vectors": "topolens.nets.taps",
    "load_results": "topolens.results",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return version("topolens")
    if name not in _PUBLIC:
        raise AttributeError(f"module 'topolens' has no attribute {name!r}; public names: {', '.join(__all__)}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_PUBLIC, "__version__"]
