"""The page of all published claims, from made-up verdicts."""

from types import SimpleNamespace

from topolens.paper.matrix import side_by_side, twin_table, verdict_matrix

ROWS = [
    ("W3", "disks", "published", "raw", True, "reproduced", "a paper", "Complexity rises (log ratio, in the middle)"),
    ("W3", "disks", "published", "scale-free", False, "not reproduced", "a paper", ""),
    ("W3", "disks", "published", "gaussian", False, "undecided", "a paper", ""),
    ("W3", "mnist", "published", "raw", False, "reproduced", "a paper", ""),
    ("W3.degree", "disks", "published", "", False, "undecided", "a paper", "The same"),
    ("L7", "crops", "published", "raw", False, "not comparable", "slides", ""),
    ("L7", "crops", "published", "gaussian", True, "reproduced", "slides", "Less (all of them) & varied"),
    ("W9", "disks", "published", "", True, "not reproduced", "slides", "By degree 0"),
    ("C4", "disks", "control", "", False, "reproduced", "ours", "Halves agree"),
]
NAMES = ("id", "study", "kind", "twin", "headline", "verdict", "source", "wording")


def test_each_published_claim_has_a_row_with_its_twins_and_counts_of_all_other_rows():
    verdicts = [SimpleNamespace(**dict(zip(NAMES, row, strict=True)), n=8, unit="network") for row in ROWS]
    table = verdict_matrix(verdicts).split("\\midrule\n")[1].split("\\bottomrule")[0].splitlines()
    assert table == [
        r"W3 & Complexity rises & a paper & 8 & $\bullet$ & $\circ$ & ? & 1$\bullet$ 1? \\",
        r"L7 & Less (all of them) \& varied & slides & 8 & -- &  & $\bullet$* &  \\",
        r"W9 & By degree 0 &  & 8 & $\circ$ &  &  &  \\",
    ]


def test_claims_on_several_networks_stand_side_by_side():
    told = {"study": "metrics", "kind": "published", "twin": "", "headline": False}
    rows = [
        {"id": "H1.vit", "verdict": "reproduced", "estimate": 0.348, "interval": (0.16, 0.57), "headline": True},
        {"id": "H1.resnet", "verdict": "undecided", "estimate": -0.05, "interval": (None, None)},
        {"id": "H4.resnet", "verdict": "undecided", "estimate": None, "interval": (None, None), "twin": "gaussian"},
        {"id": "H5.vit", "verdict": "reproduced", "estimate": 0.5, "interval": (0.25, None)},
        {"id": "H2", "verdict": "reproduced", "estimate": 1.0, "interval": (0.0, 2.0)},
    ]
    verdicts = [SimpleNamespace(**(told | row), wording="In this one, classes part (ARI)") for row in rows]
    table = side_by_side(verdicts, "metrics", {"vit": "ViT", "resnet": "ResNet-50"})
    assert "Id & Claim & ViT & ResNet-50" in table
    assert table.split("\\midrule\n")[1].split("\\bottomrule")[0].splitlines() == [
        r"H1 & Classes part & \textbf{0.35 [0.16, 0.57]} $\bullet$ & {}\ensuremath{-0.05} ? \\",
        r"H4 & Classes part, gaussian &  & {} ? \\",
        r"H5 & Classes part & {}0.5 [0.25, \ensuremath{\infty}] $\bullet$ &  \\",
    ]


def test_twins_stand_side_by_side():
    told = {"study": "disks", "kind": "published", "id": "W3", "verdict": "reproduced", "interval": (0.25, 0.75)}
    verdicts = [
        SimpleNamespace(**told, twin=twin, headline=twin == "raw", estimate=0.5, wording="It rises (log ratio)")
        for twin in ("raw", "scale-free", "gaussian", "")
    ]
    table = twin_table(verdicts, "disks").split("\\midrule\n")[1].split("\\bottomrule")[0].splitlines()
    numbers, mark = "0.50 [0.25, 0.75]", r"$\bullet$"
    others = " & ".join([f"{{}}{numbers} {mark}"] * 2)
    assert table == [rf"W3 & It rises & \textbf{{{numbers}}} {mark} & {others} \\"]
    assert "bullet" not in twin_table(verdicts, "mnist")


def test_a_family_stands_beside_one_network():
    told = {"study": "s", "kind": "published", "twin": "", "verdict": "reproduced", "headline": False, "estimate": None}
    verdicts = [
        SimpleNamespace(**told, id=name, interval=(None, None), wording=wording)
        for name, wording in [("T1", "Forks part"), ("T1.wide", "The same"), ("T2", "Others"), ("T1.gain.wide", "Gain")]
    ]
    table = side_by_side(verdicts, "s", {"": "family", "wide": "one"}).split("\\midrule\n")[1].split("\\bottomrule")[0]
    assert table.splitlines() == [
        r"T1 & Forks part & {} $\bullet$ & {} $\bullet$ \\",
        r"T1.\allowbreak{}gain & Gain &  & {} $\bullet$ \\",
    ]
