"""Running networks on images: what goes in, answers and scores; nothing that trains."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from topolens.config.networks import ImageNetwork
from topolens.data.bands import compute_bands
from topolens.errors import TopolensError
from topolens.nets.images import unet, vgg
from topolens.nets.images.replicas import across_threads
from topolens.nets.images.standardise import Standardise
from topolens.nets.images.torchvision_network import VISION_TRANSFORMER
from topolens.nets.outputs import tensor_of

# So many pixels are forwarded together when nothing is trained: more would fall out of the cache.
FORWARD_PIXELS = 2**16
# Variances below this are what rounding leaves of a constant band.
LEAST_VARIANCE = 1e-10


@dataclass(frozen=True)
class Pictures:
    """Images and targets as a network is fed: (n, height, width, 3) uint8, targets of n labels or masks, its bands."""

    images: np.ndarray
    targets: np.ndarray
    bands: Sequence[str]

    def __len__(self) -> int:
        return len(self.images)

    def inputs(self, rows: np.ndarray | slice = slice(None)) -> Tensor:
        """Chosen images as (n, bands, height, width) float32."""
        return as_inputs(self.images[rows], self.bands)


def as_inputs(images: np.ndarray, bands: Sequence[str]) -> Tensor:
    """(n, height, width, 3) uint8 to (n, bands, height, width) float32, channels_last."""
    return torch.from_numpy(compute_bands(images, bands)).contiguous(memory_format=torch.channels_last)


class Hits:
    """Counts of right answers, from which a score is made."""

    def __init__(self) -> None:
        self.right, self.counted = 0, 0

    def add(self, logits: Tensor, labels: Tensor) -> None:
        """Labels: right among all. Masks: intersection among the union of the last class, over all images."""
        predicted, labels = logits.argmax(1), labels.to(logits.device)
        if labels.ndim == 1:
            self.right += int((predicted == labels).sum())
            self.counted += labels.numel()
        else:
            found, truth = (values == logits.shape[1] - 1 for values in (predicted, labels))
            self.right += int((found & truth).sum())
            self.counted += int((found | truth).sum())

    @property
    def score(self) -> float:
        """Accuracy or IoU; NaN before anything was counted."""
        return self.right / self.counted if self.counted else math.nan


def forward(network: nn.Module, inputs: Tensor, precision: str) -> Tensor:
    """Logits in float32 on the network's device, computed under autocast where the precision asks for it."""
    with torch.autocast(device_of(network).type, torch.bfloat16, enabled=precision == "bfloat16"):
        logits = tensor_of(network(inputs), type(network).__name__)
    return logits.float()


def device_of(network: nn.Module) -> torch.device:
    """Where the weights of a network lie; the processor for one without weights."""
    return next((one.device for one in network.parameters()), torch.device("cpu"))


def evaluate(network: nn.Module, pictures: Pictures, precision: str) -> Hits:
    """The score of a network on pictures, in evaluation mode; BatchNorm's statistics stay as they are."""
    hits = Hits()
    for rows in _blocks(pictures.images):
        labels = torch.from_numpy(pictures.targets[rows].astype(np.int64))
        hits.add(_infer(network, pictures.inputs(rows), precision), labels)
    return hits


def predict(network: nn.Module, images: np.ndarray, bands: Sequence[str], threads: int = 1) -> np.ndarray:
    """Class numbers by a network in float32 and in evaluation mode.

    Args:
        network: A classifier or a segmenter.
        images: (n, height, width, 3) uint8.
        bands: Its input bands.
        threads: Across blocks of images; they change no bit.

    Returns:
        uint8, (n,) labels or (n, height, width) masks.
    """
    return predict_each(network, lambda own, inputs: [forward(own, inputs, "float32")], images, bands, threads)[0]


