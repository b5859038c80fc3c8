"""Grad-CAM at every layer and occlusion of the input, and how well they say what a network goes by."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from topolens.artifacts import write_arrays, write_table
from topolens.attribution.explained_images import ExplainedImages, images_with_labels, images_with_masks
from topolens.attribution.maps import grad_cams, occlusion
from topolens.attribution.scores import faithfulness, map_scores, target_of, with_shifted
from topolens.closure import code_hash
from topolens.config.analyses import GRAD_CAM, INPUT, OCCLUSION, Attributions
from topolens.config.networks import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.nets.images.inference import as_inputs, predict
from topolens.nets.images.prepared import TappedNetworks, prepared_network
from topolens.nets.images.replicas import across_threads
from topolens.progress import progress_bar
from topolens.resume import Parts, content_key

COLUMNS = [
    "network", "seed", "method", "layer", "image", "repeat", "label", "correct", "concentration", "inside", "gain",
    "deletion", "insertion", "deletion_shifted", "insertion_shifted",
]  # fmt: skip
SCORES = COLUMNS[COLUMNS.index("concentration") :]
Explained = tuple[ImageNetwork, int, Path | None]  # a network from a seed, with its weights
CHUNK_PIXELS = 2**13  # of the images that are explained together


def compute_attributions(
    data_file: Path,
    maps_file: Path,
    attributions_file: Path,
    *,
    networks: TappedNetworks,
    attributions: Attributions,
    seed: int,
    threads: int,
) -> None:
    """Maps of every chosen image, network and layer, and their scores.

    A classifier is asked for the true class, a segmenter for the object inside the true mask. All networks see the same
    images. A killed stage keeps the networks that are done.

    Args:
        data_file: An ImageSet.
        maps_file: `images` (p,) rows of the pictured images, `layers`, and for each network, from the first seed,
            `NETWORK.LAYER` and `NETWORK.input` (p, height, width) float32, Grad-CAM and occlusion.
        attributions_file: A row per network, seed, method, layer and image; columns COLUMNS. `concentration` is 1 - the
            entropy of the heat, `inside` the share of it within the mask and `gain` that over the mask's area;
            `deletion` and `insertion` are areas under the curves, of the last layer's maps and of occlusion only,
            beside those of the same maps shifted at random.
        networks: Each network from each seed is explained by Grad-CAM at its layers, from the first seeds by occlusion.
        attributions: How.
        seed, threads: Root of the choice of images and of the shifts; threads across images, which change nothing.
    """
    images = ImageSet.read(data_file)
    explained = _explained(networks, attributions)
    if images.are_masks:
        chosen = images_with_masks(images, attributions.images, seed)
    else:  # images that the first network is right and wrong about
        model = prepared_network(*explained[0], images, networks.device)
        chosen = images_with_labels(images, model, explained[0][0], attributions.images, seed)
    labels = [label for label, _ in networks.layers[explained[0][0].name]]
    pictured = _pictured(images, chosen.rows, attributions.pictured)
    arrays = {"images": chosen.rows[pictured], "layers": np.array(labels)}
    spec = f"{networks}{attributions}{seed}"
    parts = Parts(maps_file, content_key(spec, code_hash(__name__), data_file, *networks.checkpoints))
    tables = []
    with progress_bar(len(explained), "attributions", "networks") as progress:
        for one in explained:
            network, own, _ = one
            columns = parts.read(f"{network.name}-{own}")
            if columns is None:
                kept = pictured if own == networks.seeds[0] else pictured[:0]
                columns = _columns(one, networks, images, chosen, kept, attributions, seed, threads)
                parts.write(f"{network.name}-{own}", columns)
            for layer in [layer for layer in (*labels, INPUT) if f"map {layer}" in columns]:
                if own == networks.seeds[0]:
                    arrays[f"{network.name}.{layer}"] = columns[f"map {layer}"]
                tables.append(_table(columns, layer).assign(network=network.name, seed=own))
            progress.update()
    write_table(attributions_file, pd.concat(tables, ignore_index=True).reindex(columns=COLUMNS))
    write_arrays(maps_file, arrays)
    parts.remove()


def _columns(
    one: Explained,
    networks: TappedNetworks,
    images: ImageSet,
    chosen: ExplainedImages,
    kept: np.ndarray,
    attributions: Attributions,
    seed: int,
    threads: int,
) -> dict[str, np.ndarray]:
    """What is kept of a network: all columns of its rows, and the maps of some images, by their places in `chosen`."""
    network, own, file = one
    model, modules = prepared_network(network, own, file, images, networks.device), networks.modules(network.name)
    occluded = attributions if own in networks.seeds[: attributions.occluded_seeds] else None
    columns = _explain(model, network.bands, modules, images, chosen.rows, occluded, seed, threads)
    columns |= {name: maps[kept] for name, maps in columns.items() if name.startswith("map ")}
    return columns | _about(images, chosen, model, network)


def _pictured(images: ImageSet, rows: np.ndarray, count: int) -> np.ndarray:
    """Places in `rows` of the first so many images of each class, or of all where there are masks; ascending."""
    classes = np.zeros(len(rows), int) if images.are_masks else images.targets[rows]
    return np.flatnonzero(pd.Series(classes).groupby(classes).cumcount() < count)


def _table(columns: dict[str, np.ndarray], layer: str) -> pd.DataFrame:
    """The rows of one layer, or of occlusion, from what is kept of a network."""
    scores = {name: columns.get(f"{name} {layer}") for name in SCORES}
    own = {name: column for name, column in (columns | scores).items() if name in COLUMNS}
    return pd.DataFrame(own).assign(method=OCCLUSION if layer == INPUT else GRAD_CAM, layer=layer)


def _explain(
    model: nn.Module,
    bands: Sequence[str],
    modules: dict[str, str],
    images: ImageSet,
    rows: np.ndarray,
    occluded: Attributions | None,
    seed: int,
    threads: int,
) -> dict[str, np.ndarray]:
    """Of a network the maps of all images, `map LAYER`, and their scores, `SCORE LAYER`.

    With occlusion, deletion and insertion where `occluded` says how, else of Grad-CAM alone.
    """
    size = max(1, CHUNK_PIXELS // int(np.prod(images.images.shape[1:3])))
    chunks = [slice(start, start + size) for start in range(0, len(rows), size)]

    def explained(own: nn.Module, chunk: slice) -> dict[str, np.ndarray]:
        inputs, target = as_inputs(images.images[rows[chunk]], bands), target_of(images, rows[chunk])
        found = grad_cams(own, inputs, [*modules.values()], target)
        maps = {label: found[module] for label, module in modules.items()}
        return maps | ({INPUT: occlusion(own, inputs, target, occluded.window, occluded.stride)} if occluded else {})

    found = [*across_threads(model, explained, chunks, threads)]
    maps = {layer: np.concatenate([part[layer] for part in found]) for layer in found[0]}
    columns = {f"map {layer}": own.astype(np.float32) for layer, own in maps.items()}
    for layer, own in maps.items():
        columns |= {f"{name} {layer}": scores for name, scores in map_scores(images, rows, own).items()}
    if occluded is None:
        return columns
    judged = {layer: with_shifted(maps[layer], seed) for layer in ([*modules][-1], INPUT)}

    def judge(own: nn.Module, chunk: slice) -> dict[str, np.ndarray]:
        inputs, target = as_inputs(images.images[rows[chunk]], bands), target_of(images, rows[chunk])
        areas: dict[str, np.ndarray] = {}
        for layer, both in judged.items():
            scores = faithfulness(own, inputs, [one[chunk] for one in both], target, occluded.steps)
            areas |= {f"{name} {layer}": values for name, values in scores.items()}
        return areas

    areas = [*across_threads(model, judge, chunks, threads)]
    return columns | {name: np.concatenate([part[name] for part in areas]) for name in areas[0]}


def _explained(networks: TappedNetworks, attributions: Attributions) -> list[Explained]:
    """The networks that are explained, from each seed, with their weights."""
    return [one for one in networks.each() if one[0].name in (attributions.networks or [one[0].name])]


def _about(images: ImageSet, chosen: ExplainedImages, model: nn.Module, network: ImageNetwork) -> dict[str, np.ndarray]:
    """The columns that say which images they are, and whether the network is right about them."""
    columns = {"image": chosen.rows, "repeat": chosen.repeats}
    if images.are_masks:
        return columns
    labels = images.targets[chosen.rows]
    predicted = predict(model, images.images[chosen.rows], list(network.bands))
    return columns | {"label": np.array(images.classes)[labels], "correct": (predicted == labels).astype(int)}
