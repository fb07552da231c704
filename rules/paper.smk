# Tables and figures, from results alone.
localrules:
    gather_results,
    make_table8,
    draw_figure6,
    draw_figure7,
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


rule draw_figure7:
    input:
        f"{PAPER}/models/table8.csv",
    output:
        report(
            f"{PAPER}/figure7.png",
            caption="../report/figure7.rst",
            category="Figures",
            labels={"figure": "7", "form": "png"},
        ),
        multiext(f"{PAPER}/figure7", ".pdf", ".csv"),
    log:
        f"logs/draw_figure7/{NAME}.log",
    benchmark:
        f"benchmarks/draw_figure7/{NAME}.jsonl"
    conda:
        "../envs/paper.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
        gpu=0,
    params:
        code=code("draw_figure7"),
        command=command("draw_figure7"),
        stem=subpath(output[0], strip_suffix=".png"),
    shell:
        """
        python {params.command:q} \
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
