"""Claims that are no longer decided, listed so that none goes away without a word."""

from pathlib import Path

from pydantic import Field

from topolens.config.model import Model
from topolens.config.validation import checked
from topolens.config.yaml_file import read_yaml


class Retired(Model):
    """One row of retired.yaml."""

    id: str = Field(description="As it was called.")
    why: str = Field(description="Why it is decided no longer, or by what instead.")


def load_retired(file: Path) -> list[Retired]:
    """All of them.

    Raises:
        TopolensError: with the id and the key.
    """
    return [checked(Retired, entry, f"{file}: entry {place}") for place, entry in enumerate(read_yaml(file, list), 1)]
