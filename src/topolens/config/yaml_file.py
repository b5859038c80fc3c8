"""YAML files of the configuration: read whole or refused with a message that says what to mend."""

from pathlib import Path
from typing import Any, TypeVar

import yaml

from topolens.errors import TopolensError

T = TypeVar("T", dict[str, Any], list[Any])
CALLED = {dict: "a mapping of keys", list: "a list"}
DEEPEST = 30  # levels; no setting lies deeper than ten
# The parser in C, ten times as fast, where PyYAML was built with it.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _UniqueKeys(_Loader):
    """A safe loader that refuses a key that a mapping has twice: else the last one wins in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping, with its keys compared as written."""
        seen: dict[str, yaml.Mark] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"key {key.value!r} is there twice; keep one", key.start_mark
                    )
                seen[key.value] = key.start_mark
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def read_yaml(file: Path, kind: type[T]) -> T:
    """The content of a YAML file.

    Args:
        file: In UTF-8.
        kind: dict or list, what the file has at its top.

    Raises:
        TopolensError: no such file, not text, not YAML, a key twice, nested too deep, or another kind at the top.
    """
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), _UniqueKeys)
    except FileNotFoundError as error:
        raise TopolensError(f"{file}: no such file") from error
    except OSError as error:
        raise TopolensError(f"{file}: expected a readable file: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise TopolensError(f"{file}: expected text in UTF-8: {error}; save it as UTF-8") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2024-99-99
        raise TopolensError(f"{file}: not valid YAML: {error}") from error
    if _too_deep(content):
        raise TopolensError(f"{file}: expected at most {DEEPEST} levels, found more")
    if not isinstance(content, kind):
        raise TopolensError(f"{file}: expected {CALLED[kind]}, found {type(content).__name__}")
    return content


def _too_deep(content: Any) -> bool:
    """Whether mappings and lists are nested deeper than DEEPEST, as an alias inside its own anchor is."""
    level = [content] if isinstance(content, dict | list) else []
    for _ in range(DEEPEST):
        inner = [value.values() if isinstance(value, dict) else value for value in level]
        level = [*{id(value): value for values in inner for value in values if isinstance(value, dict | list)}.values()]
        if not level:
            return False
    return True
