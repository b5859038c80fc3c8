def cloud_inputs(wildcards):
    """A run that records the input alone needs no networks."""
    run = STUDIES[wildcards.study].all_runs[wildcards.run]
    inputs = {"data_file": of_owner("data.npz")(wildcards)}
    if run.needs_networks:
        inputs["networks_file"] = of_owner("networks.safetensors")(wildcards)
    return inputs


rule activations:
    input:
        unpack(cloud_inputs),
    output:
        clouds_file=temp(f"{RESULTS}/{{study}}/{{run}}/clouds.npz"),
        provenance=f"{RESULTS}/{{study}}/{{run}}/clouds.provenance.json",
    wildcard_constraints:
        study=ACTIVATION,
    params:
        stage="activations.record_clouds",
        code=code("activations.record_clouds"),
        settings=settings("clouds", "networks", "layers", "seed"),
    message:
        "clouds of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


rule diagrams:
    input:
        clouds_file=of_owner("clouds.npz"),
    output:
        diagrams_file=f"{RESULTS}/{{study}}/{{run}}/diagrams.npz",
        provenance=f"{RESULTS}/{{study}}/{{run}}/diagrams.provenance.json",
    wildcard_constraints:
        study=ACTIVATION,
    threads: threads_for
    params:
        stage="diagrams.compute_diagrams",
        code=code("diagrams.compute_diagrams"),
        settings=settings(
            "layers", "distance", "output_distance", "output_layer", "diagrams", "seed"
        ),
    message:
        "diagrams of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


rule components:
    input:
        clouds_file=of_owner("clouds.npz"),
    output:
        shares_file=f"{RESULTS}/{{study}}/{{run}}/components.csv",
        provenance=f"{RESULTS}/{{study}}/{{run}}/components.provenance.json",
    wildcard_constraints:
        study=ACTIVATION,
    params:
        stage="components.measure_components",
        code=code("components.measure_components"),
        settings=settings("output_layer", "seed"),
    message:
        "class components of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


rule landscapes:
    input:
        diagrams_file=of_owner("diagrams.npz"),
    output:
        landscapes_file=f"{RESULTS}/{{study}}/{{run}}/landscapes.npz",
        complexity_file=f"{RESULTS}/{{study}}/{{run}}/complexity.csv",
        provenance=f"{RESULTS}/{{study}}/{{run}}/landscapes.provenance.json",
    wildcard_constraints:
        study=ACTIVATION,
    threads: threads_for
    params:
        stage="landscapes.make_landscapes",
        code=code("landscapes.make_landscapes"),
        settings=settings(
            "landscapes",
            "output_layer",
            thresholds=lambda run: len(run.training.thresholds),
            networks=lambda run: run.networks.count,
        ),
    message:
        "landscapes of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"
