# Networks: families of perceptrons, trained together, and networks of images, each for itself.


rule perceptrons:
    input:
        data_file=of_owner("data.npz"),
    output:
        networks_file=f"{RESULTS}/{{run}}/networks.safetensors",
        card_file=f"{RESULTS}/{{run}}/networks.json",
        provenance=f"{RESULTS}/{{run}}/networks.provenance.json",
    wildcard_constraints:
        run=f"{SAMPLES}|{LAYERS}",
    # First, since the longest chains of jobs begin here.
    priority: 1
    threads: threads_for
    params:
        stage="perceptrons.train_perceptrons",
        pinned=True,
        code=code("perceptrons.train_perceptrons"),
        settings=settings("networks", "training", "seed"),
    message:
        "networks of {wildcards.run}"
    script:
        "../scripts/stage.py"


def one_network(wildcards):
    """The settings of the training of one network of images."""
    run = run_of(wildcards)
    network = next(own for own in run.image_networks if own.name == wildcards.network)
    values = {
        "network": network.model_dump(mode="json"),
        "data": run.data_set.model_dump(mode="json"),
        "training": run.image_training(network.name).model_dump(mode="json"),
        "seed": int(wildcards.number),
        "device": SETTINGS.device,
    }
    return json.dumps(values, sort_keys=True)


rule image_network:
    input:
        data_file=of_owner("data.npz"),
    output:
        checkpoint_file=f"{RESULTS}/{{run}}/checkpoints/{{network}}-{{number}}.safetensors",
        card_file=f"{RESULTS}/{{run}}/checkpoints/{{network}}-{{number}}.json",
        provenance=f"{RESULTS}/{{run}}/checkpoints/{{network}}-{{number}}.provenance.json",
    wildcard_constraints:
        run=OF_IMAGES,
        network="[A-Za-z0-9-]+",
        number="[0-9]+",
    threads: COUNTED_THREADS
    params:
        stage="image_network.train_image_network",
        code=code("image_network.train_image_network"),
        settings=one_network,
    message:
        "training of {wildcards.network}, seed {wildcards.number}, of {wildcards.run}"
    script:
        "../scripts/stage.py"


def checkpoints_of(study, run):
    """The weights of a run's networks in the order of networks and seeds; none when they are untrained."""
    settings = study.all_runs[run]
    if settings.weights == "random":
        return []
    folder = Path(RESULTS) / study.name
    return [
        str(checkpoint_path(folder, study, run, network.name, seed))
        for network in settings.image_networks
        for seed in settings.seeds
    ]


def cards_of(study, run):
    return [str(Path(file).with_suffix(".json")) for file in checkpoints_of(study, run)]


def weights(wildcards):
    """An input function: checkpoints and cards of a run of networks of images; nothing for other runs."""
    study, run = RUNS[wildcards.run]
    if study.all_runs[run].kind not in ("positions", "images"):
        return []
    return checkpoints_of(study, run) + cards_of(study, run)


def tapped(*names, layers, **extra):
    """Settings with the networks of images, their weights, and the layers that are looked into.

    Args:
        names, extra: As for `settings`.
        layers: From a run's settings by network label to module name, in order of depth.
    """

    def slice_of(wildcards):
        run, sections = run_of(wildcards), sections_of(wildcards.run)
        values = json.loads(settings(*names, "seed", **extra)(wildcards))
        values["networks"] = {
            name: sections[name] for name in ("networks", "seeds")
        } | {
            "checkpoints": checkpoints_of(*RUNS[wildcards.run]),
            "layers": {name: [*own.items()] for name, own in layers(run).items()},
            "device": SETTINGS.device,
        }
        return json.dumps(values, sort_keys=True)

    return slice_of


def modules_of(chosen):
    """Of each network of a run of positions the chosen layers: a function of its settings to their labels."""

    def layers(run):
        modules = {label: run.modules[label] for label in chosen(run)}
        return dict.fromkeys([network.name for network in run.image_networks], modules)

    return layers
