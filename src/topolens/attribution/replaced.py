"""A network's scores of one image in many versions, each with some pixels replaced."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from topolens.errors import TopolensError
from topolens.nets.images.inference import FORWARD_PIXELS, device_of
from topolens.nets.images.standardise import Standardise
from topolens.nets.outputs import tensor_of


def together(inputs: Tensor) -> int:
    """How many images of this size go through a network together."""
    return max(1, FORWARD_PIXELS // (inputs.shape[2] * inputs.shape[3]))


def on_device_of(model: nn.Module, inputs: Tensor) -> Tensor:
    """The inputs on the model's device."""
    return inputs.to(device_of(model))


def fill_of(model: nn.Module, inputs: Tensor, baseline: Tensor | None) -> Tensor:
    """What replaced pixels become, as (n, bands, height, width) in the inputs' units.

    Args:
        model: Its Standardise layer holds the training images' mean of each band.
        inputs: (n, bands, height, width).
        baseline: None for that mean; or (bands,), one colour; or as the inputs, e.g. blurred images.

    Raises:
        TopolensError: none is given and the model has no Standardise layer, a shape that is none of these, or NaN.
    """
    if baseline is None:
        means = [module.mean for module in model.modules() if isinstance(module, Standardise)]
        if not means:
            raise TopolensError("baseline: the model has no Standardise layer that holds a mean colour; give one")
        baseline = means[0]
    if baseline.shape == inputs.shape[1:2]:
        baseline = baseline[:, None, None].expand(inputs.shape)
    if baseline.shape != inputs.shape:
        shapes = (tuple(inputs.shape[1:2]), tuple(inputs.shape))
        raise TopolensError(f"baseline: expected shape {shapes[0]} or {shapes[1]}, found {tuple(baseline.shape)}")
    if not torch.isfinite(baseline).all():
        raise TopolensError("baseline: holds NaN or infinite values")
    return baseline.to(inputs.device, inputs.dtype)


def replaced_scores(
    model: nn.Module,
    inputs: Tensor,
    row: int,
    hidden: Tensor,
    fill: Tensor,
    score: Callable[[Tensor, Tensor], Tensor],
) -> Tensor:
    """Scores of one image's versions, many of them in one pass.

    Args:
        model: In evaluation mode.
        inputs: (n, bands, height, width).
        row: Which image.
        hidden: (versions, height, width) bool, True where a version shows `fill` and not the image.
        fill: As the inputs.
        score: A target's `logits` or `probabilities`.

    Returns:
        (versions,) float64.
    """
    scores = []
    with torch.no_grad():
        for part in hidden.to(inputs.device).split(together(inputs)):
            versions = torch.where(part[:, None], fill[row], inputs[row])
            outputs = tensor_of(model(versions.contiguous(memory_format=torch.channels_last)), "model")
            scores.append(score(outputs, torch.full((len(part),), row, device=outputs.device)).double())
    return torch.cat(scores).cpu()
