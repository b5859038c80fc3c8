"""Statistics that decide claims: functions from the evidence of one run to an estimate, and what they read."""

from collections.abc import Callable
from inspect import signature
from typing import Any, get_args, get_type_hints

from topolens.claims.evidence import Evidence
from topolens.config.study import AnyRun
from topolens.inference.intervals import Estimate


class Statistic:
    """A function from evidence and options to an estimate.

    Attributes:
        name: As claims name it.
        needs: The artifacts that it reads, as in a run's folder; after `subject:` those of the run that is explained.
        reads: The kind of run that has them.
        options: Names of its keyword arguments.
    """

    def __init__(self, function: Callable[..., Estimate], needs: tuple[str, ...]) -> None:
        self.function, self.needs = function, frozenset(needs)
        self.name: str = function.__name__
        self.__doc__ = function.__doc__
        self.options = list(signature(function).parameters)[1:]
        self.reads: type[AnyRun]
        (self.reads,) = get_args(get_type_hints(function)["evidence"])

    def __call__(self, evidence: Evidence[AnyRun], **options: Any) -> Estimate:
        """The estimate of one run."""
        return self.function(evidence, **options)


def statistic(*needs: str) -> Callable[[Callable[..., Estimate]], Statistic]:
    """Mark a function as a claim's statistic that reads the named artifacts."""
    return lambda function: Statistic(function, needs)
