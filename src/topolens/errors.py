"""The one exception a user is meant to read, and the way unknown names are reported."""

import difflib
from collections.abc import Iterable


class TopolensError(ValueError):
    """Bad input, said in terms of what was given, what was expected and how to mend it."""


def unknown_name(kind: str, name: object, valid: Iterable[str], where: str = "") -> TopolensError:
    """An error for a name that is not in a registry, with the nearest valid names first."""
    valid = sorted(valid)
    near = difflib.get_close_matches(str(name), valid, n=3, cutoff=0.4)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    place = f"{where}: " if where else ""
    return TopolensError(f"{place}unknown {kind} {name!r}.{hint} Valid: {', '.join(valid) or 'none'}.")
