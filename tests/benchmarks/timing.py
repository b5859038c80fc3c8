"""How benchmarks are timed, and how a result is written down."""

import time
from collections.abc import Callable

import numpy as np

FAST = 9  # repetitions of what takes milliseconds


def seconds(function: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def interleaved(*functions: Callable[[], object], repetitions: int = FAST) -> list[float]:
    """Median times of functions called in turn, so that a slow minute hits all of them; one warm-up each."""
    for function in functions:
        function()
    times = [[seconds(function) for function in functions] for _ in range(repetitions)]
    return np.median(times, axis=0).tolist()


def row(what: str, rival: str, own: float, theirs: float) -> dict[str, object]:
    """One line of the table."""
    return {
        "what": what,
        "against": rival,
        "ours (ms)": 1e3 * own,
        "theirs (ms)": 1e3 * theirs,
        "ratio": theirs / own,
    }
