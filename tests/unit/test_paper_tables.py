"""The paper's tables, from made-up claims and runs."""

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
from made_up_results import MadeUpResults

from topolens.config.conditions import CLEAN
from topolens.config.training import ImageTraining, PerceptronTraining
from topolens.config.yaml_file import read_yaml
from topolens.data.files import KnownDataset, read_catalogue
from topolens.paper.tables import (
    betti_networks_table,
    claims_floats,
    compute_cost_table,
    data_table,
    image_networks_table,
    networks_table,
    scores_of,
    trained_epochs,
    training_table,
)


def rows_of(table):
    return table.split("\\midrule\n")[1].split("\\bottomrule")[0].splitlines()


def claims_of(count, study="disks", **columns):
    claims = pd.DataFrame({"study": study, "id": [f"W{row}" for row in range(count)]})
    told = {"wording": "a & b", "verdict": "undecided", "reason": "at its bound", "estimate": 0.5, "low": 0, "high": 1}
    told |= {"rule": "≥ 0.8", "n": 6, "twin": "", "headline": False, "stability": ""}
    return claims.assign(**told | columns)


DISKS = SimpleNamespace(name="disks", title="Nine disks & more")


def test_claims_are_told_page_by_page_with_the_reason_of_what_is_undecided():
    text = claims_floats(claims_of(60), DISKS)
    pages = [rows_of(page) for page in text.split(r"\end{table}")[:-1]]
    assert len(pages) > 1
    assert sum(map(len, pages)) == 60
    assert pages[0][0] == r"W0 & a \& b & undecided, at its bound &  & 0.5 [0.0, 1.0] & $\ge$ 0.8 & 6 \\"
    assert pages[-1][-1] == r"W59 &  & undecided, at its bound &  & 0.5 [0.0, 1.0] & $\ge$ 0.8 & 6 \\"  # as above
    assert r"disks: Nine disks \& more.}\label{tab:disks}" in text
    assert r"(continued)}\label{tab:disks-2}" in text


def test_a_study_without_claims_has_a_table_to_refer_to():
    text = claims_floats(claims_of(3, study="mnist"), DISKS)
    assert r"\label{tab:disks}" in text
    assert rows_of(text) == []


def test_what_has_no_estimate_has_no_numbers():
    (row,) = rows_of(claims_floats(claims_of(1, estimate=float("nan"), low=float("nan"), high=float("nan")), DISKS))
    assert row == r"W0 & a \& b & undecided, at its bound &  &  & $\ge$ 0.8 & 6 \\"


def test_a_headline_is_bold_and_a_twin_stands_where_a_line_can_break():
    told = {"verdict": "reproduced", "reason": "", "stability": 0.875}
    rows = rows_of(claims_floats(claims_of(1, headline=True, twin="gaussian", **told), DISKS))
    assert rows[0].startswith(r"\textbf{W0 gaussian} & a \& b & reproduced & 0.88 & 0.5")
    assert rows_of(claims_floats(claims_of(1, twin="raw"), DISKS))[0].startswith("W0 & ")
    dotted = claims_of(1, twin="scale-free").assign(id="W3.degree")
    assert rows_of(claims_floats(dotted, DISKS))[0].startswith(r"W3.\allowbreak{}degree scale-free & ")


def test_the_table_of_families_has_a_row_for_each_accuracy():
    networks = {"families": {"mnist/relu/6": {"reached_epoch": [[1, None], [4, None]]}}}
    config = SimpleNamespace(snapshot_accuracies=[0.9, 1.0])
    main = MadeUpResults(networks=networks, config=config, study=SimpleNamespace(name="mnist"))
    assert rows_of(networks_table([main])) == [r"mnist & 0.9 & 2 of 2 & 2.5 \\", r"mnist & 1 & 0 of 2 & n/a \\"]


def test_the_table_of_image_networks_shows_accuracy_or_iou_and_mean_minutes():
    rows = [("M2", "iou"), ("M2", "iou_without_skips"), ("VGG", "accuracy")]
    scores = pd.DataFrame(rows, columns=["network", "statistic"])
    scores = scores.assign(estimate=0.5, low=0.25, high=1, classes=None, seed=None)
    networks = [SimpleNamespace(name="M2", bands=["R", "NIR_2"]), SimpleNamespace(name="VGG", bands=["R"])]
    main = MadeUpResults(
        statistics=scores,
        config=SimpleNamespace(image_networks=networks, seeds=[1, 2], kind="positions"),
        study=SimpleNamespace(name="crops"),
        checkpoint_card=lambda network, seed: {"minutes": seed},
    )
    assert rows_of(image_networks_table([main])) == [
        r"crops & M2 & R, NIR\_2 & 2 & 0.50 [0.25, 1.00] & 0.50 [0.25, 1.00] & 1.5 \\",
        r"crops & VGG & R & 2 & 0.50 [0.25, 1.00] &  & 1.5 \\",
    ]


