"""What a type checker sees of the public names: `make check` holds it with `mypy --strict`, nothing runs it."""

from typing import assert_type

import numpy as np

import topolens

distances = topolens.pairwise_distances(np.zeros((3, 2)))
diagrams = topolens.persistence(distances, max_degree=1)
assert_type(diagrams, topolens.Diagrams)
assert_type(topolens.complexity(diagrams[0], 1.0), dict[str, float])
assert_type(topolens.bottleneck(diagrams[0], diagrams[1]), float)
assert_type(topolens.wasserstein(diagrams[0], diagrams[1], order=2), float)
assert_type(topolens.landscape_norm(diagrams[0]), float)
assert_type(topolens.__version__, str)
topolens.persistence(distances, max_degre=1)  # type: ignore[call-arg]
