rule statistics:
    input:
        complexity_file=f"{RESULTS}/{{study}}/{{run}}/complexity.csv",
        landscapes_file=f"{RESULTS}/{{study}}/{{run}}/landscapes.npz",
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
    """The artifacts that the verdicts are computed from."""
    inputs = []
    for study, run in sorted(
        {
            (study, run)
            for claim in CLAIM_LIST
            for study in claim.studies
            for run in claim.runs
        }
    ):
        inputs += [
            owned(STUDIES[study], run, name) for name in evidence(STUDIES[study], run)
        ]
        if STUDIES[study].flow == "explain":
            inputs += [
                owned(*subject_of(STUDIES[study], run), name)
                for name in ("images.npz", "complexity.csv", "performance.csv")
            ]
    return inputs


def evidence(study, run):
    """What the verdicts need of a run."""
    if study.flow == "latent":
        return [
            "images.npz",
            "complexity.csv",
            "statistics.csv",
            "landscapes.npz",
            "performance.csv",
        ]
    if study.flow == "metric":
        return ["images.npz", "diagrams.npz", "distances.csv", "performance.csv"]
    if study.flow == "explain":
        chosen = study.all_runs[run]
        parts = {"mapper.csv": chosen.mapper, "planes.csv": chosen.planes}
        return ["attributions.csv", *(name for name, part in parts.items() if part)]
    if study.flow == "betti":
        return ["data.npz", "layers.csv"]
    names = ["data.npz", "complexity.csv", "statistics.csv", "diagrams.npz"]
    if study.runs[run].statistics.class_shares:
        names.append("components.csv")
    return names
