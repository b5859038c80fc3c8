"""Complexity against training accuracy, a line for each layer, beside Gaussian clouds of the last layer."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from topolens.figures.complexity_panels import add_line_legend, panels_of, scale_axis
from topolens.figures.panels import area, draw_line, draw_null, line
from topolens.figures.style import BAND_ALPHA, NULL_COLOUR, accuracy_text, layer_colours, layer_name
from topolens.figures.tables import rows_of
from topolens.results import Results


def draw(run: Results) -> Figure:
    """Rows: raw and scale-free complexity; columns: degrees. The input knows no training: dashed."""
    accuracies, colours = run.config.snapshot_accuracies, layer_colours(run.config.numbered_layers)
    names = {layer: layer_name(layer, run.config.output_layer) for layer in colours}
    margin = 0.05 * max(np.ptp(accuracies), 0.1)
    figure, panels = panels_of(run, "training accuracy")
    for axes, shown in panels:
        for layer, colour in colours.items():
            rows = rows_of(shown, depth=layer).sort_values("snapshot")
            if layer == 0:
                for estimate, low, high in rows[["estimate", "low", "high"]].to_numpy():
                    axes.axhline(estimate, color=colour, linestyle="--", label="input")
                    axes.axhspan(low, high, color=colour, alpha=BAND_ALPHA, linewidth=0)
            elif len(rows):
                draw_line(axes, rows["snapshot"].to_numpy(), rows, colour, names[layer])
        nulls = rows_of(shown, depth=run.config.numbered_layers[-1]).sort_values("snapshot")
        draw_null(axes, nulls["snapshot"].to_numpy(), nulls)
        scale_axis(axes, shown, nulls)
        axes.set_xticks(accuracies, map(accuracy_text, accuracies))
        axes.set_xlim(accuracies[0] - margin, accuracies[-1] + margin)
    entries: dict[str, Artist] = {
        names[layer]: line(colour, ls="-" if layer else "--") for layer, colour in colours.items()
    }
    entries[f"Gaussian clouds, {names[run.config.numbered_layers[-1]]}"] = area(NULL_COLOUR)
    add_line_legend(figure, run, "layer", entries)
    return figure