def predict_each(
    network: nn.Module,
    run: Callable[[nn.Module, Tensor], Sequence[Tensor]],
    images: np.ndarray,
    bands: Sequence[str],
    threads: int = 1,
) -> list[np.ndarray]:
    """The same for several logits of each image: what :func:`predict` returns, for each that `run` gives."""

    def block(own: nn.Module, rows: slice) -> list[np.ndarray]:
        with torch.inference_mode():
            answers = run(own, as_inputs(images[rows], bands))
        return [logits.argmax(1).to(torch.uint8).cpu().numpy() for logits in answers]

    blocks = across_threads(network.eval(), block, _blocks(images), threads)
    return [np.concatenate(parts) for parts in zip(*blocks, strict=True)]


def _infer(network: nn.Module, inputs: Tensor, precision: str) -> Tensor:
    network.eval()
    with torch.no_grad():
        return forward(network, inputs, precision)


def _blocks(images: np.ndarray) -> Iterator[slice]:
    size = max(1, FORWARD_PIXELS // int(np.prod(images.shape[1:3])))
    return (slice(start, start + size) for start in range(0, len(images), size))


def set_standardisation(network: nn.Module, pictures: Pictures) -> None:
    """Mean and deviation of each band over all pixels, summed image block by image block."""
    total, squares, count = np.zeros(len(pictures.bands)), np.zeros(len(pictures.bands)), 0
    for rows in _blocks(pictures.images):
        bands = compute_bands(pictures.images[rows], pictures.bands).astype(np.float64)
        total = total + bands.sum(axis=(0, 2, 3))
        squares = squares + (bands**2).sum(axis=(0, 2, 3))
        count += bands[:, 0].size
    mean = total / count
    variance = squares / count - mean**2
    deviation = np.sqrt(np.where(variance > LEAST_VARIANCE, variance, 0))
    for module in network.modules():
        if isinstance(module, Standardise):
            module.set(mean.tolist(), deviation.tolist())


def check_images(network: ImageNetwork, pictures: Pictures, where: str) -> None:
    """Refuse images that a network cannot take.

    Args:
        network: Its settings.
        pictures: Images and targets.
        where: What to name in the error, e.g. the file of the images.

    Raises:
        TopolensError: labels for a U-Net, masks for a classifier, or sides that do not fit.
    """
    kinds = {False: "labels", True: "masks"}
    wanted, found = network.architecture == "unet", pictures.targets.ndim == 3
    if wanted != found:
        raise TopolensError(
            f"{where}: {network.architecture} learns images with {kinds[wanted]}, found {kinds[found]}; "
            "change the architecture or data.name"
        )
    height, width = pictures.images.shape[1:3]
    check_sides(network, height, width, where)


def check_forward(module: nn.Module, network: ImageNetwork, height: int, width: int, where: str) -> None:
    """Refuse images that a network cannot take, by running two blank ones; its mode is that of the run.

    Raises:
        TopolensError: with what the network says.
    """
    blank = as_inputs(np.zeros((2, height, width, 3), np.uint8), network.bands)
    try:
        with torch.no_grad():
            forward(module, blank, "float32")
    except (RuntimeError, ValueError, AssertionError, TypeError) as error:
        raise TopolensError(
            f"{where}: {network.architecture} does not take images of {height} x {width}: {str(error)[:300]}; "
            "resize them, choose another architecture, or one of its options"
        ) from error


def check_sides(network: ImageNetwork, height: int, width: int, where: str) -> None:
    """Refuse sides that do not fit a network: VGG-16 and vision transformers have one size, U-Nets halve theirs."""
    if network.architecture in ("vgg16", VISION_TRANSFORMER):
        side = 2 ** len(vgg.BLOCKS) if network.is_own else network.options.get("image_size")
        fits, expected = height == width == side, f"{side} x {side} pixels"
    elif network.architecture != "unet":
        return  # torchvision's other networks average over whatever is left of an image
    else:
        factor = 2**unet.DEPTH
        fits, expected = height % factor == width % factor == 0, f"sides divisible by {factor}"
    if not fits:
        raise TopolensError(
            f"{where}: {network.architecture} expects {expected}, found {height} x {width}; crop or resize the images"
        )
