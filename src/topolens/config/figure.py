"""Settings of a figure."""

from typing import Any

from pydantic import Field

from topolens.config.model import Model
from topolens.config.names import Name


class Figure(Model):
    """One figure of a study."""

    draw: str = Field(description="A module of topolens.figures, or a function of one: `betti.beside_norms`.")
    run: Name = Field(default="main", description="The run it shows.")
    options: dict[str, Any] = Field(default_factory=dict, description="Keyword arguments of its draw function.")
    claims: list[str] = Field(
        default_factory=list, description="Ids of the claims that it shows; W7 stands for W7.shares too."
    )
    caption: str = Field(
        description="The caption in report and paper: what is across and up, what lines, bands and marks are."
    )

    @property
    def module(self) -> str:
        """The module that draws it."""
        return f"topolens.figures.{self.draw.partition('.')[0]}"

    @property
    def function(self) -> str:
        """The function of the module, `draw` where none is named."""
        return self.draw.partition(".")[2] or "draw"
