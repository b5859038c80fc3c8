"""Statistics are found by name, one name space for all subjects; studies that lack what one reads are refused."""

from pathlib import Path
from types import ModuleType

import pytest
from perceptron_tables import cloud, evidence, table_of

from topolens.claims.model import load_claims
from topolens.claims.registry import STATISTICS, SUBJECTS, check_made, claim_statistic, collect
from topolens.config.artifacts import artifacts_of
from topolens.config.study import load_study
from topolens.errors import TopolensError

CONFIG = Path(__file__).parents[2] / "workflow" / "config"


@pytest.fixture(scope="module")
def studies():
    return {file.stem: load_study(file, "smoke") for file in (CONFIG / "studies").glob("*.yaml")}


def test_claim_statistics_are_found_by_name_with_their_options():
    table = table_of(cloud(depth=2, gap_after=5))
    assert claim_statistic("gap_share", {"depth": 2, "degree": 0, "bars": 5})(evidence(table)).value == 1


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("gap_shares", {}, r"unknown statistic 'gap_shares'.*Did you mean 'gap_share'"),
        ("gap_share", {"dept": 2}, r"unknown option of gap_share 'dept'.*Did you mean 'depth'.*Valid: bars"),
        ("rise_over_run", {"agains": "random"}, r"option of rise_over_run 'agains'.*Did you mean 'against'"),
        ("ordered_boundaries", {"twin": "raw"}, r"unknown option of ordered_boundaries 'twin'"),
        ("nearest_pairs", {}, r"unknown statistic 'nearest_pairs'.*Did you mean 'nearest_pair'"),
        ("faithful", {"methods": "occlusion"}, r"option of faithful 'methods'.*Did you mean 'method'"),
        ("graphs_of_network", {}, r"unknown statistic 'graphs_of_network'.*Did you mean 'graphs_of_networks'"),
    ],
)
def test_unknown_statistics_and_options_are_answered_with_the_near_ones(name, options, message):
    with pytest.raises(TopolensError, match=message):
        claim_statistic(name, options)


def test_every_marked_function_of_every_subject_is_registered_once():
    files = {file.stem for file in Path(SUBJECTS[0].__file__).parent.glob("*.py")}
    marked = {name for name in files if "@statistic(" in Path(SUBJECTS[0].__file__).with_name(f"{name}.py").read_text()}
    assert {module.__name__.rpartition(".")[2] for module in SUBJECTS} == marked
    assert len(STATISTICS) == sum(len(collect([module])) for module in SUBJECTS)
    assert all(known.name == name and known.__doc__ and known.needs for name, known in STATISTICS.items())


def test_two_statistics_of_one_name_are_refused():
    first, second = (ModuleType(name) for name in ("first", "second"))
    for module in (first, second):
        exec(  # as if each were a file
            "from topolens.claims.evidence import Evidence\nfrom topolens.claims.evidence import statistic\n"
            "\n\n@statistic('layers.csv', of='layers', unit='network')\n"
            "def same(evidence: Evidence):\n    return None\n",
            vars(module),
        )
    assert list(collect([first])) == ["same"]
    with pytest.raises(TopolensError, match=r"statistic 'same': in first and in second; rename one"):
        collect([first, second])


def test_claims_use_registered_statistics_that_their_runs_have_the_artifacts_for(studies):
    for claim in load_claims(CONFIG / "claims.yaml", studies):
        for study in claim.studies:
            for run in claim.runs:
                assert STATISTICS[claim.statistic].needs <= artifacts_of(studies[study].runs[run])


@pytest.mark.parametrize(
    ("name", "study", "run", "message"),
    [
        ("gap_share", "cifar10", "main", r"'gap_share' reads complexity.csv.*run 'main' of cifar10.*cluster_agreement"),
        (
            "cluster_agreement",
            "disks",
            "main",
            r"'cluster_agreement' reads clusters.csv of clouds of positions.*of disks.*gap_share",
        ),
        ("nearest_pair", "metrics", "main", r"reads landscapes.csv|reads landscapes.npz.*of metrics.*sturdier"),
        ("second_component", "disks", "main", r"reads principal_shares.csv.*run 'main' of disks.*gap_share"),
        ("graphs_of_networks", "crops", "main", r"reads mapper.csv.*run 'main' of crops.*faithful"),
        ("trivial_share", "disks", "main", r"reads layers.csv.*of disks"),
    ],
)
def test_a_run_that_makes_no_such_artifact_is_refused_with_what_it_can_decide(name, study, run, message, studies):
    with pytest.raises(TopolensError, match=message) as caught:
        check_made(name, studies[study], run)
    assert f"{name}," not in str(caught.value).partition("expected")[2]


def test_a_statistic_is_made_where_its_artifacts_are(studies):
    check_made("second_component", studies["mnist"], "main")
    check_made("graphs_of_networks", studies["cifar10"], "main")
