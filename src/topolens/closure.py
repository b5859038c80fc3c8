"""A hash of the code that a stage runs: what makes Snakemake re-run it, and nothing else.

Snakemake does not see edits in imported modules. Each rule therefore carries this hash among its
parameters. It covers the syntax trees of a module and of everything in topolens that it imports;
comments, docstrings and layout are left out, so that editing them re-runs nothing. Each file is looked up and read
once a process, and parsed once for all: the rules ask for some hundred closures that overlap.
"""

import ast
import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent
# Beside what Python compiled, and like it for one version of the language.
KEPT = PACKAGE / "__pycache__" / f"closure.{sys.implementation.cache_tag}.json"
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def _file_of(module: str) -> Path | None:
    """The source file of a topolens module, or None for a package, a name or a foreign module."""
    path = PACKAGE.parent.joinpath(*module.split(".")).with_suffix(".py")
    return path if module.startswith("topolens.") and path.is_file() else None


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all statements in it: one pass over a tenth of the nodes, since expressions import nothing."""
    yield node
    for block in ("body", "handlers", "cases", "orelse", "finalbody"):
        inner = getattr(node, block, [])
        for statement in inner if isinstance(inner, list) else []:
            yield from _statements(statement)


@cache
def _kept() -> dict[str, tuple[str, list[str]]]:
    """By the digest of a file's text what :func:`_source` tells of it, as earlier processes left it."""
    try:
        return {text: (digest, names) for text, (digest, names) in json.loads(KEPT.read_text("utf-8")).items()}
    except (OSError, ValueError, TypeError, AttributeError):  # not there, or not ours: made anew
        return {}


def _keep() -> None:
    """Leave it to the next process: parsing takes most of a dry run. Where nothing can be written, it parses again."""
    with contextlib.suppress(OSError):
        KEPT.parent.mkdir(exist_ok=True)
        temporary = KEPT.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(_kept()), "utf-8")
        temporary.replace(KEPT)


@cache
def _source(file: Path) -> tuple[str, list[str]]:
    """The digest of a file's syntax tree, and all names that it imports."""
    text = file.read_bytes()
    key = hashlib.sha256(text).hexdigest()
    if key not in _kept():
        _kept()[key] = _parsed(text)
    return _kept()[key]


def _parsed(text: bytes) -> tuple[str, list[str]]:
    tree, names = ast.parse(text), set()
    for node in [*_statements(tree)]:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), sorted(names)


@cache
def _imports(module: str) -> frozenset[str]:
    """The topolens modules that a topolens module imports itself."""
    file = _file_of(module)
    return frozenset(name for name in _source(file)[1] if _file_of(name)) if file else frozenset()


def import_closure(*modules: str) -> list[str]:
    """All topolens modules that the given ones import, directly or not, themselves included; sorted."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found and _file_of(module):
            found.add(module)
            waiting.extend(_imports(module))
    return sorted(found)


def forget() -> None:
    """Read every file anew from here on."""
    for remembered in (_file_of, _kept, _source, _imports):
        remembered.cache_clear()


def code_hash(*modules: str, scripts: Sequence[Path] = ()) -> str:
    """A 16-digit hash of the code of the given modules' import closure, and of scripts without their imports."""
    digest, before = hashlib.sha256(), len(_kept())
    files = {module: file for module in import_closure(*modules) if (file := _file_of(module))}
    for name, file in [*files.items(), *((script.name, script) for script in scripts)]:
        digest.update(f"{name} {_source(file)[0]}".encode())
    if len(_kept()) > before:
        _keep()
    return digest.hexdigest()[:16]
