"""How near the classes lie in the last layers of untrained networks, among which trained ones are ranked."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from topolens.artifacts import write_table
from topolens.clouds.image_recording import balanced_rows, read_under
from topolens.config.analyses import Untrained
from topolens.config.clouds import ImageClouds
from topolens.config.conditions import CLEAN, Condition
from topolens.config.homology import Distance
from topolens.config.model import Model
from topolens.config.networks import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.inference.neighbours import leave_one_out_accuracy
from topolens.nets.images.prepared import TappedNetworks, prepared_network
from topolens.nets.images.replicas import across_threads
from topolens.progress import progress_bar
from topolens.topology.views import views_of

COLUMNS = ["network", "seed", "repeat", "metric", "neighbours"]


class Vote(Model):
    """The distances under which a cloud is seen, by name, and how many neighbours vote."""

    distances: list[tuple[str, Distance]]
    neighbours: int


def measure_untrained(
    data_file: Path,
    untrained_file: Path,
    *,
    networks: TappedNetworks,
    clouds: ImageClouds,
    untrained: Untrained,
    vote: Vote,
    seed: int,
    threads: int,
) -> None:
    """The neighbours' vote on the clean clouds of a run, at the last layer of networks with random weights.

    Args:
        data_file: An ImageSet with labels.
        untrained_file: One row per network, seed, cloud and distance, all stacked among them; columns COLUMNS.
        networks: Of each there are as many as `untrained` says, from other seeds, whatever their weights.
        clouds, untrained: Which images make a cloud, the same as in record_image_clouds, and how many clouds are seen.
        vote: How classes are told.
        seed, threads: The root of the choice of images; threads across clouds, which change nothing.
    """
    images = ImageSet.read(data_file)
    rows = balanced_rows(images, untrained.clouds * clouds.images_per_class, seed).reshape(untrained.clouds, -1)
    own_seeds = untrained.seeds(networks.seeds)
    tables = []
    with progress_bar(len(networks.networks) * len(own_seeds), "untrained networks", "networks") as progress:
        for network in networks.networks:
            read = _Reading(network, networks.layers[network.name][-1], images, clouds.tokens, vote)
            for own in own_seeds:
                model = prepared_network(network, own, None, images, networks.device)
                for repeat, votes in enumerate(across_threads(model, read.votes, rows, threads)):
                    tables.append(votes.assign(network=network.name, seed=own, repeat=repeat))
                progress.update()
    write_table(untrained_file, pd.concat(tables)[COLUMNS], digits=17)


@dataclass(frozen=True)
class _Reading:
    """One kind of network, seen at one layer, a label and the name of its module."""

    network: ImageNetwork
    layer: tuple[str, str]
    images: ImageSet
    tokens: str
    vote: Vote

    def votes(self, model: nn.Module, rows: np.ndarray) -> pd.DataFrame:
        """By metric, the accuracy of the neighbours' vote among the images of some rows."""
        label, module = self.layer
        pictures, classes = self.images.images[rows], self.images.targets[rows].astype(np.int64)
        clean = Condition(kind=CLEAN)
        points = read_under(clean, model, self.network, pictures, {label: module}, self.tokens, 0)[0].vectors[label]
        votes = [
            (view.key["metric"], leave_one_out_accuracy(view.distances, classes, self.vote.neighbours))
            for view in views_of(points, dict(self.vote.distances), [])
        ]
        return pd.DataFrame(votes, columns=["metric", "neighbours"])
