import os
import re

from topolens.claims.registry import STATISTICS
from topolens.figures.catalogue import FIGURE_INPUTS
from topolens.explorer.templates import template_hash
from topolens.report.templates import template_hash as report_hash

CLAIMS = f"{RESULTS}/claims.csv"
PAPER = f"{RESULTS}/topolens.pdf"
REPORT = f"{RESULTS}/report.html"
DETAILS = f"{RESULTS}/details.html"


def table_of(study):
    return f"{RESULTS}/{study.name}.csv"


TABLES = [table_of(study) for study in STUDIES.values()]

for study in STUDIES.values():

    rule:
        name:
            f"{study.name}_table"
        input:
            [artifact(study.name, run, "statistics.csv") for run in study.runs],
        output:
            table_file=table_of(study),
            provenance=f"{RESULTS}/{study.name}.provenance.json",
        params:
            stage="tables.join_runs",
            code=code("tables.join_runs"),
            settings=json.dumps(
                {"folder": f"{RESULTS}/{study.name}", "runs": list(study.runs)}
            ),
        message:
            f"table of {study.name}"
        script:
            "../scripts/stage.py"


def explorers_of(study):
    """The page of a study with Mapper graphs."""
    has_graphs = study.runs["main"].mapper
    return [f"{FIGURE_FOLDER}/{study.name}/topoact/index.html"] if has_graphs else []


def links_to_claims(study):
    """From the explorer page of a study to the claims on its graphs, in the report."""
    report_file = os.path.relpath(REPORT, Path(explorers_of(study)[0]).parent)
    claims = sorted({claim.id for claim in CLAIM_LIST if study.name in claim.studies})
    return {
        f"claim {claim}": f"{report_file}#{claim}-of-{study.name}"
        for claim in claims
        if re.fullmatch(r"T[0-9]+", claim)
    }


EXPLORERS = [page for study in STUDIES.values() for page in explorers_of(study)]

for study in STUDIES.values():
    if explorers_of(study):

        rule:
            name:
                f"{study.name}_topoact"
            input:
                data_file=owned(study, "main", "data.npz"),
                graphs_file=owned(study, "main", "graphs.npz"),
                structures_file=owned(study, "main", "structures.json"),
                pictures_file=owned(study, "main", "pictures.npz"),
            output:
                page_file=explorers_of(study)[0],
                provenance=f"{FIGURE_FOLDER}/{study.name}/topoact/index.provenance.json",
            params:
                stage="explorer.write_explorer",
                code=code("explorer.write_explorer"),
                template=template_hash(),
                settings=settings_text(
                    layers=study.runs["main"].mapper_layers,
                    words={
                        "title": f"Mapper graphs: {study.title}",
                        "links": links_to_claims(study),
                    },
                    seed=SEED,
                ),
            message:
                f"explorer page of {study.name}"
            script:
                "../scripts/stage.py"


def claim_inputs():
    """The artifacts that the verdicts are computed from: what each claim's statistic reads of its runs."""
    return sorted(
        {
            owned(STUDIES[study], run, name)
            for claim in CLAIM_LIST
            for study in claim.studies
            for run in claim.runs
            for name in STATISTICS[claim.statistic].needs | {"data.npz"}
        }
    )


def figures_of(study):
    return [f"{FIGURE_FOLDER}/{study.name}/{name}.pdf" for name in study.figures]


def figure_inputs(study, figure):
    """The artifacts of a figure; `checkpoints` stands for all networks of the run, with their cards.

    A name before a colon is that of another run of the study.
    """
    inputs = []
    for name in FIGURE_INPUTS[figure.draw]:
        run, _, name = name.rpartition(":")
        run = run or figure.run
        if name == "checkpoints":
            inputs += checkpoints_of(study, run) + cards_of(study, run)
        elif run in study.runs:
            inputs.append(owned(study, run, name))
    return inputs


FIGURES = [path for study in STUDIES.values() for path in figures_of(study)]

