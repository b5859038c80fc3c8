"""Classes told by neighbours: how well a distance keeps a class together, without any training."""

import numpy as np

from topolens.arguments import checked_count


def leave_one_out_accuracy(distances: np.ndarray, classes: np.ndarray, neighbours: int) -> float:
    """Share of points whose class is the most frequent among their nearest other points (Cover and Hart 1967).

    Equally near points share the votes of their ranks, so that the order of the points does not matter.

    Args:
        distances: (n, n) symmetric; infinite entries are farther than all others.
        classes: (n,) integers >= 0.
        neighbours: How many vote; between classes with equal votes the nearer voters decide, then the lower number.

    Raises:
        TopolensError: not enough points.
    """
    n = len(distances)
    neighbours = checked_count(neighbours, "neighbours", 1, n - 1)
    others = np.array(distances, dtype=np.float64)
    # A point must never vote for itself, not even where all others are infinitely far.
    others[np.isinf(others)] = np.finfo(np.float64).max
    np.fill_diagonal(others, np.inf)
    order = np.argsort(others, axis=1, kind="stable")
    near = np.take_along_axis(others, order, axis=1)
    voters = int((near <= near[:, neighbours - 1 : neighbours]).sum(axis=1).max())
    order, near = order[:, :voters], near[:, :voters]
    # Rank r weighs 1 + a share below 1 / neighbours that falls with r: votes first, then nearness.
    weights = np.zeros(voters)
    weights[:neighbours] = 1 + 0.5 ** np.arange(1, neighbours + 1) / neighbours
    tie = np.cumsum(np.diff(near, axis=1, prepend=-1.0) > 0, axis=1) - 1 + voters * np.arange(n)[:, None]
    sizes, totals = np.bincount(tie.ravel()), np.bincount(tie.ravel(), np.tile(weights, n))
    shared = totals[tie] / sizes[tie]
    count = int(classes.max()) + 1
    ballots = classes[order] + count * np.arange(n)[:, None]
    votes = np.bincount(ballots.ravel(), shared.ravel(), minlength=n * count).reshape(n, count)
    return float((votes.argmax(axis=1) == classes).mean())
