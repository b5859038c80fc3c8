"""Sum of Betti numbers of each class through the layers: how topology collapses, or does not."""

from matplotlib.figure import Figure

from topolens.figures.betti_panels import ACTIVATION_NAMES, BAND_NAME, LABEL_COLOURS, draw_networks, name_layers
from topolens.figures.legends import add_legend, longest_entries
from topolens.figures.panels import panel_grid, say
from topolens.figures.style import QUIET, SMALL
from topolens.results import Results
from topolens.statistics.betti import by_layer, of_activation

LEAST = 1  # a point: the smallest sum of Betti numbers


def draw(run: Results) -> Figure:
    """Rows: data sets; columns: activations; a line per class over the headline networks."""
    sets, activations = [*run.config.data.sets], run.config.activations
    figure, grid = panel_grid(len(sets), len(activations), 1.5 * len(sets) + 0.9, sharey="row")
    for name, row in zip(sets, grid, strict=True):
        depth = run.config.depths(name)[-1]
        frames = {label: by_layer(run.table("layers"), name, depth, "omega", label) for label in LABEL_COLOURS}
        for activation, axes in zip(activations, row, strict=True):
            for label, frame in frames.items():
                own = of_activation(frame, activation)
                draw_networks(axes, own, LABEL_COLOURS[label], f"class {label}")
            axes.axhline(LEAST, color=QUIET, linewidth=0.6, linestyle=(0, (1, 2)), zorder=0)
            if len(own) == 0:
                say(axes, "no network without an error" if is_trained(run, name, activation) else "not trained")
            count = "1 network" if len(own) == 1 else f"{len(own)} networks"
            axes.set_title(f"{ACTIVATION_NAMES[activation]}, {count}", fontsize=SMALL)
            name_layers(axes, depth)
        row[0].set_ylim(bottom=0)  # at the end, or the top would stay where the first panel has it
        row[0].set_ylabel(f"{name}\nsum of Betti numbers")
    add_legend(figure, longest_entries(grid.flat), f"{BAND_NAME}; dotted: a single point")
    return figure


def is_trained(run: Results, name: str, activation: str) -> bool:
    """Whether the run has headline networks with this activation on this data set."""
    own = [family for family in run.config.families if family.data == name and activation in family.activations]
    return run.config.depths(name)[-1] in {family.depth for family in own}
