"""What re-runs after a change, told by dry runs over a finished run."""

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from topolens.artifacts import write_json
from topolens.config.study_files import load_studies
from topolens.verification.fingerprint import fingerprint
from topolens.verification.gold import write_gold
from topolens.verification.tables import read_tables, settings_of


@pytest.fixture
def edit(finished):
    """Edit a file of the finished project, and put it back as it was after the test."""
    originals: dict[Path, tuple[str, tuple[int, int]]] = {}

    def change(name: str, old: str, new: str) -> None:
        path = finished.folder / name
        text = path.read_text(encoding="utf-8")
        status = path.stat()
        originals.setdefault(path, (text, (status.st_atime_ns, status.st_mtime_ns)))
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    yield change
    for path, (text, times) in originals.items():
        path.write_text(text, encoding="utf-8")
        os.utime(path, ns=times)


def test_nothing_is_left_to_do(finished):
    assert finished.planned() == set()


DATA, TRAINING = {"data"}, {"perceptrons", "image_network"}
STUDIES = ["disks", "mnist", "cifar10", "crops", "metrics"]
CLOUDS = {"sample_clouds", "image_clouds", "performance"}


def test_a_landscape_grid_re_runs_no_training_and_no_homology(finished, edit):
    edit(
        "workflow/config/studies/disks.yaml",
        "landscapes: {levels: 12, grid: {step: 0.01}}",
        "landscapes: {levels: 12, grid: {step: 0.02}}",
    )
    planned = finished.planned()
    assert {"landscapes", "statistics", "verdicts", "disks_landscapes_h1", "pdf"} <= planned
    assert not planned & (DATA | TRAINING | CLOUDS | {"diagrams"})


def test_a_rule_of_a_claim_re_runs_verdicts_and_paper_alone(finished, edit):
    edit("workflow/config/claims.yaml", "holds: {above: 0.5}", "holds: {above: 0.4}")
    assert finished.planned() == BEHIND | {"changed_rules"}


def test_another_checksum_re_runs_the_data(finished, edit):
    edit("workflow/config/datasets.yaml", "sha256: 39719fe3", "sha256: 00000000")
    assert {"data", "perceptrons"} <= finished.planned()


def test_a_topology_module_re_runs_homology_but_no_training(finished, edit):
    edit("src/topolens/topology/distances.py", "CANCELLATION = 1e-5", "CANCELLATION = 1e-6")
    planned = finished.planned(*STUDIES)  # naitzat checks its data by topology
    assert {"diagrams", "landscapes", "statistics"} <= planned
    assert not planned & (TRAINING | {"image_clouds", "performance"})


def test_a_grid_by_width_re_runs_no_network_and_no_homology(finished, edit):
    edit("workflow/config/studies/crops.yaml", "landscapes: {samples: 60}", "landscapes: {samples: 61}")
    planned = finished.planned()
    assert {"landscapes", "statistics", "verdicts", "pdf"} <= planned
    assert not planned & (DATA | TRAINING | CLOUDS | {"diagrams", "attributions", "mapper"})


# Everything behind a study's statistics, and behind all verdicts.
BEHIND = {"verdicts", "comparison", "numbers", "pdf", "page", "details"}


@pytest.mark.parametrize("study", ["disks", "mnist", "cifar10", "crops", "metrics", "naitzat"])
def test_the_bootstrap_of_a_study_re_runs_its_statistics_and_what_reads_them(finished, edit, study):
    edit(f"workflow/config/studies/{study}.yaml", "intervals: {bootstrap: 50}", "intervals: {bootstrap: 51}")
    planned = finished.planned()
    assert {"statistics", f"{study}_table", "verdicts"} <= planned
    others = {name for name in planned if not name.startswith(f"{study}_")} - BEHIND - {"statistics"}
    assert not others


def test_steps_of_feature_pictures_re_run_pictures_and_what_shows_them_alone(finished, edit):
    edit(
        "workflow/config/studies/cifar10.yaml",
        "feature_pictures: {nodes: 2, steps: 2}",
        "feature_pictures: {nodes: 2, steps: 3}",
    )
    shown = {"cifar10_topoact", "cifar10_mapper_graphs", "pdf", "page", "details"}
    assert finished.planned() == {"feature_pictures"} | shown


@pytest.mark.parametrize(
    ("study", "old", "new", "rules"),
    [
        ("disks", "learning_rate: 0.02", "learning_rate: 0.03", {"perceptrons", "sample_clouds", "diagrams"}),
        ("mnist", "accuracy_window: 20}", "accuracy_window: 21}", {"perceptrons", "sample_clouds", "diagrams"}),
        ("cifar10", "batch_size: 64", "batch_size: 32", {"image_network", "diagrams", "attributions", "mapper"}),
        ("crops", "images: 16, crop", "images: 15, crop", {"image_network", "diagrams", "attributions"}),
        ("metrics", "learning_rate: 0.001", "learning_rate: 0.002", {"image_network", "image_clouds", "diagrams"}),
        ("naitzat", "D-I: {max_epochs: 3", "D-I: {max_epochs: 4", {"perceptrons", "betti"}),
    ],
)  # fmt: skip
def test_settings_of_training_re_train_and_what_follows(finished, edit, study, old, new, rules):
    path = f"workflow/config/studies/{study}.yaml"
    text = (finished.folder / path).read_text(encoding="utf-8")
    smoke = text[text.index("  smoke:") :]
    edit(path, smoke, smoke.replace(old, new, 1))
    planned = finished.planned()
    assert rules <= planned
    assert "data" not in planned


