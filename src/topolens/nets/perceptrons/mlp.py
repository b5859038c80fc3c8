"""Multilayer perceptrons: many as one batched program, or one as an ordinary torch module.

Activations of a batch of networks are kept as (networks, width, samples), so that each layer is one
batched product of a small weight matrix with long contiguous rows.
"""

import itertools
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh_,
    "relu": torch.relu_,
    "leaky_relu": nn.functional.leaky_relu_,
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
    apply = ACTIVATIONS[activation]
    layers = list(zip(parameters[::2], parameters[1::2], strict=True))
    values = inputs
    for number, (weight, bias) in enumerate(layers, start=1):
        values = torch.bmm(weight, values).add_(bias)
        if number < len(layers):
            values = apply(values)
    return values


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
