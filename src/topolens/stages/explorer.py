"""The page for looking into a run's Mapper graphs."""

from pathlib import Path

from topolens.artifacts import write_text
from topolens.explorer.of_run import MapperFiles, page_of_run
from topolens.explorer.page import PageWords


def write_explorer(
    data_file: Path,
    graphs_file: Path,
    structures_file: Path,
    pictures_file: Path,
    page_file: Path,
    *,
    layers: list[str],
    words: PageWords,
    seed: int,
) -> None:
    """One HTML file; the arguments are those of page_of_run."""
    files = MapperFiles(data_file, graphs_file, structures_file, pictures_file)
    write_text(page_file, page_of_run(files, layers, words, seed=seed))