for study in STUDIES.values():
    for figure_name, figure in study.figures.items():
        if figure.draw not in FIGURE_INPUTS:
            raise WorkflowError(
                str(unknown_name("figure", figure.draw, FIGURE_INPUTS, study.name))
            )

        rule:
            name:
                f"{study.name}_{figure_name}"
            input:
                figure_inputs(study, figure),
            output:
                pdf_file=f"{FIGURE_FOLDER}/{study.name}/{figure_name}.pdf",
                png_file=report(
                    f"{FIGURE_FOLDER}/{study.name}/{figure_name}.png",
                    caption="../report/figure.rst",
                    category=text(study.title),
                    labels={"figure": figure_name},
                ),
                provenance=f"{FIGURE_FOLDER}/{study.name}/{figure_name}.provenance.json",
            params:
                stage="figure.draw_figure",
                caption=text(figure.caption),
                code=code("figure.draw_figure", figure.module),
                settings=settings_text(
                    figure=figure.model_dump(exclude={"claims"}),
                    study=study.name,
                    study_files=study_files(study.name),
                    scale=SCALE,
                    results_folder=RESULTS,
                    seed=SEED,
                ),
            message:
                f"figure {figure_name} of {study.name}"
            script:
                "../scripts/stage.py"


def counted_verdicts():
    """How often each verdict came out over the gold runs, where there are any."""
    file = Path(f"results/reference/{SCALE}/gold_claims.csv")
    return {"verdicts_file": str(file)} if file.is_file() else {}


rule verdicts:
    input:
        claim_inputs(),
        **counted_verdicts(),
    output:
        claims_file=report(CLAIMS, caption="../report/claims.rst", category="Verdicts"),
        provenance=f"{RESULTS}/claims.provenance.json",
    params:
        stage="claims.decide_claims",
        code=code("claims.decide_claims"),
        # Read from the study files; here, so that a change decides all claims again.
        intervals=text(
            json.dumps(
                {run: sections_of(run)["intervals"] for run in RUNS}, sort_keys=True
            )
        ),
        settings=settings_text(
            claims=[claim.model_dump() for claim in CLAIM_LIST],
            study_files=study_files(
                *{study for claim in CLAIM_LIST for study in claim.studies}
            ),
            results_folder=RESULTS,
            scale=SCALE,
            seed=SEED,
        ),
    message:
        "verdicts on all claims"
    script:
        "../scripts/stage.py"


rule numbers:
    input:
        [
            path
            for study in STUDIES.values()
            for path in (
                owned(study, "main", "data.npz"),
                artifact(study.name, "main", "statistics.csv"),
                *(
                    cards_of(study, "main")
                    if study.runs["main"].image_networks
                    else [owned(study, "main", "networks.json")]
                ),
            )
        ],
        "workflow/config/datasets.yaml",
        "workflow/config/shown.yaml",
        "workflow/config/claims.yaml",
        "workflow/config/findings.yaml",
        sorted(Path(f"results/reference/{SCALE}").glob("compute.csv")),
        claims_file=CLAIMS,
    output:
        "paper/generated/setup.tex",
        "paper/generated/networks.tex",
        "paper/generated/image_networks.tex",
        "paper/generated/betti_networks.tex",
        "paper/generated/training.tex",
        "paper/generated/compute.tex",
        "paper/generated/data_sets.tex",
        "paper/generated/verdict_matrix.tex",
        expand(
            "paper/generated/sides_{study}.tex",
            study=["cifar10", "metrics", "naitzat"],
        ),
        expand(
            "paper/generated/{table}_{study}.tex",
            table=["claims", "twins"],
            study=STUDIES,
        ),
        numbers_file="paper/generated/numbers.tex",
        provenance="paper/generated/numbers.provenance.json",
    params:
        stage="numbers.write_numbers",
        code=code("numbers.write_numbers"),
        settings=settings_text(
            study_files=study_files(*STUDIES),
            results_folder=RESULTS,
            figure_folder=FIGURE_FOLDER,
            config_folder="workflow/config",
            compute_file=f"results/reference/{SCALE}/compute.csv",
            scale=SCALE,
        ),
    message:
        "numbers and tables of the paper"
    script:
        "../scripts/stage.py"


