"""The whole workflow at the smoke scale: from data to the paper and the report."""

import os
import re
import signal
import subprocess
import sys
import time

import pandas as pd
import yaml
from pypdf import PdfReader

from project_copy import copy_project
from topolens.config.study import load_study
from topolens.results import load_results


def test_every_figure_exists_as_pdf_and_png(finished):
    for study in (finished.folder / "workflow" / "config" / "studies").glob("*.yaml"):
        for name in load_study(study, "smoke").figures:
            file = finished.folder / f"figures/smoke/{study.stem}/{name}.pdf"
            assert file.read_bytes().startswith(b"%PDF")
            assert file.with_suffix(".png").stat().st_size > 5_000


def test_claims_have_every_column_and_a_valid_verdict(finished):
    claims = pd.read_csv(finished.folder / "results/smoke/claims.csv")
    assert {"id", "study", "verdict", "estimate", "low", "high", "n", "seeds", "data", "scale"} <= set(claims.columns)
    assert set(claims["verdict"]) <= {"reproduced", "not reproduced", "undecided", "not comparable"}
    assert (claims["scale"] == "smoke").all()
    assert {"kind", "scope", "twin", "unit"} <= set(claims.columns)
    assert set(claims["kind"]) == {"published", "control", "ours"}
    assert claims["unit"].notna().all()
    assert claims.loc[claims["id"] == "W3", "twin"].tolist() == ["raw", "scale-free", "gaussian"] * 2
    assert claims.loc[claims["verdict"].isin(["undecided", "not comparable"]), "reason"].notna().all()
    assert {"W1", "W3", "W7", "C4", "L1", "L5", "L9"} <= set(claims["id"])
    assert {"L10", "L11", "T1", "T6"} <= set(claims.loc[claims["study"].isin(["cifar10", "crops"]), "id"])
    stand_in = claims["data"].str.startswith("stand-in")
    assert claims.loc[stand_in, "verdict"].isin(["undecided", "not comparable"]).all()


def test_paper_is_a_pdf_and_holds_no_unfilled_macro(finished):
    assert (finished.folder / "results/smoke/topolens.pdf").read_bytes().startswith(b"%PDF")
    numbers = (finished.folder / "paper/generated/numbers.tex").read_text()
    assert r"\DisksWthreeScaleFreeSaid" in numbers
    assert not re.search(r"\bnan\b", numbers.lower())


def test_results_load_as_tidy_tables(finished):
    results = load_results("disks", "smoke", finished.folder)
    assert set(results.statistics["run"]) == set(results.runs)
    assert {"0", "1", "all"} <= set(results.statistics["degree"].dropna())
    main = results.runs["main"]
    complexity = main.table("statistics").query("statistic == 'complexity_l2' and depth > 0")
    (family,) = main.record("networks")["families"].values()
    reached = sum(epochs[0] is not None for epochs in family["reached_epoch"])
    first = complexity[(complexity["snapshot"] == complexity["snapshot"].min()) & (complexity["degree"] == "0")]
    assert (first["n"] == reached).all()
    assert (complexity["low"] <= complexity["estimate"]).all()
    assert (complexity["estimate"] <= complexity["high"]).all()


def test_results_of_convolutional_networks_load_as_tidy_tables(finished):
    results = load_results("crops", "smoke", finished.folder)
    assert set(results.statistics["run"]) == {"main", "random", "as_coded"}
    main, random = results.runs["main"], results.runs["random"]
    norms = main.table("statistics").query("statistic == 'complexity_l2'")
    assert len(norms) == len(main.config.networks) * len(main.config.layers)
    assert (norms["n"] == main.config.clouds.repeats).all()
    assert (norms["low"] <= norms["estimate"]).all()
    assert (norms["estimate"] <= norms["high"]).all()
    assert set(main.table("performance")["network"]) == {"RGB", "M2"}
    assert len(random.table("performance")) == 0
    # A run with other landscapes alone has the diagrams of the headline run.
    assert len(results.runs["as_coded"].diagrams.clouds) == len(main.diagrams.clouds)


def test_results_of_many_metrics_load_as_tidy_tables(finished):
    results = load_results("metrics", "smoke", finished.folder)
    main, random = results.runs["main"], results.runs["random"]
    metrics = {*main.config.all_distances, "stacked"}
    clean = main.diagrams.clouds.query("condition == 'clean' and is_main")
    assert set(clean["metric"]) == metrics
    # Two networks of three layers, a cloud and its repeats.
    assert len(clean) == 2 * 3 * (1 + main.config.image_clouds.repeats) * len(metrics)
    assert [*clean["layer"].unique()] == ["stem", "stage 1", "stage 4", "layer 1", "layer 2", "norm"]
    assert set(main.table("performance")["condition"]) == {condition.name for condition in main.config.all_conditions}
    assert set(random.table("performance")["condition"]) == {"clean"}
    distances = main.table("diagram_distances")
    assert set(distances["kind"]) == {"between", "within", "paired", "disturbed", "k"}
    assert (distances["bottleneck"] <= distances["wasserstein"] * 1.001).all()
    assert len(main.table("separation")) == main.diagrams.clouds["is_main"].sum()
    assert main.table("untrained").groupby("network")["seed"].nunique().to_dict() == {"ResNet-50": 2, "ViT": 2}
    shares = main.table("statistics").query("statistic == 'quantised_share'").set_index("network")["estimate"]
    # A small transformer behind a stem of the usual width: most weights are convolutions in both.
    assert 0 < shares["ResNet-50"] < shares["ViT"] < 1


