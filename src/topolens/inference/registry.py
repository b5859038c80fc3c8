"""From the name of a claim's statistic to the function."""

from collections.abc import Callable
from functools import partial
from inspect import signature
from typing import Any

from topolens.config.study import Flow
from topolens.errors import unknown_name
from topolens.inference.betti_claims import BETTI_STATISTICS
from topolens.inference.claim_statistics import STATISTICS
from topolens.inference.explain_claims import EXPLAIN_STATISTICS
from topolens.inference.intervals import Estimate
from topolens.inference.latent_claims import LATENT_STATISTICS
from topolens.inference.metric_claims import METRIC_STATISTICS

BY_FLOW: dict[Flow, dict[str, Callable[..., Estimate]]] = {
    "activation": STATISTICS,
    "latent": LATENT_STATISTICS,
    "metric": METRIC_STATISTICS,
    "explain": EXPLAIN_STATISTICS,
    "betti": BETTI_STATISTICS,
}


def claim_statistic(name: str, options: dict[str, Any], flow: Flow) -> Callable[[Any], Estimate]:
    """The named statistic of a flow with its options filled in; it takes the evidence of that flow.

    Raises:
        TopolensError: unknown statistic or option.
    """
    functions = BY_FLOW[flow]
    if name not in functions:
        raise unknown_name(f"statistic of the {flow} flow", name, functions)
    valid = list(signature(functions[name]).parameters)[1:]
    for option in options:
        if option not in valid:
            raise unknown_name(f"option of {name}", option, valid)
    return partial(functions[name], **options)
