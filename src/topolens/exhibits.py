"""What of a finished run is committed to be looked at: the README's picture, the paper, and a small explorer."""

import shutil
from pathlib import Path

from topolens.artifacts import read_json, write_text, written_whole
from topolens.config.artifacts import owner
from topolens.config.study_files import find_study_files, load_studies
from topolens.errors import TopolensError
from topolens.explorer.of_run import MapperFiles, page_of_run
from topolens.explorer.page import PageWords
from topolens.mapper.graph import Fork
from topolens.mapper.telling import most_telling

EXPLORED = "cifar10"
EXAMPLES = 2  # images of a node: the page quotes of the data no more than it needs
FOLDER = Path("figures") / "reference"


def exhibit(root: Path, scale: str, seed: int) -> list[Path]:
    """Write these files from a finished run.

    Args:
        root: Of the project.
        scale: Of the run.
        seed: Its root seed, of the explorer's choice of images.

    Returns:
        The files.

    Raises:
        TopolensError: a part of the run is missing.
    """
    copies = {
        root / "figures" / scale / "disks" / "landscapes_h1.png": root / FOLDER / "landscapes_h1.png",
        root / "results" / scale / "topolens.pdf": root / "paper" / "topolens.pdf",
    }
    for source in copies:
        if not source.is_file():
            raise TopolensError(f"{source}: not made yet; run `make reproduce SCALE={scale}`")
    for source, target in copies.items():
        with written_whole(target) as temporary:
            shutil.copyfile(source, temporary)
    page = root / FOLDER / "explorer.html"
    write_text(page, _small_explorer(root, scale, seed))
    return [*copies.values(), page]


def _small_explorer(root: Path, scale: str, seed: int) -> str:
    """The explorer's page of the one layer whose fork tells most, with few images."""
    study = load_studies(find_study_files(root / "workflow" / "config" / "studies").values(), scale)[EXPLORED]
    results = root / "results" / scale / EXPLORED
    names = ("data.npz", "graphs.npz", "structures.json", "pictures.npz")
    files = MapperFiles(*(results / owner(study, "main", name) / name for name in names))
    structures, layers = read_json(files.structures), study.runs["main"].mapper_layers
    telling = most_telling({layer: [Fork(**fork) for fork in structures[layer]["forks"]] for layer in layers})
    words = PageWords(
        f"Mapper graphs: {study.title}",
        notes=(
            f"One layer of the {scale} run, at most {EXAMPLES} images a node; each run makes a page of all layers.",
        ),
        links={"verdicts": "../../results/VERDICTS.md"},
    )
    return page_of_run(files, [telling[0] if telling else layers[-1]], words, examples=EXAMPLES, seed=seed)
