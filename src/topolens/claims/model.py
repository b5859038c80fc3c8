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

Twin = Literal["raw", "scale-free", "gaussian"]  # see topolens.claims.twins
RAW: Twin = "raw"
SCALE_FREE: Twin = "scale-free"
GAUSSIAN: Twin = "gaussian"
TWINS: tuple[Twin, ...] = (RAW, SCALE_FREE, GAUSSIAN)
REPRODUCED, NOT_REPRODUCED, UNDECIDED = "reproduced", "not reproduced", "undecided"
NOT_COMPARABLE = "not comparable"  # the source's network is of another class than ours
FEWEST_NETWORKS = 5  # below which nothing is said of all networks of a kind
FAR = 10.0  # an interval that needs more than so many times its units to leave a bound lies at it


def full_name(claim: str, twin: str) -> str:
    """What one row of verdicts is called: `W3`, raw or without twins, `W3.scale-free`, `W3.gaussian`."""
    return claim if twin in ("", RAW) else f"{claim}.{twin}"


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

    def why_undecided(self, estimate: Estimate, fewest: int) -> str:
        """The reason where `verdict` decides nothing, with the number of units that would decide.

        An interval is taken to shrink with the root of the number of units around an estimate that stays.
        """
        if math.isnan(estimate.value):
            return "nothing to estimate"
        if estimate.n < fewest:
            return f"too few units ({fewest} are needed)"
        if math.isnan(estimate.low) or math.isnan(estimate.high):
            return "no interval"
        if estimate.low == estimate.high:
            return "at its bound (without any spread)"
        needed = max(self._needed(estimate), estimate.n + 1)
        if needed > FAR * estimate.n:
            return "at its bound" + (f" ({needed:,.0f} units would decide)" if math.isfinite(needed) else "")
        return f"too few units ({needed:.0f} would decide)"

    def _needed(self, estimate: Estimate) -> float:
        """Units with which the interval would be clear of every bound that it spans."""
        most = 0.0
        for bound in (self.above, self.below):
            if bound is None or not estimate.low <= bound <= estimate.high:
                continue
            reach = estimate.value - estimate.low if estimate.value > bound else estimate.high - estimate.value
            distance = abs(estimate.value - bound)
            most = max(most, estimate.n * (reach / distance) ** 2 if distance else math.inf)
        return most if math.isinf(most) else float(math.ceil(most))

    def __str__(self) -> str:
        """As in the claims table: `≥ 0.8`, `≤ 0.5`, `from 9 to 11`, `= 9`."""
        if self.above is not None and self.below is not None:
            return f"= {self.above:g}" if self.above == self.below else f"from {self.above:g} to {self.below:g}"
        return f"≥ {self.above:g}" if self.above is not None else f"≤ {self.below:g}"


class Changed(Model):
    """What a claim was decided by when its numbers were first seen, and why it is no longer."""

    rule: str = Field(description="The former statistic and rule in words.")
    why: str = Field(description="What was wrong with them.")


class Headline(Model):
    """The one row of a published claim that is counted when claims are counted once."""

    study: str
    twin: Twin | None = Field(default=None, description="Of a claim with twins.")


class Claim(Model):
    """One row of claims.yaml."""

    id: str = Field(pattern=r"^[A-Z]+[0-9]+(\.[a-z0-9-]+)*$", description="As in the claims table.")
    kind: Literal["published", "control", "ours"] = Field(
        default="published", description="Said by a source, a control that must behave, or made by this project."
    )
    scope: Literal["population", "these networks"] = Field(
        description="population: all networks of this kind, units are networks trained independently; these networks: "
        "the very ones that were looked at, units are clouds, images or the like."
    )
    headline: Headline | None = Field(default=None, description="Its row that counts among the published claims.")
    studies: list[str] = Field(min_length=1, description="Studies that decide it, each for itself.")
    run: str = Field(default="main", description="The run whose tables decide.")
    source: str = Field(description="Where the claim was made.")
    wording: str = Field(description="What is claimed, in a sentence.")
    statistic: str = Field(description="A function of a module of topolens.claims, marked as a statistic.")
    options: dict[str, Any] = Field(default_factory=dict, description="Its keyword arguments.")
    twin: bool = Field(
        default=False,
        description="Also decide it on clouds divided by their mean pairwise distance, and on complexities relative to "
        "those of the layer's own Gaussian clouds.",
    )
    holds: Rule = Field(description="When it counts as reproduced.")
    fewest: int = Field(default=FEWEST_NETWORKS, gt=0, description="Independent units below which nothing is decided.")
    by_design: str = Field(default="", description="Why it stays undecided whatever comes out.")
    not_comparable: str = Field(default="", description="Why our networks say nothing about it.")
    changed: Changed | None = Field(default=None, description="Where the rule or the statistic is not the first one.")
    expected: str = Field(description="What the source leads one to expect.")

    @property
    def runs(self) -> list[str]:
        """The runs whose tables it needs."""
        return [self.run, *([self.options["against"]] if "against" in self.options else [])]

    def twins(self) -> dict[str, dict[str, Any]]:
        """The rows of its verdicts: the options by twin, or by an empty text where it has none."""
        return {twin: self.options | {"twin": twin} for twin in TWINS} if self.twin else {"": self.options}

    def verdict(self, estimate: Estimate, barred: str = "") -> tuple[str, str]:
        """The verdict on an estimate, and the reason of one that decides nothing.

        Args:
            estimate: Of its statistic.
            barred: Why nothing can be decided on these data, whatever the estimate.
        """
        if self.not_comparable:
            return NOT_COMPARABLE, self.not_comparable
        if self.by_design or barred:
            return UNDECIDED, f"by design: {self.by_design}" if self.by_design else barred
        found = self.holds.verdict(estimate, self.fewest)
        return found, self.holds.why_undecided(estimate, self.fewest) if found == UNDECIDED else ""


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
    _check_headlines(claims, file)
    return claims


def family_of(claim: str) -> str:
    """The published claim that a row belongs to: `W7` of `W7.shares`."""
    return claim.split(".")[0]


def _check_headlines(claims: list[Claim], file: Path) -> None:
    """Refuse two headlines of one published claim, and one that names no row of its claim."""
    seen: dict[str, str] = {}
    for claim in claims:
        if claim.headline is None:
            continue
        family, twins = family_of(claim.id), [twin or None for twin in claim.twins()]
        if claim.headline.study not in claim.studies or claim.headline.twin not in twins:
            raise TopolensError(
                f"{file}: claim {claim.id!r}: headline: expected one of its studies ({', '.join(claim.studies)})"
                + (f" and one of its twins ({', '.join(TWINS)})" if claim.twin else " and no twin")
            )
        if family in seen:
            raise TopolensError(f"{file}: claim {claim.id!r}: headline: {family} has one already, in {seen[family]!r}")
        seen[family] = claim.id


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
