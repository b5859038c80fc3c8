"""Toy clouds on which metrics disagree in a known way."""

import numpy as np

from topolens.seeding import child_generator


def elongated_ring(seed: int = 0, points: int = 120) -> np.ndarray:
    """An ellipse with axes 10 and 1 and a little noise, (points, 2).

    Known answer: one loop. It dies at the scale of the short axis under the Euclidean metric, so it hardly outlives
    the gaps between points; under the Mahalanobis metric, which makes the ellipse round, it is by far the longest.
    """
    generator = child_generator(seed, "elongated ring")
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    ring = np.stack([10 * np.cos(angles), np.sin(angles)], axis=1)
    return ring + generator.normal(scale=(0.2, 0.02), size=ring.shape)


def dense_and_sparse_ring(seed: int = 0, points: int = 60) -> np.ndarray:
    """A ring of radius 0.3 far from one of radius 3, each of half of the points, (points, 2).

    Known answer: two loops. Under the Euclidean metric one is ten times as long as the other; relative to their
    neighbours' distances both are equally long.
    """
    generator = child_generator(seed, "dense and sparse ring")
    rings = []
    for radius, centre in ((0.3, -15.0), (3.0, 0.0)):
        angles = np.linspace(0, 2 * np.pi, points // 2, endpoint=False)
        ring = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        rings.append(ring + generator.normal(scale=0.02 * radius, size=ring.shape) + [centre, 0.0])
    return np.concatenate(rings)


def two_directions(seed: int = 0, points: int = 80) -> np.ndarray:
    """Two bundles of rays with lengths from 0.1 to 10, (points, 2).

    Known answer: two components under the cosine metric, however long the rays are; under the Euclidean metric the
    bundles meet near the origin and the far points are the ones that stand alone.
    """
    generator = child_generator(seed, "two directions")
    angles = np.repeat([0.2, 1.3], points // 2) + generator.normal(scale=0.04, size=points)
    lengths = 10 ** generator.uniform(-1, 1, size=points)
    return lengths[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
