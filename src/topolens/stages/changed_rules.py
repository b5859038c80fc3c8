"""The paper's tables of changed rules and retired claims."""

from pathlib import Path

from topolens.artifacts import read_table, write_text
from topolens.claims.model import Claim
from topolens.claims.retired import load_retired
from topolens.paper.changed_rules import changed_floats, retired_floats

FULL = "full"


def write_changed_rules(former_file: Path, retired_file: Path, changed_file: Path, *, claims: list[Claim]) -> None:
    """Both tables as LaTeX.

    Args:
        former_file: Verdicts by the former rules, with a column `scale`; those of the full scale are shown.
        retired_file: See :func:`topolens.claims.retired.load_retired`.
        changed_file: The LaTeX.
        claims: Those of today.
    """
    former = read_table(former_file)
    tables = changed_floats(claims, former[former["scale"] == FULL]), retired_floats(load_retired(retired_file))
    write_text(changed_file, "\n".join(tables))
