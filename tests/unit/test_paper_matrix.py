"""The page of all published claims, from made-up verdicts."""

from types import SimpleNamespace

import pandas as pd

from topolens.paper.matrix import verdict_matrix

ROWS = [
    ("W3", "disks", "published", "raw", True, "reproduced", "Complexity rises (log ratio, in the middle)"),
    ("W3", "disks", "published", "scale-free", False, "not reproduced", "Complexity rises (log ratio, in the middle)"),
    ("W3", "disks", "published", "gaussian", False, "undecided", "Complexity rises (log ratio, in the middle)"),
    ("W3", "mnist", "published", "raw", False, "reproduced", "Complexity rises (log ratio, in the middle)"),
    ("W3.degree", "disks", "published", "", False, "undecided", "The same"),
    ("L7", "crops", "published", "raw", False, "not comparable", "Less (all of them) & varied"),
    ("L7", "crops", "published", "gaussian", True, "reproduced", "Less (all of them) & varied"),
    ("W9", "disks", "published", "", True, "not reproduced", "By degree 0"),
    ("C4", "disks", "control", "", False, "reproduced", "Halves agree"),
]
SOURCES = {"W3": "a paper", "W3.degree": "a paper", "L7": "slides", "W9": "slides", "C4": "ours"}


def test_each_published_claim_has_a_row_with_its_twins_and_counts_of_all_other_rows():
    columns = ["id", "study", "kind", "twin", "headline", "verdict", "wording"]
    claims = pd.DataFrame(ROWS, columns=columns).assign(n=8, unit="network")
    definitions = [SimpleNamespace(id=name, source=source) for name, source in SOURCES.items()]
    table = verdict_matrix(claims, definitions).split("\\midrule\n")[1].split("\\bottomrule")[0].splitlines()
    assert table == [
        r"W3 & Complexity rises & a paper & 8 networks & $\bullet$ & $\circ$ & ? & 1$\bullet$ 1? \\",
        r"L7 & Less (all of them) \& varied & slides & 8 networks & -- &  & $\bullet$* &  \\",
        r"W9 & By degree 0 &  & 8 networks & $\circ$ &  &  &  \\",
    ]
