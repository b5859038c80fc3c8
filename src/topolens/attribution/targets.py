"""What an attribution explains: one number per image, taken from a network's output."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from topolens.errors import TopolensError


class Target(Protocol):
    """A number for each of n images; `rows` says which image each of m outputs belongs to, as outputs of one image in
    many disturbed versions have the same row."""

    def __len__(self) -> int:
        """Images, n."""

    def logits(self, outputs: Tensor, rows: Tensor) -> Tensor:
        """(m,) before the softmax; what is differentiated and what is lost by occlusion."""

    def probabilities(self, outputs: Tensor, rows: Tensor) -> Tensor:
        """(m,) behind the softmax, in [0, 1]."""


@dataclass(frozen=True)
class ClassTarget:
    """The chosen class of each image; for classifiers.

    Attributes:
        labels: (n,) integers >= 0, as an array, a list or a tensor: the true class, the predicted one or any other.
    """

    labels: np.ndarray

    def __post_init__(self) -> None:
        labels = self.labels.detach().cpu().numpy() if isinstance(self.labels, Tensor) else np.asarray(self.labels)
        object.__setattr__(self, "labels", labels)
        if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer) or (labels.astype(np.int64) < 0).any():
            raise TopolensError(f"labels: expected (n,) integers >= 0, found {labels.dtype} of shape {labels.shape}")

    def __len__(self) -> int:
        return len(self.labels)

    def logits(self, outputs: Tensor, rows: Tensor) -> Tensor:
        """The class's logit, from (m, classes)."""
        chosen = torch.from_numpy(self.labels.astype(np.int64)).to(outputs.device)[rows]
        if outputs.ndim != 2 or int(chosen.max()) >= outputs.shape[1]:
            raise TopolensError(
                f"labels up to {int(chosen.max())}: expected logits (n, classes) of more classes, "
                f"found {tuple(outputs.shape)}; give a classifier and its own classes"
            )
        return outputs.gather(1, chosen[:, None])[:, 0]

    def probabilities(self, outputs: Tensor, rows: Tensor) -> Tensor:
        """The class's probability."""
        return self.logits(outputs.softmax(1), rows)


@dataclass(frozen=True)
class MaskTarget:
    """The object inside each image's mask, averaged over its pixels; for segmenters, whose last class it is.

    The mean over pixels is that of Vinogradova, Dibrov and Myers 2020, of the logit as it is, not of its difference
    to the background's.

    Attributes:
        masks: (n, height, width) bool, each with at least one pixel.
    """

    masks: np.ndarray

    def __post_init__(self) -> None:
        if self.masks.ndim != 3 or self.masks.dtype != bool:
            raise TopolensError(
                f"masks: expected (n, height, width) bool, found {self.masks.dtype} of shape {self.masks.shape}; "
                "compare the targets with the object's class"
            )
        empty = ~self.masks.any(axis=(1, 2))
        if empty.any():
            raise TopolensError(f"masks: image {empty.argmax()} has an empty mask; leave out images without the object")

    def __len__(self) -> int:
        return len(self.masks)

    def logits(self, outputs: Tensor, rows: Tensor) -> Tensor:
        """The object's mean logit inside the mask, from (m, classes, height, width)."""
        if outputs.ndim != 4 or outputs.shape[2:] != self.masks.shape[1:]:
            raise TopolensError(
                f"masks of shape {self.masks.shape}: expected logits (n, classes, height, width) of that size, "
                f"found {tuple(outputs.shape)}; give a segmenter and masks of its images"
            )
        inside = torch.from_numpy(self.masks).to(outputs.device)[rows].to(outputs.dtype)
        return (outputs[:, -1] * inside).sum((1, 2)) / inside.sum((1, 2))

    def probabilities(self, outputs: Tensor, rows: Tensor) -> Tensor:
        """The object's mean probability inside the mask."""
        return self.logits(outputs.softmax(1), rows)


def check_explainable(model: nn.Module, inputs: Tensor, target: Target) -> None:
    """Refuse what no attribution can be made of.

    Raises:
        TopolensError: inputs that are not finite maps, as many as the target has images, or a model in training mode.
    """
    if inputs.ndim != 4 or len(inputs) == 0 or len(inputs) != len(target):
        raise TopolensError(
            f"inputs: expected ({len(target)}, bands, height, width) and at least one image, as the target has, "
            f"found {tuple(inputs.shape)}"
        )
    bad = ~torch.isfinite(inputs).all(dim=(1, 2, 3)) if inputs.is_floating_point() else torch.zeros(len(inputs))
    if bad.any():
        raise TopolensError(f"inputs: image {int(bad.int().argmax())} holds NaN or infinite values")
    if any(module.training for module in model.modules()):
        raise TopolensError(
            "model: in training mode, in which images change each other's outputs; call model.eval() first"
        )
