"""Reading a restored VGG-16, Mapper graphs, occlusion and Betti numbers against the usual calls of the libraries."""

from pathlib import Path

import numpy as np
import rivals
import torch
from timing import interleaved, row
from torch import Tensor, nn

from topolens.attribution.maps import occlusion
from topolens.attribution.targets import ClassTarget
from topolens.clouds.positions import choose_positions, images_needed
from topolens.config.study import load_study
from topolens.data.files import read_catalogue
from topolens.data.known_topology import generate
from topolens.data.load_images import load_images
from topolens.mapper.mapper_graph import elbow, mapper_graph
from topolens.nets.images.inference import as_inputs
from topolens.nets.images.prepared import prepared_network
from topolens.nets.taps import map_sizes, record_channel_vectors
from topolens.topology.hop_complex import hop_betti_numbers

ROOT = Path(__file__).parents[2]
STUDY = ROOT / "workflow" / "config" / "studies" / "cifar10.yaml"
POINTS = 500
REPETITIONS = 3


def network_rows() -> list[dict[str, object]]:
    """All rows; one thread on both sides."""
    study = load_study(STUDY, "full")
    run = study.runs["main"]
    catalogue = read_catalogue(STUDY.parents[1] / "datasets.yaml")
    images = load_images(run.data_set, catalogue, ROOT, real_only=True, download=False)
    settings = run.image_networks[0]
    checkpoint = ROOT / "results" / "checkpoints" / study.name / f"{settings.name}-0.safetensors"
    network = prepared_network(settings, 0, checkpoint, images, "cpu")
    tested = images.rows("test")
    torch.set_num_threads(1)
    return [
        latent_clouds(network, as_inputs(images.images[tested[:125]], settings.bands), list(run.layers)),
        mapper(network, as_inputs(images.images[tested[:2000]], settings.bands)),
        hidden_windows(network, as_inputs(images.images[tested[:2]], settings.bands), images.targets[tested[:2]]),
        betti_numbers(),
    ]


def latent_clouds(network: nn.Module, inputs: Tensor, layers: list[str]) -> dict[str, object]:
    """One cloud of every layer, pooled over as many images as its map needs."""
    generator = np.random.default_rng(0)
    sizes = map_sizes(network, inputs[:1], layers)
    positions = {
        layer: choose_positions((images_needed(POINTS, height * width), height, width), POINTS, generator)
        for layer, (_, height, width) in sizes.items()
    }
    arguments = (network, inputs, positions)
    for layer, vectors in rivals.hooks_that_keep_maps(*arguments).items():
        np.testing.assert_allclose(record_channel_vectors(*arguments)[layer], vectors, rtol=1e-4, atol=1e-4)
    times = interleaved(
        lambda: record_channel_vectors(*arguments),
        lambda: rivals.hooks_that_keep_maps(*arguments),
        repetitions=REPETITIONS,
    )
    name = f"{len(layers)} clouds of {POINTS} channel vectors of VGG-16"
    return row(name, "forward hooks that keep the maps, image by image", *times)


def mapper(network: nn.Module, inputs: Tensor) -> dict[str, object]:
    """The graph of one channel vector of each image, the elbow of its radius included."""
    middle = np.column_stack([np.arange(len(inputs)), *np.ones((2, len(inputs)), int)])
    cloud = record_channel_vectors(network, inputs, {"ReLU53": middle})["ReLU53"].astype(np.float64)
    found = mapper_graph(cloud, intervals=70, overlap=0.3)
    theirs = rivals.kmapper_and_dbscan(cloud, 70, 0.3, elbow(cloud))
    assert [len(found.members), len(found.edges)] == theirs, (len(found.members), len(found.edges), theirs)
    times = interleaved(
        lambda: mapper_graph(cloud, intervals=70, overlap=0.3),
        lambda: rivals.kmapper_and_dbscan(cloud, 70, 0.3),
        repetitions=REPETITIONS,
    )
    return row(f"Mapper graph of {len(cloud):,} x {cloud.shape[1]}", "KeplerMapper with scikit-learn's DBSCAN", *times)


def hidden_windows(network: nn.Module, inputs: Tensor, labels: np.ndarray) -> dict[str, object]:
    """Occlusion maps of two images."""
    target = ClassTarget(labels.astype(np.int64))
    expected = rivals.occlusion_one_by_one(network, inputs, labels, 8, 4)
    np.testing.assert_allclose(occlusion(network, inputs, target, 8, 4), expected, rtol=0, atol=1e-4)
    times = interleaved(
        lambda: occlusion(network, inputs, target, 8, 4),
        lambda: rivals.occlusion_one_by_one(network, inputs, labels, 8, 4),
        repetitions=REPETITIONS,
    )
    return row(f"occlusion of {len(inputs)} images by VGG-16, windows of 8, stride 4", "captum, as it comes", *times)


def betti_numbers() -> dict[str, object]:
    """Both numbers of one class of the linked tori, at the scale and with the neighbours of Naitzat et al."""
    data = generate("linked_tori", {})
    points = data.points[data.labels == 0].astype(np.float64)
    arguments = (points, 35, 2.5)
    expected = rivals.ripser_of_hops(*arguments)
    found = hop_betti_numbers(*arguments, 1).betti
    assert found == expected, (found, expected)
    times = interleaved(
        lambda: hop_betti_numbers(*arguments, 1), lambda: rivals.ripser_of_hops(*arguments), repetitions=REPETITIONS
    )
    name = f"Betti numbers of {len(points):,} points at 2.5 hops"
    return row(name, "scikit-learn's graph, scipy's paths, ripser.py", *times)
