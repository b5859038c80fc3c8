"""What the figures of other explanations share: rows of statistics by layer, graphs, forks, colours."""

from dataclasses import dataclass
from typing import Any

import seaborn as sns
from matplotlib.axes import Axes

from topolens.config.clouds import ALL
from topolens.errors import TopolensError
from topolens.figures.style import QUIET, SMALL, STEEP, Colour, network_colours
from topolens.mapper.graph import Fork
from topolens.results import Results

CHANCE_LINE: dict[str, Any] = {"color": QUIET, "linestyle": (0, (4, 1.5)), "linewidth": 1.0}
FEW_LAYERS = 6  # so many names fit side by side
ROCKET, MAKO = sns.color_palette("rocket", 8), sns.color_palette("mako", 8)
ARM_COLOURS: list[Colour] = [ROCKET[1], ROCKET[4], ROCKET[7], MAKO[5]]  # not among the classes' colours


@dataclass(frozen=True)
class FoundFork:
    """A scored fork, its layer and its number there.

    `parts_classes` says whether its arms are purer than under permuted labels.
    """

    layer: str
    number: int
    fork: Fork
    parts_classes: bool

    @property
    def gain(self) -> float:
        """Entropy of the branching node less that of the arms, in bits."""
        return self.fork.entropy - self.fork.arm_entropy


def forks_of(run: Results, layer: str) -> list[FoundFork]:
    """The forks of a layer, the clearest first: smallest p-value, then largest gain."""
    scored = [Fork(**fork) for fork in run.record("structures")[layer]["forks"]]
    level = significance(run)
    forks = [FoundFork(layer, number, fork, fork.p_value < level) for number, fork in enumerate(scored)]
    return sorted(forks, key=lambda found: (found.fork.p_value, -found.gain))


def significance(run: Results) -> float:
    """The p-value below which a fork parts classes."""
    if run.config.mapper is None:
        raise TopolensError(f"run {run.name!r} has no Mapper graphs; give it a `mapper` section")
    return run.config.mapper.significance


def explained_networks(run: Results) -> dict[str, Colour]:
    """Networks that are explained, in the order of the study, with their colours in other figures."""
    colours = network_colours(network.name for network in run.config.networks)
    chosen = (run.config.attributions and run.config.attributions.networks) or colours
    return {name: colours[name] for name in colours if name in chosen}


def known_classes(run: Results) -> list[str]:
    """The classes that have clouds of their own."""
    return [group for group in run.config.position_clouds.groups if group != ALL]


def name_layers(axes: Axes, layers: list[str]) -> None:
    """Names of the layers below an axis of their places: side by side where they are few."""
    look = STEEP if len(layers) > FEW_LAYERS else {"fontsize": SMALL}
    axes.set_xticks(range(len(layers)), layers, **look)
    axes.set_xlim(-0.4, len(layers) - 0.6)