rule changed_rules:
    input:
        former_file="results/reference/before_rules.csv",
        retired_file="workflow/config/retired.yaml",
    output:
        changed_file="paper/generated/changed_rules.tex",
        provenance="paper/generated/changed_rules.provenance.json",
    params:
        stage="changed_rules.write_changed_rules",
        code=code("changed_rules.write_changed_rules"),
        settings=settings_text(claims=[claim.model_dump() for claim in CLAIM_LIST]),
    message:
        "tables of changed rules"
    script:
        "../scripts/stage.py"


rule pdf:
    input:
        FIGURES,
        rules.numbers.output,
        rules.changed_rules.output,
        "paper/references.bib",
        "paper/typst.lua",
        "paper/typst.typ",
        source="paper/main.tex",
    output:
        pdf_file=PAPER,
        provenance=f"{RESULTS}/topolens.pdf.provenance.json",
    params:
        stage="paper.typeset",
        code=code("paper.typeset"),
        settings="{}",
    message:
        "paper"
    script:
        "../scripts/stage.py"


def report_command():
    """Snakemake with the settings of this run."""
    chosen = [f"scale={SCALE}", f"seed={SEED}"]
    if SETTINGS.studies:
        chosen.append(f"studies={','.join(map(str, SETTINGS.studies))}")
    command = [sys.executable, "-m", "snakemake", "--nolock", "--cores", "1"]
    return shlex.join([*command, "--config", *chosen])


rule comparison:
    input:
        TABLES,
        CLAIMS,
        sorted(Path(f"results/reference/{SCALE}").glob("*.*")),
    output:
        table_file=f"{RESULTS}/verification.csv",
        record_file=f"{RESULTS}/verification.json",
        page_file=report(
            f"{RESULTS}/verification.html",
            caption="../report/verification.rst",
            category="Verification",
        ),
        provenance=f"{RESULTS}/verification.provenance.json",
    params:
        stage="verify.compare_with_reference",
        code=code("verify.compare_with_reference"),
        settings=settings_text(
            results_folder=RESULTS,
            reference_folder=f"results/reference/{SCALE}",
            study_files=study_files(*STUDIES),
            scale=SCALE,
            seed=SEED,
        ),
    message:
        "comparison with results/reference"
    script:
        "../scripts/stage.py"


rule page:
    input:
        [path.replace(".pdf", ".png") for path in FIGURES],
        claims_file=CLAIMS,
        table_file=rules.comparison.output.table_file,
        record_file=rules.comparison.output.record_file,
    output:
        page_file=REPORT,
        provenance=f"{RESULTS}/report.provenance.json",
    params:
        stage="report.write_report",
        code=code("report.write_report"),
        template=report_hash(),
        # Read from the study files; here, so that a change of a caption or a setting writes the page again.
        studies=text(
            json.dumps(
                {
                    name: study.model_dump(mode="json")
                    for name, study in STUDIES.items()
                }
            )
        ),
        settings=settings_text(
            claim_file="workflow/config/claims.yaml",
            study_files=study_files(*STUDIES),
            scale=SCALE,
        ),
    message:
        "report"
    script:
        "../scripts/stage.py"


# Snakemake writes a report from outside a run; without its lock it can do so as the last job of one.
rule details:
    input:
        FIGURES,
        EXPLORERS,
        TABLES,
        CLAIMS,
        PAPER,
        rules.comparison.output,
        "workflow/report/workflow.rst",
        "workflow/report/verification.rst",
        "workflow/report/claims.rst",
    output:
        DETAILS,
    params:
        command=text(report_command()),
    message:
        "details of the run, by Snakemake"
    shell:
        "{params.command} --report {output} -- figures tables claims paper comparison"


def verify_command(*study):
    """The command that says what the comparison found, and fails where it differs."""
    return shlex.join(
        [sys.executable, "-m", "topolens", "verify", *study, "--results", RESULTS]
    )
