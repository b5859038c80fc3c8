"""Where the weights of networks of images lie; rules ask for it, so nothing heavy is imported here."""

from pathlib import Path

from topolens.config.latent import LatentRun
from topolens.config.metric import MetricRun
from topolens.config.study import CHECKPOINT_SECTIONS, Study, owner
from topolens.errors import TopolensError


def checkpoint_path(folder: Path, study: Study, run: str, network: str, seed: int) -> Path:
    """Where the weights of one network of images lie: among the committed ones or where they are trained.

    Args:
        folder: results/<scale>/<study>.
    """
    settings = study.all_runs[run]
    assert isinstance(settings, LatentRun | MetricRun)
    if settings.weights == "random":
        raise TopolensError(f"{study.name}: run {run!r} has untrained networks, there is no checkpoint")
    trained = folder / owner(study, run, *CHECKPOINT_SECTIONS) / "checkpoints"
    chosen = folder.parents[1] / "checkpoints" / study.name if settings.weights == "restore" else trained
    return chosen / f"{network}-{seed}.safetensors"
