"""The report's HTML, CSS and JavaScript; a rule asks for their hash, so nothing heavy is imported here."""

import hashlib
from importlib import resources

TEMPLATES = ("report.html", "report.css", "report.js")


def template_text(name: str) -> str:
    """One of the TEMPLATES."""
    return resources.files("topolens.report").joinpath("template", name).read_text(encoding="utf-8")


def template_hash() -> str:
    """A 16-digit hash of the templates, which code_hash does not see: for a rule's params."""
    digest = hashlib.sha256()
    for name in TEMPLATES:
        digest.update(name.encode() + template_text(name).encode())
    return digest.hexdigest()[:16]
