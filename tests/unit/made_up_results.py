"""Results of a run that were never computed: tables, arrays and records by name, as a test gives them."""

from types import SimpleNamespace
from typing import Any


class MadeUpResults(SimpleNamespace):
    """What :class:`topolens.results.Results` offers, from attributes of the same names."""

    def table(self, name: str) -> Any:
        return getattr(self, name)

    arrays = record = table
