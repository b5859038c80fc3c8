"""From the name of a claim's statistic to the function, one name space for all subjects."""

from collections.abc import Callable, Iterable
from functools import partial
from types import ModuleType
from typing import Any

from topolens.claims import (
    attributions,
    betti,
    clusters,
    complexity,
    holes,
    mapper,
    metrics,
    networks,
    robustness,
    tests,
)
from topolens.claims.evidence import Evidence, Finding, Statistic
from topolens.config.artifacts import artifacts_of
from topolens.config.run import Run
from topolens.config.study import Study
from topolens.errors import TopolensError, unknown_name
from topolens.inference.intervals import Estimate

SUBJECTS = (attributions, betti, clusters, complexity, holes, mapper, metrics, networks, robustness, tests)


def collect(subjects: Iterable[ModuleType]) -> dict[str, Statistic]:
    """All statistics of some modules by name.

    Raises:
        TopolensError: two of one name.
    """
    found: dict[str, Statistic] = {}
    for module in subjects:
        for value in vars(module).values():
            if isinstance(value, Statistic) and value.function.__module__ == module.__name__:
                if value.name in found:
                    other = found[value.name].function.__module__
                    raise TopolensError(f"statistic {value.name!r}: in {other} and in {module.__name__}; rename one")
                found[value.name] = value
    return found


STATISTICS = collect(SUBJECTS)


def claim_statistic(name: str, options: dict[str, Any]) -> Callable[[Evidence], Estimate | Finding]:
    """The named statistic with its options filled in; it takes the evidence of a run.

    Raises:
        TopolensError: unknown statistic or option, or one that is missing.
    """
    found = _named(name)
    for option in options:
        if option not in found.options:
            raise unknown_name(f"option of {name}", option, found.options)
    if missing := [option for option in found.required if option not in options]:
        raise TopolensError(f"statistic {name!r}: expected the options {', '.join(found.required)}; add {missing[0]!r}")
    return partial(found, **options)


def check_made(name: str, study: Study, run: str) -> None:
    """Refuse a statistic that there is not, or that reads what a run does not make.

    Raises:
        TopolensError: with what is missing and the statistics that the run can decide.
    """
    found, settings = _named(name), study.all_runs[run]
    if not _decidable(found, settings):
        valid = [other for other, known in STATISTICS.items() if _decidable(known, settings)]
        raise TopolensError(
            f"statistic {name!r} reads {', '.join(sorted(found.needs))} of clouds of {found.of}: "
            f"expected one that run {run!r} of {study.name} has the artifacts for ({', '.join(sorted(valid))})"
        )


def _named(name: str) -> Statistic:
    if name not in STATISTICS:
        raise unknown_name("statistic", name, STATISTICS)
    return STATISTICS[name]


def _decidable(known: Statistic, run: Run) -> bool:
    return run.kind == known.of and known.needs <= artifacts_of(run)
