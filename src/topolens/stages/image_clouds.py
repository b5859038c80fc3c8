"""Clouds of images: one vector per test image and layer, of clean images and disturbed ones."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from torch import nn

from topolens.artifacts import write_arrays, write_table
from topolens.clouds.image_recording import balanced_rows, read_under
from topolens.config.clouds import ImageClouds
from topolens.config.conditions import CLEAN, Condition, ConditionSet
from topolens.config.networks import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.nets.images.prepared import TappedNetworks, prepared_network
from topolens.nets.images.replicas import across_threads
from topolens.nets.images.scores import label_scores
from topolens.nets.readout import Readout
from topolens.progress import progress_bar

PERFORMANCE = ["network", "condition", "kind", "strength", "image", "label", "predicted", "correct", "quantised"]


def record_image_clouds(
    data_file: Path,
    clouds_file: Path,
    performance_file: Path,
    *,
    networks: TappedNetworks,
    conditions: ConditionSet,
    clouds: ImageClouds,
    seed: int,
    threads: int,
) -> None:
    """Run every network on clean images, under every noise and with quantised weights.

    All networks see the same images with the same noise. The first images of every class make the cloud that is also
    disturbed, the next ones the further repeats, so that no two clouds share an image.

    Args:
        data_file: An ImageSet with labels.
        clouds_file: Arrays `size` (images of a cloud), `labels` (n,), `images` (n,) row numbers, and
            `<network>/<layer>/<condition>` (n, width) float32: clean ones for all clouds, one after another, others
            for the first cloud. Noises at other than the published strengths are recorded at the last layer only.
        performance_file: One row per network, condition and evaluated image; columns PERFORMANCE, `quantised` being
            the share of the weights that INT8 holds.
        networks: From their first seed.
        conditions, clouds: Under which, and how many images.
        seed, threads: The root of the choice of images and of all noise; threads across conditions, which change
            nothing.
    """
    images = ImageSet.read(data_file)
    per_class, classes = (clouds.repeats + 1) * clouds.images_per_class, len(images.classes)
    rows = balanced_rows(images, max(per_class, conditions.images_per_class), seed)
    numbers = (clouds.images_per_class, per_class, conditions.images_per_class)
    in_cloud, in_clouds, evaluated = (classes * number for number in numbers)
    arrays = {"size": np.array(in_cloud), "labels": images.targets[rows[:in_clouds]], "images": rows[:in_clouds]}
    tables = []
    total = len(networks.networks) * (len(rows) + (len(conditions.conditions) - 1) * evaluated)
    with progress_bar(total, "clouds", "images") as progress:
        for network, own, file in networks.first_seeds():
            model, layers = prepared_network(network, own, file, images, networks.device), networks.layers[network.name]
            read = _Reading(network, layers, images, rows, evaluated, clouds.tokens, seed)
            readings = across_threads(model, read.under, conditions.conditions, threads)
            for condition, (found, share) in zip(conditions.conditions, readings, strict=True):
                clean, chosen = condition.kind == CLEAN, read.rows_under(condition)
                progress.update(len(chosen))
                for layer, points in found.vectors.items():
                    arrays[f"{network.name}/{layer}/{condition.name}"] = points[: in_clouds if clean else in_cloud]
                predicted = found.logits[:evaluated].argmax(axis=1)
                about: dict[str, Any] = {"network": network.name, "condition": condition.name, "kind": condition.kind}
                about |= {"strength": condition.strength, "quantised": share}
                tables.append(label_scores(images, chosen[:evaluated], predicted).assign(**about))
    write_table(performance_file, pd.concat(tables)[PERFORMANCE])
    write_arrays(clouds_file, arrays)


@dataclass(frozen=True)
class _Reading:
    """One network on the images of its conditions: all `rows` clean, the first so many `evaluated` ones disturbed."""

    network: ImageNetwork
    layers: list[tuple[str, str]]
    images: ImageSet
    rows: np.ndarray
    evaluated: int
    tokens: str
    seed: int

    def rows_under(self, condition: Condition) -> np.ndarray:
        """Which images are read under a condition."""
        return self.rows if condition.kind == CLEAN else self.rows[: self.evaluated]

    def under(self, model: nn.Module, condition: Condition) -> tuple[Readout, float]:
        """What read_under gives; further strengths at the last layer only."""
        tapped = dict(self.layers if condition.published else self.layers[-1:])
        images = self.images.images[self.rows_under(condition)]
        return read_under(condition, model, self.network, images, tapped, self.tokens, self.seed)
