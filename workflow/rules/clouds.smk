# Point clouds, and how well networks of images do. Clouds of positions are streamed into their diagrams, never kept.


def trained_perceptrons(wildcards):
    """A run that records the input alone needs no networks."""
    if not run_of(wildcards).needs_networks:
        return {}
    return {"networks_file": of_owner("networks.safetensors")(wildcards)}


rule sample_clouds:
    input:
        unpack(there(data_file="data.npz")),
        unpack(trained_perceptrons),
    output:
        clouds_file=temp(f"{RESULTS}/{{run}}/clouds.npz"),
        provenance=f"{RESULTS}/{{run}}/clouds.provenance.json",
    wildcard_constraints:
        run=SAMPLES,
    params:
        stage="sample_clouds.record_sample_clouds",
        code=code("sample_clouds.record_sample_clouds"),
        settings=settings(
            "networks",
            "seed",
            clouds=lambda run: run.clouds.model_dump(exclude={"nulls"}),
            layers=lambda run: run.numbered_layers,
        ),
    message:
        "clouds of {wildcards.run}"
    script:
        "../scripts/stage.py"


rule image_clouds:
    input:
        weights,
        data_file=of_owner("data.npz"),
    output:
        clouds_file=f"{RESULTS}/{{run}}/clouds.npz",
        performance_file=f"{RESULTS}/{{run}}/performance.csv",
        provenance=f"{RESULTS}/{{run}}/clouds.provenance.json",
    wildcard_constraints:
        run=IMAGES,
    threads: COUNTED_THREADS
    params:
        stage="image_clouds.record_image_clouds",
        code=code("image_clouds.record_image_clouds"),
        settings=tapped(
            "clouds",
            layers=lambda run: run.layers_by_network,
            conditions=lambda run: {
                "conditions": [one.model_dump() for one in run.all_conditions],
                "images_per_class": run.evaluated_per_class,
            },
        ),
    message:
        "clouds of {wildcards.run}"
    script:
        "../scripts/stage.py"


rule performance:
    input:
        weights,
        data_file=of_owner("data.npz"),
    output:
        performance_file=f"{RESULTS}/{{run}}/performance.csv",
        provenance=f"{RESULTS}/{{run}}/performance.provenance.json",
    wildcard_constraints:
        run=POSITIONS,
    threads: COUNTED_THREADS
    params:
        stage="performance.evaluate_networks",
        code=code("performance.evaluate_networks"),
        settings=lambda wildcards: json.dumps(
            {
                "checkpoints": checkpoints_of(*RUNS[wildcards.run]),
                "images": run_of(wildcards).evaluated,
                "seed": SEED,
                "device": SETTINGS.device,
            },
            sort_keys=True,
        ),
    message:
        "performance of {wildcards.run}"
    script:
        "../scripts/stage.py"
