"""From a mapping to a model, with errors that a person can mend."""

import re
from typing import Any, TypeVar

from pydantic import ValidationError

from topolens.config.model import Model
from topolens.errors import TopolensError, unknown_name

M = TypeVar("M", bound=Model)


def checked(model: type[M], content: Any, where: str) -> M:
    """`content` as a model, or a TopolensError that lists every mistake with place, finding and valid names."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        lines = [_explained(model, detail, where) for detail in error.errors()]
        raise TopolensError("\n".join(lines)) from None


def _explained(model: type[Model], detail: Any, where: str) -> str:
    path = [str(part) for part in detail["loc"] if part != "[key]"]
    if detail["type"] == "extra_forbidden":
        return str(unknown_name("key", ".".join(path), _keys_at(model, detail["loc"][:-1]), where))
    if detail["type"] == "literal_error":
        valid = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
        return str(unknown_name(f"value of {'.'.join(path)}:", detail["input"], valid, where))
    # A message about several keys says what it found itself.
    found = (
        ""
        if detail["type"] == "missing" or isinstance(detail["input"], Model | dict)
        else f" Found: {detail['input']!r}."
    )
    return f"{where}: {'.'.join(path) or 'settings'}: {detail['msg']}.{found}"


def _keys_at(model: type[Model], path: tuple[str | int, ...]) -> list[str]:
    """The valid keys of the model that lies under `path`, with their full path."""
    prefix = "".join(f"{part}." for part in path)
    for part in path:
        if str(part) not in model.model_fields:
            continue  # a key of a mapping such as figures.<name>
        model = _model_in(model.model_fields[str(part)].annotation) or model
    return [prefix + name for name in model.model_fields]


def _model_in(annotation: Any) -> type[Model] | None:
    """The first Model inside an annotation such as `Grid | None` or `dict[str, Figure]`."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    inner = (_model_in(argument) for argument in getattr(annotation, "__args__", ()))
    return next((found for found in inner if found is not None), None)
