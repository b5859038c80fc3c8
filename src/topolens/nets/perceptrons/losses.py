"""Losses and accuracy of a batch of networks: logits (networks, classes, samples), labels (networks, samples)."""

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional


def count_right(logits: Tensor, labels: Tensor) -> Tensor:
    """Samples whose true class has the largest logit: (networks, classes, samples) to (networks,)."""
    true = logits.gather(1, labels.unsqueeze(1)).squeeze(1)
    return (true >= logits.amax(1)).sum(1)


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Sum over networks of the mean cross-entropy of their batches."""
    return functional.cross_entropy(logits, labels, reduction="sum") / labels.shape[1]


def sphere_first_sample(logits: Tensor, labels: Tensor) -> Tensor:
    """Sum over networks of 1 - sqrt(p[label]) of the first sample of each batch.

    # ASSUME: the authors' SphereLoss looks at the first sample alone and omits the arccos; the sign that
    makes it trainable is ours.
    """
    log_probability = functional.log_softmax(logits[:, :, 0], dim=1)
    return (1 - (log_probability.gather(1, labels[:, :1]) / 2).exp()).sum()


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross-entropy": cross_entropy,
    "sphere-first-sample": sphere_first_sample,
}
