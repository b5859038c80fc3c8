"""What of a finished run is committed to be looked at: the README's figures, the paper, and a small explorer."""

from pathlib import Path

from topolens.artifacts import read_json, write_text, written_whole
from topolens.claims.findings import PICTURES, figures_named, load_findings, rows_by_name
from topolens.claims.model import load_claims
from topolens.claims.publish import published_verdicts
from topolens.claims.verdicts import read_verdicts
from topolens.config.artifacts import owner
from topolens.config.study import Study
from topolens.config.study_files import find_study_files, load_studies
from topolens.errors import TopolensError
from topolens.explorer.of_run import MapperFiles, page_of_run
from topolens.explorer.page import PageWords
from topolens.mapper.graph import Fork
from topolens.mapper.telling import most_telling
from topolens.report.picture import small_png

EXPLORED = "cifar10"
EXAMPLES = 2  # images of a node: the page quotes of the data no more than it needs
SHOWN = "disks_landscapes_h1"  # below the findings


def exhibit(root: Path, scale: str, seed: int) -> list[Path]:
    """Write these files from a finished run: of figures those that findings name, and the picture below them.

    Args:
        root: Of the project.
        scale: Of the run.
        seed: Its root seed, of the explorer's choice of images.

    Returns:
        The files.

    Raises:
        TopolensError: a part of the run is missing.
    """
    studies = load_studies(find_study_files(root / "workflow" / "config" / "studies").values(), scale)
    pictures = root / PICTURES
    kept = {root / "results" / scale / "topolens.pdf": root / "paper" / "topolens.pdf"}
    for target, figure in _figures(root, scale, studies).items():
        kept[(root / figure).with_suffix(".png")] = pictures / f"{target}.png"
    for source in kept:
        if not source.is_file():
            raise TopolensError(f"{source}: not made yet; run `make reproduce SCALE={scale}`")
    for source, file in kept.items():
        with written_whole(file) as temporary:
            temporary.write_bytes(small_png(source) if file.suffix == ".png" else source.read_bytes())
    page = pictures / "explorer.html"
    write_text(page, _small_explorer(root, scale, studies[EXPLORED], seed))
    return [*kept.values(), page]


def _figures(root: Path, scale: str, studies: dict[str, Study]) -> dict[str, str]:
    """Target to path of each figure."""
    config, table = root / "workflow" / "config", root / "results" / scale / "claims.csv"
    if not table.is_file():
        raise TopolensError(f"{table}: not made yet; run `make reproduce SCALE={scale}`")
    verdicts = published_verdicts(read_verdicts(table), load_claims(config / "claims.yaml", studies), studies, scale)
    found = {SHOWN: f"figures/{scale}/{SHOWN.replace('_', '/', 1)}.pdf"}
    for finding in load_findings(config / "findings.yaml"):
        found |= figures_named(finding, rows_by_name(verdicts))
    return found


def _small_explorer(root: Path, scale: str, study: Study, seed: int) -> str:
    """The explorer's page of the one layer whose fork tells most, with few images."""
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
