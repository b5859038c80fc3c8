"""Stage 11: the paper."""

from pathlib import Path

from topolens.paper.typeset import build_pdf


def typeset(source: Path, pdf_file: Path) -> None:
    """Typeset the LaTeX source with what there is; see :func:`topolens.paper.typeset.build_pdf`."""
    print("typeset with", build_pdf(source, pdf_file))
