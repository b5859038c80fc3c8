"""Multilayer perceptrons: many as one batched program, or one as an ordinary torch module.

Activations of a batch of networks are kept as (networks, width, samples), so that each layer is one batched product of
a small weight matrix with long contiguous rows. The products are numpy's, as is tanh: of matrices as small as these it
takes a third to a half of torch's time.
"""

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

LEAK = 0.01  # slope of torch's leaky ReLU below 0


def _tanh(values: np.ndarray) -> None:
    np.tanh(values, out=values)


def _relu(values: np.ndarray) -> None:
    np.maximum(values, 0, out=values)


def _leaky_relu(values: np.ndarray) -> None:
    np.maximum(values, LEAK * values, out=values)


def _tanh_slope(values: np.ndarray) -> np.ndarray:
    slope = np.square(values)
    return np.subtract(1, slope, out=slope)


def _relu_slope(values: np.ndarray) -> np.ndarray:
    return values > 0


def _leaky_relu_slope(values: np.ndarray) -> np.ndarray:
    return np.where(values > 0, values.dtype.type(1), values.dtype.type(LEAK))


# What is done to a layer's values in place, and the slope there, from what has become of them.
ACTIVATIONS: dict[str, tuple[Callable[[np.ndarray], None], Callable[[np.ndarray], np.ndarray]]] = {
    "tanh": (_tanh, _tanh_slope),
    "relu": (_relu, _relu_slope),
    "leaky_relu": (_leaky_relu, _leaky_relu_slope),
}
MODULES: dict[str, type[nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU, "leaky_relu": nn.LeakyReLU}


def initial_parameters(widths: Sequence[int], seeds: Sequence[int], dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Parameters of several networks, each drawn from its own seed as torch.nn.Linear draws them.

    Returns:
        Alternating weights (networks, out, in) and biases (networks, out, 1), uniform in +-1/sqrt(in).
    """
    return [torch.stack(same) for same in zip(*(_one_network(widths, seed, dtype) for seed in seeds), strict=True)]


def _one_network(widths: Sequence[int], seed: int, dtype: torch.dtype) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    parameters = []
    for inputs, outputs in itertools.pairwise(widths):
        bound = 1 / math.sqrt(inputs)
        for shape in ((outputs, inputs), (outputs, 1)):
            uniform = torch.rand(shape, generator=generator, dtype=torch.float64)
            parameters.append(((2 * uniform - 1) * bound).to(dtype))
    return parameters


def forward(parameters: Sequence[Tensor], inputs: Tensor, activation: str) -> Tensor:
    """Logits of all networks: inputs (networks, features, samples) to (networks, classes, samples)."""
    arrays = [parameter.numpy() for parameter in parameters]
    return torch.from_numpy(layer_values(arrays, inputs.numpy(), activation)[-1])


def layer_values(parameters: Sequence[np.ndarray], inputs: np.ndarray, activation: str) -> list[np.ndarray]:
    """Values of all layers of all networks, (networks, width, samples) each: inputs first, logits last."""
    activate, _ = ACTIVATIONS[activation]
    values = [inputs]
    for number in range(0, len(parameters), 2):
        weight, bias = parameters[number : number + 2]
        layer = np.matmul(weight, values[-1])
        layer += bias
        if number < len(parameters) - 2:
            activate(layer)
        values.append(layer)
    return values


def backward(
    parameters: Sequence[np.ndarray],
    values: Sequence[np.ndarray],
    slope: np.ndarray,
    activation: str,
    gradients: Sequence[np.ndarray],
) -> None:
    """Gradients of a loss with respect to all parameters, by the chain rule from the last layer to the first.

    Args:
        parameters: As from initial_parameters.
        values: As from :func:`layer_values`.
        slope: Gradient with respect to the logits.
        activation: A name of ACTIVATIONS.
        gradients: Filled; shapes as those of the parameters.
    """
    for number in range(len(parameters) - 2, -1, -2):
        inputs = values[number // 2]
        np.matmul(slope, inputs.transpose(0, 2, 1), out=gradients[number])
        np.sum(slope, axis=2, keepdims=True, out=gradients[number + 1])
        if number > 0:
            slope = np.matmul(parameters[number].transpose(0, 2, 1), slope)
            slope *= ACTIVATIONS[activation][1](inputs)


def as_module(parameters: Sequence[Tensor], activation: str) -> nn.Sequential:
    """One network, given without the batch dimension, as a module whose layers are named as in the papers.

    `layer_1` ... are hidden layers after their activation; the last is linear. (out, in) weights and (out,)
    biases alternate in `parameters`.
    """
    pairs = list(zip(parameters[::2], parameters[1::2], strict=True))
    model = nn.Sequential()
    for number, (weight, bias) in enumerate(pairs, start=1):
        linear = nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
        with torch.no_grad():
            linear.weight.copy_(weight)
            linear.bias.copy_(bias.reshape(-1))
        hidden = number < len(pairs)
        model.add_module(f"layer_{number}", nn.Sequential(linear, MODULES[activation]()) if hidden else linear)
    return model.eval()
