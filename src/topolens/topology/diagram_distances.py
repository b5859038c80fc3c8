"""Distances between persistence diagrams of one degree.

The ground metric is the maximum norm in the plane of birth and death. Bars with infinite death are matched with one
another in the order of their births; of two diagrams with different numbers of them the distance is infinite. In
degree 0 of Vietoris-Rips both have one, born at 0, which costs nothing.

Both distances are exact, to rounding; the libraries' answers are used in the range in which they are right.
"""

import numpy as np
from gudhi import bottleneck_distance
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from topolens.arguments import checked_diagram, checked_number
from topolens.errors import TopolensError
from topolens.topology.persistence import finite_bars, lifetimes

LARGEST_ORDER = 3
# The network simplex has an absolute tolerance: costs below this share of the largest bar's are not surely minimal.
SURE = 1e-4
# A matching that is better by this share shows that gudhi's was not the best.
BETTER = 1e-9


def bottleneck(one: np.ndarray, other: np.ndarray) -> float:
    """The smallest largest displacement that turns one diagram into the other, exact (Efrat et al. 2001).

    By gudhi, whose search gives up early on some diagrams (3.13.0, both its exact and its approximate one). So it is
    certified that no smaller displacement would do; where one would, hera's exact search answers (Kerber et al. 2017),
    which is right everywhere but several times slower.

    Args:
        one, other: (m, 2) of birth and death, in one unit; may be empty.

    Raises:
        TopolensError: a shape that is no diagram's, NaN, an infinite birth, or a death before its birth.
    """
    one, other = checked_diagram(one), checked_diagram(other)
    essential = _essential_displacements(one, other)
    bars = finite_bars(one), finite_bars(other)
    finite = bottleneck_distance(*bars)
    if finite > 0 and _suffices(*bars, finite * (1 - BETTER)):
        from gudhi.hera import bottleneck_distance as exact  # here, since it is seldom needed

        finite = exact(*bars, delta=0)
    # gudhi's default e is the smallest normal number, and of equal diagrams it gives something below that.
    finite = finite if finite > np.finfo(np.float64).tiny else 0.0
    return float(max(finite, *essential)) if len(essential) else float(finite)


def _suffices(one: np.ndarray, other: np.ndarray, displacement: float) -> bool:
    """Whether bars can be matched so that none is displaced further; short ones can stay alone.

    If some matching serves all long bars of one diagram, and some other one all long bars of the other, then one
    serves both (Mendelsohn and Dulmage 1958).
    """
    for bars, partners in ((one, other), (other, one)):
        long = bars[bars[:, 1] - bars[:, 0] > 2 * displacement]
        near = (np.abs(long[:, :1] - partners[:, 0]) <= displacement) & (
            np.abs(long[:, 1:] - partners[:, 1]) <= displacement
        )
        if not near.any(axis=1).all() or (maximum_bipartite_matching(csr_array(near), perm_type="column") < 0).any():
            return False
    return True


def wasserstein(one: np.ndarray, other: np.ndarray, order: float = 1.0) -> float:
    """The smallest total displacement that turns one diagram into the other (Lacombe et al. 2018).

    Displacements are measured in the maximum norm, raised to `order` and added up; the result is the root of the sum.
    Optimal transport by the network simplex of POT. Its tolerance is absolute, so it sees diagrams divided by half the
    longest lifetime; where the result is small beside that, scipy's assignment answers, which has no tolerance.

    Args:
        one, other: (m, 2) of birth and death, in one unit; may be empty.
        order: A number from 1 to LARGEST_ORDER.

    Raises:
        TopolensError: as for :func:`bottleneck`, or another order.
    """
    from gudhi.wasserstein import wasserstein_distance  # here, since it loads PyTorch

    order = checked_number(order, "order", f"a number from 1 to {LARGEST_ORDER}")
    if not 1 <= order <= LARGEST_ORDER:
        raise TopolensError(f"order={order}: expected a number from 1 to {LARGEST_ORDER}")
    one, other = checked_diagram(one), checked_diagram(other)
    essential = _essential_displacements(one, other)
    longest = max(lifetimes(one).max(initial=0.0), lifetimes(other).max(initial=0.0))
    finite = 0.0
    if longest > 0:
        unit = longest / 2
        bars = finite_bars(one) / unit, finite_bars(other) / unit
        finite = wasserstein_distance(*bars, order=order, internal_p=np.inf)
        finite = unit * (finite if finite**order > SURE else _by_assignment(*bars, order))
    return float((finite**order + np.sum(essential**order)) ** (1 / order))


def _by_assignment(one: np.ndarray, other: np.ndarray, order: float) -> float:
    """The same of finite bars, from the square matrix of costs in which each bar may also meet the diagonal."""
    from scipy.optimize import linear_sum_assignment  # here, since it is seldom needed

    m, n = len(one), len(other)
    costs = np.zeros((m + n, n + m))
    costs[:m, :n] = np.abs(one[:, None] - other).max(axis=2) ** order
    costs[:m, n:] = ((one[:, 1] - one[:, 0]) / 2)[:, None] ** order
    costs[m:, :n] = ((other[:, 1] - other[:, 0]) / 2) ** order
    return float(costs[linear_sum_assignment(costs)].sum() ** (1 / order))


def scaled(diagram: np.ndarray, size: float) -> np.ndarray:
    """Births and deaths divided by a size, e.g. the cloud's mean distance.

    Args:
        diagram: (m, 2) of birth and death; infinite deaths stay infinite.
        size: In the unit of the diagram. It may be 0 where all finite births and deaths are: the diagram of a cloud
            of equal points stays as it is.

    Raises:
        TopolensError: any other size that is not positive and finite, or what is no diagram.
    """
    diagram = checked_diagram(diagram)
    if size == 0 and not diagram[np.isfinite(diagram)].any():
        return diagram
    if not 0 < size < np.inf:
        raise TopolensError(f"size={size}: expected a positive finite number to divide the diagram by")
    return diagram / size


def _essential_displacements(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    births, others = (np.sort(diagram[np.isinf(diagram[:, 1]), 0]) for diagram in (one, other))
    return np.abs(births - others) if len(births) == len(others) else np.array([np.inf])
