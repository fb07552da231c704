# What the experiment costs, told before anything is computed. Not part of `all`.
localrules:
    budget,


# Neither output nor benchmark, so that it prints each time that it is asked for.
rule budget:
    log:
        f"logs/budget/{NAME}.log",
    conda:
        "../envs/paper.yaml"
    params:
        code=code("budget"),
        command=command("budget"),
        experiment=ASKED.file,
        table=paths.BUDGET.format(experiment=NAME),
    shell:
        """
        python {params.command:q} \
            --experiment {params.experiment:q} \
            --output {params.table:q} \
            2>&1 | tee {log:q}
        """
