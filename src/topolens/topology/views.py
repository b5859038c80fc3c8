"""How a cloud is seen: the distances between its points, under one metric or under several."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import softmax

from topolens.config.homology import STACKED, Distance
from topolens.topology.distances import mean_distance, pairwise_distances, percentile_normalise
from topolens.topology.relative import RELATIVE_NORMALISATIONS, relative_normalise


@dataclass(frozen=True)
class View:
    """A cloud seen by one distance.

    Attributes:
        distances: (n, n).
        key: What tells it apart from other views of the cloud, as columns of a table.
        is_single: Whether it is one distance of the study as it is, neither all stacked nor one with a further k.
    """

    distances: np.ndarray
    key: dict[str, Any] = field(default_factory=dict)
    is_single: bool = True


def view_of(points: np.ndarray, distance: Distance) -> View:
    """The points under one distance."""
    if distance.softmax:
        points = softmax(np.asarray(points, np.float64), axis=1)
    if distance.percentile is not None:
        points = percentile_normalise(points, distance.percentile)
    return View(
        pairwise_distances(
            points, distance.metric, neighbours=distance.neighbours, normalise=distance.normalise, k=distance.k
        )
    )


def views_of(points: np.ndarray, distances: Mapping[str, Distance], other_k: list[int]) -> Iterator[View]:
    """The points under every distance, under all of them stacked, and under relative ones with further k.

    Stacked is the mean of all distances, each divided by its mean. Keys: `metric`, the distance's name; `k`, 0 where
    there is none; `is_main`, false for a further k.
    """
    bases: dict[Distance, np.ndarray] = {}
    total, counted = np.zeros((len(points), len(points))), 0
    for name, distance in distances.items():
        seen = _seen(points, distance, bases)
        mean = mean_distance(seen)
        if mean > 0:
            total, counted = total + seen / mean, counted + 1
        yield View(seen, {"metric": name, "k": distance.k or 0, "is_main": True})
    yield View(total / max(counted, 1), {"metric": STACKED, "k": 0, "is_main": True}, is_single=False)
    for name, distance in distances.items():
        for k in other_k if distance.k else []:
            if k != distance.k:
                seen = _seen(points, distance.model_copy(update={"k": k}), bases)
                yield View(seen, {"metric": name, "k": k, "is_main": False})


def _seen(points: np.ndarray, distance: Distance, bases: dict[Distance, np.ndarray]) -> np.ndarray:
    """The distances, relative ones from those of their metric, which are kept in `bases`."""
    how, k = distance.normalise, distance.k
    relative = how in RELATIVE_NORMALISATIONS and k is not None
    base = distance.model_copy(update={"normalise": None, "k": None}) if relative else distance
    if base not in bases:
        bases[base] = view_of(points, base).distances
    return relative_normalise(bases[base], k, how) if how is not None and k is not None else bases[base]
