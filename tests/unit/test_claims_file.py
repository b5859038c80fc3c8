"""The project's claims: all of them name what exists."""

from pathlib import Path

import pytest

from topolens.claims.model import load_claims
from topolens.claims.registry import STATISTICS
from topolens.config.study import load_study
from topolens.stages.attributions import COLUMNS as ATTRIBUTIONS

CONFIG = Path(__file__).parents[2] / "workflow" / "config"
TOPOACT = {f"T{number}" for number in range(1, 7)}
STUDIES = CONFIG / "studies"


@pytest.mark.parametrize("scale", ["smoke", "quick", "full"])
def test_the_projects_claims_can_all_be_evaluated(scale):
    studies = {file.stem: load_study(file, scale) for file in STUDIES.glob("*.yaml")}
    claims = load_claims(STUDIES.parent / "claims.yaml", studies)
    assert len({claim.id for claim in claims}) == len(claims)
    for claim in claims:
        function = STATISTICS[claim.statistic].function
        optional = set(function.__kwdefaults__ or {})
        options = set(function.__annotations__) - {"evidence", "return"}
        assert options - optional <= set(claim.options) <= options


@pytest.mark.parametrize("scale", ["smoke", "quick", "full"])
def test_the_projects_claims_on_latent_landscapes_all_resolve(scale):
    studies = {file.stem: load_study(file, scale) for file in (CONFIG / "studies").glob("*.yaml")}
    claims = [
        claim
        for claim in load_claims(CONFIG / "claims.yaml", studies)
        if studies[claim.studies[0]].runs["main"].kind == "positions"
    ]
    assert {claim.id.split(".")[0] for claim in claims} == {f"L{number}" for number in range(1, 12)} | TOPOACT
    for claim in claims:
        for study in claim.studies:
            main = studies[study].runs[claim.run]
            layers = [claim.options[key] for key in ("layer", "over") if key in claim.options]
            assert set(layers) <= set(main.layers)
            if claim.statistic == "cluster_agreement":
                assert set(layers) <= set(main.clusters.layers)
            if claim.options.get("level") and scale == "full":
                assert f"{claim.options['level']}-UpReLU" in main.layers
            assert set(claim.options.get("pair", [])) <= set(main.clouds.groups)
            named = {claim.options[key] for key in ("network", "without") if key in claim.options}
            assert named <= {network.name for network in main.networks}
            if claim.scope == "population" and study == "cifar10" and claim.id.startswith("L"):
                assert claim.run == "family"


@pytest.mark.parametrize("scale", ["smoke", "quick", "full"])
def test_the_projects_claims_on_other_explanations_all_resolve(scale):
    studies = {file.stem: load_study(file, scale) for file in (CONFIG / "studies").glob("*.yaml")}
    families = {"L10", "L11"} | TOPOACT
    claims = [one for one in load_claims(CONFIG / "claims.yaml", studies) if one.id.split(".")[0] in families]
    explaining = {"attributions.csv", "mapper.csv", "planes.csv", "projections.csv"}
    assert {claim.statistic for claim in claims} == {"test_accuracy"} | {
        name for name, known in STATISTICS.items() if known.needs & explaining
    }
    for claim in claims:
        (study,) = claim.studies
        assert claim.options.get("score", "inside") in ATTRIBUTIONS
        # Only images with masks have an inside, and a cloud of their own.
        assert (study == "crops") == (claim.options.get("score") == "inside")


def test_every_claim_of_the_study_names_a_statistic_with_its_options():
    studies = {file.stem: load_study(file, "full") for file in (CONFIG / "studies").glob("*.yaml")}
    claims = [claim for claim in load_claims(CONFIG / "claims.yaml", studies) if claim.studies == ["metrics"]]
    assert {claim.id.split(".")[0] for claim in claims} == {"P1", "P2", "H1", "H2", "H3", "H4"}
    assert {claim.statistic for claim in claims} == {name for name, known in STATISTICS.items() if known.of == "images"}


def test_figures_show_claims_that_there_are_on_their_study():
    studies = {file.stem: load_study(file, "full") for file in (CONFIG / "studies").glob("*.yaml")}
    claims = load_claims(CONFIG / "claims.yaml", studies)
    for study in studies.values():
        own = [claim.id for claim in claims if study.name in claim.studies]
        for name, figure in study.figures.items():
            for shown in figure.claims:
                assert any(one == shown or one.startswith(f"{shown}.") for one in own), (study.name, name, shown)
