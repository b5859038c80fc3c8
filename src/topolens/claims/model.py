"""Published claims: what is said, the statistic that decides, the rule fixed beforehand, the verdict."""

import math
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from topolens.config.model import Model
from topolens.config.study import Study
from topolens.config.validation import checked
from topolens.config.yaml_file import read_yaml
from topolens.errors import TopolensError, unknown_name
from topolens.inference.intervals import Estimate

RAW, SCALE_FREE = "raw", "scale-free"
REPRODUCED, NOT_REPRODUCED, UNDECIDED = "reproduced", "not reproduced", "undecided"


def full_name(claim: str, twin: str) -> str:
    """What one row of verdicts is called: `W3`, raw or without twins, `W3.scale-free`."""
    return f"{claim}.{twin}" if twin == SCALE_FREE else claim


class Rule(Model):
    """A claim holds when its whole interval lies on the right side."""

    above: float | None = Field(default=None, description="Holds at and above this number.")
    below: float | None = Field(default=None, description="Holds at and below this number.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.above is None and self.below is None:
            raise ValueError("expected `above`, `below` or both")
        return self

    def verdict(self, estimate: Estimate, fewest: int) -> str:
        """`reproduced` or `not reproduced` when the interval lies on one side of every bound, else `undecided`.

        With fewer than `fewest` units, or without an estimate, nothing is decided; nor by a tie, an interval that is
        no more than the only bound.
        """
        if estimate.n < fewest or math.isnan(estimate.value):
            return UNDECIDED
        if (self.above is None or self.below is None) and estimate.low == estimate.high in (self.above, self.below):
            return UNDECIDED
        low, high = (
            self.above if self.above is not None else -math.inf,
            math.inf if self.below is None else self.below,
        )
        if low <= estimate.low and estimate.high <= high:
            return REPRODUCED
        return NOT_REPRODUCED if estimate.high < low or estimate.low > high else UNDECIDED

    def __str__(self) -> str:
        """As in the claims table: `≥ 0.8`, `≤ 0.5`, `from 9 to 11`, `= 9`."""
        if self.above is not None and self.below is not None:
            return f"= {self.above:g}" if self.above == self.below else f"from {self.above:g} to {self.below:g}"
        return f"≥ {self.above:g}" if self.above is not None else f"≤ {self.below:g}"


class Claim(Model):
    """One row of claims.yaml."""

    id: str = Field(pattern=r"^[A-Z]+[0-9]+(\.[a-z0-9-]+)*$", description="As in the claims table.")
    kind: Literal["published", "control", "ours"] = Field(
        default="published", description="Said by a source, a control that must behave, or made by this project."
    )
    studies: list[str] = Field(min_length=1, description="Studies that decide it, each for itself.")
    run: str = Field(default="main", description="The run whose tables decide.")
    source: str = Field(description="Where the claim was made.")
    wording: str = Field(description="What is claimed, in a sentence.")
    statistic: str = Field(description="A function of a module of topolens.claims, marked as a statistic.")
    options: dict[str, Any] = Field(default_factory=dict, description="Its keyword arguments.")
    twin: bool = Field(default=False, description="Also decide it on clouds divided by their mean pairwise distance.")
    holds: Rule = Field(description="When it counts as reproduced.")
    fewest: int = Field(default=5, gt=0, description="Independent units below which nothing is decided.")
    expected: str = Field(description="What the source leads one to expect.")

    @property
    def runs(self) -> list[str]:
        """The runs whose tables it needs."""
        return [self.run, *([self.options["against"]] if "against" in self.options else [])]

    def twins(self) -> dict[str, dict[str, Any]]:
        """The rows of its verdicts: the options by twin, `raw` and `scale-free`, or empty where it has none."""
        return {RAW: self.options, SCALE_FREE: self.options | {"scale_free": True}} if self.twin else {"": self.options}


def load_claims(file: Path, studies: dict[str, Study]) -> list[Claim]:
    """All claims, those of studies of their own last; every study and run that they name is checked.

    Raises:
        TopolensError: with the claim's id, the key and the valid names.
    """
    claims: list[Claim] = []
    entries = [(str(file), entry) for entry in read_yaml(file, list)]
    for study in studies.values():
        entries += [(f"{study.name}.yaml: claims", entry | {"studies": [study.name]}) for entry in study.claims]
    for place, entry in entries:
        if not isinstance(entry, dict):
            raise TopolensError(f"{place}: expected a list of claims, found {entry!r}")
        where = f"{place}: claim {entry.get('id', '?')!r}"
        claim = checked(Claim, entry, where)
        _check_named(claim, studies, where)
        claims.append(claim)
    keys = [(claim.id, study) for claim in claims for study in claim.studies]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise TopolensError(f"{file}: decided twice: {sorted(twice)}")
    return claims


def _check_named(claim: Claim, studies: dict[str, Study], where: str) -> None:
    """Refuse a claim that names a study, run, statistic or option that there is not, or reads what a run lacks."""
    from topolens.claims.registry import check_made, claim_statistic  # here, since they load pandas

    for study in claim.studies:
        if study not in studies:
            raise unknown_name("study", study, studies, where)
        for run in claim.runs:
            if run not in studies[study].runs:
                raise unknown_name("run", run, studies[study].runs, where)
        try:
            for run in claim.runs:
                check_made(claim.statistic, studies[study], run)
            for options in claim.twins().values():
                claim_statistic(claim.statistic, options)
        except TopolensError as error:
            raise TopolensError(f"{where}: {error}") from None
