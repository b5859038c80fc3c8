"""Metric flow, stage 1: one vector per test image and layer, of clean images and disturbed ones."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from topolens.artifacts import write_arrays, write_table
from topolens.config.images import ImageNetwork
from topolens.config.metric import CLEAN, INT8, Condition, Disturbances, MetricClouds
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.nets.images.inference import THREADS, as_inputs
from topolens.nets.images.prepared import prepared_network
from topolens.nets.noise import noisy
from topolens.nets.quantise import quantise
from topolens.nets.readout import read_out
from topolens.progress import progress_bar
from topolens.seeding import child_generator, child_seed

BLOCK = 64  # images forwarded together
PERFORMANCE = ["network", "condition", "kind", "strength", "image", "label", "predicted", "correct", "quantised"]


def record_clouds(
    images_file: Path,
    clouds_file: Path,
    performance_file: Path,
    *,
    networks: list[ImageNetwork],
    seeds: list[int],
    checkpoints: list[Path],
    layers: dict[str, list[tuple[str, str]]],
    conditions: list[Condition],
    clouds: MetricClouds,
    disturbances: Disturbances,
    seed: int,
) -> None:
    """Run every network on clean images, under every noise and with quantised weights.

    All networks see the same images with the same noise. The first images of every class make the cloud that is also
    disturbed, the next ones the resamples, so that no two clouds share an image.

    Args:
        images_file: An ImageSet with labels.
        clouds_file: Arrays `size` (images of a cloud), `labels` (n,), `images` (n,) row numbers, and
            `<network>/<layer>/<condition>` (n, width) float32: clean ones for all clouds, one after another, others
            for the first cloud. Noises at other than the published strengths are recorded at the last layer only.
        performance_file: One row per network, condition and evaluated image; columns PERFORMANCE, `quantised` being
            the share of the weights that INT8 holds.
        networks, seeds, checkpoints: Networks from seeds[0] with their weights, or none for untrained ones.
        layers: By network: label and module name, in order of depth.
        conditions: Clean first.
        clouds, disturbances: How many images.
        seed: The root of the choice of images and of all noise.
    """
    torch.set_num_threads(THREADS)
    image_set = ImageSet.read(images_file)
    per_class = (clouds.resamples + 1) * clouds.images_per_class
    rows = balanced_rows(image_set, max(per_class, disturbances.images_per_class), seed)
    classes = len(image_set.classes)
    in_cloud, in_clouds = clouds.images_per_class * classes, per_class * classes
    evaluated = disturbances.images_per_class * classes
    arrays = {"size": np.array(in_cloud), "labels": image_set.targets[rows[:in_clouds]], "images": rows[:in_clouds]}
    tables = []
    files: list[Path | None] = [*checkpoints] or [None] * len(networks)
    total = len(networks) * (len(rows) + (len(conditions) - 1) * evaluated)
    with progress_bar(total, "clouds", "images") as progress:
        for network, file in zip(networks, files, strict=True):
            model = prepared_network(network, seeds[0], file, image_set)
            own = layers[network.name]
            for condition in conditions:
                clean = condition.kind == CLEAN
                tapped = dict(own if condition.published else own[-1:])
                chosen = rows if clean else rows[:evaluated]
                vectors, logits, share = disturbed(model, network, image_set, chosen, condition, tapped, clouds, seed)
                progress.update(len(chosen))
                for layer, points in vectors.items():
                    kept = in_clouds if clean else in_cloud
                    arrays[f"{network.name}/{layer}/{condition.name}"] = points[:kept]
                tables.append(
                    _performance(image_set, chosen[:evaluated], logits[:evaluated]).assign(
                        network=network.name, condition=condition.name, kind=condition.kind,
                        strength=condition.strength, quantised=share,
                    )
                )  # fmt: skip
    write_table(performance_file, pd.concat(tables)[PERFORMANCE])
    write_arrays(clouds_file, arrays)


def balanced_rows(images: ImageSet, per_class: int, seed: int) -> np.ndarray:
    """Test images in an order in which every run of as many images as there are classes has one of each.

    Raises:
        TopolensError: masks, or a class with too few test images.
    """
    columns = []
    for name in images.classes:
        rows = images.rows("test", name)
        if len(rows) < per_class:
            raise TopolensError(
                f"class {name!r} has {len(rows)} test images, the clouds need {per_class}; lower "
                "clouds.images_per_class, clouds.resamples or disturbances.images_per_class"
            )
        columns.append(child_generator(seed, "images", name).permutation(rows)[:per_class])
    return np.stack(columns, axis=1).ravel()


def disturbed(
    model: nn.Module,
    network: ImageNetwork,
    images: ImageSet,
    rows: np.ndarray,
    condition: Condition,
    layers: dict[str, str],
    clouds: MetricClouds,
    seed: int,
) -> tuple[dict[str, np.ndarray], np.ndarray, float]:
    """Vectors by layer, logits, and the share of quantised weights of a network under one condition."""
    share = 0.0
    if condition.kind == INT8:
        quantised = quantise(model)
        model, share = quantised.network, quantised.share
    noise: AbstractContextManager[None] = nullcontext()
    if condition.strength is not None:
        noise = noisy(model, condition.kind, condition.strength, child_seed(seed, "noise"))
    with noise:
        blocks = [
            read_out(model, as_inputs(images.images[block], network.bands), layers, clouds.tokens)
            for block in _blocks(rows)
        ]
    vectors = {layer: np.concatenate([block.vectors[layer] for block in blocks]) for layer in layers}
    return vectors, np.concatenate([block.logits for block in blocks]), share


def _blocks(rows: np.ndarray) -> Iterator[np.ndarray]:
    return (rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK))


def _performance(images: ImageSet, rows: np.ndarray, logits: np.ndarray) -> pd.DataFrame:
    names, labels, predicted = np.array(images.classes), images.targets[rows], logits.argmax(axis=1)
    return pd.DataFrame(
        {
            "image": rows,
            "label": names[labels],
            "predicted": names[predicted],
            "correct": (predicted == labels).astype(int),
        }
    )
