"""What networks, left out whole, say of the landscapes of the others: orders of groups, variance between layers."""

from collections.abc import Iterator

import numpy as np

from topolens.config.analyses import Intervals
from topolens.inference.intervals import NOTHING, SHARES, Estimate, jackknifed, mean_of_known, mean_of_units
from topolens.inference.left_out import difference_products, rightly_ordered, share_between
from topolens.seeding import child_generator, child_seed
from topolens.statistics.rows import Row, null_band

REVERSALS = 999  # of random networks, behind the null of an order
CHANCE = 0.5  # of the order of two landscapes


def order_rows(statistic: str, pairs: dict[str, list[np.ndarray]], intervals: Intervals, seed: int) -> Iterator[Row]:
    """How often the other networks tell which of a network's two landscapes comes first, mean over pairs of groups.

    Args:
        statistic: What the rows are called.
        pairs: By degree, the inner products of the differences of each pair, (networks, networks); see
            topolens.inference.left_out.
        intervals, seed: Of the mean over networks.

    Returns:
        A row for each degree and one for `all` of them.
    """
    for degree, products in {**pairs, "all": [own for every in pairs.values() for own in every]}.items():
        found, band = order_of(products, intervals, child_seed(seed, statistic, degree))
        if found.n:
            yield {"statistic": statistic, "degree": degree} | found.row("network") | band


def order_of(products: list[np.ndarray], intervals: Intervals, seed: int) -> tuple[Estimate, Row]:
    """In which share of pairs of groups the others tell which of a unit's two rows comes first, and its null band.

    Units share the others that judge them, so that the interval is no narrower than the null: the same where the
    differences of random units count backwards.

    Args:
        products: Of each pair, the inner products of the units' differences, (units, units).
        intervals, seed: Of the mean over units.
    """
    if not products:
        return NOTHING, {}
    size = len(products[0])
    generator = child_generator(seed, "reversals")
    reversals = np.concatenate([np.ones((1, size)), generator.choice([-1.0, 1.0], size=(REVERSALS, size))])
    shares = rightly_ordered(np.stack(products), reversals)
    known = ~np.isnan(shares[0])
    if not known.any():
        return NOTHING, {}
    named = child_seed(seed, "bootstrap")
    mean = mean_of_units(shares[0], intervals.bootstrap, named, intervals.confidence, SHARES)
    band = null_band(shares[1:, known].mean(axis=1), intervals.confidence)
    return _no_narrower(mean, band), band


def _no_narrower(mean: Estimate, band: Row) -> Estimate:
    """An estimate whose interval reaches at least as far as its null does around chance."""
    low, high = (float(str(band[end])) for end in ("null_low", "null_high"))
    reach = min(mean.low, mean.value + CHANCE - high), max(mean.high, mean.value + CHANCE - low)
    return Estimate(mean.value, max(reach[0], 0.0), min(reach[1], 1.0), mean.n)


def pair_products(gram: np.ndarray, networks: int) -> list[np.ndarray]:
    """Inner products of the networks' differences between each group and the next, without pairs across grids."""
    found = [
        difference_products(gram[start : start + 2 * networks, start : start + 2 * networks])
        for start in range(0, len(gram) - networks, networks)
    ]
    return [own for own in found if (~np.isnan(np.diagonal(own))).sum() > 1]


def variance_row(gram: np.ndarray, depths: list[int], intervals: Intervals, seed: int) -> Row | None:
    """The share of the variance of landscapes that lies between layers (see share_between), above the input.

    Of layers on the grid that most of them have, and networks with a landscape in each; None for a single layer.
    """
    networks = len(gram) // len(depths)
    products = gram.reshape(len(depths), networks, len(depths), networks)
    alike = ~np.isnan(mean_of_known(products, axis=(1, 3)))
    layers = np.flatnonzero(alike[alike.sum(axis=1).argmax()] & (np.array(depths) > 0))
    complete = np.flatnonzero(~np.isnan(np.einsum("gigi->gi", products)[layers]).any(axis=0))
    if len(layers) < 2 or not len(complete):
        return None
    value, left_out = share_between(products[np.ix_(layers, complete, layers, complete)])
    named = child_seed(seed, "bootstrap", "variance between layers")
    found = jackknifed(value, left_out, intervals.bootstrap, named, intervals.confidence)
    return {"statistic": "variance_between_layers"} | found.row("network")
