# What a study asks for beside landscapes, each where its settings have the section of that name; and the table of all.


rule principal_shares:
    input:
        clouds_file=of_owner("clouds.npz"),
    output:
        shares_file=f"{RESULTS}/{{run}}/principal_shares.csv",
        provenance=f"{RESULTS}/{{run}}/principal_shares.provenance.json",
    params:
        stage="principal_shares.measure_principal_shares",
        code=code("principal_shares.measure_principal_shares"),
        settings=settings("seed", output_layer=lambda run: run.output_layer),
    message:
        "principal shares of {wildcards.run}"
    script:
        "../scripts/stage.py"


rule clusters:
    input:
        landscapes_file=of_owner("landscapes.npz"),
    output:
        clusters_file=f"{RESULTS}/{{run}}/clusters.csv",
        provenance=f"{RESULTS}/{{run}}/clusters.provenance.json",
    params:
        stage="clusters.cluster_landscapes",
        code=code("clusters.cluster_landscapes"),
        settings=settings("clusters", "seed"),
    message:
        "clusters of {wildcards.run}"
    script:
        "../scripts/stage.py"


rule separation:
    input:
        clouds_file=of_owner("clouds.npz"),
        diagrams_file=of_owner("diagrams.npz"),
    output:
        separation_file=f"{RESULTS}/{{run}}/separation.csv",
        provenance=f"{RESULTS}/{{run}}/separation.provenance.json",
    threads: COUNTED_THREADS
    params:
        stage="separation.measure_separation",
        code=code("separation.measure_separation"),
        settings=settings("separation", "seed", distances=distances_of),
    message:
        "separation of {wildcards.run}"
    script:
        "../scripts/stage.py"


rule diagram_distances:
    input:
        diagrams_file=of_owner("diagrams.npz"),
    output:
        distances_file=f"{RESULTS}/{{run}}/diagram_distances.csv",
        provenance=f"{RESULTS}/{{run}}/diagram_distances.provenance.json",
    threads: COUNTED_THREADS
    params:
        stage="diagram_distances.compare_diagrams",
        code=code("diagram_distances.compare_diagrams"),
        settings="{}",
    message:
        "distances between diagrams of {wildcards.run}"
    script:
        "../scripts/stage.py"


rule untrained:
    input:
        data_file=of_owner("data.npz"),
    output:
        untrained_file=f"{RESULTS}/{{run}}/untrained.csv",
        provenance=f"{RESULTS}/{{run}}/untrained.provenance.json",
    threads: COUNTED_THREADS
    params:
        stage="untrained.measure_untrained",
        code=code("untrained.measure_untrained"),
        settings=tapped(
            "clouds",
            "untrained",
            layers=lambda run: run.layers_by_network,
            vote=lambda run: {
                "distances": distances_of(run),
                "neighbours": run.separation.neighbours,
            },
        ),
    message:
        "untrained networks beside {wildcards.run}"
    script:
        "../scripts/stage.py"


rule betti:
    input:
        data_file=of_owner("data.npz"),
        networks_file=of_owner("networks.safetensors"),
        card_file=of_owner("networks.json"),
    output:
        layers_file=f"{RESULTS}/{{run}}/layers.csv",
        provenance=f"{RESULTS}/{{run}}/layers.provenance.json",
    threads: COUNTED_THREADS
    params:
        stage="betti.measure_layers",
        code=code("betti.measure_layers"),
        settings=settings("betti", "seed"),
    message:
        "Betti numbers and norms of {wildcards.run}"
    script:
        "../scripts/stage.py"


rule attributions:
    input:
        weights,
        data_file=of_owner("data.npz"),
    output:
        maps_file=f"{RESULTS}/{{run}}/maps.npz",
        attributions_file=f"{RESULTS}/{{run}}/attributions.csv",
        provenance=f"{RESULTS}/{{run}}/attributions.provenance.json",
    threads: COUNTED_THREADS
    params:
        stage="attributions.compute_attributions",
        code=code("attributions.compute_attributions"),
        settings=tapped(
            "attributions", layers=modules_of(lambda run: run.explained_layers)
        ),
    message:
        "attributions of {wildcards.run}"
    script:
        "../scripts/stage.py"


