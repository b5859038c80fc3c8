"""Statistics that decide claims: functions from the evidence of one run to an estimate, and what they read."""

from collections.abc import Callable
from inspect import signature
from typing import Any

from topolens.claims.evidence import Evidence
from topolens.config.sections import Kind
from topolens.inference.intervals import Estimate


class Statistic:
    """A function from evidence and options to an estimate.

    Attributes:
        name: As claims name it.
        needs: The artifacts that it reads.
        of: The kind of runs whose artifacts they are.
        options: Names of its keyword arguments.
    """

    def __init__(self, function: Callable[..., Estimate], needs: tuple[str, ...], of: Kind) -> None:
        self.function, self.needs, self.of = function, frozenset(needs), of
        self.name: str = function.__name__
        self.__doc__ = function.__doc__
        self.options = list(signature(function).parameters)[1:]

    def __call__(self, evidence: Evidence, **options: Any) -> Estimate:
        """The estimate of one run."""
        return self.function(evidence, **options)


def statistic(*needs: str, of: Kind) -> Callable[[Callable[..., Estimate]], Statistic]:
    """Mark a function as a claim's statistic that reads the named artifacts of a kind of runs."""
    return lambda function: Statistic(function, needs, of)
