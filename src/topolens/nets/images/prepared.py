"""Networks that are ready to be looked into: restored, or untrained as a control."""

from pathlib import Path

from torch import nn

from topolens.config.images import ImageNetwork
from topolens.data.image_set import ImageSet
from topolens.errors import TopolensError
from topolens.nets.checkpoint import load_checkpoint
from topolens.nets.images.build import build_network
from topolens.nets.images.inference import Pictures, set_standardisation

# Images by whose bands an untrained network standardises its input.
SEEN_BY_RANDOM = 1000


def prepared_network(settings: ImageNetwork, seed: int, checkpoint: Path | None, images: ImageSet) -> nn.Module:
    """A network in evaluation mode, float32.

    Args:
        settings, seed: Which one.
        checkpoint: Its weights, with the card beside them; None for a network with random weights, whose bands are
            standardised all the same.
        images: The set it is to be used on.

    Raises:
        TopolensError: the checkpoint is another network's, or was trained on other classes.
    """
    if checkpoint is None:
        network = build_network(settings, len(images.classes), seed).eval()
        rows = images.rows("train")[:SEEN_BY_RANDOM]
        set_standardisation(network, Pictures(images.images[rows], images.targets[rows], list(settings.bands)))
        return network
    network, card = load_checkpoint(checkpoint, checkpoint.with_suffix(".json"))
    wanted = {"classes": images.classes, "network": settings, "seed": seed}
    for key, value in wanted.items():
        if getattr(card, key) != value:
            raise TopolensError(f"{checkpoint}: {key} expected {value}, found {getattr(card, key)} in its card")
    return network
