"""Persistent homology of the Vietoris-Rips filtration, over the field of two elements."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import redzed_tda

from topolens.arguments import checked_array, checked_count, checked_number
from topolens.errors import TopolensError, unknown_name
from topolens.memory import NEVER_REFUSED, free_memory

# Largest distances from 2^-SAFE to 2^SAFE are rounded to float32 as they are; beyond, after scaling by a power of two.
SAFE = 60


@dataclass(frozen=True)
class Diagrams:
    """The diagrams of one cloud: `diagrams[degree]` is an (m, 2) float64 array of (birth, death).

    Bars are sorted by lifetime, longest first, essential ones (death = inf) at the top; bars of length 0
    do not occur. `engine` names what computed them.
    """

    by_degree: tuple[np.ndarray, ...]
    engine: str

    def __getitem__(self, degree: int) -> np.ndarray:
        return self.by_degree[degree]

    def __len__(self) -> int:
        return len(self.by_degree)

    def finite(self, degree: int) -> np.ndarray:
        """The bars with finite death, (m, 2)."""
        return finite_bars(self.by_degree[degree])


def finite_bars(diagram: np.ndarray) -> np.ndarray:
    """The bars of an (m, 2) diagram whose death is finite."""
    return diagram[np.isfinite(diagram[:, 1])]


def lifetimes(diagram: np.ndarray) -> np.ndarray:
    """Lifetimes of the finite bars, longest first."""
    bars = finite_bars(diagram)
    return np.sort(bars[:, 1] - bars[:, 0])[::-1]


def betti_number(diagram: np.ndarray, scale: float) -> int:
    """Number of bars alive at `scale`: birth <= scale < death."""
    return int(np.sum((diagram[:, 0] <= scale) & (scale < diagram[:, 1])))


def persistence(
    distances: np.ndarray, max_degree: int = 1, threshold: float = np.inf, engine: str = "auto"
) -> Diagrams:
    """Persistence diagrams of a Vietoris-Rips filtration.

    Args:
        distances: (n, n) symmetric, non-negative, zero diagonal; inf means never joined, NaN is refused.
        max_degree: Highest homology degree, 0, 1 or 2.
        threshold: Longest edge that enters (value <= threshold); bars alive there get death = inf.
        engine: `redzed` (Kapulkin & Kershaw 2026; float32, so births and deaths are distances rounded once to
            float32), `gudhi` (RipsPersistence; float64), or `auto` = redzed, but gudhi where distances apart from 0
            differ by more than float32 can hold.

    Returns:
        Diagrams of degree 0 to max_degree. No point gives empty diagrams, one point a single essential bar.

    Raises:
        TopolensError: malformed matrix, unknown engine, an estimate above the free memory, or redzed asked for
            distances that float32 cannot hold.
    """
    distances = _checked(distances)
    max_degree = checked_count(max_degree, "max_degree", 0, 2)
    threshold = checked_number(threshold, "threshold", "a number >= 0 or inf")
    if threshold < 0:
        raise TopolensError(f"threshold={threshold}: expected a number >= 0 or inf")
    chosen = chosen_engine(engine)
    if len(distances) == 0:
        return Diagrams(tuple(np.empty((0, 2)) for _ in range(max_degree + 1)), chosen)
    # Pairs that are never joined: the largest distance that is joined is as good a threshold as any above.
    joined = distances <= min(threshold, np.finfo(np.float64).max)
    largest = float(np.max(distances, where=joined, initial=0.0))
    exponent = int(np.frexp(largest)[1])
    exponent = exponent if abs(exponent) > SAFE else 0
    if exponent:
        distances, largest = np.ldexp(distances, -exponent), float(np.ldexp(largest, -exponent))
    if chosen == "redzed" and _leaves_float32(distances):
        if engine == "redzed":
            raise TopolensError(
                "engine='redzed': some distances are 0 in float32 beside the largest; take engine='gudhi' or 'auto'"
            )
        chosen = "gudhi"
    edges = (int(np.count_nonzero(joined)) - len(distances)) // 2
    if estimated_bytes(len(distances), max_degree, chosen, edges, hard=True) > NEVER_REFUSED:
        refuse_what_does_not_fit(len(distances), max_degree, chosen, edges=edges, hard=_is_hard(distances))
    if edges < len(distances) * (len(distances) - 1) // 2:
        distances = np.where(joined, distances, 2 * largest + 1)
    diagrams = map(_sorted, ENGINES[chosen](distances, max_degree, largest))
    return Diagrams(tuple(np.ldexp(diagram, exponent) if exponent else diagram for diagram in diagrams), chosen)


def _leaves_float32(distances: np.ndarray) -> bool:
    """Whether a distance apart from 0 would be rounded to 0, or lose digits, in float32."""
    return bool(np.min(distances, where=distances > 0, initial=1.0) < np.finfo(np.float32).tiny)


def chosen_engine(engine: str) -> str:
    """The engine behind a name; `auto` is redzed."""
    if engine not in (*ENGINES, "auto"):
        raise unknown_name("engine", engine, [*ENGINES, "auto"])
    return "redzed" if engine == "auto" else engine


# Bytes of an engine's peak memory, measured on clouds, circles, equal distances and random matrices of up to 2,000
# points: for each entry of the matrix; by highest degree for each edge, twice, and for each triangle. `hard` matrices
# are those of _is_hard.
PER_ENTRY = {"redzed": 36, "gudhi": 100}
PER_EDGE = {"redzed": (0, 0, 164), "gudhi": (0, 600, 600)}
PER_TRIANGLE = {"redzed": (0, 0, 0), "gudhi": (0, 0, 64)}
HARD_PER_EDGE = {"redzed": (0, 134, 164), "gudhi": (0, 700, 700)}
HARD_PER_TRIANGLE = {"redzed": (0, 0, 60), "gudhi": (0, 0, 64)}
TRIPLES, HARD_SHARE = 2000, 0.1


def _is_hard(distances: np.ndarray) -> bool:
    """Whether many of some random triples are equilateral, or break the triangle inequality: then engines need more."""
    n = len(distances)
    if n < 3:
        return False
    a, b, c = np.random.default_rng(0).integers(n, size=(3, TRIPLES))
    apart = (a != b) & (b != c) & (a != c)
    short, middle, long = np.sort([distances[a, b], distances[b, c], distances[a, c]], axis=0)[:, apart]
    return bool(np.mean((short + middle < long) | (short == long)) > HARD_SHARE)


def estimated_bytes(points: int, max_degree: int, engine: str, edges: int | None = None, hard: bool = False) -> int:
    """A generous estimate of an engine's peak memory; without the number of edges all pairs are joined.

    So many edges span at most (2 edges)^(3/2) / 6 triangles (Kruskal and Katona).
    """
    per_edge, per_triangle = (HARD_PER_EDGE, HARD_PER_TRIANGLE) if hard else (PER_EDGE, PER_TRIANGLE)
    ends = points**2 if edges is None else 2 * edges
    for_edges, for_triangles = ends * per_edge[engine][max_degree], ends**1.5 / 6 * per_triangle[engine][max_degree]
    return int(points**2 * PER_ENTRY[engine] + for_edges + for_triangles)


def refuse_what_does_not_fit(
    points: int, max_degree: int, engine: str, clouds: int = 1, edges: int | None = None, hard: bool = False
) -> None:
    """Raise a TopolensError with both numbers when so many clouds at a time exceed the free memory."""
    needed, free = clouds * estimated_bytes(points, max_degree, engine, edges, hard), free_memory()
    if needed > free:
        raise TopolensError(
            f"persistence of {clouds} x {points} points to degree {max_degree} with {engine} may need "
            f"{needed / 2**30:.1f} GiB; {free / 2**30:.1f} GiB are free. Take fewer points, a lower degree or a lower "
            "threshold."
        )


def _checked(distances: np.ndarray) -> np.ndarray:
    distances = checked_array(distances, "distances")
    if distances.ndim != 2 or distances.shape[0] != distances.shape[1]:
        raise TopolensError(
            f"distances: expected a square matrix, found shape {distances.shape}; of points take pairwise_distances"
        )
    if np.isnan(distances).any():
        raise TopolensError(f"distances: {np.isnan(distances).sum()} entries are NaN")
    if (distances < 0).any():
        raise TopolensError(f"distances: negative entries, the smallest is {distances.min():.3g}")
    if np.diagonal(distances).any():
        raise TopolensError(
            f"distances: the diagonal must be 0, found up to {np.diagonal(distances).max():.3g}; "
            "np.fill_diagonal(d, 0) if that is rounding"
        )
    if not np.array_equal(distances, distances.T):
        raise TopolensError("distances: not symmetric; use (d + d.T) / 2 if that is rounding")
    return distances


def _sorted(diagram: np.ndarray) -> np.ndarray:
    """Longest first, then by birth: an order that does not depend on the engine."""
    diagram = np.asarray(diagram, dtype=np.float64).reshape(-1, 2)
    diagram = diagram[diagram[:, 0] < diagram[:, 1]]
    return diagram[np.lexsort((diagram[:, 0], diagram[:, 0] - diagram[:, 1]))]


def _redzed(distances: np.ndarray, max_degree: int, threshold: float) -> list[np.ndarray]:
    # redzed works in float32: round matrix and threshold by the same rule, once, so that ties stay ties.
    longest = float(np.float32(threshold))
    diagrams = redzed_tda.rips(distances.astype(np.float32), maxdim=max_degree, threshold=longest)
    return [np.asarray(diagram) for diagram in diagrams]


def _gudhi(distances: np.ndarray, max_degree: int, threshold: float) -> list[np.ndarray]:
    from gudhi.sklearn.rips_persistence import RipsPersistence  # here, since it loads scikit-learn

    engine = RipsPersistence(
        homology_dimensions=list(range(max_degree + 1)),
        threshold=threshold,
        input_type="full distance matrix",
        homology_coeff_field=2,
    )
    return engine.fit_transform([distances])[0]


ENGINES: dict[str, Callable[[np.ndarray, int, float], list[np.ndarray]]] = {
    "redzed": _redzed,
    "gudhi": _gudhi,
}
