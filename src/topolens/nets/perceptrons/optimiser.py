"""Adam (Kingma and Ba 2015) for all networks of a group at once, with torch's default settings.

In numpy, with all parameters side by side: networks as small as these have two dozen arrays of a few hundred numbers,
and torch's optimisers spend more on each than the step takes, and a second of imports before the first.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from topolens.nets.perceptrons.state import State

FIRST, SECOND = 0.9, 0.999  # decay of the moments
EPSILON = 1e-8
BLOCK = 2**14  # numbers that are stepped together: more would fall out of the cache


@dataclass
class Adam:
    """A group in mid-step.

    Attributes:
        parameters, gradient, first, second: Flat, of all networks; the moments decay with FIRST and SECOND.
        gradients: Parts of `gradient` in the shapes of the parameters: where a batch's gradients go.
    """

    parameters: np.ndarray
    gradient: np.ndarray
    first: np.ndarray
    second: np.ndarray
    gradients: list[np.ndarray]
    learning_rate: float
    steps: int

    def step(self) -> None:
        """Move all parameters along their gradients."""
        self.steps += 1
        rate = self.learning_rate / (1 - FIRST**self.steps)
        for start in range(0, len(self.parameters), BLOCK):
            own = slice(start, start + BLOCK)
            gradient, first, second = self.gradient[own], self.first[own], self.second[own]
            first += (1 - FIRST) * (gradient - first)
            second *= SECOND
            second += (1 - SECOND) * np.square(gradient)
            spread = np.sqrt(second)
            spread /= np.sqrt(1 - SECOND**self.steps)
            spread += EPSILON
            self.parameters[own] -= rate * first / spread


@contextmanager
def stepping(state: State, learning_rate: float) -> Iterator[Adam]:
    """Steps of a group; within the block the state's parameters are parts of one array, and follow."""
    shapes = state.parameters
    parameters, first, second = map(_side_by_side, (shapes, state.first_moments, state.second_moments))
    gradient = torch.empty_like(parameters)
    state.parameters = _parts(parameters, shapes)
    flat, flat_gradient, flat_first, flat_second = (
        one.view(-1).numpy() for one in (parameters, gradient, first, second)
    )
    gradients = [part.numpy() for part in _parts(gradient, shapes)]
    adam = Adam(flat, flat_gradient, flat_first, flat_second, gradients, learning_rate, state.steps)
    yield adam
    state.steps = adam.steps
    state.parameters, state.first_moments, state.second_moments = (
        [part.clone() for part in _parts(whole, shapes)] for whole in (parameters, first, second)
    )


def _side_by_side(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors of some networks as one, (networks, numbers)."""
    return torch.cat([tensor.reshape(len(tensor), -1) for tensor in tensors], dim=1)


def _parts(whole: Tensor, like: Sequence[Tensor]) -> list[Tensor]:
    """Parts of (networks, numbers) in the shapes of some tensors."""
    parts = whole.split([tensor[0].numel() for tensor in like], dim=1)
    return [part.view(tensor.shape) for part, tensor in zip(parts, like, strict=True)]
