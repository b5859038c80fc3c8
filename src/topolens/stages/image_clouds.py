"""Clouds of images: one vector per test image and layer, of clean images and disturbed ones."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from topolens.artifacts import write_arrays, write_table
from topolens.clouds.image_recording import balanced_rows, read_under
from topolens.config.clouds import ImageClouds
from topolens.config.conditions import CLEAN, Condition
from topolens.data.image_set import ImageSet
from topolens.nets.images.inference import THREADS
from topolens.nets.images.prepared import TappedNetworks, prepared_network
from topolens.nets.images.scores import label_scores
from topolens.progress import progress_bar

PERFORMANCE = ["network", "condition", "kind", "strength", "image", "label", "predicted", "correct", "quantised"]


def record_image_clouds(
    data_file: Path,
    clouds_file: Path,
    performance_file: Path,
    *,
    networks: TappedNetworks,
    conditions: list[Condition],
    clouds: ImageClouds,
    evaluated_per_class: int,
    seed: int,
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
        conditions: Clean first.
        clouds, evaluated_per_class: How many images.
        seed: The root of the choice of images and of all noise.
    """
    torch.set_num_threads(THREADS)
    images = ImageSet.read(data_file)
    per_class, classes = (clouds.repeats + 1) * clouds.images_per_class, len(images.classes)
    rows = balanced_rows(images, max(per_class, evaluated_per_class), seed)
    in_cloud, in_clouds, evaluated = (classes * n for n in (clouds.images_per_class, per_class, evaluated_per_class))
    arrays = {"size": np.array(in_cloud), "labels": images.targets[rows[:in_clouds]], "images": rows[:in_clouds]}
    tables = []
    total = len(networks.networks) * (len(rows) + (len(conditions) - 1) * evaluated)
    with progress_bar(total, "clouds", "images") as progress:
        for network, own, file in networks.first_seeds():
            model, layers = prepared_network(network, own, file, images), networks.layers[network.name]
            for condition in conditions:
                clean = condition.kind == CLEAN
                tapped = dict(layers if condition.published else layers[-1:])
                chosen = rows if clean else rows[:evaluated]
                read, share = read_under(condition, model, network, images.images[chosen], tapped, clouds.tokens, seed)
                progress.update(len(chosen))
                for layer, points in read.vectors.items():
                    arrays[f"{network.name}/{layer}/{condition.name}"] = points[: in_clouds if clean else in_cloud]
                predicted = read.logits[:evaluated].argmax(axis=1)
                about: dict[str, Any] = {
                    "network": network.name,
                    "condition": condition.name,
                    "kind": condition.kind,
                }
                about |= {"strength": condition.strength, "quantised": share}
                tables.append(label_scores(images, chosen[:evaluated], predicted).assign(**about))
    write_table(performance_file, pd.concat(tables)[PERFORMANCE])
    write_arrays(clouds_file, arrays)
