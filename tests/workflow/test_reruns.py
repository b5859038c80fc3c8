"""What re-runs after a change, told by dry runs over a finished run."""

from pathlib import Path

import pytest


@pytest.fixture
def edit(finished):
    """Edit a file of the finished project, and put it back as it was after the test."""
    originals: dict[Path, tuple[str, tuple[int, int]]] = {}

    def change(name: str, old: str, new: str) -> None:
        import os

        path = finished.folder / name
        text = path.read_text(encoding="utf-8")
        status = path.stat()
        originals.setdefault(path, (text, (status.st_atime_ns, status.st_mtime_ns)))
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    yield change
    import os

    for path, (text, times) in originals.items():
        path.write_text(text, encoding="utf-8")
        os.utime(path, ns=times)


def test_nothing_is_left_to_do(finished):
    assert finished.planned() == set()


def test_a_landscape_grid_re_runs_no_training_and_no_homology(finished, edit):
    edit(
        "workflow/config/studies/disks.yaml",
        "landscapes: {levels: 12, grid: {step: 0.01}}",
        "landscapes: {levels: 12, grid: {step: 0.02}}",
    )
    planned = finished.planned()
    assert {"landscapes", "statistics", "verdicts", "disks_landscapes_h1", "pdf"} <= planned
    assert not planned & {"data", "train", "activations", "diagrams"}


def test_a_rule_of_a_claim_re_runs_verdicts_and_paper_alone(finished, edit):
    edit("workflow/config/claims.yaml", "holds: {above: 0.8}", "holds: {above: 0.7}")
    assert finished.planned() == {"verdicts", "numbers", "pdf", "html"}


def test_another_checksum_re_runs_the_data(finished, edit):
    edit("workflow/config/datasets.yaml", "sha256: 39719fe3", "sha256: 00000000")
    assert {"data", "train"} <= finished.planned()


def test_a_topology_module_re_runs_homology_but_no_training(finished, edit):
    edit("src/topolens/topology/distances.py", "CANCELLATION = 1e-5", "CANCELLATION = 1e-6")
    planned = finished.planned()
    assert {"activations", "diagrams", "landscapes", "statistics", "latent_diagrams", "verdicts"} <= planned
    assert not planned & {"data", "train", "images", "image_network", "performance"}


def test_a_latent_grid_re_runs_no_network_and_no_homology(finished, edit):
    edit("workflow/config/studies/crops.yaml", "landscapes: {samples: 60}", "landscapes: {samples: 61}")
    planned = finished.planned()
    assert {"latent_landscapes", "latent_statistics", "verdicts", "pdf"} <= planned
    assert not planned & {"images", "image_network", "performance", "latent_diagrams", "landscapes"}


# Everything behind a study's statistics, and behind all verdicts.
BEHIND = {"verdicts", "numbers", "pdf", "html"}


@pytest.mark.parametrize(
    ("study", "old", "new", "rule"),
    [
        ("disks", "bootstrap: 50, splits", "bootstrap: 51, splits", "statistics"),
        ("mnist", "bootstrap: 50, splits", "bootstrap: 51, splits", "statistics"),
        ("cifar10", "bootstrap: 50, shuffles: 20", "bootstrap: 51, shuffles: 20", "latent_statistics"),
        ("crops", "bootstrap: 50, shuffles: 20", "bootstrap: 51, shuffles: 20", "latent_statistics"),
        ("metrics", "statistics: {bootstrap: 50}", "statistics: {bootstrap: 51}", "metric_statistics"),
        ("explain", "statistics: {bootstrap: 20}", "statistics: {bootstrap: 21}", "explain_statistics"),
        ("naitzat", "statistics: {bootstrap: 50}", "statistics: {bootstrap: 51}", "betti_statistics"),
    ],
)  # fmt: skip
def test_the_bootstrap_of_a_study_re_runs_its_statistics_and_what_reads_them(finished, edit, study, old, new, rule):
    edit(f"workflow/config/studies/{study}.yaml", old, new)
    planned = finished.planned()
    assert {rule, f"{study}_table"} <= planned
    others = {name for name in planned if not name.startswith(f"{study}_")} - BEHIND - {rule}
    assert not others


