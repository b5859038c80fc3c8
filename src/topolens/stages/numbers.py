"""Every number and table that the paper's text uses, as LaTeX, so that none is typed."""

from collections.abc import Collection
from itertools import chain
from pathlib import Path

import pandas as pd

from topolens.artifacts import read_json, read_table, write_text
from topolens.claims.findings import load_findings, rows_by_name
from topolens.claims.model import load_claims
from topolens.claims.publish import PublishedVerdict, published_verdicts
from topolens.claims.verdicts import read_verdicts
from topolens.config.study import Study
from topolens.config.study_files import load_studies
from topolens.config.yaml_file import read_yaml
from topolens.data.files import read_catalogue
from topolens.paper import macros, tables
from topolens.paper.matrix import side_by_side, twin_table, verdict_matrix
from topolens.results import Results

SIDES = {  # studies that decide the same of several networks or data sets, and how the ids of their claims end
    "cifar10": {"": "eight narrow VGG-16", "wide": "the wide VGG-16"},
    "metrics": {"vit": "ViT", "resnet": "ResNet-50"},
    "naitzat": {"d-i": "D-I", "d-ii": "D-II", "d-iii": "D-III"},
}
DIGITS = 10  # of a commit
NOT_MEASURED = pd.DataFrame(columns=["study"])


def write_numbers(
    claims_file: Path,
    numbers_file: Path,
    *,
    study_files: list[Path],
    results_folder: Path,
    figure_folder: Path,
    config_folder: Path,
    compute_file: Path,
    scale: str,
) -> None:
    """Macros for claims, findings, settings, networks and captions, and the tables, in the folder of `numbers_file`.

    Beside it lie `setup.tex` (where the figures are), `verdict_matrix.tex` with each published claim once,
    `twins_<study>.tex` with claims on complexities, raw, scale-free and beside Gaussian clouds, `sides_<study>.tex`
    with claims on several networks or data sets, `claims_<study>.tex` with floats of at most a page
    each, `networks.tex` for families of perceptrons, `image_networks.tex` for convolutional networks,
    `betti_networks.tex` for data of known topology, `training.tex` for how networks are trained, `compute.tex` for what
    the reference run took (empty without one) and `data_sets.tex` for all data, with their terms.
    """
    claims, studies = read_verdicts(claims_file), load_studies(study_files, scale)
    verdicts = published_verdicts(claims, load_claims(config_folder / "claims.yaml", studies), studies, scale)
    mains: list[Results] = [Results(results_folder / study.name, study, "main") for study in studies.values()]
    families = [main for main in mains if main.config.kind == "samples"]
    known = [main for main in mains if main.config.kind == "layers"]
    image_networks = [main for main in mains if main.config.image_networks]
    numbers = chain(
        macros.claim_macros(claims),
        macros.finding_macros(load_findings(config_folder / "findings.yaml"), rows_by_name(verdicts)),
        macros.setting_macros(mains),
        macros.reached_macros(families),
        macros.score_macros(image_networks),
        macros.trained_macros(known),
        macros.caption_macros(studies.values()),
    )
    write_text(numbers_file, macros.definitions(dict(numbers, Scale=scale, Commit=_commit_of(claims_file))))
    files = _verdict_tables(claims, verdicts, studies.values()) | {
        "setup": macros.definitions({"figures": f"../{figure_folder}"}),
        "networks": tables.networks_table(families),
        "image_networks": tables.image_networks_table(image_networks),
        "betti_networks": tables.betti_networks_table(known),
        "training": tables.training_table(mains),
        "compute": tables.compute_cost_table(read_table(compute_file) if compute_file.is_file() else NOT_MEASURED),
        "data_sets": tables.data_table(
            read_catalogue(config_folder / "datasets.yaml"), read_yaml(config_folder / "shown.yaml", dict), mains
        ),
    }
    for name, text in files.items():
        write_text(numbers_file.with_name(f"{name}.tex"), text)


def _verdict_tables(
    claims: pd.DataFrame, verdicts: list[PublishedVerdict], studies: Collection[Study]
) -> dict[str, str]:
    """All tables of verdicts, by name."""
    return (
        {"verdict_matrix": verdict_matrix(verdicts)}
        | {f"claims_{study.name}": tables.claims_floats(claims, study) for study in studies}
        | {f"twins_{study.name}": twin_table(verdicts, study.name) for study in studies}
        | {f"sides_{study}": side_by_side(verdicts, study, sides) for study, sides in SIDES.items()}
    )


def _commit_of(claims_file: Path) -> str:
    """The first digits of the commit whose code decided the claims, with a plus where it had been changed."""
    commit = read_json(claims_file.with_suffix(".provenance.json"))["commit"]
    head, changed, _ = (commit or "unknown").partition("+")
    return head[:DIGITS] + changed
