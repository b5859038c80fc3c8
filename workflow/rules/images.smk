# Networks of images: their data, their weights; shared by the latent and the metric flow.


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
        "training": run.training_of(wildcards.network).model_dump(mode="json"),
        "seed": int(wildcards.number),
    }
    return json.dumps(values, sort_keys=True)


rule images:
    output:
        images_file=f"{RESULTS}/{{study}}/{{run}}/images.npz",
        provenance=f"{RESULTS}/{{study}}/{{run}}/images.provenance.json",
    wildcard_constraints:
        study=IMAGES,
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
        images_file=of_owner("images.npz"),
    output:
        checkpoint_file=f"{RESULTS}/{{study}}/{{run}}/checkpoints/{{network}}-{{number}}.safetensors",
        card_file=f"{RESULTS}/{{study}}/{{run}}/checkpoints/{{network}}-{{number}}.json",
        provenance=f"{RESULTS}/{{study}}/{{run}}/checkpoints/{{network}}-{{number}}.provenance.json",
    wildcard_constraints:
        network="[A-Za-z0-9-]+",
        number="[0-9]+",
        study=IMAGES,
    threads: config["threads"]
    params:
        stage="train_image_network.train_image_network",
        code=code("train_image_network.train_image_network"),
        settings=one_network,
    message:
        "training of {wildcards.network}, seed {wildcards.number}, of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"
