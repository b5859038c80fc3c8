"""Numbers that sum up a persistence diagram."""

import numpy as np

from topolens.errors import TopolensError
from topolens.topology.persistence import lifetimes


def persistence_entropy(diagram: np.ndarray, normalised: bool = False) -> float:
    """Shannon entropy of the finite bars' shares of the total lifetime (Chintakunta et al. 2015, Atienza et al. 2019).

    Args:
        diagram: (m, 2) of birth and death; bars with infinite death or of length 0 are left out.
        normalised: Divide by the largest value that so many bars allow, their number's logarithm.

    Returns:
        Nats, in [0, log m] of m bars, or a share in [0, 1]; 0 for fewer than two bars.
    """
    lengths = lifetimes(diagram)
    lengths = lengths[lengths > 0]
    if len(lengths) < 2:
        return 0.0
    shares = lengths / lengths.sum()
    entropy = -(shares * np.log(shares)).sum()
    return float(entropy / np.log(len(shares)) if normalised else entropy)


def total_persistence(diagram: np.ndarray, power: float = 1.0) -> float:
    """Sum of the finite lifetimes, each to a power (Cohen-Steiner et al. 2010).

    Args:
        diagram: (m, 2) of birth and death; bars with infinite death are left out.
        power: A finite number > 0.

    Returns:
        In the unit of the distances to that power; 0 for no bar.

    Raises:
        TopolensError: another power.
    """
    if not 0 < power < np.inf:
        raise TopolensError(f"power={power}: expected a finite number > 0")
    return float((lifetimes(diagram) ** power).sum())
