# The latent flow: convolutional networks, their channel vectors, the landscapes of these.


def checkpoints_of(study, run):
    """The weights of a run's networks in the order of networks and seeds; none when they are untrained."""
    settings = study.all_runs[run]
    if settings.weights == "random":
        return []
    folder = Path(RESULTS) / study.name
    return [
        str(checkpoint_path(folder, study, run, network.name, seed))
        for network in settings.networks
        for seed in settings.seeds
    ]


def cards_of(study, run):
    return [str(Path(file).with_suffix(".json")) for file in checkpoints_of(study, run)]


def latent_checkpoints(wildcards):
    return checkpoints_of(STUDIES[wildcards.study], wildcards.run)


def latent_cards(wildcards):
    return cards_of(STUDIES[wildcards.study], wildcards.run)


def latent_networks(*names, **extra):
    """Settings with the paths of the weights."""

    def slice_of(wildcards):
        values = json.loads(settings(*names, **extra)(wildcards))
        return json.dumps(
            values | {"checkpoints": latent_checkpoints(wildcards)}, sort_keys=True
        )

    return slice_of


def one_network(wildcards):
    """The settings of the training of one network."""
    run = STUDIES[wildcards.study].all_runs[wildcards.run]
    values = {
        "network": next(
            own.model_dump(mode="json")
            for own in run.networks
            if own.name == wildcards.network
        ),
        "data": run.data.model_dump(mode="json"),
        "training": run.training.model_dump(mode="json"),
        "seed": int(wildcards.number),
    }
    return json.dumps(values, sort_keys=True)


rule images:
    output:
        images_file=f"{RESULTS}/{{study}}/{{run}}/images.npz",
        provenance=f"{RESULTS}/{{study}}/{{run}}/images.provenance.json",
    wildcard_constraints:
        study=LATENT,
    params:
        stage="images.prepare_images",
        code=code("images.prepare_images"),
        settings=settings(
            "data",
            catalogue=lambda run: {
                run.data.name: CATALOGUE[run.data.name].model_dump()
            },
            root=lambda run: ".",
            real_only=lambda run: SCALE == "full",
            download=lambda run: config["download"],
        ),
    message:
        "images of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


rule image_network:
    input:
        images_file=of_owner("images.npz", "data"),
    output:
        checkpoint_file=f"{RESULTS}/{{study}}/{{run}}/checkpoints/{{network}}-{{number}}.safetensors",
        card_file=f"{RESULTS}/{{study}}/{{run}}/checkpoints/{{network}}-{{number}}.json",
        provenance=f"{RESULTS}/{{study}}/{{run}}/checkpoints/{{network}}-{{number}}.provenance.json",
    wildcard_constraints:
        network="[A-Za-z0-9-]+",
        number="[0-9]+",
        study=LATENT,
    threads: config["threads"]
    params:
        stage="train_image_network.train_image_network",
        code=code("train_image_network.train_image_network"),
        settings=one_network,
    message:
        "training of {wildcards.network}, seed {wildcards.number}, of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


rule performance:
    input:
        latent_checkpoints,
        latent_cards,
        images_file=of_owner("images.npz", "data"),
    output:
        performance_file=f"{RESULTS}/{{study}}/{{run}}/performance.csv",
        provenance=f"{RESULTS}/{{study}}/{{run}}/performance.provenance.json",
    wildcard_constraints:
        study=LATENT,
    threads: config["threads"]
    params:
        stage="evaluate_networks.evaluate_networks",
        code=code("evaluate_networks.evaluate_networks"),
        settings=latent_networks(images=lambda run: run.evaluated),
    message:
        "performance of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


rule latent_diagrams:
    input:
        latent_checkpoints,
        latent_cards,
        images_file=of_owner("images.npz", "data"),
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
        diagrams_file=of_owner("diagrams.npz", *LATENT_SECTIONS),
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
        complexity_file=f"{RESULTS}/{{study}}/{{run}}/complexity.csv",
        landscapes_file=f"{RESULTS}/{{study}}/{{run}}/landscapes.npz",
        performance_file=of_owner("performance.csv", *PERFORMANCE_SECTIONS),
    output:
        statistics_file=f"{RESULTS}/{{study}}/{{run}}/statistics.csv",
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