def test_results_of_known_topology_load_as_tidy_tables(finished):
    results = load_results("naitzat", "smoke", finished.folder)
    main = results.runs["main"]
    inputs = main.table("layers")[main.table("layers")["depth"] == 0].groupby("data")["omega"].sum()
    assert inputs.to_dict() == {"D-I": 19, "D-II": 36, "D-III": 54}
    trained = main.table("statistics").query("statistic == 'trained'")
    assert len(trained) == sum(len(family.activations) for family in main.config.families)
    assert (trained["n"] == 2).all()
    assert {"N1.d-i", "N5.d-iii"} <= set(results.claims["id"])


def test_results_of_other_explanations_load_as_tidy_tables(finished):
    main, crops = (load_results(name, "smoke", finished.folder).runs["main"] for name in ("cifar10", "crops"))
    concentration = main.table("statistics").query("statistic == 'concentration'")
    layers = {*main.config.explained_layers, "input"}
    assert set(concentration["layer"]) <= set(main.table("attributions")["layer"]) == layers
    assert concentration["low"].le(concentration["estimate"] + 1e-9).all()
    assert concentration["high"].ge(concentration["estimate"] - 1e-9).all()
    assert main.table("attributions")["inside"].isna().all()
    assert crops.table("attributions")["inside"].dropna().between(0, 1).all()
    assert set(crops.table("attributions")["network"]) == {network.name for network in crops.config.networks}
    # Each photograph has a cloud of its own.
    assert crops.table("attributions")["repeat"].between(0, crops.config.clouds.repeats - 1).all()
    assert main.table("mapper")["layer"].unique().tolist() == main.config.mapper_layers
    kinds = {"repeat", "pair", "covariance", "parameters", "agreement"}
    assert all(set(rows["kind"]) == kinds for _, rows in main.table("mapper").groupby("layer"))
    assert len(main.arrays("graphs")["labels"]) == min(main.config.mapper.images, len(main.images.rows("test")))
    assert len(main.table("planes")) == 3 * len(main.config.layers)
    family = main.other("family")
    assert len(family.table("planes")) == 3 * len(family.config.layers) * len(family.config.seeds)
    assert set(family.table("attributions")["seed"]) == {*family.config.seeds}
    assert family.table("projections").query("not null")["kept"].between(0, 1).all()
    assert not crops.table("statistics")["statistic"].str.startswith(("mapper", "pair_", "separation")).any()
    # Explained are the headline runs alone.
    for run in ("random", "family_untrained", "as_coded"):
        assert not (main.other(run).table("statistics")["statistic"] == "concentration").any()


def test_explorer_page_is_one_offline_file(finished):
    text = (finished.folder / "figures/smoke/cifar10/topoact/index.html").read_text(encoding="utf-8")
    main = load_results("cifar10", "smoke", finished.folder).runs["main"]
    assert all(f'"name":"{layer}"' in text for layer in main.config.mapper_layers)
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']https?://|url\(https?:|fetch\(", text)


def test_report_is_one_offline_file(finished):
    file = finished.folder / "results/smoke/report.html"
    text = file.read_text(encoding="utf-8")
    assert file.stat().st_size < 15e6
    assert text.count("<figure id=") == sum(1 for _ in (finished.folder / "figures/smoke").glob("*/*.png"))
    assert text.count("<tbody id=") == len(pd.read_csv(finished.folder / "results/smoke/claims.csv"))
    assert not re.findall(r"(?:src|href)=[\"']https?://|url\(https?:|fetch\(", text)
    for link in re.findall(r'href="([^"#]+)"', text):
        assert (file.parent / link).is_file(), link


def test_details_by_snakemake_are_one_offline_file(finished):
    finished.snakemake("--report", "results/smoke/details.html")
    text = (finished.folder / "results/smoke/details.html").read_text(encoding="utf-8")
    assert "landscapes_h1" in text
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']https?://", text)


def test_a_killed_run_on_one_core_goes_on_and_gives_the_tables_of_two_cores(finished, tmp_path):
    again = copy_project(tmp_path / "again")
    process = again.start("--", "verdicts", "tables", cores=1)
    while not (again.folder / "results/smoke/disks/main/diagrams.npz").exists():
        assert process.poll() is None, process.communicate()[0][-3000:]
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()

    locked = again.snakemake("--", "tables", cores=1, check=False)
    assert "LockException" in locked.stdout
    command = [sys.executable, "-m", "topolens", "unlock"]
    subprocess.run(command, cwd=again.folder, env=again.environment, check=True)
    text = again.snakemake("--", "verdicts", "tables", cores=1).stdout
    assert "data of disks/main" not in text
    complexity = (project.folder / "results/smoke/disks/main/complexity.csv" for project in (again, finished))
    for one, two in [*zip(again.tables, finished.tables, strict=True), tuple(complexity)]:
        assert one.read_bytes() == two.read_bytes(), one.name


def test_R15_every_wording_stands_in_the_paper_as_it_was_written(finished):
    pdf = PdfReader(finished.folder / "results/smoke/topolens.pdf")
    text = plain("".join(page.extract_text() for page in pdf.pages))
    for claim in yaml.safe_load((finished.folder / "workflow/config/claims.yaml").read_text(encoding="utf-8")):
        assert plain(claim["wording"]) in text, claim["id"]


def plain(text: str) -> str:
    """Letters and digits alone: lines are broken and hyphenated, signs are set in several ways."""
    return "".join(character for character in text if character.isalnum())
