"""Stage 9: one figure, as PDF for the paper and PNG for the eye."""

from importlib import import_module
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt

from topolens.artifacts import written_whole
from topolens.config.study import load_study
from topolens.figures.style import use_style
from topolens.results import Results


def draw_figure(
    pdf_file: Path,
    png_file: Path,
    *,
    draw: str,
    options: dict[str, Any],
    study_file: Path,
    scale: str,
    run: str,
    results_folder: Path,
) -> None:
    """Draw one figure of a study from the artifacts of one run."""
    use_style()
    study = load_study(study_file, scale)
    module = import_module(f"topolens.figures.{draw}")
    figure = module.draw(Results(results_folder / study.name, study, run), **options)
    for path, details in ((pdf_file, {"metadata": {"CreationDate": None}}), (png_file, {"dpi": 160})):
        with written_whole(path) as temporary:
            figure.savefig(temporary, **details)
    plt.close(figure)
