# Tables and figures, from results alone. What each study shows is declared in hat_workflow/studies.py.
from hat_workflow.artifacts import artifacts, rest_of
from hat_workflow.studies import EXHIBITS, FIGURES, STUDIES, TABLES

TABLE_FILES = ("csv", "md", "tex")
FIGURE_FILES = ("png", "pdf", "csv")


# For input: the files of the artifacts of one kind that a study looks at.
gathered_from = lambda wildcards: sorted(
    {
        str(path)
        for artifact in artifacts(ASKED, STUDIES[wildcards.study], wildcards.kind)
        for path in artifact.files.values()
    }
)

# For input: what a table or figure is made of, a file for each kind of artifact.
gathered_for = lambda wildcards: {
    kind: paths.GATHERED.format(experiment=NAME, study=study.gathered(kind), kind=kind)
    for study in [EXHIBITS[wildcards.exhibit]]
    for kind in study.reads
}

# For params: the device of --config. Derived, for it counts by what it adds.
further_device = lambda wildcards, input: flagged("--device", config.get("device"))

# For params: those files, each with its kind. Derived from them.
named = lambda wildcards, input: [f"{kind}={path}" for kind, path in input.items()]

# For params: what the report says beside a table or figure. Derived, for it changes neither.
caption = lambda wildcards, input: (SCRIPTS.parent / "report" / f"{wildcards.exhibit}.rst").read_text()

# For params: the models that Figure 12 draws, as an option.
compared = lambda wildcards: ["--compared"] * (wildcards.exhibit == "figure12") + [
    f"{task}/{model}" for task in TASKS for model in TASKS[task]["compared"] if wildcards.exhibit == "figure12"
]


rule gather_results:
    input:
        gathered_from,
    output:
        paths.GATHERED,
    log:
        "logs/gather_results/{experiment}/{study}/{kind}.log",
    benchmark:
        "benchmarks/gather_results/{experiment}/{study}/{kind}.jsonl"
    wildcard_constraints:
        study=any_of(STUDIES),
    localrule: True
    conda:
        "../envs/paper.yaml"
    params:
        code=code("gather_results"),
        command=command("gather_results"),
        settings=lambda wildcards: rest_of(ASKED, STUDIES[wildcards.study], wildcards.kind),
        experiment=ASKED.file,
        device=further_device,
    shell:
        """
        python {params.command:q} \
            --experiment {params.experiment:q} \
            {params.device:q} \
            --study {wildcards.study:q} \
            --kind {wildcards.kind:q} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


# What is there when it is asked for: it has no output that Snakemake knows, and computes nothing.
rule make_report:
    log:
        f"logs/make_report/{NAME}.log",
    localrule: True
    conda:
        "../envs/paper.yaml"
    params:
        code=code("make_report"),
        command=command("make_report"),
        experiment=ASKED.file,
        page=paths.REPORT.format(experiment=NAME),
    shell:
        """
        python {params.command:q} \
            --experiment {params.experiment:q} \
            --output {params.page:q} \
            2>&1 | tee {log:q}
        """


rule make_table:
    input:
        unpack(gathered_for),
    output:
        report(
            f"{paths.EXHIBIT}.csv",
            caption="../report/exhibit.rst",
            category="Tables",
            labels={"table": "{exhibit}", "form": "csv"},
        ),
        multiext(paths.EXHIBIT, ".md", ".tex"),
    log:
        "logs/make_table/{experiment}/{exhibit}.log",
    benchmark:
        "benchmarks/make_table/{experiment}/{exhibit}.jsonl"
    wildcard_constraints:
        exhibit=any_of(TABLES),
    localrule: True
    conda:
        "../envs/paper.yaml"
    params:
        code=lambda wildcards: code("make_table", f"hat.paper.{wildcards.exhibit}")(wildcards),
        command=command("make_table"),
        gathered=named,
        caption=caption,
        stem=subpath(output[0], strip_suffix=".csv"),
    shell:
        """
        python {params.command:q} \
            --exhibit {wildcards.exhibit:q} \
            --gathered {params.gathered:q} \
            --output-stem {params.stem:q} \
            2>&1 | tee {log:q}
        """


rule draw_figure:
    input:
        unpack(gathered_for),
    output:
        report(
            f"{paths.EXHIBIT}.png",
            caption="../report/exhibit.rst",
            category="Figures",
            labels={"figure": "{exhibit}", "form": "png"},
        ),
        multiext(paths.EXHIBIT, ".pdf", ".csv"),
    log:
        "logs/draw_figure/{experiment}/{exhibit}.log",
    benchmark:
        "benchmarks/draw_figure/{experiment}/{exhibit}.jsonl"
    wildcard_constraints:
        exhibit=any_of(FIGURES),
    localrule: True
    conda:
        "../envs/paper.yaml"
    params:
        code=lambda wildcards: code("draw_figure", f"hat.paper.{wildcards.exhibit}")(wildcards),
        command=command("draw_figure"),
        gathered=named,
        caption=caption,
        compared=compared,
        stem=subpath(output[0], strip_suffix=".png"),
    shell:
        """
        python {params.command:q} \
            --exhibit {wildcards.exhibit:q} \
            --gathered {params.gathered:q} \
            {params.compared:q} \
            --output-stem {params.stem:q} \
            2>&1 | tee {log:q}
        """
