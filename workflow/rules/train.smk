rule train:
    input:
        data_file=of_owner("data.npz"),
    output:
        networks_file=f"{RESULTS}/{{study}}/{{run}}/networks.safetensors",
        card_file=f"{RESULTS}/{{study}}/{{run}}/networks.json",
        provenance=f"{RESULTS}/{{study}}/{{run}}/networks.provenance.json",
    wildcard_constraints:
        study=ACTIVATION,
    threads: threads_for
    params:
        stage="train.train",
        code=code("train.train"),
        settings=settings("networks", "training", "seed"),
    message:
        "networks of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"
