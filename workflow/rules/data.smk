rule data:
    output:
        data_file=f"{RESULTS}/{{study}}/{{run}}/data.npz",
        provenance=f"{RESULTS}/{{study}}/{{run}}/data.provenance.json",
    wildcard_constraints:
        study=ACTIVATION,
    params:
        stage="data.prepare_data",
        code=code("data.prepare_data"),
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
        "data of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"
