"""Which artifacts a run makes, as far as verdicts read them."""

from topolens.config.explain import ExplainRun
from topolens.config.study import Flow, Run, Study

# The first names where the data came from.
MADE: dict[Flow, tuple[str, ...]] = {
    "activation": ("data.npz", "complexity.csv", "diagrams.npz", "statistics.csv"),
    "latent": (
        "images.npz", "performance.csv", "diagrams.npz", "landscapes.npz", "complexity.csv", "statistics.csv",
        "clusters.csv",
    ),
    "metric": ("images.npz", "performance.csv", "diagrams.npz", "distances.csv", "statistics.csv"),
    "explain": (
        "subject:images.npz", "subject:complexity.csv", "subject:performance.csv", "attributions.csv", "statistics.csv",
    ),
    "betti": ("data.npz", "layers.csv", "statistics.csv"),
}  # fmt: skip


def source_of(study: Study) -> str:
    """The artifact that names where a study's data came from."""
    return MADE[study.flow][0]


def made_by(study: Study, run: str) -> frozenset[str]:
    """The artifacts of one run, with those of its settings that are not made by all."""
    settings = study.all_runs[run]
    more: dict[str, object] = {}
    if isinstance(settings, Run):
        more = {"components.csv": settings.statistics.class_shares}
    if isinstance(settings, ExplainRun):
        more = {"mapper.csv": settings.mapper, "planes.csv": settings.planes}
    return frozenset(MADE[study.flow]) | {name for name, wanted in more.items() if wanted}
