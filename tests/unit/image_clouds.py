"""Made-up clouds of images of two networks, as they are recorded, and the distances under which they are seen."""

import numpy as np

from topolens.artifacts import write_arrays
from topolens.config.homology import Distances, Homology

SIZE, CLOUDS = 12, 3
DISTANCES = {
    one.name: one for one in Distances(metric=["euclidean", "cosine"], normalise=[None, "relative-max"], k=3).all
}
OTHER_K = [3, 5]  # the first is the study's own
HOMOLOGY = Homology(max_degree=1, clean_degree=2)


def write_image_clouds(file):
    """Two networks of two layers; three clean clouds of twelve images, and one under each other condition."""
    generator = np.random.default_rng(2)
    labels = np.tile(np.arange(3), SIZE)
    arrays = {"size": np.array(SIZE), "labels": labels, "images": np.arange(CLOUDS * SIZE)}
    for network in ("ResNet-50", "ViT"):
        for layer in ("stage 1", "norm"):
            clean = np.eye(3, 5)[labels] + generator.normal(scale=0.4, size=(len(labels), 5))
            arrays[f"{network}/{layer}/clean"] = clean.astype(np.float32)
            for condition in ("gaussian 0.1", "int8") + (("gaussian 0.4",) if layer == "norm" else ()):
                disturbed = clean[:SIZE] + generator.normal(scale=0.2, size=(SIZE, 5))
                arrays[f"{network}/{layer}/{condition}"] = disturbed.astype(np.float32)
    write_arrays(file, arrays)
    return file
