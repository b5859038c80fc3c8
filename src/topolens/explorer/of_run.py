"""The page of a run, from the files that its stages left."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from topolens.artifacts import read_arrays, read_json
from topolens.data.image_set import ImageSet
from topolens.explorer.page import ExplorerLayer, PageWords, explorer_page
from topolens.mapper.graph import Fork, Loop
from topolens.mapper.graph_arrays import graph_from_arrays
from topolens.mapper.layer_graphs import graph_name

NOTE = (
    "A node is a cluster of images whose channel vectors at one random position have similar norms; nodes that share "
    "images are joined. Forks and loops were found without labels. Another draw shows the same images at other random "
    "positions: what it does not show again is a matter of the draw."
)
CAUTION = (
    "Where maps are so small that each position has vectors of many images, as in the last block, vectors are told "
    "apart by their position first; there the mean at each position is taken off."
)


class MapperFiles(NamedTuple):
    """What the stages of Mapper leave of a run.

    Attributes:
        data: An ImageSet.
        graphs, structures: As from make_mapper_graphs.
        pictures: As from paint_nodes.
    """

    data: Path
    graphs: Path
    structures: Path
    pictures: Path


def page_of_run(files: MapperFiles, layers: list[str], words: PageWords, *, examples: int = 9, seed: int) -> str:
    """One HTML file as text.

    Args:
        files: Of the run.
        layers: In order of depth.
        words: What stands above and below the graphs; how to read them is added.
        examples: Images of a node at most.
        seed: Of the layout and the choice of example images.
    """
    images, graphs, pictures = ImageSet.read(files.data), read_arrays(files.graphs), read_arrays(files.pictures)
    structures = read_json(files.structures)
    described = [
        ExplorerLayer(
            name=layer,
            position=position + 1,
            graph=graph_from_arrays(graphs, graph_name(layer, position)),
            labels=graphs["labels"],
            forks=[Fork(**fork) for fork in found["forks"]],
            loops=[Loop(**loop) for loop in found["loops"]],
            feature_pictures=None if position else pictures[f"{layer}.pictures"],
            pictured=None if position else pictures[f"{layer}.nodes"],
        )
        for layer in layers
        for position, found in enumerate([structures[layer], *structures[layer]["other_positions"]])
    ]
    return explorer_page(
        described,
        images.images[graphs["images"]],
        images.classes,
        replace(words, notes=(*words.notes, NOTE, CAUTION, f"Images: {images.source}.")),
        examples=examples,
        seed=seed,
    )