def test_scores_are_those_of_all_images_and_of_clean_ones():
    table = pd.DataFrame(
        [
            ("accuracy", None, 1, CLEAN),
            ("accuracy", None, 1, "noise"),
            ("accuracy", "cat", 1, CLEAN),
            ("iou", None, None, CLEAN),
            ("iou", None, 1, CLEAN),
            ("complexity_l2", None, None, CLEAN),
        ],
        columns=["statistic", "classes", "seed", "condition"],
    )
    assert scores_of(MadeUpResults(statistics=table, config=SimpleNamespace(kind="images"))).index.tolist() == [0, 2]
    assert scores_of(MadeUpResults(statistics=table, config=SimpleNamespace(kind="positions"))).index.tolist() == [
        0,
        1,
        3,
    ]


def test_the_table_of_networks_says_how_many_count():
    families = {
        "D-I/leaky_relu/10": {"data": "D-I", "activation": "leaky_relu", "depth": 10, "widths": [2, 15, 2],
                              "seeds": [1, 2, 3], "train_accuracy": [[1.0], [None], [0.999]],
                              "reached_epoch": [[10], [None], [400]]},
        "D-I/tanh/4": {"data": "D-I", "activation": "tanh", "depth": 4, "widths": [2, 15, 2],
                       "seeds": [1], "train_accuracy": [[None]], "reached_epoch": [[None]]},
    }  # fmt: skip
    config = SimpleNamespace(perceptron_training=lambda data: SimpleNamespace(snapshot_accuracies=[1.0]))
    main = MadeUpResults(networks={"families": families}, config=config, study=SimpleNamespace(name="naitzat"))
    assert [len(epochs) for _, epochs in trained_epochs(main)] == [1, 0]
    lines = betti_networks_table([main]).splitlines()
    assert lines[4] == r"D-I & leaky relu & $10 \times 15$ & 1 of 3 & 10 \\"
    assert lines[5] == r"D-I & tanh & $4 \times 15$ & 0 of 1 & n/a \\"


def test_data_sets_are_listed_with_their_terms_what_is_shown_and_the_studies_that_read_them():
    words = {"source": "Someone (2000)", "licence": "None stated"}
    catalogue = {name: KnownDataset(title=f"{name} & more", files={}, **words) for name in ("read", "unread")}
    mains = [
        MadeUpResults(config=SimpleNamespace(data=[SimpleNamespace(name="read")]), study=SimpleNamespace(name=study))
        for study in ("disks", "naitzat")
    ]
    row = r"read \& more & Someone (2000) & None stated & Some & disks, naitzat \\"
    assert rows_of(data_table(catalogue, {"read": "Some"}, mains)) == [row]


def test_what_is_shown_is_said_of_every_data_set():
    config = Path(__file__).parents[2] / "workflow" / "config"
    assert [*read_yaml(config / "shown.yaml", dict)] == [*read_catalogue(config / "datasets.yaml")]


def test_training_is_told_by_study_and_kind_of_network():
    perceptrons = PerceptronTraining(learning_rate=0.01, batch_size=32, max_epochs=100, snapshot_accuracies=[0.5, 1])
    images = {
        "ResNet": ImageTraining(learning_rate=0.1, batch_size=128, epochs=20),
        "ViT": ImageTraining(learning_rate=0.001, batch_size=64, epochs=30, optimiser="adamw"),
    }
    mains = [
        MadeUpResults(config=SimpleNamespace(training=training), study=SimpleNamespace(name=name))
        for name, training in (("disks", perceptrons), ("metrics", images))
    ]
    assert rows_of(training_table(mains)) == [
        r"disks & all & Adam & {}0.01 & {}32 & {}100 & training accuracy 1 or the last epoch \\",
        r"metrics & ResNet & SGD, Nesterov & {}0.1 & {}128 & {}20 & the cycle of the learning rate is over \\",
        r"metrics & ViT & AdamW & {}0.001 & {}64 & {}30 & the cycle of the learning rate is over \\",
    ]


def test_the_cost_of_a_run_is_told_by_study_and_together():
    rows = [
        ("crops", "mapper.draw", 2, 1.25, 1.0, 200.0),
        ("crops", "image_clouds.record", 1, 2.5, 2.0, 800.4),
        ("", "claims.decide", 1, 0.5, 0.5, 90.0),
    ]
    cost = pd.DataFrame(rows, columns=["study", "stage", "jobs", "cpu_minutes", "wall_minutes", "peak_memory_mb"])
    assert rows_of(compute_cost_table(cost)) == [
        r"crops & {}3 & {}3.8 & image clouds 2.5 & {}800 \\",
        r"all & {}1 & {}0.5 & claims 0.5 & {}90 \\",
        r"together & {}4 & {}4.2 & {} & {}800 \\",
    ]
    assert rows_of(compute_cost_table(pd.DataFrame(columns=["study"]))) == []
