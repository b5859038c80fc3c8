# The data of a run, as one file.


def data_settings(*names):
    """Settings with what finding data takes."""
    return settings(
        *names,
        catalogue=lambda run: {
            one.name: CATALOGUE[one.name].model_dump() for one in run.data
        },
        root=lambda run: ".",
        real_only=lambda run: SCALE == "full",
        download=lambda run: config["download"],
    )


PREPARED = {
    "samples": "data.prepare_data",
    "layers": "known_data.prepare_known_data",
    "positions": "images.prepare_images",
    "images": "images.prepare_images",
}


rule data:
    output:
        data_file=f"{RESULTS}/{{run}}/data.npz",
        provenance=f"{RESULTS}/{{run}}/data.provenance.json",
    params:
        stage=by_kind(**PREPARED),
        code=code_by_kind(PREPARED),
        settings=by_kind(
            samples=data_settings("data"),
            layers=settings(
                "data",
                scale=lambda run: run.betti.scale,
                counted=lambda run: run.model_dump(mode="json")["betti"]["counted"],
            ),
            positions=data_settings("data"),
            images=data_settings("data"),
        ),
    message:
        "data of {wildcards.run}"
    script:
        "../scripts/stage.py"
