"""In which order networks have two things, told by the other networks alone."""

import numpy as np

from topolens.inference.intervals import mean_of_known
from topolens.inference.permutation import ROUNDING


def ordered_rightly(gram: np.ndarray, networks: int) -> np.ndarray:
    """Share of the pairs of neighbouring groups that the other networks put in the right order, network by network.

    A network is left out whole. Of a pair, the others have a direction: the difference of their means. Its own two rows
    are in the right order where their difference has a positive inner product with that direction; none counts as half.
    Where a network might as well have had its two rows the other way round, the share is 1/2 in expectation, however
    few networks there are (unlike the area under a curve that is left out one by one, which falls to 0 there).

    Args:
        gram: (groups * networks, same) inner products of rows, groups outside and networks inside; NaN where a network
            has no row in a group, or two groups cannot be compared.
        networks: Rows of each group, in the same order.

    Returns:
        (networks,) shares, NaN where nothing is known of a network or of the others.
    """
    groups = len(gram) // networks
    products = gram.reshape(groups, networks, groups, networks)
    earlier, later = np.arange(groups - 1), np.arange(1, groups)
    # (pairs, left out, others): inner products of a difference with the later rows of others, and with their earlier.
    with_later = products[later, :, later] - products[earlier, :, later]
    with_earlier = products[later, :, earlier] - products[earlier, :, earlier]
    own = np.arange(networks)
    with_later[:, own, own] = with_earlier[:, own, own] = np.nan
    along = mean_of_known(with_later, axis=2) - mean_of_known(with_earlier, axis=2)
    noise = ROUNDING * np.nanmax(np.abs(np.diagonal(gram)), initial=0.0)
    right = np.where(np.abs(along) <= noise, 0.5, along > 0)
    return np.asarray(mean_of_known(np.where(np.isnan(along), np.nan, right), axis=0))
