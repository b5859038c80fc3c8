"""Claims on the decoders of U-Nets: complexity before and behind the concatenations with skip connections."""

import pandas as pd

from topolens.claims.evidence import Evidence
from topolens.claims.networks import against_others, contrast, norms
from topolens.claims.statistic import statistic
from topolens.inference.intervals import Estimate


@statistic("complexity.csv", of="positions", unit="repeat")
def upconvolution_contrast(evidence: Evidence, *, scale_free: bool = False) -> Estimate:
    """Contrast of the complexity of UpReLU layers with that of the ReLU behind the concatenation, per image."""
    values = _gain(norms(evidence.results, scale_free))
    return evidence.mean(-values.groupby("repeat").mean())


@statistic("complexity.csv", of="positions", unit="repeat of a seed")
def skip_gain_against_others(evidence: Evidence, *, network: str, scale_free: bool = False) -> Estimate:
    """What complexity gains behind the concatenations in one network, minus the mean gain of all others."""
    return against_others(evidence, _gain(norms(evidence.results, scale_free)), network, lambda a, b: a - b)


def _gain(heights: pd.DataFrame) -> pd.Series:
    """Mean contrast over decoder levels of the first ReLU behind a concatenation with the UpReLU before it."""
    levels = [name.removesuffix("-UpReLU") for name in map(str, heights) if name.endswith("-UpReLU")]
    levels = [level for level in levels if f"{level}-ReLU1" in heights]
    before, behind = (
        heights[[f"{level}-{relu}" for level in levels]].set_axis(levels, axis=1) for relu in ("UpReLU", "ReLU1")
    )
    return contrast(behind, before).mean(axis=1)
