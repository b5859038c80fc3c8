# The explain flow: other explanations of the networks of a latent study, its subject.
from topolens.explorer.templates import template_hash


def subject_of(study, run):
    """The subject's study and run."""
    subject = study.all_runs[run].subject
    return STUDIES[subject.study], subject.run


def of_subject(name):
    """An input function: an artifact of the subject."""

    def path(wildcards):
        return owned(*subject_of(STUDIES[wildcards.study], wildcards.run), name)

    return path


def subject_checkpoints(wildcards):
    return checkpoints_of(*subject_of(STUDIES[wildcards.study], wildcards.run))


def subject_cards(wildcards):
    return cards_of(*subject_of(STUDIES[wildcards.study], wildcards.run))


def explain_settings(*names, **extra):
    """Settings with the subject's networks and the paths of their weights."""

    def slice_of(wildcards):
        study, run = subject_of(STUDIES[wildcards.study], wildcards.run)
        subject = sections_of(study.name, run)
        values = json.loads(settings(*names, "seed", **extra)(wildcards))
        values |= {name: subject[name] for name in ("networks", "seeds")}
        values["checkpoints"] = subject_checkpoints(wildcards)
        return json.dumps(values, sort_keys=True)

    return slice_of


def grad_cam_layers(run):
    """Where Grad-CAM looks, in order of depth."""
    layers = STUDIES[run.subject.study].all_runs[run.subject.run].layers
    return [layer for layer in layers if layer in (run.attributions.layers or layers)]


def explain_parts(study, run):
    """What a run has beside its attributions."""
    chosen = study.all_runs[run]
    return {
        name: artifact(study.name, run, f"{name.removesuffix('_file')}.csv")
        for name, part in (
            ("mapper_file", chosen.mapper),
            ("planes_file", chosen.planes),
        )
        if part
    }


rule attributions:
    input:
        subject_checkpoints,
        subject_cards,
        images_file=of_subject("images.npz"),
    output:
        maps_file=f"{RESULTS}/{{study}}/{{run}}/maps.npz",
        attributions_file=f"{RESULTS}/{{study}}/{{run}}/attributions.csv",
        provenance=f"{RESULTS}/{{study}}/{{run}}/attributions.provenance.json",
    wildcard_constraints:
        study=EXPLAIN,
    threads: config["threads"]
    params:
        stage="attributions.compute_attributions",
        code=code("attributions.compute_attributions"),
        settings=explain_settings("attributions", layers=grad_cam_layers),
    message:
        "attributions of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


rule mapper_graphs:
    input:
        subject_checkpoints,
        subject_cards,
        images_file=of_subject("images.npz"),
    output:
        graphs_file=f"{RESULTS}/{{study}}/{{run}}/graphs.npz",
        structures_file=f"{RESULTS}/{{study}}/{{run}}/structures.json",
        mapper_file=f"{RESULTS}/{{study}}/{{run}}/mapper.csv",
        provenance=f"{RESULTS}/{{study}}/{{run}}/mapper.provenance.json",
    wildcard_constraints:
        study=EXPLAIN,
    threads: config["threads"]
    params:
        stage="mapper_graphs.make_mapper_graphs",
        code=code("mapper_graphs.make_mapper_graphs"),
        settings=explain_settings("mapper"),
    message:
        "Mapper graphs of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


rule node_pictures:
    input:
        subject_checkpoints,
        subject_cards,
        images_file=of_subject("images.npz"),
        graphs_file=of_owner("graphs.npz"),
    output:
        pictures_file=f"{RESULTS}/{{study}}/{{run}}/pictures.npz",
        provenance=f"{RESULTS}/{{study}}/{{run}}/pictures.provenance.json",
    wildcard_constraints:
        study=EXPLAIN,
    threads: config["threads"]
    params:
        stage="node_pictures.paint_nodes",
        code=code("node_pictures.paint_nodes"),
        settings=explain_settings(
            "feature_pictures", layers=lambda run: run.mapper.layers
        ),
    message:
        "feature pictures of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


rule planes:
    input:
        subject_checkpoints,
        subject_cards,
        images_file=of_subject("images.npz"),
        landscapes_file=of_subject("landscapes.npz"),
    output:
        planes_file=f"{RESULTS}/{{study}}/{{run}}/planes.csv",
        provenance=f"{RESULTS}/{{study}}/{{run}}/planes.provenance.json",
    wildcard_constraints:
        study=EXPLAIN,
    threads: config["threads"]
    params:
        stage="planes.compare_planes",
        code=code("planes.compare_planes"),
        settings=explain_settings(
            "planes",
            layers=lambda run: STUDIES[run.subject.study]
            .all_runs[run.subject.run]
            .layers,
            clouds=lambda run: STUDIES[run.subject.study]
            .all_runs[run.subject.run]
            .clouds.model_dump(mode="json"),
        ),
    message:
        "planes of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


rule explain_statistics:
    input:
        unpack(lambda wildcards: explain_parts(STUDIES[wildcards.study], wildcards.run)),
        attributions_file=of_owner("attributions.csv"),
        complexity_file=of_subject("complexity.csv"),
    output:
        statistics_file=f"{RESULTS}/{{study}}/{{run}}/statistics.csv",
        provenance=f"{RESULTS}/{{study}}/{{run}}/statistics.provenance.json",
    wildcard_constraints:
        study=EXPLAIN,
    params:
        stage="explain_statistics.compute_explain_statistics",
        code=code("explain_statistics.compute_explain_statistics"),
        settings=settings("statistics", "seed"),
    message:
        "statistics of {wildcards.study}/{wildcards.run}"
    script:
        "../scripts/stage.py"


def explorers_of(study):
    """The page of a study with Mapper graphs."""
    has_graphs = study.flow == "explain" and study.runs["main"].mapper
    return [f"{FIGURE_FOLDER}/{study.name}/topoact/index.html"] if has_graphs else []


EXPLORERS = [page for study in STUDIES.values() for page in explorers_of(study)]

for study in STUDIES.values():
    if explorers_of(study):

        rule:
            name:
                f"{study.name}_topoact"
            input:
                images_file=owned(*subject_of(study, "main"), "images.npz"),
                graphs_file=artifact(study.name, "main", "graphs.npz"),
                structures_file=artifact(study.name, "main", "structures.json"),
                pictures_file=artifact(study.name, "main", "pictures.npz"),
            output:
                page_file=explorers_of(study)[0],
                latest_file="figures/topoact/index.html",
                provenance=f"{FIGURE_FOLDER}/{study.name}/topoact/index.provenance.json",
            params:
                stage="explorer.write_explorer",
                code=code("explorer.write_explorer"),
                template=template_hash(),
                settings=settings_text(
                    layers=study.runs["main"].mapper.layers,
                    title=f"Mapper graphs: {subject_of(study, 'main')[0].title}",
                    notes=[
                        "A node is a cluster of images whose channel vectors at one random position have similar "
                        "norms; nodes that share images are joined. Forks and loops were found without labels."
                    ],
                    seed=SEED,
                ),
            message:
                f"explorer page of {study.name}"
            script:
                "../scripts/stage.py"
