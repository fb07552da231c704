# Studies that compare models: tables and figures from what `gather_results` found for each.
localrules:
    make_comparison,
    draw_figure8,
    draw_figure10,
    draw_figure11,


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


# figure8: Figure 7 for the tasks with one device.
rule draw_figure8:
    input:
        f"{PAPER}/models/table8.csv",
    output:
        report(
            f"{PAPER}/figure8.png",
            caption="../report/figure8.rst",
            category="Figures",
            labels={"figure": "8", "form": "png"},
        ),
        multiext(f"{PAPER}/figure8", ".pdf", ".csv"),
    log:
        f"logs/draw_figure8/{NAME}.log",
    benchmark:
        f"benchmarks/draw_figure8/{NAME}.jsonl"
    conda:
        "../envs/paper.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
        gpu=0,
    params:
        code=code("draw_figure8"),
        command=command("draw_figure8"),
        stem=subpath(output[0], strip_suffix=".png"),
    shell:
        """
        python {params.command:q} \
            --models {input:q} \
            --output-stem {params.stem:q} \
            2>&1 | tee {log:q}
        """


# table2: its figure.
rule draw_figure10:
    input:
        f"{PAPER}/models/table2.csv",
    output:
        report(
            f"{PAPER}/figure10.png",
            caption="../report/figure10.rst",
            category="Figures",
            labels={"figure": "10", "form": "png"},
        ),
        multiext(f"{PAPER}/figure10", ".pdf", ".csv"),
    log:
        f"logs/draw_figure10/{NAME}.log",
    benchmark:
        f"benchmarks/draw_figure10/{NAME}.jsonl"
    conda:
        "../envs/paper.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
        gpu=0,
    params:
        code=code("draw_figure10"),
        command=command("draw_figure10"),
        stem=subpath(output[0], strip_suffix=".png"),
    shell:
        """
        python {params.command:q} \
            --models {input:q} \
            --output-stem {params.stem:q} \
            2>&1 | tee {log:q}
        """


# table5: its figure.
rule draw_figure11:
    input:
        f"{PAPER}/models/table5.csv",
    output:
        report(
            f"{PAPER}/figure11.png",
            caption="../report/figure11.rst",
            category="Figures",
            labels={"figure": "11", "form": "png"},
        ),
        multiext(f"{PAPER}/figure11", ".pdf", ".csv"),
    log:
        f"logs/draw_figure11/{NAME}.log",
    benchmark:
        f"benchmarks/draw_figure11/{NAME}.jsonl"
    conda:
        "../envs/paper.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
        gpu=0,
    params:
        code=code("draw_figure11"),
        command=command("draw_figure11"),
        stem=subpath(output[0], strip_suffix=".png"),
    shell:
        """
        python {params.command:q} \
            --models {input:q} \
            --output-stem {params.stem:q} \
            2>&1 | tee {log:q}
        """
