"""A hash of the code that a stage runs: what makes Snakemake re-run it, and nothing else.

Snakemake does not see edits in imported modules. Each rule therefore carries this hash among its
parameters. It covers the syntax trees of a module and of everything in topolens that it imports;
comments, docstrings and layout are left out, so that editing them re-runs nothing. Each file is looked up and read
once a process: the rules ask for some hundred closures that overlap.
"""

import ast
import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent


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
def _tree(file: Path) -> ast.Module:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in [*_statements(tree)]:
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return tree


@cache
def _imports(module: str) -> frozenset[str]:
    """The topolens modules that a topolens module imports itself."""
    file, names = _file_of(module), set()
    for node in _statements(_tree(file)) if file else ():
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(name for name in names if _file_of(name))


@cache
def _tree_digest(file: Path) -> bytes:
    return hashlib.sha256(ast.dump(_tree(file)).encode()).digest()


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
    for remembered in (_file_of, _tree, _imports, _tree_digest):
        remembered.cache_clear()


def code_hash(*modules: str, scripts: Sequence[Path] = ()) -> str:
    """A 16-digit hash of the code of the given modules' import closure, and of scripts without their imports."""
    digest = hashlib.sha256()
    files = {module: file for module in import_closure(*modules) if (file := _file_of(module))}
    for name, file in [*files.items(), *((script.name, script) for script in scripts)]:
        digest.update(name.encode() + _tree_digest(file))
    return digest.hexdigest()[:16]
