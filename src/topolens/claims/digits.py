"""How many digits of a number its interval leaves sure."""

import math

WIDE = 0.1  # an interval this wide has two digits


def decimals(low: float, high: float) -> int | None:
    """So many that the ends of an interval are told apart: two digits of a wide interval, one of others.

    None where an end is open or unknown, or both are the same.
    """
    width = high - low
    if not 0 < width < math.inf:
        return None
    return max(math.ceil(-math.log10(width)) + (width >= WIDE), 0)
