"""Statistics that decide claims: functions from the evidence of one run to an estimate, and what they read."""

from collections.abc import Callable
from inspect import signature
from typing import Any

from topolens.claims.evidence import Evidence
from topolens.config.sections import Kind
from topolens.inference.intervals import Estimate

Unit = str | Callable[[int], str]


class Statistic:
    """A function from evidence and options to an estimate.

    Attributes:
        name: As claims name it.
        needs: The artifacts that it reads.
        of: The kind of runs whose artifacts they are.
        unit: What n counts; or a function that tells it from the option `depth`.
        options: Names of its keyword arguments; `required` are those without a default.
    """

    def __init__(self, function: Callable[..., Estimate], needs: tuple[str, ...], of: Kind, unit: Unit) -> None:
        self.function, self.needs, self.of, self.unit = function, frozenset(needs), of, unit
        self.name: str = function.__name__
        self.__doc__ = function.__doc__
        parameters = [*signature(function).parameters.values()][1:]
        self.options = [one.name for one in parameters]
        self.required = [one.name for one in parameters if one.default is one.empty]

    def __call__(self, evidence: Evidence, **options: Any) -> Estimate:
        """The estimate of one run."""
        return self.function(evidence, **options)

    def unit_of(self, options: dict[str, Any]) -> str:
        """What n counts under these options."""
        return self.unit if isinstance(self.unit, str) else self.unit(options["depth"])


def statistic(*needs: str, of: Kind, unit: Unit) -> Callable[[Callable[..., Estimate]], Statistic]:
    """Mark a function as a claim's statistic that reads the named artifacts of a kind of runs."""
    return lambda function: Statistic(function, needs, of, unit)
