"""What the card of a run's perceptrons tells."""

from collections.abc import Iterator
from typing import Any


def successes(family: dict[str, Any], accuracy: float) -> Iterator[bool]:
    """Whether each network of a described family has the accuracy at its last snapshot."""
    return (own[-1] is not None and own[-1] >= accuracy for own in family["train_accuracy"])
