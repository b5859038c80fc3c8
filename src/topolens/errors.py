"""The one exception a user is meant to read, and the way unknown names are reported."""

import difflib
from collections.abc import Iterable


class TopolensError(ValueError):
    """Bad input, said in terms of what was given, what was expected and how to mend it."""


LONGEST = 400  # characters of a list of valid names


def unknown_name(kind: str, name: object, valid: Iterable[str], where: str = "", listing: str = "") -> TopolensError:
    """An error for a name that is not in a registry, with the nearest valid names first.

    Args:
        kind: What it names.
        name: As given.
        valid: The names that there are; where they are too many for one message, their number stands for them.
        where: What to put in front.
        listing: How to list all of them, where they are too many.
    """
    valid = sorted(valid)
    near = difflib.get_close_matches(str(name), valid, n=3, cutoff=0.4)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    place = f"{where}: " if where else ""
    if len(", ".join(valid)) > LONGEST:
        some = ", ".join(valid[:3])
        all_of_them = f"; {listing} lists all" if listing else ""
        return TopolensError(
            f"{place}unknown {kind} {str(name)[:80]!r}.{hint} {len(valid)} are valid: {some}, ...{all_of_them}."
        )
    return TopolensError(f"{place}unknown {kind} {name!r}.{hint} Valid: {', '.join(valid) or 'none'}.")