rule mapper:
    input:
        weights,
        data_file=of_owner("data.npz"),
    output:
        graphs_file=f"{RESULTS}/{{run}}/graphs.npz",
        structures_file=f"{RESULTS}/{{run}}/structures.json",
        mapper_file=f"{RESULTS}/{{run}}/mapper.csv",
        provenance=f"{RESULTS}/{{run}}/mapper.provenance.json",
    threads: COUNTED_THREADS
    params:
        stage="mapper.make_mapper_graphs",
        code=code("mapper.make_mapper_graphs"),
        settings=tapped("mapper", layers=modules_of(lambda run: run.mapper_layers)),
    message:
        "Mapper graphs of {wildcards.run}"
    script:
        "../scripts/stage.py"


rule feature_pictures:
    input:
        weights,
        data_file=of_owner("data.npz"),
        graphs_file=of_owner("graphs.npz"),
        structures_file=of_owner("structures.json"),
    output:
        pictures_file=f"{RESULTS}/{{run}}/pictures.npz",
        provenance=f"{RESULTS}/{{run}}/pictures.provenance.json",
    threads: COUNTED_THREADS
    params:
        stage="feature_pictures.paint_nodes",
        code=code("feature_pictures.paint_nodes"),
        settings=tapped(
            layers=modules_of(lambda run: run.mapper_layers),
            feature_pictures=lambda run: run.feature_pictures.model_dump()
            | {"mapper": run.mapper.model_dump()},
        ),
    message:
        "feature pictures of {wildcards.run}"
    script:
        "../scripts/stage.py"


rule planes:
    input:
        weights,
        data_file=of_owner("data.npz"),
        landscapes_file=of_owner("landscapes.npz"),
    output:
        planes_file=f"{RESULTS}/{{run}}/planes.csv",
        projections_file=f"{RESULTS}/{{run}}/projections.csv",
        provenance=f"{RESULTS}/{{run}}/planes.provenance.json",
    threads: COUNTED_THREADS
    params:
        stage="planes.compare_planes",
        code=code("planes.compare_planes"),
        settings=tapped(
            "clouds",
            layers=modules_of(lambda run: run.layers),
            planes=lambda run: run.planes.model_dump()
            | {
                "distance": run.distance().model_dump(),
                "homology": run.homology.model_dump(),
                "degree": run.sampled.degree,
            },
        ),
    message:
        "planes of {wildcards.run}"
    script:
        "../scripts/stage.py"


STATISTICS_OF = {
    "samples": "sample_statistics.compute_sample_statistics",
    "positions": "position_statistics.compute_position_statistics",
    "images": "image_statistics.compute_image_statistics",
    "layers": "layer_statistics.compute_layer_statistics",
}


rule statistics:
    input:
        unpack(
            by_kind(
                samples=there(
                    complexity_csv="complexity.csv",
                    landscapes_npz="landscapes.npz",
                    principal_shares_csv="principal_shares.csv",
                ),
                positions=there(
                    performance_csv="performance.csv",
                    complexity_csv="complexity.csv",
                    landscapes_npz="landscapes.npz",
                    clusters_csv="clusters.csv",
                    attributions_csv="attributions.csv",
                    mapper_csv="mapper.csv",
                    planes_csv="planes.csv",
                    projections_csv="projections.csv",
                ),
                images=there(
                    diagrams_file="diagrams.npz",
                    distances_file="diagram_distances.csv",
                    performance_file="performance.csv",
                    separation_file="separation.csv",
                ),
                layers=there(layers_file="layers.csv", card_file="networks.json"),
            )
        ),
    output:
        statistics_file=f"{RESULTS}/{{run}}/statistics.csv",
        provenance=f"{RESULTS}/{{run}}/statistics.provenance.json",
    params:
        stage=by_kind(**STATISTICS_OF),
        code=code_by_kind(STATISTICS_OF),
        settings=by_kind(
            samples=settings(
                "intervals",
                "tests",
                "seed",
                snapshot_accuracies=lambda run: run.snapshot_accuracies,
                output_layer=lambda run: run.output_layer,
            ),
            positions=settings("intervals", "tests", "clusters", "seed"),
            images=settings(
                "intervals",
                "seed",
                layers=lambda run: [
                    [network, [*layers]]
                    for network, layers in run.layers_by_network.items()
                ],
            ),
            layers=settings("intervals", "seed"),
        ),
    message:
        "statistics of {wildcards.run}"
    script:
        "../scripts/stage.py"
