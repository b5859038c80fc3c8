# The metric flow: one vector per image and layer, diagrams under many distances, comparisons of these.


def metric_settings(*names):
    """Settings with layers, metrics and conditions resolved, and the paths of the weights."""

    def slice_of(wildcards):
        run = STUDIES[wildcards.study].all_runs[wildcards.run]
        resolved = run.spec()
        values = json.loads(settings(*set(names) - set(resolved))(wildcards))
        values |= {name: resolved[name] for name in names if name in resolved}
        if "networks" in names:
            values["checkpoints"] = latent_checkpoints(wildcards)
        return json.dumps(values, sort_keys=True)

    return slice_of


rule metric_clouds:
    input:
        latent_checkpoints,
        latent_cards,
        images_file=of_owner("images.npz"),
    output:
        clouds_file=f"{RESULTS}/{{study}}/{{run}}/clouds.npz",
        performance_file=f"{RESULTS}/{{study}}/{{run}}/performance.csv",
        provenance=f"{RESULTS}/{{study}}/{{run}}/clouds.provenance.json",
    wildcard_constraints:
        study=METRIC,
    threads: config["threads"]
    params:
        stage="metric_clouds.record_clouds",
        code=code("metric_clouds.record_clouds"),
        settings=metric_settings(
            "networks",
            "seeds",
            "layers",
            "conditions",
            "clouds",
            "disturbances",
            "seed",
        ),
    message:
        "clouds of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


rule metric_diagrams:
    input:
        clouds_file=of_owner("clouds.npz"),
    output:
        diagrams_file=f"{RESULTS}/{{study}}/{{run}}/diagrams.npz",
        provenance=f"{RESULTS}/{{study}}/{{run}}/diagrams.provenance.json",
    wildcard_constraints:
        study=METRIC,
    threads: config["threads"]
    params:
        stage="metric_diagrams.compute_metric_diagrams",
        code=code("metric_diagrams.compute_metric_diagrams"),
        settings=metric_settings("distances", "metrics", "homology", "separation"),
    message:
        "diagrams of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


rule diagram_distances:
    input:
        diagrams_file=of_owner("diagrams.npz"),
    output:
        distances_file=f"{RESULTS}/{{study}}/{{run}}/distances.csv",
        provenance=f"{RESULTS}/{{study}}/{{run}}/distances.provenance.json",
    wildcard_constraints:
        study=METRIC,
    threads: config["threads"]
    params:
        stage="diagram_distances.compare_diagrams",
        code=code("diagram_distances.compare_diagrams"),
        settings="{}",
    message:
        "distances between diagrams of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


rule metric_statistics:
    input:
        diagrams_file=of_owner("diagrams.npz"),
        distances_file=of_owner("distances.csv"),
        performance_file=of_owner("performance.csv"),
    output:
        statistics_file=f"{RESULTS}/{{study}}/{{run}}/statistics.csv",
        provenance=f"{RESULTS}/{{study}}/{{run}}/statistics.provenance.json",
    wildcard_constraints:
        study=METRIC,
    params:
        stage="metric_statistics.compute_metric_statistics",
        code=code("metric_statistics.compute_metric_statistics"),
        settings=settings("statistics", "seed"),
    message:
        "statistics of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"
