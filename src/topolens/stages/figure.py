"""Stage 9: one figure, as PDF for the paper and PNG for the eye."""

from importlib import import_module
from inspect import signature
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt

from topolens.artifacts import written_whole
from topolens.config.figure import Figure
from topolens.config.study_files import load_studies
from topolens.figures.style import use_style
from topolens.results import Results


def draw_figure(
    pdf_file: Path,
    png_file: Path,
    *,
    figure: Figure,
    study: str,
    study_files: list[Path],
    scale: str,
    results_folder: Path,
    seed: int,
) -> None:
    """Draw one figure of a study from the artifacts of one run.

    Args:
        pdf_file, png_file: The figure, twice.
        figure: What is drawn, of which run.
        study, study_files: The study's name; its file, and those of the studies that it looks at.
        scale, results_folder: Whose artifacts it shows.
        seed: The root of all random choices, for draw functions that make any.
    """
    use_style()
    settings = load_studies(study_files, scale)[study]
    function = getattr(import_module(figure.module), figure.function)
    chosen = {"seed": seed} if "seed" in signature(function).parameters else {}
    drawn = function(Results(results_folder / study, settings, figure.run), **(chosen | figure.options))
    for path, details in ((pdf_file, {"metadata": {"CreationDate": None}}), (png_file, {"dpi": 160})):
        with written_whole(path) as temporary:
            drawn.savefig(temporary, **details)
        with mpl.rc_context({"figure.constrained_layout.use": False}):
            drawn.set_layout_engine(None)  # laid out once: it takes longer than drawing, and "none" would draw twice
    plt.close(drawn)
