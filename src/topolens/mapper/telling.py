"""Which forks tell most about the classes: where the explorer opens, and what figures show large."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from topolens.mapper.graph import Fork

Layer = TypeVar("Layer", bound=Hashable)


def clearness(fork: Fork) -> tuple[float, float]:
    """Sorts the clearest fork to the front: smallest p-value, then the most entropy that its arms take off, in bits.

    Forks without a p-value come last.
    """
    unscored = 2.0  # above any p-value
    return tuple(np.nan_to_num([fork.p_value, fork.arm_entropy - fork.entropy], nan=unscored).tolist())


def most_telling(forks: Mapping[Layer, Sequence[Fork]]) -> tuple[Layer, int] | None:
    """Layer and number there of the clearest fork of all layers, of equally clear ones the first; None without any.

    Args:
        forks: Of each layer, by whatever tells it.
    """
    scored = [
        (layer, number) for layer, own in forks.items() for number, fork in enumerate(own) if not np.isnan(fork.p_value)
    ]
    return min(scored, key=lambda placed: clearness(forks[placed[0]][placed[1]]), default=None)
