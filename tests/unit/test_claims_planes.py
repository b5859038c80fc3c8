"""Statistics behind the claims on planes."""

import numpy as np
import pandas as pd
import pytest
from explain_tables import LAYERS, estimate, run_of

from topolens.claims.model import NOT_REPRODUCED, Rule

NAN = np.nan


def test_landscapes_over_the_plane_layer_by_layer():
    accuracies = {"plane": [0.5, 0.4, 0.9], "landscape": [0.7, 0.5, 0.6]}
    rows = [(layer, method, own[k]) for method, own in accuracies.items() for k, layer in enumerate(LAYERS)]
    run = run_of(planes=pd.DataFrame(rows, columns=["layer", "method", "estimate"]))
    found = estimate("landscape_over_plane", run, plane="plane")
    assert (found.value, found.n) == (pytest.approx(0), 3)
    assert found.low == pytest.approx(-0.3)
    run.planes["estimate"] = np.where(run.planes["method"] == "plane", 0.9, 0.1)
    assert Rule(above=0).verdict(estimate("landscape_over_plane", run, plane="plane"), 3) == NOT_REPRODUCED
