"""One complete set of settings."""

from typing import Self

from pydantic import model_validator

from topolens.config.checks import check_run
from topolens.config.sections import Sections


class Run(Sections):
    """A headline run, a control or a variant of a study, its sections checked against each other."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        check_run(self)
        return self
