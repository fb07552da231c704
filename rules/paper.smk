# Tables and figures, from results alone.
localrules:
    gather_results,
    make_table8,
    make_comparison,
    draw_figure6,
    draw_models,
    draw_figure12,


rule gather_results:
    input:
        unpack(rows_of),
    output:
        f"{PAPER}/models/{{table}}.csv",
    log:
        f"logs/gather_results/{NAME}/{{table}}.log",
    benchmark:
        f"benchmarks/gather_results/{NAME}/{{table}}.jsonl"
    conda:
        "../envs/paper.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
        gpu=0,
    params:
        code=code("gather_results"),
        command=command("gather_results"),
        settings=json.dumps(ASKED.settings, sort_keys=True),
        bleu={name: contents["bleu"] for name, (_, contents) in FILES["corpus"].items()},
        experiment=ASKED.place,
    shell:
        """
        python {params.command:q} \
            --experiment {params.experiment:q} \
            --table {wildcards.table} \
            --results results \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


rule make_table8:
    input:
        f"{PAPER}/models/table8.csv",
    output:
        report(
            f"{PAPER}/table8.csv",
            caption="../report/table8.rst",
            category="Tables",
            labels={"table": "8", "form": "csv"},
        ),
        multiext(f"{PAPER}/table8", ".md", ".tex"),
    log:
        f"logs/make_table8/{NAME}.log",
    benchmark:
        f"benchmarks/make_table8/{NAME}.jsonl"
    conda:
        "../envs/paper.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
        gpu=0,
    params:
        code=code("make_table8"),
        command=command("make_table8"),
        stem=subpath(output[0], strip_suffix=".csv"),
    shell:
        """
        python {params.command:q} \
            --models {input:q} \
            --output-stem {params.stem:q} \
            2>&1 | tee {log:q}
        """


# table1 to table7, distillation: a few models beside each other.
rule make_comparison:
    input:
        f"{PAPER}/models/{{table}}.csv",
    output:
        report(
            f"{PAPER}/{{table}}.csv",
            caption="../report/comparison.rst",
            category="Tables",
            labels={"table": "{table}", "form": "csv"},
        ),
        multiext(f"{PAPER}/{{table}}", ".md", ".tex"),
    log:
        f"logs/make_comparison/{NAME}/{{table}}.log",
    benchmark:
        f"benchmarks/make_comparison/{NAME}/{{table}}.jsonl"
    wildcard_constraints:
        table=any_of(set(FAMILIES) - {MAIN}),
    conda:
        "../envs/paper.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
        gpu=0,
    params:
        code=code("make_comparison"),
        command=command("make_comparison"),
        stem=subpath(output[0], strip_suffix=".csv"),
    shell:
        """
        python {params.command:q} \
            --table {wildcards.table} \
            --models {input:q} \
            --output-stem {params.stem:q} \
            2>&1 | tee {log:q}
        """


rule draw_figure6:
    input:
        predictions=of_every(EVERY_DEVICE, "{0}/latency/{1}/predictions.csv"),
        reports=of_every(EVERY_DEVICE, "{0}/latency/{1}/predictor.json"),
    output:
        report(
            f"{PAPER}/figure6.png",
            caption="../report/figure6.rst",
            category="Figures",
            labels={"figure": "6", "form": "png"},
        ),
        multiext(f"{PAPER}/figure6", ".pdf", ".csv"),
    log:
        f"logs/draw_figure6/{NAME}.log",
    benchmark:
        f"benchmarks/draw_figure6/{NAME}.jsonl"
    conda:
        "../envs/paper.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
        gpu=0,
    params:
        code=code("draw_figure6"),
        command=command("draw_figure6"),
        stem=subpath(output[0], strip_suffix=".png"),
    shell:
        """
        python {params.command:q} \
            --predictions {input.predictions:q} \
            --reports {input.reports:q} \
            --output-stem {params.stem:q} \
            2>&1 | tee {log:q}
        """


# figure7, figure8, figure10 with table2, figure11 with table5, insights: the models of a table as a figure.
rule draw_models:
    input:
        lambda wildcards: f"{PAPER}/models/{FIGURES[wildcards.figure]}.csv",
    output:
        report(
            f"{PAPER}/{{figure}}.png",
            caption="../report/models.rst",
            category="Figures",
            labels={"figure": "{figure}", "form": "png"},
        ),
        multiext(f"{PAPER}/{{figure}}", ".pdf", ".csv"),
    log:
        f"logs/draw_models/{NAME}/{{figure}}.log",
    benchmark:
        f"benchmarks/draw_models/{NAME}/{{figure}}.jsonl"
    wildcard_constraints:
        figure=any_of(FIGURES),
    conda:
        "../envs/paper.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
        gpu=0,
    params:
        code=code("draw_models"),
        command=command("draw_models"),
        stem=subpath(output[0], strip_suffix=".png"),
    shell:
        """
        python {params.command:q} \
            --figure {wildcards.figure} \
            --models {input:q} \
            --output-stem {params.stem:q} \
            2>&1 | tee {log:q}
        """


rule draw_figure12:
    input:
        f"{PAPER}/models/table8.csv",
    output:
        report(
            f"{PAPER}/figure12.png",
            caption="../report/figure12.rst",
            category="Figures",
            labels={"figure": "12", "form": "png"},
        ),
        multiext(f"{PAPER}/figure12", ".pdf", ".csv"),
    log:
        f"logs/draw_figure12/{NAME}.log",
    benchmark:
        f"benchmarks/draw_figure12/{NAME}.jsonl"
    conda:
        "../envs/paper.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
        gpu=0,
    params:
        code=code("draw_figure12"),
        command=command("draw_figure12"),
        compared=[f"{task}/{model}" for task, model in COMPARED],
        stem=subpath(output[0], strip_suffix=".png"),
    shell:
        """
        python {params.command:q} \
            --models {input:q} \
            --compared {params.compared:q} \
            --output-stem {params.stem:q} \
            2>&1 | tee {log:q}
        """
