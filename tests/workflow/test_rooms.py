"""The house: what each room may import, and how long its functions are."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from topolens import closure

PACKAGE = closure.PACKAGE
# What stands outside the rooms and may be used in all of them.
GROUND = {
    "arguments",
    "artifacts",
    "closure",
    "errors",
    "memory",
    "processor",
    "progress",
    "provenance",
    "resume",
    "seeding",
}
# Each room with those below it that it imports; `results` is what statistics and claims are read from.
ROOMS = {
    "config": set(),
    "data": {"config"},
    "nets": {"config", "data"},
    "clouds": {"config", "data", "nets"},
    "inference": set(),
    "topology": {"clouds", "config", "inference"},
    "mapper": {"config", "topology"},
    "attribution": {"clouds", "config", "data", "nets"},
    "explorer": {"data", "mapper"},
    "results": {"config", "data", "topology"},
    "statistics": {"config", "inference", "nets", "topology"},
    "claims": {"config", "inference", "results", "statistics", "topology"},
    "verification": {"claims", "config", "results", "statistics"},
    "report": {"claims", "config"},
    "paper": {"claims", "config", "data", "nets", "results"},
    "figures": {"attribution", "clouds", "config", "data", "mapper", "nets", "results", "statistics", "topology"},
}
# Lines of a function without its docstring.
LONGEST, MOST_ARGUMENTS = 40, 8


def room_of(module: str) -> str:
    return module.split(".")[1]


def imports_of(file: Path) -> Iterator[str]:
    """The topolens modules that a file names."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "topolens":
            yield from (f"topolens.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("topolens."):
            yield str(node.module)


def files_of(room: str) -> list[Path]:
    file = PACKAGE / f"{room}.py"
    return [file] if file.is_file() else sorted((PACKAGE / room).rglob("*.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_downward_only(room):
    found = {room_of(module) for file in files_of(room) for module in imports_of(file)}
    assert found <= ROOMS[room] | GROUND | {room}


def test_no_room_is_above_itself():
    def below(room: str, path: tuple[str, ...] = ()) -> None:
        assert room not in path, f"a circle: {path}"
        for other in ROOMS.get(room, set()):
            below(other, (*path, room))

    for room in ROOMS:
        below(room)


def test_no_stage_imports_a_stage():
    for file in files_of("stages"):
        assert "stages" not in {room_of(module) for module in imports_of(file)}, file.name


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield f"{file.relative_to(PACKAGE)}:{node.name}", node


def test_functions_are_short_and_take_few_arguments():
    long = set()
    for name, node in functions():
        documented = ast.get_docstring(node) is not None
        lines = node.end_lineno - node.lineno + 1 - (node.body[0].end_lineno - node.body[0].lineno + 1) * documented
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        count = len([argument for argument in arguments if argument.arg not in ("self", "cls")])
        if lines > LONGEST or count > MOST_ARGUMENTS:
            long.add(name)
    assert not long
