"""The page for looking into a run's Mapper graphs."""

from dataclasses import replace
from pathlib import Path

from topolens.artifacts import read_arrays, read_json, write_text
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


def write_explorer(
    data_file: Path,
    graphs_file: Path,
    structures_file: Path,
    pictures_file: Path,
    page_file: Path,
    *,
    layers: list[str],
    words: PageWords,
    seed: int,
) -> None:
    """One HTML file.

    Args:
        data_file: An ImageSet.
        graphs_file, structures_file: As from make_mapper_graphs.
        pictures_file: As from paint_nodes.
        page_file: The page.
        layers: In order of depth.
        words: What stands above and below the graphs; how to read them is added.
        seed: Of the layout and the choice of example images.
    """
    images, graphs, pictures = ImageSet.read(data_file), read_arrays(graphs_file), read_arrays(pictures_file)
    structures = read_json(structures_file)
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
    page = explorer_page(
        described,
        images.images[graphs["images"]],
        images.classes,
        replace(words, notes=(*words.notes, NOTE, CAUTION, f"Images: {images.source}.")),
        seed=seed,
    )
    write_text(page_file, page)
