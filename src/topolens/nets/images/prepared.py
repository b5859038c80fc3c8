"""Networks that are ready to be looked into: restored, or untrained as a control."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field
from torch import nn

from topolens.config.model import Model
from topolens.config.networks import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.nets.checkpoint import load_checkpoint
from topolens.nets.device import AUTO, find_device
from topolens.nets.images.build import build_network
from topolens.nets.images.inference import Pictures, check_forward, set_standardisation

# Images by whose bands an untrained network standardises its input.
SEEN_BY_RANDOM = 1000


class TappedNetworks(Model):
    """The networks of images of a run, with their weights, and the layers that are looked into.

    Attributes:
        networks, seeds: Of each network there is one from each seed.
        checkpoints: Files of weights, networks outside and seeds inside; none for untrained networks.
        layers: By network: label and module name, in order of depth. Pairs, since settings travel with sorted keys.
        device: Where they run; see :func:`topolens.nets.device.find_device`.
    """

    networks: list[ImageNetwork]
    seeds: list[int]
    checkpoints: list[Path] = Field(default_factory=list)
    layers: dict[str, list[tuple[str, str]]] = Field(default_factory=dict)
    device: str = AUTO

    def each(self) -> Iterator[tuple[ImageNetwork, int, Path | None]]:
        """Each network from each seed, with its weights."""
        files = iter(self.checkpoints)
        return ((network, seed, next(files, None)) for network in self.networks for seed in self.seeds)

    def first_seeds(self) -> Iterator[tuple[ImageNetwork, int, Path | None]]:
        """Each network from the first seed."""
        return (one for one in self.each() if one[1] == self.seeds[0])

    def modules(self, network: str) -> dict[str, str]:
        """Label to module name of a network's layers, in order of depth."""
        return dict(self.layers[network])


def prepared_network(
    settings: ImageNetwork, seed: int, checkpoint: Path | None, images: ImageSet, device: str = AUTO
) -> nn.Module:
    """A network in evaluation mode, float32.

    Args:
        settings, seed: Which one.
        checkpoint: Its weights, with the card beside them; None for a network with random weights, whose bands are
            standardised all the same.
        images: The set it is to be used on.
        device: Where it is to run; see :func:`topolens.nets.device.find_device`.

    Raises:
        TopolensError: the checkpoint is another network's, or was trained on other classes.
    """
    if checkpoint is None:
        network = build_network(settings, len(images.classes), seed).eval()
        height, width = images.images.shape[1:3]
        check_forward(network, settings, height, width, f"network {settings.name}")
        rows = images.rows("train")[:SEEN_BY_RANDOM]
        set_standardisation(network, Pictures(images.images[rows], images.targets[rows], list(settings.bands)))
        return network.to(find_device(device))
    network, card = load_checkpoint(checkpoint, checkpoint.with_suffix(".json"))
    wanted = {"classes": images.classes, "network": settings, "seed": seed}
    for key, value in wanted.items():
        if getattr(card, key) != value:
            raise TopolensError(f"{checkpoint}: {key} expected {value}, found {getattr(card, key)} in its card")
    return network.to(find_device(device))
