# The betti flow: data of known topology, families of perceptrons, Betti numbers and norms of all their layers.


rule betti_data:
    output:
        data_file=f"{RESULTS}/{{study}}/{{run}}/data.npz",
        provenance=f"{RESULTS}/{{study}}/{{run}}/data.provenance.json",
    wildcard_constraints:
        study=BETTI,
    params:
        stage="betti_data.prepare_known_sets",
        code=code("betti_data.prepare_known_sets"),
        settings=settings("data"),
    message:
        "data of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


rule betti_train:
    input:
        data_file=of_owner("data.npz"),
    output:
        networks_file=f"{RESULTS}/{{study}}/{{run}}/networks.safetensors",
        card_file=f"{RESULTS}/{{study}}/{{run}}/networks.json",
        provenance=f"{RESULTS}/{{study}}/{{run}}/networks.provenance.json",
    wildcard_constraints:
        study=BETTI,
    threads: config["threads"]
    params:
        stage="betti_train.train_families",
        code=code("betti_train.train_families"),
        settings=settings("families", "training", "seed"),
    message:
        "networks of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


rule betti_layers:
    input:
        data_file=of_owner("data.npz"),
        networks_file=of_owner("networks.safetensors"),
        card_file=of_owner("networks.json"),
    output:
        layers_file=f"{RESULTS}/{{study}}/{{run}}/layers.csv",
        provenance=f"{RESULTS}/{{study}}/{{run}}/layers.provenance.json",
    wildcard_constraints:
        study=BETTI,
    threads: config["threads"]
    params:
        stage="betti_layers.measure_layers",
        code=code("betti_layers.measure_layers"),
        settings=settings("data", "training", "norms", "seed"),
    message:
        "Betti numbers and norms of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


rule betti_statistics:
    input:
        layers_file=of_owner("layers.csv"),
        card_file=of_owner("networks.json"),
    output:
        statistics_file=f"{RESULTS}/{{study}}/{{run}}/statistics.csv",
        provenance=f"{RESULTS}/{{study}}/{{run}}/statistics.provenance.json",
    wildcard_constraints:
        study=BETTI,
    params:
        stage="betti_statistics.compute_betti_statistics",
        code=code("betti_statistics.compute_betti_statistics"),
        settings=settings("training", "statistics", "seed"),
    message:
        "statistics of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"
