"""Distances between persistence diagrams of one degree.

The ground metric is the maximum norm in the plane of birth and death. Bars with infinite death are matched with one
another in the order of their births; of two diagrams with different numbers of them the distance is infinite. In
degree 0 of Vietoris-Rips both have one, born at 0, which costs nothing.

Both distances are computed exactly, to rounding, and without the interpreter's lock, so threads run side by side.
"""

import numpy as np
from gudhi import bottleneck_distance

from topolens.errors import TopolensError
from topolens.topology.persistence import lifetimes

# Up to this order the Wasserstein distance is exact to rounding; beyond, the solver's absolute tolerance shows.
LARGEST_ORDER = 3


def bottleneck(one: np.ndarray, other: np.ndarray) -> float:
    """The smallest largest displacement that turns one diagram into the other, exact (Efrat et al. 2001).

    Args:
        one, other: (m, 2) of birth and death, in one unit; may be empty.

    Raises:
        TopolensError: a shape that is no diagram's, NaN, an infinite birth, or a death before its birth.
    """
    one, other = _checked(one), _checked(other)
    essential = _essential_displacements(one, other)
    # Not with e = 0, which promises to be exact but is wrong for far diagrams of few bars (seen with gudhi 3.13.0).
    finite = bottleneck_distance(_finite(one), _finite(other))
    # Its default e is the smallest normal number, and of equal diagrams it gives something below that.
    finite = finite if finite > np.finfo(np.float64).tiny else 0.0
    return float(max(finite, *essential)) if len(essential) else float(finite)


def wasserstein(one: np.ndarray, other: np.ndarray, order: float = 1.0) -> float:
    """The smallest total displacement that turns one diagram into the other (Lacombe et al. 2018).

    Displacements are measured in the maximum norm, raised to `order` and added up; the result is the root of the sum.
    Optimal transport by the network simplex. Its tolerance is absolute, so it sees diagrams divided by half the
    longest lifetime; then it is exact to rounding.

    Args:
        one, other: (m, 2) of birth and death, in one unit; may be empty.
        order: A number from 1 to LARGEST_ORDER.

    Raises:
        TopolensError: as for :func:`bottleneck`, or another order.
    """
    from gudhi.wasserstein import wasserstein_distance  # here, since it loads PyTorch

    if not 1 <= order <= LARGEST_ORDER:
        raise TopolensError(f"order={order}: expected a number from 1 to {LARGEST_ORDER}")
    one, other = _checked(one), _checked(other)
    essential = _essential_displacements(one, other)
    longest = max(lifetimes(one).max(initial=0.0), lifetimes(other).max(initial=0.0))
    finite = 0.0
    if longest > 0:
        unit = longest / 2
        finite = unit * wasserstein_distance(_finite(one) / unit, _finite(other) / unit, order=order, internal_p=np.inf)
    return float((finite**order + np.sum(essential**order)) ** (1 / order))


def scaled(diagram: np.ndarray, size: float) -> np.ndarray:
    """Births and deaths divided by a size, e.g. the cloud's mean distance.

    Args:
        diagram: (m, 2) of birth and death; infinite deaths stay infinite.
        size: In the unit of the diagram. It may be 0 where all finite births and deaths are: the diagram of a cloud
            of equal points stays as it is.

    Raises:
        TopolensError: any other size that is not positive and finite, or what is no diagram.
    """
    diagram = _checked(diagram)
    if size == 0 and not diagram[np.isfinite(diagram)].any():
        return diagram
    if not 0 < size < np.inf:
        raise TopolensError(f"size={size}: expected a positive finite number to divide the diagram by")
    return diagram / size


def _checked(diagram: np.ndarray) -> np.ndarray:
    diagram = np.asarray(diagram, dtype=np.float64)
    if diagram.ndim != 2 or diagram.shape[1] != 2:
        raise TopolensError(f"diagram: expected shape (m, 2), found {diagram.shape}")
    if np.isnan(diagram).any():
        raise TopolensError(f"diagram: {np.isnan(diagram).any(axis=1).sum()} bars hold NaN")
    wrong = ~np.isfinite(diagram[:, 0]) | (diagram[:, 1] < diagram[:, 0])
    if wrong.any():
        raise TopolensError(f"diagram: {wrong.sum()} bars with an infinite birth or a death before their birth")
    return diagram


def _finite(diagram: np.ndarray) -> np.ndarray:
    return diagram[np.isfinite(diagram[:, 1])]


def _essential_displacements(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    births, others = (np.sort(diagram[np.isinf(diagram[:, 1]), 0]) for diagram in (one, other))
    return np.abs(births - others) if len(births) == len(others) else np.array([np.inf])
