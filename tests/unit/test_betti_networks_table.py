"""The paper's table of networks on data of known topology."""

from types import SimpleNamespace

from made_up_results import MadeUpResults

from topolens.stages.numbers import betti_networks_table, trained_counts


def test_the_table_of_networks_says_how_many_count():
    cells = {
        "D-I/leaky_relu/10": {"set": "D-I", "activation": "leaky_relu", "depth": 10, "widths": [2, 15, 2],
                              "seeds": [1, 2, 3], "accuracy": [1.0, None, 0.999], "reached_epoch": [10, None, 400]},
        "D-I/tanh/4": {"set": "D-I", "activation": "tanh", "depth": 4, "widths": [2, 15, 2],
                       "seeds": [1], "accuracy": [None], "reached_epoch": [None]},
    }  # fmt: skip
    config = SimpleNamespace(training={"D-I": SimpleNamespace(accuracy=1.0)})
    main = MadeUpResults(networks={"cells": cells}, config=config, study=SimpleNamespace(name="naitzat"))
    assert trained_counts(main) == [1, 0]
    lines = betti_networks_table([main]).splitlines()
    assert lines[4] == r"D-I & leaky relu & $10 \times 15$ & 1 of 3 & 10 \\"
    assert lines[5] == r"D-I & tanh & $4 \times 15$ & 0 of 1 & n/a \\"