def test_steps_of_feature_pictures_re_run_pictures_and_explorer_alone(finished, edit):
    edit(
        "workflow/config/studies/explain.yaml",
        "feature_pictures: {nodes: 2, steps: 2}",
        "feature_pictures: {nodes: 2, steps: 3}",
    )
    assert finished.planned() == {"node_pictures", "explain_topoact", "html"}


@pytest.mark.parametrize(
    ("study", "old", "new", "rules"),
    [
        ("disks", "learning_rate: 0.01", "learning_rate: 0.02", {"train", "activations", "diagrams"}),
        ("mnist", "accuracy_window: 20}", "accuracy_window: 21}", {"train", "activations", "diagrams"}),
        ("cifar10", "batch_size: 64", "batch_size: 32", {"image_network", "latent_diagrams", "attributions"}),
        ("crops", "images: 16, crop", "images: 15, crop", {"image_network", "latent_diagrams", "attributions"}),
        ("metrics", "learning_rate: 0.001", "learning_rate: 0.002", {"image_network", "metric_diagrams"}),
        ("naitzat", "D-I: {maximum_epochs: 3", "D-I: {maximum_epochs: 4", {"betti_train", "betti_layers"}),
    ],
)  # fmt: skip
def test_settings_of_training_re_train_and_what_follows(finished, edit, study, old, new, rules):
    path = f"workflow/config/studies/{study}.yaml"
    text = (finished.folder / path).read_text(encoding="utf-8")
    smoke = text[text.index("  smoke:") :]
    edit(path, smoke, smoke.replace(old, new, 1))
    planned = finished.planned()
    assert rules <= planned
    assert not planned & {"data", "images", "betti_data"}


def test_homology_re_runs_no_attribution(finished, edit):
    edit("src/topolens/topology/persistence.py", "def estimated_bytes(", "SOMETHING_NEW = 1\n\n\ndef estimated_bytes(")
    planned = finished.planned()
    assert {"diagrams", "latent_diagrams", "metric_diagrams", "betti_layers"} <= planned
    assert not planned & {"attributions", "node_pictures", "performance", "image_network", "train"}


def test_a_statistic_of_claims_re_runs_verdicts_and_no_figure(finished, edit):
    edit("src/topolens/claims/betti.py", "def headline(", "SOMETHING_NEW = 1\n\n\ndef headline(")
    assert finished.planned() == BEHIND


def test_a_figure_module_re_runs_that_figure_alone(finished, edit):
    edit("src/topolens/figures/confusion.py", "def draw(", "SOMETHING_NEW = 1\n\n\ndef draw(")
    assert finished.planned() == {"cifar10_confusion", "pdf", "html"}


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
    edit("workflow/rules/topology.smk", "rule activations", "# a new comment\nrule activations")
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


def test_verify_passes_on_the_same_run_and_fails_on_an_altered_table(finished, tmp_path):
    import shutil

    reference = finished.folder / "results/reference/smoke"
    reference.mkdir(parents=True)
    try:
        for table in finished.tables:
            shutil.copy(table, reference / table.name)
        finished.snakemake("--", "verify")
        table = (reference / "disks.csv").read_text().splitlines()
        row = next(i for i, line in enumerate(table) if ",complexity_l2,0,0,," in line)
        cells = table[row].split(",")
        cells[5] = str(float(cells[5]) * 1.001)
        table[row] = ",".join(cells)
        (reference / "disks.csv").write_text("\n".join(table) + "\n")
        failed = finished.snakemake("--force", "--", "verify", check=False)
        assert failed.returncode != 0
        assert "complexity_l2" in failed.stdout
    finally:
        shutil.rmtree(finished.folder / "results/reference/smoke")
