"""INT8 dynamic quantisation: linear layers alone, weights ahead of time and activations as they come."""

import copy
import warnings
from dataclasses import dataclass

import torch
from torch import nn
from torch.ao import quantization


@dataclass(frozen=True)
class Quantised:
    """A quantised copy of a network, and the share of the original's weights that it holds as INT8."""

    network: nn.Module
    share: float


def quantise(network: nn.Module) -> Quantised:
    """A copy whose linear layers multiply in INT8, on the processor; the network itself is not changed.

    Convolutions stay float, and so do the projections inside nn.MultiheadAttention, which are no linear layers to
    PyTorch; `share` says how little or much is left.
    """
    with warnings.catch_warnings():
        # PyTorch announces that this moves to another package; until then it is what the published work used.
        warnings.simplefilter("ignore")
        on_processor = copy.deepcopy(network).cpu()
        quantised = quantization.quantize_dynamic(on_processor, {nn.Linear}, dtype=torch.qint8, inplace=True)
    replaced = {
        name for name, module in quantised.named_modules() if isinstance(module, torch.ao.nn.quantized.dynamic.Linear)
    }
    parameters = dict(network.named_parameters())
    inside = sum(value.numel() for name, value in parameters.items() if name.rpartition(".")[0] in replaced)
    return Quantised(quantised.eval(), inside / sum(value.numel() for value in parameters.values()))
