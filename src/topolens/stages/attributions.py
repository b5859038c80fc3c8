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
    "network", "method", "layer", "image", "repeat", "label", "correct", "concentration", "inside", "gain",
    "deletion", "insertion", "deletion_shifted", "insertion_shifted",
]  # fmt: skip
SCORES = COLUMNS[COLUMNS.index("concentration") :]
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

    A classifier is asked for the true class, a segmenter for the object inside the true mask. A killed stage keeps the
    networks that are done.

    Args:
        data_file: An ImageSet.
        maps_file: `images` (p,) rows of the pictured images, `layers`, and for each network `NETWORK.LAYER` and
            `NETWORK.input` (p, height, width) float32, Grad-CAM and occlusion.
        attributions_file: A row per network, method, layer and image; columns COLUMNS. `concentration` is 1 - the
            entropy of the heat, `inside` the share of it within the mask and `gain` that over the mask's area;
            `deletion` and `insertion` are areas under the curves, of the last layer's maps and of occlusion only,
            beside those of the same maps shifted at random.
        networks: Of each network the first seed is explained, by Grad-CAM at its layers.
        attributions: How.
        seed, threads: Root of the choice of images and of the shifts; threads across images, which change nothing.
    """
    images = ImageSet.read(data_file)
    explained = _explained(networks, attributions, images)
    if images.are_masks:
        chosen = images_with_masks(images, attributions.images, seed)
    else:  # images that the first network is right and wrong about
        network, model = explained[0]
        chosen = images_with_labels(images, model, network, attributions.images, seed)
    labels = [label for label, _ in networks.layers[explained[0][0].name]]
    arrays = {"images": chosen.rows[: attributions.pictured], "layers": np.array(labels)}
    spec = f"{networks}{attributions}{seed}"
    parts = Parts(maps_file, content_key(spec, code_hash(__name__), data_file, *networks.checkpoints))
    tables = []
    with progress_bar(len(explained), "attributions", "networks") as progress:
        for network, model in explained:
            columns = parts.read(network.name)
            if columns is None:
                modules, bands = networks.modules(network.name), network.bands
                columns = _explain(model, bands, modules, images, chosen.rows, attributions, seed, threads)
                columns |= _about(images, chosen, model, network)
                parts.write(network.name, columns)
            for layer in (*labels, INPUT):
                arrays[f"{network.name}.{layer}"] = columns[f"map {layer}"]
                scores = {name: columns.get(f"{name} {layer}") for name in SCORES}
                own = {name: column for name, column in (columns | scores).items() if name in COLUMNS}
                method = OCCLUSION if layer == INPUT else GRAD_CAM
                tables.append(pd.DataFrame(own | {"network": network.name, "method": method, "layer": layer}))
            progress.update()
    write_table(attributions_file, pd.concat(tables, ignore_index=True).reindex(columns=COLUMNS))
    write_arrays(maps_file, arrays)
    parts.remove()


def _explain(
    model: nn.Module,
    bands: Sequence[str],
    modules: dict[str, str],
    images: ImageSet,
    rows: np.ndarray,
    attributions: Attributions,
    seed: int,
    threads: int,
) -> dict[str, np.ndarray]:
    """Of a network the maps of the pictured images, `map LAYER`, and scores of all images, `SCORE LAYER`."""
    size = max(1, CHUNK_PIXELS // int(np.prod(images.images.shape[1:3])))
    chunks = [slice(start, start + size) for start in range(0, len(rows), size)]

    def explained(own: nn.Module, chunk: slice) -> dict[str, np.ndarray]:
        inputs, target = as_inputs(images.images[rows[chunk]], bands), target_of(images, rows[chunk])
        found = grad_cams(own, inputs, [*modules.values()], target)
        hidden = occlusion(own, inputs, target, attributions.window, attributions.stride)
        return {label: found[module] for label, module in modules.items()} | {INPUT: hidden}

    found = [*across_threads(model, explained, chunks, threads)]
    maps = {layer: np.concatenate([part[layer] for part in found]) for layer in (*modules, INPUT)}
    columns = {f"map {layer}": own[: attributions.pictured].astype(np.float32) for layer, own in maps.items()}
    for layer, own in maps.items():
        columns |= {f"{name} {layer}": scores for name, scores in map_scores(images, rows, own).items()}
    judged = {layer: with_shifted(maps[layer], seed) for layer in ([*modules][-1], INPUT)}

    def judge(own: nn.Module, chunk: slice) -> dict[str, np.ndarray]:
        inputs, target = as_inputs(images.images[rows[chunk]], bands), target_of(images, rows[chunk])
        areas: dict[str, np.ndarray] = {}
        for layer, both in judged.items():
            found = faithfulness(own, inputs, [one[chunk] for one in both], target, attributions.steps)
            areas |= {f"{name} {layer}": values for name, values in found.items()}
        return areas

    areas = [*across_threads(model, judge, chunks, threads)]
    return columns | {name: np.concatenate([part[name] for part in areas]) for name in areas[0]}


def _explained(
    networks: TappedNetworks, attributions: Attributions, images: ImageSet
) -> list[tuple[ImageNetwork, nn.Module]]:
    """The networks that are explained, from their first seed."""
    wanted = attributions.networks or [network.name for network in networks.networks]
    return [
        (network, prepared_network(network, seed, file, images, networks.device))
        for network, seed, file in networks.first_seeds()
        if network.name in wanted
    ]


def _about(images: ImageSet, chosen: ExplainedImages, model: nn.Module, network: ImageNetwork) -> dict[str, np.ndarray]:
    """The columns that say which images they are, and whether the network is right about them."""
    columns = {"image": chosen.rows, "repeat": chosen.repeats}
    if images.are_masks:
        return columns
    labels = images.targets[chosen.rows]
    predicted = predict(model, images.images[chosen.rows], list(network.bands))
    return columns | {"label": np.array(images.classes)[labels], "correct": (predicted == labels).astype(int)}
