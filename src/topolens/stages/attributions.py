"""Explain flow: Grad-CAM at every layer and occlusion of the input, and how well they say what a network goes by."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from topolens.artifacts import write_arrays, write_table
from topolens.attribution.concentration import inside_gain, inside_share, spatial_concentration
from topolens.attribution.deletion import deletion_insertion, shifted_maps
from topolens.attribution.explained_images import ExplainedImages, images_with_labels, images_with_masks
from topolens.attribution.maps import ClassTarget, MaskTarget, grad_cams, occlusion
from topolens.attribution.targets import Target
from topolens.config.explain import GRAD_CAM, INPUT, OCCLUSION, Attributions
from topolens.config.images import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.nets.images.inference import THREADS, as_inputs, predict
from topolens.nets.images.prepared import prepared_network
from topolens.progress import progress_bar
from topolens.seeding import child_seed

COLUMNS = [
    "network", "method", "layer", "image", "repeat", "label", "correct", "concentration", "inside", "gain",
    "deletion", "insertion", "deletion_shifted", "insertion_shifted",
]  # fmt: skip


def compute_attributions(
    images_file: Path,
    maps_file: Path,
    attributions_file: Path,
    *,
    networks: list[ImageNetwork],
    seeds: list[int],
    checkpoints: list[Path],
    layers: list[str],
    attributions: Attributions,
    seed: int,
) -> None:
    """Maps of every chosen image, network and layer, and their scores.

    A classifier is asked for the true class, a segmenter for the object inside the true mask.

    Args:
        images_file: An ImageSet.
        maps_file: `images` (p,) rows of the pictured images, `layers`, and for each network `NETWORK.LAYER` and
            `NETWORK.input` (p, height, width) float32, Grad-CAM and occlusion.
        attributions_file: A row per network, method, layer and image; columns COLUMNS. `concentration` is 1 - the
            entropy of the heat, `inside` the share of it within the mask and `gain` that over the mask's area;
            `deletion` and `insertion` are areas under the curves, of the last layer's maps and of occlusion only,
            beside those of the same maps shifted at random.
        networks, seeds, checkpoints: Networks outside, seeds inside; of each network the first seed is explained.
        layers: Where Grad-CAM looks, in order of depth.
        attributions: How.
        seed: Root of the choice of images and of the shifts.
    """
    torch.set_num_threads(THREADS)
    images = ImageSet.read(images_file)
    pairs = zip(networks, checkpoints[:: len(seeds)], strict=True)
    wanted = attributions.networks or [network.name for network in networks]
    explained = [(network, prepared_network(network, seeds[0], file, images)) for network, file in pairs]
    explained = [(network, model) for network, model in explained if network.name in wanted]
    if images.are_masks:
        chosen = images_with_masks(images, attributions.images, seed)
    else:  # images that the first network is right and wrong about
        network, model = explained[0]
        chosen = images_with_labels(images, model, network, attributions.images, seed)
    arrays = {"images": chosen.rows[: attributions.pictured], "layers": np.array(layers)}
    tables = []
    with progress_bar(len(explained) * (len(layers) + 1), "attributions", "layers") as progress:
        for network, model in explained:
            inputs = as_inputs(images.images[chosen.rows], list(network.bands))
            target = target_of(images, chosen.rows)
            maps = grad_cams(model, inputs, layers, target)
            maps[INPUT] = occlusion(model, inputs, target, attributions.window, attributions.stride)
            about = _about(images, chosen, model, network)
            for layer, own in maps.items():
                arrays[f"{network.name}.{layer}"] = own[: attributions.pictured].astype(np.float32)
                scores = map_scores(images, chosen.rows, own)
                if layer in (layers[-1], INPUT):
                    scores |= faithfulness(model, inputs, own, target, attributions.steps, seed)
                method = OCCLUSION if layer == INPUT else GRAD_CAM
                tables.append(pd.DataFrame(about | {"method": method, "layer": layer} | scores))
                progress.update()
    write_table(attributions_file, pd.concat(tables, ignore_index=True).reindex(columns=COLUMNS))
    write_arrays(maps_file, arrays)


def target_of(images: ImageSet, rows: np.ndarray) -> Target:
    """The true class, or the object inside the true mask."""
    if images.are_masks:
        return MaskTarget(object_masks(images, rows))
    return ClassTarget(images.targets[rows].astype(np.int64))


def object_masks(images: ImageSet, rows: np.ndarray) -> np.ndarray:
    """(n, height, width) bool: where the last class is."""
    masks: np.ndarray = images.targets[rows] == len(images.classes) - 1
    return masks


def map_scores(images: ImageSet, rows: np.ndarray, maps: np.ndarray) -> dict[str, np.ndarray]:
    """Concentration of the heat that speaks for the target and, where there are masks, its share inside of them."""
    heat = np.maximum(maps, 0)
    scores = {"concentration": spatial_concentration(heat)}
    if images.are_masks:
        masks = object_masks(images, rows)
        scores |= {"inside": inside_share(heat, masks), "gain": inside_gain(heat, masks)}
    return scores


def faithfulness(
    model: nn.Module, inputs: Tensor, maps: np.ndarray, target: Target, steps: int, seed: int
) -> dict[str, np.ndarray]:
    """Areas under the deletion and insertion curves of maps, and of the same maps in a random other place."""
    scores: dict[str, np.ndarray] = {}
    for suffix, own in (("", maps), ("_shifted", shifted_maps(maps, child_seed(seed, "shifted maps")))):
        curves = deletion_insertion(model, inputs, own, target, steps)
        scores |= {f"deletion{suffix}": curves.deletion_area, f"insertion{suffix}": curves.insertion_area}
    return scores


def _about(images: ImageSet, chosen: ExplainedImages, model: nn.Module, network: ImageNetwork) -> dict[str, object]:
    """The columns that say which images they are, and whether the network is right about them."""
    columns: dict[str, object] = {"network": network.name, "image": chosen.rows, "repeat": chosen.repeats}
    if images.are_masks:
        return columns
    labels = images.targets[chosen.rows]
    predicted = predict(model, images.images[chosen.rows], list(network.bands))
    return columns | {"label": np.array(images.classes)[labels], "correct": (predicted == labels).astype(int)}
