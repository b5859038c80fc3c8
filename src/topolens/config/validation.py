"""From a mapping to a model, with errors that a person can mend."""

import re
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import Tag, ValidationError

from topolens.config.model import Model
from topolens.errors import TopolensError, unknown_name

M = TypeVar("M", bound=Model)
# Of a value that may be of several types: says no more than that it is not of this one.
OTHER_TYPE = ("list_type", "dict_type", "model_type", "literal_error")


def checked(model: type[M], content: Any, where: str) -> M:
    """`content` as a model, or a TopolensError that lists every mistake with place, finding and valid names."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        found = [(_located(model, detail["loc"]), detail) for detail in error.errors()]
        lines = [
            _explained(path, at, detail, where)
            for (path, at), detail in found
            if detail["type"] not in OTHER_TYPE or not _has_better(path, detail, found)
        ]
        raise TopolensError("\n".join(dict.fromkeys(lines))) from None


def _has_better(path: list[str], detail: Any, found: list[tuple[tuple[list[str], Any], Any]]) -> bool:
    """Whether another mistake at the same place, or inside of it, says more."""
    others = [(own, other) for (own, _), other in found if own[: len(path)] == path and other is not detail]
    if detail["type"] == "literal_error":
        return any(len(own) > len(path) for own, _ in others)
    return bool(others)


def _explained(path: list[str], at: Any, detail: Any, where: str) -> str:
    if detail["type"] == "extra_forbidden":
        keys = [".".join([*path[:-1], key]) for key in _keys_of(at)]
        return str(unknown_name("key", ".".join(path), keys, where))
    if detail["type"] == "literal_error":
        valid = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
        return str(unknown_name(f"value of {'.'.join(path)}:", detail["input"], valid, where))
    if detail["type"] == "union_tag_invalid":
        valid = re.findall(r"'([^']*)'", detail["ctx"]["expected_tags"])
        key = detail["ctx"]["discriminator"].strip("'")
        return str(unknown_name(f"value of {'.'.join(path)}.{key}:", detail["ctx"]["tag"], valid, where))
    # A message about several keys says what it found itself.
    found = (
        ""
        if detail["type"] == "missing" or isinstance(detail["input"], Model | dict)
        else f" Found: {detail['input']!r}."
    )
    return f"{where}: {'.'.join(path) or 'settings'}: {detail['msg']}.{found}"


def _located(model: type[Model], places: tuple[str | int, ...]) -> tuple[list[str], Any]:
    """The keys of a place without the names that pydantic gives to kinds, and the last model on the way to it."""
    path: list[str] = []
    at: Any = model
    last: Any = model
    for part in places:
        members = {tag: member for tag, member in _members(at)}
        here = members.get(None, at)
        if isinstance(here, type) and issubclass(here, Model):
            last = here
        if here is last and str(part) in _keys_of(last):
            at = last.model_fields[str(part)].annotation
            path.append(str(part))
        elif kind := next((tag for tag in members if tag and _is_called(str(part), tag)), None):
            at = members[kind]
            last = at if isinstance(at, type) and issubclass(at, Model) else last
        elif part != "[key]":
            inside = [member for _, member in _members(at) if get_origin(member) in (list, dict)]
            if any(get_origin(member) is dict for member in inside) or isinstance(part, int):
                path.append(str(part))
                at = get_args(inside[0])[-1] if inside else None
            elif here is last:
                path.append(str(part))  # an unknown key
    return path, last


def _members(annotation: Any, tag: str | None = None) -> Iterator[tuple[str | None, Any]]:
    """The types that a value may be of, each with the name that pydantic gives it in places of mistakes."""
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        tag = next((one.tag for one in metadata if isinstance(one, Tag)), tag)
        yield from _members(inner, tag)
    elif get_origin(annotation) in (Union, UnionType):
        members = [member for member in get_args(annotation) if member is not type(None)]
        for member in members:
            yield from _members(member, None if len(members) == 1 else _name_of(member))
    else:
        yield tag, annotation


def _is_called(part: str, tag: str) -> bool:
    """Whether pydantic means this kind: `Grid`, or `function-after[_ascending(), Grid]`."""
    return part == tag or part.endswith(f", {tag}]")


def _name_of(member: Any) -> str | None:
    """How pydantic calls a member of a union: by its value of `of` where it has one, else by its class."""
    if isinstance(member, type) and issubclass(member, Model):
        of = member.model_fields.get("of")
        return str(get_args(of.annotation)[0]) if of else member.__name__
    return None


def _keys_of(model: Any) -> list[str]:
    return [*model.model_fields] if isinstance(model, type) and issubclass(model, Model) else []
