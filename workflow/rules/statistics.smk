from topolens.claims.registry import STATISTICS


def class_shares_of(wildcards):
    """The shares of principal components, where a run measures them."""
    run = STUDIES[wildcards.study].all_runs[wildcards.run]
    if not run.statistics.class_shares:
        return {}
    return {"shares_file": artifact(wildcards.study, wildcards.run, "components.csv")}


rule statistics:
    input:
        unpack(class_shares_of),
        complexity_file=of_owner("complexity.csv"),
        landscapes_file=of_owner("landscapes.npz"),
    output:
        statistics_file=f"{RESULTS}/{{study}}/{{run}}/statistics.csv",
        provenance=f"{RESULTS}/{{study}}/{{run}}/statistics.provenance.json",
    wildcard_constraints:
        study=ACTIVATION,
    params:
        stage="statistics.compute_statistics",
        code=code("statistics.compute_statistics"),
        settings=settings(
            "statistics",
            "seed",
            thresholds=lambda run: run.training.thresholds,
            networks=lambda run: run.networks.count,
        ),
    message:
        "statistics of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


def table_of(study):
    return f"{RESULTS}/{study.name}.csv"


TABLES = [table_of(study) for study in STUDIES.values()]

for study in STUDIES.values():

    rule:
        name:
            f"{study.name}_table"
        input:
            [artifact(study.name, run, "statistics.csv") for run in study.runs],
        output:
            table_file=table_of(study),
            provenance=f"{RESULTS}/{study.name}.provenance.json",
        params:
            stage="tables.join_runs",
            code=code("tables.join_runs"),
            settings=json.dumps(
                {"folder": f"{RESULTS}/{study.name}", "runs": list(study.runs)}
            ),
        message:
            f"table of {study.name}"
        script:
            "../scripts/stage.py"


def claim_inputs():
    """The artifacts that the verdicts are computed from: what each claim's statistic reads of its runs."""
    inputs = set()
    for claim in CLAIM_LIST:
        for study in (STUDIES[name] for name in claim.studies):
            for run in claim.runs:
                needs = STATISTICS[claim.statistic].needs | {data_artifact(study)}
                inputs |= {needed(study, run, name) for name in needs}
    return sorted(inputs)


def needed(study, run, name):
    """The path of an artifact that a statistic names, of the run or, after `subject:`, of the one it explains."""
    owner_name, _, name = name.rpartition(":")
    return owned(*(subject_of(study, run) if owner_name else (study, run)), name)
