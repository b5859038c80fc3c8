"""Where in an image the evidence for a target lies: Grad-CAM by layer, and occlusion sensitivity."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from captum.attr import LayerGradCam, Occlusion
from torch import Tensor, nn
from torch.nn import functional

from topolens.attribution.replaced import fill_of, on_device_of, together
from topolens.attribution.targets import ClassTarget, MaskTarget, Target, check_explainable
from topolens.errors import TopolensError
from topolens.nets.outputs import tensor_of
from topolens.nets.taps import map_sizes

__all__ = ["ClassTarget", "MaskTarget", "grad_cam", "grad_cams", "occlusion"]


def grad_cam(model: nn.Module, inputs: Tensor, layer: str, target: Target) -> np.ndarray:
    """Grad-CAM (Selvaraju et al. 2017) at one layer, by captum.

    Each channel weighs as much as the mean over positions of the target's derivative by it; the weighted sum of
    channels is cut at 0 and interpolated bilinearly to the size of the input, so that maps of deep layers are smooth
    because they are coarse: a layer of 2 x 2 positions says no more than four numbers.

    Args:
        model: In evaluation mode; left as it is, with neither gradients nor hooks.
        inputs: (n, bands, height, width).
        layer: A module by name; of one that runs several times, the last output.
        target: Of the n images.

    Returns:
        (n, height, width) float64 >= 0, in units of the target's logit times a size that depends on the layer, so
        only comparable within an image and a layer. 0 throughout where nothing at that layer speaks for the target.

    Raises:
        TopolensError: unknown layer, one without a map or that the target does not depend on, or what
            check_explainable refuses.
    """
    inputs = on_device_of(model, inputs)
    check_explainable(model, inputs, target)
    map_sizes(model, inputs, [layer])
    maps = []
    for rows in torch.arange(len(inputs)).split(together(inputs)):
        explainer = LayerGradCam(partial(_logits, model, target, rows), model.get_submodule(layer))
        try:
            coarse = explainer.attribute(inputs[rows], relu_attributions=True)
        except RuntimeError as error:
            if "not have been used" not in str(error):
                raise
            raise _independent(layer) from error
        maps.append(_enlarged(coarse.detach(), inputs))
    return np.concatenate(maps)


def grad_cams(model: nn.Module, inputs: Tensor, layers: Sequence[str], target: Target) -> dict[str, np.ndarray]:
    """What :func:`grad_cam` gives at each of many layers, from one pass forward and one back for all of them.

    For the 13 layers of VGG-16 that takes a tenth of the time of one layer after the other.

    Returns:
        Layer to (n, height, width) float64, in the order of `layers`.

    Raises:
        TopolensError: as for :func:`grad_cam`.
    """
    inputs = on_device_of(model, inputs)
    check_explainable(model, inputs, target)
    map_sizes(model, inputs, layers)
    maps: dict[str, list[np.ndarray]] = {layer: [] for layer in layers}
    for rows in torch.arange(len(inputs)).split(together(inputs)):
        activations, total = _recorded(model, layers, partial(_logits, model, target, rows), inputs[rows])
        gradients = torch.autograd.grad(total, list(activations.values()), allow_unused=True)
        for (layer, activation), gradient in zip(activations.items(), gradients, strict=True):
            if gradient is None:
                raise _independent(layer)
            weights = gradient.mean((2, 3), keepdim=True)
            maps[layer].append(_enlarged((weights * activation.detach()).sum(1, keepdim=True).relu(), inputs))
    return {layer: np.concatenate(parts) for layer, parts in maps.items()}


def occlusion(
    model: nn.Module,
    inputs: Tensor,
    target: Target,
    window: int,
    stride: int,
    baseline: Tensor | None = None,
) -> np.ndarray:
    """Occlusion sensitivity (Zeiler and Fergus 2014), by captum: what hiding a window takes from the target's logit.

    Windows start at every multiple of the stride until they reach the far edge, where they are cut off; a pixel has
    the mean over the windows that cover it.

    Args:
        model: In evaluation mode.
        inputs: (n, bands, height, width).
        target: Of the n images.
        window: Side of the square window, in pixels, at most the image's shorter side.
        stride: Step between windows, in pixels, at most the window's side, so that each pixel is covered.
        baseline: (bands,) colour of the window; without it the mean of each band over the training images, which
            the model's own Standardise layer holds.

    Returns:
        (n, height, width) float64 in the logit's unit. Positive = the region supports the target.

    Raises:
        TopolensError: a window or stride out of range, no baseline to be had, or what check_explainable refuses.
    """
    inputs = on_device_of(model, inputs)
    check_explainable(model, inputs, target)
    bands, height, width = inputs.shape[1:]
    _check_windows(height, width, window, stride)
    fill = fill_of(model, inputs, baseline)
    maps = []
    for row in range(len(inputs)):
        explainer = Occlusion(partial(_logits, model, target, row))
        lost = explainer.attribute(
            inputs[row, None],
            (bands, window, window),
            strides=(bands, stride, stride),
            baselines=fill[row, None],
            perturbations_per_eval=together(inputs),
        )
        maps.append(lost[0, 0].double().cpu().numpy())
    return np.stack(maps)


def _logits(model: nn.Module, target: Target, rows: Tensor | int, inputs: Tensor) -> Tensor:
    """The target's logits of images `rows`, or of many versions of one image."""
    outputs = tensor_of(model(inputs), "model")
    places = rows if isinstance(rows, Tensor) else torch.full((len(inputs),), rows)
    return target.logits(outputs, places.to(outputs.device))


def _recorded(
    model: nn.Module, layers: Sequence[str], run: Callable[[Tensor], Tensor], inputs: Tensor
) -> tuple[dict[str, Tensor], Tensor]:
    """The named layers' outputs, within the graph of derivatives, and the sum of what `run` gives."""
    recorded: dict[str, Tensor] = {}

    def tap(layer: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
            # With frozen weights nothing else would have derivatives.
            recorded[layer] = output if output.requires_grad else output.requires_grad_()
            # The model goes on with a copy: an in-place operation must not change what is differentiated by.
            return output.clone()

        return hook

    handles = [model.get_submodule(layer).register_forward_hook(tap(layer)) for layer in layers]
    try:
        with torch.enable_grad():
            total = run(inputs).sum()
    finally:
        for handle in handles:
            handle.remove()
    return {layer: recorded[layer] for layer in layers}, total


def _enlarged(coarse: Tensor, inputs: Tensor) -> np.ndarray:
    """(n, 1, h, w) to (n, height, width) float64 of the inputs."""
    large = functional.interpolate(coarse.double(), inputs.shape[2:], mode="bilinear", align_corners=False)
    return large[:, 0].cpu().numpy()


def _independent(layer: str) -> TopolensError:
    return TopolensError(f"layer {layer!r}: the target does not depend on it; choose a layer on the way to the output")


def _check_windows(height: int, width: int, window: int, stride: int) -> None:
    if not 1 <= window <= min(height, width):
        raise TopolensError(f"window={window}: expected 1 to {min(height, width)} pixels for {height} x {width}")
    if not 1 <= stride <= window:
        raise TopolensError(f"stride={stride}: expected 1 to the window's {window} pixels, so that none is left out")
