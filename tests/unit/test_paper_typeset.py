"""The paper's two routes: what goes in arrives on the page, and what is missing is an error that names it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfReader

from topolens.errors import TopolensError
from topolens.paper.latex import breakable, cell, tabular
from topolens.paper.typeset import _to_typst, build_pdf

PAPER = Path(__file__).parents[2] / "paper"
MAIN = r"""
\documentclass{article}
\usepackage{amsmath,booktabs,graphicx,natbib}
\input{generated/numbers}
\newcommand{\outcome}[2]{\emph{#1} (#2)}
\title{A miniature}
\author{Nobody}
\begin{document}
\maketitle
\section{First}\label{sec:first}
Found \outcome{\Verdict}{\Estimate}, see Equation~\eqref{eq:norm}, Table~\ref{tab:claims} and
Section~\ref{sec:first}; after \citet{holm1979}.
\begin{equation}\label{eq:norm}
\lVert\lambda\rVert_1 = \sum_i \frac{\ell_i^2}{4}
\end{equation}
\begin{table}
\centering
\caption{Claims.}\label{tab:claims}
\input{generated/claims}
\end{table}
\bibliographystyle{plainnat}
\bibliography{references}
\end{document}
"""
NUMBERS = r"""\newcommand{\Verdict}{not reproduced}
\newcommand{\Estimate}{\ensuremath{-0.25}}
"""
CLAIMS = r"""\begin{tabular}{@{}l>{\raggedright\arraybackslash}p{0.3\linewidth}r@{}}
\toprule
Id & Claim & $n$ \\
\midrule
W1 & Nine holes at the input & 60 \\
\bottomrule
\end{tabular}
"""
REFERENCES = """@article{holm1979, author = {Holm, Sture}, title = {A simple procedure}, year = {1979},
journal = {Scandinavian Journal of Statistics}}
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A miniature paper with all its inputs."""
    files = {
        "main.tex": MAIN,
        "references.bib": REFERENCES,
        "generated/numbers.tex": NUMBERS,
        "generated/claims.tex": CLAIMS,
    }
    for name, text in files.items():
        file = tmp_path / "paper" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for name in ("typst.lua", "typst.typ"):
        shutil.copy(PAPER / name, tmp_path / "paper")
    return tmp_path / "paper" / "main.tex"


@pytest.fixture
def without_tex(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A PATH that holds nothing but this folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@pytest.mark.usefixtures("without_tex")
def test_pdf_is_made_without_tex_and_leaves_nothing_behind(source: Path) -> None:
    before = sorted(source.parent.rglob("*"))
    output = source.parents[1] / "out" / "paper.pdf"
    assert build_pdf(source, output) == "pandoc and typst"
    assert output.read_bytes().startswith(b"%PDF")
    assert sorted(source.parent.rglob("*")) == before
    assert list(output.parent.iterdir()) == [output]


@pytest.mark.usefixtures("without_tex")
def test_equal_inputs_give_equal_bytes(source: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.pdf", tmp_path / "second.pdf"
    build_pdf(source, first)
    build_pdf(source, second)
    assert first.read_bytes() == second.read_bytes()


def test_macros_tables_references_and_citations_arrive_in_the_text(source: Path, tmp_path: Path) -> None:
    _to_typst(source, tmp_path / "main.typ")
    text = " ".join((tmp_path / "main.typ").read_text().split())
    assert "Found #emph[not reproduced] ($- 0.25$)" in text
    assert "(#ref(<eq:norm>))" in text
    assert "#ref(<tab:claims>)" in text
    assert "#ref(<sec:first>)" in text
    assert '#cite(<holm1979>, form: "prose")' in text
    assert "[W1], [Nine holes at the input], [60]" in text
    assert "columns: (auto, 30%, auto)" in text


BREAKAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "input": (lambda paper: (paper / "generated/claims.tex").unlink(), r"generated/claims\.tex"),
    "figure": (
        lambda paper: replace(paper / "main.tex", "\\section", "\\includegraphics{../figures/absent.pdf}\n\\section"),
        r"figures/absent\.pdf",
    ),
    "macro": (lambda paper: replace(paper / "generated/numbers.tex", "\\Estimate", "\\Other"), r"\\Estimate"),
    "macro in mathematics": (lambda paper: replace(paper / "main.tex", "\\ell_i", "\\Unknown"), r"\\Unknown"),
    "macro in a caption": (
        lambda paper: replace(paper / "main.tex", "Claims.", "\\Scale{} claims."),
        r"\\Scale",
    ),
    "label": (lambda paper: replace(paper / "main.tex", "\\label{tab:claims}", ""), "tab:claims"),
    "citation": (lambda paper: replace(paper / "main.tex", "{holm1979}", "{nobody1900}"), "nobody1900"),
    "bibliography": (lambda paper: (paper / "references.bib").unlink(), r"references\.bib"),
}


@pytest.mark.usefixtures("without_tex")
@pytest.mark.parametrize("what", BREAKAGES)
def test_a_hole_in_the_text_is_an_error_that_names_it(what: str, source: Path, tmp_path: Path) -> None:
    damage, named = BREAKAGES[what]
    damage(source.parent)
    output = tmp_path / "paper.pdf"
    output.write_text("the last good one")
    with pytest.raises(TopolensError, match=named):
        build_pdf(source, output)
    assert output.read_text() == "the last good one"


def test_missing_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(TopolensError, match=r"absent\.tex: no such file"):
        build_pdf(tmp_path / "absent.tex", tmp_path / "paper.pdf")


# A stand-in for latexmk: writes what a run of it would leave in its folder, and ends as told.
LATEXMK = """#!/bin/sh
for argument in "$@"; do case "$argument" in -outdir=*) folder="${{argument#-outdir=}}";; esac; done
printf '%s\\n' '{log}' > "$folder/main.log"
printf '%%PDF by TeX' > "$folder/main.pdf"
exit {status}
"""


def install_latexmk(folder: Path, log: str, status: int) -> None:
    file = folder / "latexmk"
    file.write_text(LATEXMK.format(log=log, status=status))
    file.chmod(0o755)


def test_tex_is_preferred_where_there_is_one(source: Path, without_tex: Path, tmp_path: Path) -> None:
    install_latexmk(without_tex, log="fine", status=0)
    assert build_pdf(source, tmp_path / "paper.pdf") == "latexmk"
    assert (tmp_path / "paper.pdf").read_text() == "%PDF by TeX"


@pytest.mark.parametrize(
    ("log", "status"),
    [
        ("! LaTeX Error: File `generated/claims.tex not found.", 12),
        ("LaTeX Warning: Reference `tab:claims` undefined on input line 3.", 0),
    ],
)
def test_complaints_of_tex_are_passed_on(
    log: str, status: int, source: Path, without_tex: Path, tmp_path: Path
) -> None:
    install_latexmk(without_tex, log, status)
    with pytest.raises(TopolensError, match=r"claims.*(not found|undefined)"):
        build_pdf(source, tmp_path / "paper.pdf")
    assert not (tmp_path / "paper.pdf").exists()


WORDINGS = [
    "50 rows",
    "[0, 1] holds",
    "- a dash",
    "+ a plus",
    "1. first",
    "= equal",
    "/ a slash",
    "* a star",
    "2) second",
]


def test_R15_no_sign_at_the_start_of_a_cell_is_lost(source: Path, tmp_path: Path) -> None:
    rows = [*([cell(text), f"cell {number}"] for number, text in enumerate(WORDINGS))]
    rows += [[f"row {number}", cell(text)] for number, text in enumerate(WORDINGS)]
    table = (
        "\\begin{table}" + tabular(r"l>{\raggedright\arraybackslash}p{0.6\linewidth}", "a & b", rows) + "\\end{table}"
    )
    main = source.read_text()
    source.write_text(main.replace(r"\end{document}", table + r"\end{document}"))
    build_pdf(source, tmp_path / "paper.pdf")
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(tmp_path / "paper.pdf").pages).split())
    for number, wording in enumerate(WORDINGS):
        assert f"{wording} cell {number}" in text
        assert f"row {number} {wording}" in text


@pytest.mark.usefixtures("without_tex")
def test_long_names_break_in_narrow_columns(source: Path, tmp_path: Path) -> None:
    table = tabular(r"p{0.05\linewidth}l", "a & b", [[breakable("H1.neighbours.vit"), "beside"]])
    replace(source, r"\end{document}", "\\begin{table}" + table + "\\end{table}\n\\end{document}")
    build_pdf(source, tmp_path / "paper.pdf")
    text = "\n".join(page.extract_text() for page in PdfReader(tmp_path / "paper.pdf").pages)
    lines = text.replace("\u200b", "").split()
    assert "H1.neighbours.vit" not in lines
    assert {"H1.", "vit"} & {*lines}
