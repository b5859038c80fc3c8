"""The paper as a PDF: by a TeX system where there is one, otherwise by pandoc and typst from their wheels.

Both routes read the same LaTeX, and both stop at what would leave a hole in the text: a missing file, an
undefined macro, a reference or citation without a target.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pypandoc
import typst

from topolens.artifacts import written_whole
from topolens.errors import TopolensError

# In order of preference; each stops at the first error and leaves everything in another folder.
TEX_COMMANDS: dict[str, list[str]] = {
    "latexmk": ["latexmk", "-pdf", "-interaction=nonstopmode", "-halt-on-error", "-outdir={folder}"],
    "tectonic": ["tectonic", "--keep-logs", "--outdir={folder}"],
}
WITHOUT_TEX = "pandoc and typst"
# What pandoc may pass over since it carries no text. It passes over an unknown macro in the same way, its
# arguments included, so anything else that it skips is an error.
LAYOUT_COMMANDS = frozenset(
    {
        *(
            "\\maketitle",
            "\\centering",
            "\\raggedright",
            "\\arraybackslash",
            "\\small",
            "\\footnotesize",
            "\\scriptsize",
        ),
        *("\\bibliographystyle", "\\clearpage", "\\setlength", "\\allowbreak"),
    }
)
SHOWN = 10  # complaints in one error: the later ones often follow from the first


def build_pdf(source: Path, output: Path) -> str:
    """Compile a LaTeX file to PDF.

    Args:
        source: The .tex file; what it inputs, shows or cites is found relative to its folder. Beside it lie
            `typst.lua`, a pandoc filter, and `typst.typ`, the page style, both for the route without TeX.
        output: The PDF, written whole or not at all. Without TeX, equal inputs give equal bytes.

    Returns:
        The route taken: `latexmk`, `tectonic` or `pandoc and typst`.

    Raises:
        TopolensError: with the tool's own message, which names the missing file, macro or label.
    """
    source, output = source.resolve(), output.resolve()
    if not source.is_file():
        raise TopolensError(f"{source}: no such file")
    tool = next((name for name in TEX_COMMANDS if shutil.which(name)), None)
    with tempfile.TemporaryDirectory(prefix="topolens-paper-") as name:
        folder = Path(name)
        pdf = _with_tex(tool, source, folder) if tool else _with_typst(source, folder)
        with written_whole(output) as temporary:
            shutil.copyfile(pdf, temporary)
    return tool or WITHOUT_TEX


def _with_tex(tool: str, source: Path, folder: Path) -> Path:
    command = [part.format(folder=folder) for part in TEX_COMMANDS[tool]]
    # A fixed date keeps the day of the build out of the PDF.
    done = _run([*command, source.name], source.parent, SOURCE_DATE_EPOCH="0")
    log = folder / source.with_suffix(".log").name
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
    _refuse(source, tool, done, _tex_complaints(lines))
    return folder / source.with_suffix(".pdf").name


def _tex_complaints(log: list[str]) -> list[str]:
    """Errors with the lines they are on, or else references and citations that stayed undefined."""
    errors = [line for line in log if line.startswith("!") or re.match(r"l\.\d+ ", line)]
    return errors or [line for line in log if "Warning" in line and "undefined" in line]


def _with_typst(source: Path, folder: Path) -> Path:
    markup = folder / source.with_suffix(".typ").name
    _to_typst(source, markup)
    pdf = markup.with_suffix(".pdf")
    try:
        # The root is the whole disk since figures may lie anywhere; bundled fonts look the same everywhere.
        typst.compile(str(markup), str(pdf), root=markup.anchor, ignore_system_fonts=True, timestamp=0)
    except RuntimeError as error:
        raise TopolensError(f"{source}: typst: {error}") from error
    return pdf


def _to_typst(source: Path, markup: Path) -> None:
    """LaTeX to typst markup by pandoc, refused where anything but layout was passed over."""
    log = markup.with_suffix(".json")
    command = [
        pypandoc.get_pandoc_path(),
        source.name,
        *("--from", "latex-auto_identifiers", "--to", "typst", "--standalone"),
        *("--lua-filter", "typst.lua", "--include-in-header", "typst.typ"),
        *("--variable", "section-numbering=1.1", "--log", str(log), "--output", str(markup)),
    ]
    done = _run(command, source.parent)
    messages = json.loads(log.read_text(encoding="utf-8")) if log.is_file() else []
    _refuse(source, "pandoc", done, [message["pretty"] for message in messages if _is_a_hole(message)])


def _is_a_hole(message: dict[str, Any]) -> bool:
    """Whether a message of pandoc's log says that text may be missing."""
    if message["type"] == "SkippedContent":
        command = re.match(r"\\[A-Za-z]+", message["contents"])
        return command is None or command.group() not in LAYOUT_COMMANDS
    return message["verbosity"] in ("WARNING", "ERROR")


def _refuse(source: Path, tool: str, done: subprocess.CompletedProcess[str], complaints: list[str]) -> None:
    """Raise a TopolensError if the tool failed or there is anything to complain about."""
    if done.returncode or complaints:
        first = list(dict.fromkeys(complaints))[:SHOWN] or [(done.stdout + done.stderr)[-2000:]]
        raise TopolensError("\n".join([f"{source}: {tool}:", *first]))


def _run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False
    )
