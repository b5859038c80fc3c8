# The latent flow: channel vectors of convolutional networks, the landscapes of these.


rule performance:
    input:
        latent_checkpoints,
        latent_cards,
        images_file=of_owner("images.npz"),
    output:
        performance_file=f"{RESULTS}/{{study}}/{{run}}/performance.csv",
        provenance=f"{RESULTS}/{{study}}/{{run}}/performance.provenance.json",
    wildcard_constraints:
        study=LATENT,
    threads: config["threads"]
    params:
        stage="evaluate_networks.evaluate_networks",
        code=code("evaluate_networks.evaluate_networks"),
        settings=latent_networks("seed", images=lambda run: run.evaluated),
    message:
        "performance of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


rule latent_diagrams:
    input:
        latent_checkpoints,
        latent_cards,
        images_file=of_owner("images.npz"),
    output:
        diagrams_file=f"{RESULTS}/{{study}}/{{run}}/diagrams.npz",
        provenance=f"{RESULTS}/{{study}}/{{run}}/diagrams.provenance.json",
    wildcard_constraints:
        study=LATENT,
    threads: config["threads"]
    params:
        stage="latent_diagrams.compute_latent_diagrams",
        code=code("latent_diagrams.compute_latent_diagrams"),
        settings=latent_networks(
            "networks", "seeds", "layers", "clouds", "distance", "diagrams", "seed"
        ),
    message:
        "diagrams of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


rule latent_landscapes:
    input:
        diagrams_file=of_owner("diagrams.npz"),
    output:
        landscapes_file=f"{RESULTS}/{{study}}/{{run}}/landscapes.npz",
        complexity_file=f"{RESULTS}/{{study}}/{{run}}/complexity.csv",
        provenance=f"{RESULTS}/{{study}}/{{run}}/landscapes.provenance.json",
    wildcard_constraints:
        study=LATENT,
    threads: config["threads"]
    params:
        stage="latent_landscapes.make_latent_landscapes",
        code=code("latent_landscapes.make_latent_landscapes"),
        settings=settings("landscapes", "layers"),
    message:
        "landscapes of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


rule latent_statistics:
    input:
        complexity_file=of_owner("complexity.csv"),
        landscapes_file=of_owner("landscapes.npz"),
        performance_file=of_owner("performance.csv"),
    output:
        statistics_file=f"{RESULTS}/{{study}}/{{run}}/statistics.csv",
        clusters_file=f"{RESULTS}/{{study}}/{{run}}/clusters.csv",
        provenance=f"{RESULTS}/{{study}}/{{run}}/statistics.provenance.json",
    wildcard_constraints:
        study=LATENT,
    params:
        stage="latent_statistics.compute_latent_statistics",
        code=code("latent_statistics.compute_latent_statistics"),
        settings=settings("statistics", "seed"),
    message:
        "statistics of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"
