# From clouds to diagrams, and from diagrams to landscapes.
DIAGRAMS = {
    "samples": "sample_diagrams.compute_sample_diagrams",
    "positions": "position_diagrams.compute_position_diagrams",
    "images": "image_diagrams.compute_image_diagrams",
}
LANDSCAPES = {
    "samples": "sample_landscapes.make_sample_landscapes",
    "positions": "position_landscapes.make_position_landscapes",
}


def distances_of(run):
    """All distances of clouds of images. Pairs, since settings travel with sorted keys and order counts."""
    return [[name, one.model_dump()] for name, one in run.all_distances.items()]


rule diagrams:
    input:
        unpack(
            by_kind(
                samples=there(clouds_file="clouds.npz"),
                positions=there(data_file="data.npz"),
                images=there(clouds_file="clouds.npz"),
            )
        ),
        by_kind(samples=[], positions=weights, images=[]),
    output:
        diagrams_file=f"{RESULTS}/{{run}}/diagrams.npz",
        provenance=f"{RESULTS}/{{run}}/diagrams.provenance.json",
    threads: threads_for
    params:
        stage=by_kind(**DIAGRAMS),
        code=code_by_kind(DIAGRAMS),
        settings=by_kind(
            samples=settings(
                "homology",
                "seed",
                nulls=lambda run: run.clouds.nulls,
                layers=lambda run: [
                    [
                        layer,
                        run.distance(output=layer == run.output_layer).model_dump(),
                    ]
                    for layer in run.numbered_layers
                ],
            ),
            positions=tapped(
                "clouds",
                "homology",
                layers=modules_of(lambda run: run.layers),
                distance=lambda run: run.distance().model_dump(),
            ),
            images=settings(
                "homology",
                "seed",
                distances=distances_of,
                other_k=lambda run: run.other_k,
            ),
        ),
    message:
        "diagrams of {wildcards.run}"
    script:
        "../scripts/stage.py"


rule landscapes:
    input:
        diagrams_file=of_owner("diagrams.npz"),
    output:
        landscapes_file=f"{RESULTS}/{{run}}/landscapes.npz",
        complexity_file=f"{RESULTS}/{{run}}/complexity.csv",
        provenance=f"{RESULTS}/{{run}}/landscapes.provenance.json",
    threads: threads_for
    params:
        stage=by_kind(**LANDSCAPES),
        code=code_by_kind(LANDSCAPES),
        settings=by_kind(
            samples=settings(
                "landscapes",
                output_layer=lambda run: run.output_layer,
                snapshots=lambda run: len(run.snapshot_accuracies),
                networks=lambda run: run.perceptrons.count,
            ),
            positions=settings("landscapes", layers=lambda run: run.layers),
        ),
    message:
        "landscapes of {wildcards.run}"
    script:
        "../scripts/stage.py"
