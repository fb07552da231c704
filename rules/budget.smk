# What the experiment costs, told before anything is computed. Not part of `all`.
localrules:
    budget,


# Neither output nor benchmark, so that it prints each time that it is asked for.
rule budget:
    log:
        f"logs/budget/{NAME}.log",
    conda:
        "../envs/paper.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
        gpu=0,
    params:
        code=code("budget"),
        command=command("budget"),
        experiment=ASKED.place,
        table=f"results/{NAME}/budget.csv",
    shell:
        """
        python {params.command:q} \
            --experiment {params.experiment:q} \
            --results results \
            --output {params.table:q} \
            2>&1 | tee {log:q}
        """
