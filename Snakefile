"""topolens: one command reproduces every figure, table and verdict. Targets: `make help`."""


configfile: "workflow/config/default.yaml"


report: "workflow/report/workflow.rst"


onstart:
    # Snakemake limits how many jobs it starts a second, and looks for jobs again a second after every look: looks add up
    # until they take a core. On one machine there is nothing to limit.
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/networks.smk"
include: "workflow/rules/clouds.smk"
include: "workflow/rules/topology.smk"
include: "workflow/rules/analyses.smk"
include: "workflow/rules/publish.smk"


rule all:
    default_target: True
    input:
        figures=FIGURES,
        explorers=EXPLORERS,
        tables=TABLES,
        claims=CLAIMS,
        paper=PAPER,
        report=[REPORT, DETAILS],


rule figures:
    input:
        FIGURES,
        EXPLORERS,


rule tables:
    input:
        TABLES,


rule claims:
    input:
        CLAIMS,


rule paper:
    input:
        PAPER,


rule report:
    input:
        REPORT,
        DETAILS,


# Fails where a run does not agree with the reference; what it is held against and how is in the table and its page.
rule verify:
    input:
        rules.comparison.output,
    params:
        command=text(verify_command()),
    shell:
        "{params.command}"


for study in STUDIES.values():

    rule:
        name:
            f"{study.name}_verify"
        input:
            rules.comparison.output,
        params:
            command=text(verify_command(study.name)),
        shell:
            "{params.command}"

    rule:
        name:
            study.name
        input:
            figures_of(study),
            explorers_of(study),
            table_of(study),

    rule:
        name:
            f"{study.name}_variants"
        input:
            [artifact(study.name, run, "statistics.csv") for run in study.variants],

    for variant in study.variants:

        rule:
            name:
                f"{study.name}_{variant}"
            input:
                artifact(study.name, variant, "statistics.csv"),
