"""One network in many threads: each has a replica of its own, so that hooks of one pass see nothing of another."""

import copy
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import TypeVar

import torch
from torch import nn

Item = TypeVar("Item")
Result = TypeVar("Result")


def replica(network: nn.Module) -> nn.Module:
    """A copy of the modules around the same tensors: for reading alone."""
    shared = {id(tensor): tensor for tensor in chain(network.parameters(), network.buffers())}
    return copy.deepcopy(network, shared)


def across_threads(
    network: nn.Module, function: Callable[[nn.Module, Item], Result], items: Iterable[Item], threads: int
) -> Iterator[Result]:
    """What a function makes of a network and each item, in the order of the items.

    One thread each: torch's own threads would wait for one another within every layer. So threads change no bit.
    """
    local = threading.local()

    def one(item: Item) -> Result:
        if not hasattr(local, "network"):
            torch.set_num_threads(1)
            local.network = replica(network)
        return function(local.network, item)

    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(one, items)
