"""Classes told by neighbours: how well a distance keeps a class together, without any training."""

import numpy as np

from topolens.errors import TopolensError


def leave_one_out_accuracy(distances: np.ndarray, classes: np.ndarray, neighbours: int) -> float:
    """Share of points whose class is the most frequent among their nearest other points (Cover and Hart 1967).

    Args:
        distances: (n, n) symmetric; infinite entries are farther than all others.
        classes: (n,) integers >= 0.
        neighbours: How many vote; between classes with equal votes the nearer voters decide.

    Raises:
        TopolensError: not enough points.
    """
    n = len(distances)
    if not 1 <= neighbours < n:
        raise TopolensError(f"neighbours={neighbours}: expected 1 to {n - 1} for {n} points")
    others = distances.copy()
    np.fill_diagonal(others, np.inf)
    # A point must never vote for itself, not even where all others are infinitely far.
    order = np.argsort(others, axis=1, kind="stable")
    nearest = order[order != np.arange(n)[:, None]].reshape(n, n - 1)[:, :neighbours]
    # Rank r weighs 1 + a share below 1 / neighbours that falls with r: votes first, then nearness.
    weights = 1 + 0.5 ** np.arange(1, neighbours + 1) / neighbours
    votes = np.zeros((n, int(classes.max()) + 1))
    np.add.at(votes, (np.arange(n)[:, None], classes[nearest]), weights)
    return float((votes.argmax(axis=1) == classes).mean())
