"""Settings of a figure."""

from typing import Any

from pydantic import Field

from topolens.config.model import Model
from topolens.config.names import Name


class Figure(Model):
    """One figure of a study."""

    draw: str = Field(description="A module of topolens.figures.")
    run: Name = Field(default="main", description="The run it shows.")
    options: dict[str, Any] = Field(default_factory=dict, description="Keyword arguments of its draw function.")
    caption: str = Field(description="The caption in the report; the paper has its own.")
