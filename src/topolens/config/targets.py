"""The names that studies take as targets of the workflow: none twice, none that the workflow has itself."""

from collections.abc import Iterator

from topolens.config.study import Study
from topolens.errors import TopolensError

# The workflow's own rules; a test compares them.
RULES = {
    *(
        "all",
        "attributions",
        "betti",
        "changed_rules",
        "claims",
        "clusters",
        "comparison",
        "data",
        "diagram_distances",
        "diagrams",
    ),
    *("feature_pictures", "details", "figures", "image_clouds", "image_network", "landscapes", "mapper", "numbers"),
    *("page", "paper", "pdf", "perceptrons", "performance", "planes", "principal_shares", "report", "sample_clouds"),
    *("separation", "statistics", "tables", "untrained", "verdicts", "verify"),
}
# Tables beside those of the studies, and what stands for no study at all.
TAKEN = {"verification", "none"}


def targets_of(study: Study) -> Iterator[tuple[str, str]]:
    """Each target that a study makes, and what of the study makes it."""
    yield study.name, "the study itself"
    yield f"{study.name}_table", "its table"
    yield f"{study.name}_variants", "all its variants"
    if study.runs["main"].mapper:
        yield f"{study.name}_topoact", "its explorer page"
    for variant in study.variants:
        yield f"{study.name}_{variant}", f"variant {variant!r}"
    for figure in study.figures:
        yield f"{study.name}_{figure}", f"figure {figure!r}"


def check_targets(studies: dict[str, Study]) -> None:
    """Refuse names that would name two things.

    Raises:
        TopolensError: with the name, and what else has it.
    """
    taken = dict.fromkeys(sorted(RULES | TAKEN), "the workflow itself")
    for study in studies.values():
        for target, part in targets_of(study):
            if target in taken:
                raise TopolensError(
                    f"{study.name}.yaml: {part} would be the target {target!r}, the name of {taken[target]}; rename it"
                )
            taken[target] = f"{part} of study {study.name!r}"
