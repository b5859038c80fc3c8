"""Grad-CAM at every layer and occlusion of the input, and how well they say what a network goes by."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from topolens.artifacts import write_arrays, write_table
from topolens.attribution.explained_images import ExplainedImages, images_with_labels, images_with_masks
from topolens.attribution.maps import grad_cams, occlusion
from topolens.attribution.scores import faithfulness, map_scores, target_of
from topolens.config.analyses import GRAD_CAM, INPUT, OCCLUSION, Attributions
from topolens.config.networks import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.nets.images.inference import THREADS, as_inputs, predict
from topolens.nets.images.prepared import TappedNetworks, prepared_network
from topolens.progress import progress_bar

COLUMNS = [
    "network", "method", "layer", "image", "repeat", "label", "correct", "concentration", "inside", "gain",
    "deletion", "insertion", "deletion_shifted", "insertion_shifted",
]  # fmt: skip


def compute_attributions(
    data_file: Path,
    maps_file: Path,
    attributions_file: Path,
    *,
    networks: TappedNetworks,
    attributions: Attributions,
    seed: int,
) -> None:
    """Maps of every chosen image, network and layer, and their scores.

    A classifier is asked for the true class, a segmenter for the object inside the true mask.

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
        seed: Root of the choice of images and of the shifts.
    """
    torch.set_num_threads(THREADS)
    images = ImageSet.read(data_file)
    explained = _explained(networks, attributions, images)
    if images.are_masks:
        chosen = images_with_masks(images, attributions.images, seed)
    else:  # images that the first network is right and wrong about
        network, model = explained[0]
        chosen = images_with_labels(images, model, network, attributions.images, seed)
    labels = [label for label, _ in networks.layers[explained[0][0].name]]
    arrays = {"images": chosen.rows[: attributions.pictured], "layers": np.array(labels)}
    tables = []
    with progress_bar(len(explained) * (len(labels) + 1), "attributions", "layers") as progress:
        for network, model in explained:
            inputs = as_inputs(images.images[chosen.rows], list(network.bands))
            target, modules = target_of(images, chosen.rows), networks.modules(network.name)
            found = grad_cams(model, inputs, [*modules.values()], target)
            maps = {label: found[module] for label, module in modules.items()}
            maps[INPUT] = occlusion(model, inputs, target, attributions.window, attributions.stride)
            about = _about(images, chosen, model, network)
            for layer, own in maps.items():
                arrays[f"{network.name}.{layer}"] = own[: attributions.pictured].astype(np.float32)
                scores = map_scores(images, chosen.rows, own)
                if layer in (labels[-1], INPUT):
                    scores |= faithfulness(model, inputs, own, target, attributions.steps, seed)
                method = OCCLUSION if layer == INPUT else GRAD_CAM
                tables.append(pd.DataFrame(about | {"method": method, "layer": layer} | scores))
                progress.update()
    write_table(attributions_file, pd.concat(tables, ignore_index=True).reindex(columns=COLUMNS))
    write_arrays(maps_file, arrays)


def _explained(
    networks: TappedNetworks, attributions: Attributions, images: ImageSet
) -> list[tuple[ImageNetwork, nn.Module]]:
    """The networks that are explained, from their first seed."""
    wanted = attributions.networks or [network.name for network in networks.networks]
    return [
        (network, prepared_network(network, seed, file, images))
        for network, seed, file in networks.first_seeds()
        if network.name in wanted
    ]


def _about(images: ImageSet, chosen: ExplainedImages, model: nn.Module, network: ImageNetwork) -> dict[str, object]:
    """The columns that say which images they are, and whether the network is right about them."""
    columns: dict[str, object] = {"network": network.name, "image": chosen.rows, "repeat": chosen.repeats}
    if images.are_masks:
        return columns
    labels = images.targets[chosen.rows]
    predicted = predict(model, images.images[chosen.rows], list(network.bands))
    return columns | {"label": np.array(images.classes)[labels], "correct": (predicted == labels).astype(int)}
