"""Text, numbers and tables as LaTeX."""

import math
import re
from collections.abc import Iterable, Sequence

from topolens.claims.digits import decimals

DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
LINES = 50.0  # of a table that surely fits on a page
CHARACTERS = 95  # of a line as wide as the text, at least
GAP = 0.4  # lines between two rows
COMMAND = re.compile(r"\\[A-Za-z]+(\{\})?")  # which takes no room of its own
MOST_DECIMALS = 4  # more stand as powers of ten
SPECIAL = {character: f"\\{character}" for character in "&%#_${}"} | {
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
    "=": "$=$",  # typst would take it for a heading at the start of a cell
    "<": "$<$",
    ">": "$>$",
    "≥": r"$\ge$",
    "≤": r"$\le$",
    "−": r"$-$",
    "×": r"$\times$",
    "÷": r"$\div$",
    "±": r"$\pm$",
    "λ": r"$\lambda$",
    "ω": r"$\omega$",
    "²": "$^2$",
    "₀": "$_0$",
    "₁": "$_1$",
    "₂": "$_2$",
    "–": "--",
    "′": r"$^\prime$",
}


def macro_name(*parts: str) -> str:
    """A LaTeX macro name: words capitalised and joined, digits spelled out: W3, low -> WthreeLow."""
    words = re.sub(r"\d", lambda digit: DIGITS[int(digit.group())], " ".join(parts))
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z]+", words))


def escape(text: str) -> str:
    """Text made safe for LaTeX."""
    return "".join(SPECIAL.get(character, character) for character in text)


def breakable(name: str) -> str:
    """A dotted name made safe for LaTeX; a line may end after each of its dots."""
    return escape(name).replace(".", r".\allowbreak{}")


def cell(text: str) -> str:
    """Text made safe for a cell of a table.

    Braces keep a number, sign or bracket that it begins with from what stands before it: the commands of a column, and
    the end of a row, would take it as an argument.
    """
    return escape(text) if text[:1].isalpha() else "{}" + escape(text)


def number(value: float | None) -> str:
    """A number for the text: at most three significant digits, integers whole, n/a when there is none."""
    if value is None or math.isnan(value):
        return "n/a"
    if math.isinf(value):
        return r"\ensuremath{\infty}" if value > 0 else r"\ensuremath{-\infty}"
    whole = float(value).is_integer() and abs(value) < 1e6  # a count rather than a measurement
    digits, _, exponent = (f"{int(value)}" if whole else f"{value:.3g}").partition("e")
    if exponent:
        digits = rf"{float(digits):g}\cdot 10^{{{int(exponent)}}}"
    # In text a bare minus sign would be set as a hyphen.
    return rf"\ensuremath{{{digits}}}" if exponent or value < 0 else digits


def interval_text(value: float, low: float, high: float) -> str:
    """An estimate with its interval, all with the digits that the interval leaves sure: 0.35 [0.16, 0.57]."""
    return f"{rounded(value, low, high)} [{rounded(low, low, high)}, {rounded(high, low, high)}]"


def rounded(value: float, low: float, high: float) -> str:
    """A number with as many decimals as its interval leaves sure; where there is no width as :func:`number` has it."""
    places = decimals(low, high)
    if not math.isfinite(value) or places is None or places > MOST_DECIMALS:
        return number(value)
    text = f"{value:.{places}f}"
    return rf"\ensuremath{{{text}}}" if float(text) < 0 else text.removeprefix("-")


def wrapped(share: float) -> str:
    """A column of lines broken to a share of the width."""
    return rf">{{\raggedright\arraybackslash}}p{{{share:g}\linewidth}}"


def tabular(columns: str, head: str, rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are LaTeX already."""
    lines = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", rf"{head} \\", r"\midrule"]
    lines += [*(rf"{' & '.join(row)} \\" for row in rows), r"\bottomrule", r"\end{tabular}"]
    return "\n".join(lines) + "\n"


def paged(rows: Iterable[Sequence[str]], shares: Sequence[float | None]) -> list[list[Sequence[str]]]:
    """Rows of cells parted so that those of a part surely fit on a page, by the lines that their cells break into.

    Args:
        rows: Cells in LaTeX.
        shares: Of the width of the text, of each column; None: its lines are not broken.
    """
    pages: list[list[Sequence[str]]] = [[]]
    room = LINES
    for row in rows:
        lines = max(
            math.ceil(len(COMMAND.sub("", text)) / (share * CHARACTERS)) if share else 1
            for text, share in zip(row, shares, strict=True)
        )
        room -= lines + GAP
        if room < 0 and pages[-1]:
            pages.append([])
            room = LINES - lines - GAP
        pages[-1].append(row)
    return pages


def floats(columns: str, head: str, pages: Sequence[Sequence[Sequence[str]]], caption: str, label: str) -> str:
    """A long table of cells as floats of at most a page each, the first one with the label; LaTeX throughout.

    Without rows one table that is empty, so that the label can be referred to.
    """
    parts = []
    for number, page in enumerate(pages, 1):
        name, whole = (label, caption) if number == 1 else (f"{label}-{number}", f"{caption} (continued)")
        parts += [r"\begin{table}[tbp]", r"\centering\footnotesize", rf"\caption{{{whole}}}\label{{{name}}}"]
        parts += [tabular(columns, head, page) + r"\end{table}", ""]
    return "\n".join(parts)
