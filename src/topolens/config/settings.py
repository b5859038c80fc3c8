"""Settings of a whole run: default.yaml, and what `--config` puts over it."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from topolens.config.model import Model
from topolens.config.validation import checked
from topolens.errors import TopolensError

Scale = Literal["smoke", "quick", "full"]


def _whole(value: Any) -> Any:
    """A whole number, or its digits as `--config` may pass them; neither true nor 1.0, which pydantic would take."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("expected a whole number")
    return value


def _yes_or_no(value: Any) -> Any:
    """true or false, as YAML or as a word."""
    word = str(value).lower() if isinstance(value, bool | str) else ""
    if word not in ("true", "false"):
        raise ValueError("expected true or false")
    return word == "true"


def _paths(value: Any) -> Any:
    """A list of paths, or text with commas between them."""
    return [part for part in value.split(",") if part] if isinstance(value, str) else value


class Settings(Model):
    """What default.yaml may contain."""

    scale: Scale = Field(description="How large: smoke (tests), quick, or full (the published sizes).")
    seed: Annotated[int, Field(ge=0), BeforeValidator(_whole)] = Field(description="The root of all named seeds.")
    threads: Annotated[int, Field(ge=1), BeforeValidator(_whole)] | None = Field(
        default=None, description="Threads inside a job; all cores if unset. They change no result."
    )
    device: str = Field(
        default="auto",
        min_length=1,
        description="Where networks of images are trained and read: auto (a GPU where torch finds one, else the "
        "processor) or a device by its name in torch, such as cpu, cuda or cuda:1.",
    )
    download: Annotated[bool, BeforeValidator(_yes_or_no)] = Field(
        description="Whether the network may be asked for data that is nowhere else."
    )
    results: Path | None = Field(
        default=None, description="Folder of the run's tables, within the project; unset: results/SCALE."
    )
    studies: Annotated[list[Path], BeforeValidator(_paths)] = Field(
        default_factory=list, description="Further study files, or folders of them."
    )

    def threads_of_jobs(self, cores: int) -> tuple[int, int]:
        """The threads of a job, and how many cores it counts as.

        Threads are idle while a job starts, reads or runs on one core: where their number is left open, a job takes all
        cores and counts as half of them, so that another one fills the gaps.

        Args:
            cores: That the run may use.
        """
        if self.threads is None:
            return cores, max(1, cores // 2)
        return (threads := min(self.threads, cores)), threads


def check_interpreter(path: str) -> None:
    """Refuse a Python whose path Snakemake cannot start for its jobs: it does not quote it.

    Raises:
        TopolensError: with the path and the mend.
    """
    if len(path.split()) > 1:
        raise TopolensError(
            f"{path}: the path of the environment's Python has a space, which Snakemake's jobs cannot start; make the "
            "environment elsewhere, e.g. `make VENV=/tmp/topolens-venv reproduce`, or move the project"
        )


def checked_settings(config: Any) -> Settings:
    """The settings of a run.

    Raises:
        TopolensError: with key, what was expected and found.
    """
    where = "workflow/config/default.yaml or --config"
    if not isinstance(config, dict):
        raise TopolensError(f"{where}: expected a mapping of keys, found {type(config).__name__}")
    return checked(Settings, config, where)