@pytest.mark.parametrize(
    ("study", "old", "new", "rules"),
    [
        ("disks", "points: 150, nulls: 3", "points: 150, nulls: 4", {"diagrams"}),
        ("disks", "tests: {permutations: 49", "tests: {permutations: 59", {"statistics"}),
        ("cifar10", "clusters: {shuffles: 20}", "clusters: {shuffles: 21}", {"clusters", "statistics"}),
        ("metrics", "separation: {neighbours: 5}", "separation: {neighbours: 4}", {"separation", "statistics"}),
        ("naitzat", "norms: {points: 80}", "norms: {points: 81}", {"betti", "statistics"}),
    ],
)  # fmt: skip
def test_a_section_re_runs_what_reads_it_and_nothing_before(finished, edit, study, old, new, rules):
    edit(f"workflow/config/studies/{study}.yaml", old, new)
    planned = finished.planned()
    order = ["image_clouds", "diagrams", "landscapes", "clusters", "separation", "betti", "statistics"]
    first = min(map(order.index, rules))
    assert rules <= planned
    assert not planned & (TRAINING | {*order[:first]})


def test_homology_re_runs_no_attribution(finished, edit):
    edit("src/topolens/topology/persistence.py", "def estimated_bytes(", "SOMETHING_NEW = 1\n\n\ndef estimated_bytes(")
    planned = finished.planned(*STUDIES)
    assert "diagrams" in planned
    assert not planned & (TRAINING | {"image_clouds", "performance"} | {"attributions", "feature_pictures", "mapper"})


def test_a_statistic_of_claims_re_runs_verdicts_and_no_figure(finished, edit):
    edit("src/topolens/claims/betti.py", "def headline(", "SOMETHING_NEW = 1\n\n\ndef headline(")
    assert finished.planned() - {"changed_rules"} == BEHIND


def test_a_figure_module_re_runs_that_figure_alone(finished, edit):
    edit("src/topolens/figures/confusion.py", "def draw(", "SOMETHING_NEW = 1\n\n\ndef draw(")
    assert finished.planned() == {"cifar10_confusion", "pdf", "page", "details"}


@pytest.mark.parametrize(
    "module",
    [
        "seeding",
        "nets/perceptrons/training",
        "topology/distances",
        "topology/landscapes",
        "inference/permutation",
        "figures/style",
    ],
)
def test_a_comment_or_docstring_re_runs_nothing(finished, edit, module):
    edit(f"src/topolens/{module}.py", '"""', '"""Some other words. ')
    edit(f"src/topolens/{module}.py", "\ndef ", "\n# a new comment\n\ndef ")
    assert finished.planned() == set()


def test_a_comment_in_the_adapter_or_a_rule_re_runs_nothing(finished, edit):
    edit("workflow/scripts/stage.py", "# One thread", "# Some other words: one thread")
    edit("workflow/rules/topology.smk", "rule diagrams", "# a new comment\nrule diagrams")
    assert finished.planned() == set()


def test_a_comment_in_the_configuration_re_runs_nothing(finished, edit):
    edit("workflow/config/studies/disks.yaml", "# Activation", "# Once more: activation")
    edit("workflow/config/claims.yaml", "# What was claimed", "# In short, what was claimed")
    edit("workflow/config/datasets.yaml", "# Where each data set", "# In short, where each data set")
    assert finished.planned() == set()


def test_each_figure_is_a_target_of_its_own(finished):
    finished.snakemake("--dry-run", "--", "figures/smoke/disks/landscapes_h1.pdf")
    finished.snakemake("--dry-run", "--", "mnist_components")


def test_bad_settings_fail_before_any_job_with_the_valid_names(finished, edit):
    unknown = finished.snakemake("--dry-run", "--config", "scale=smoke", "sede=1", check=False)
    assert unknown.returncode != 0
    assert "sede" in unknown.stdout
    assert "'seed'" in unknown.stdout
    edit("workflow/config/studies/mnist.yaml", "batch_size: 16", "batchsize: 16")
    misspelt = finished.snakemake("--dry-run", check=False)
    assert misspelt.returncode != 0
    assert all(word in misspelt.stdout for word in ("mnist.yaml", "batchsize", "batch_size"))


def test_verify_passes_on_the_same_run_and_fails_on_an_altered_table(finished):
    results, reference = finished.folder / "results/smoke", finished.folder / "results/reference/smoke"
    studies = load_studies(sorted((finished.folder / "workflow/config/studies").glob("*.yaml")), "smoke")
    tables = read_tables(results, [*studies])
    reference.mkdir(parents=True)
    try:
        for table in finished.tables:
            shutil.copy(table, reference / table.name)
        write_gold(reference, tables, [tables] * 3)
        write_json(reference / "fingerprint.json", fingerprint(results, settings_of(studies), "smoke", 20))
        told = finished.snakemake("--", "verify").stdout
        assert "every number has to be the same" in told
        assert "disks    agrees" in told
        table = pd.read_csv(reference / "disks.csv")
        row = table.index[(table["statistic"] == "complexity_l2") & (table["depth"] == 0)][0]
        table.loc[row, "estimate"] *= 1.001
        table.to_csv(reference / "disks.csv", index=False)
        failed = finished.snakemake("--force", "--", "verify", check=False)
        assert failed.returncode != 0
        assert "complexity_l2" in failed.stdout
        # What it found stays, and a study that agrees passes by itself.
        assert (results / "verification.csv").is_file()
        assert finished.snakemake("--", "crops_verify").returncode == 0
    finally:
        shutil.rmtree(reference)
        finished.snakemake("--", "report")  # as it was, for the tests that follow
