# How results came about, and whether they are still what they were. Not part of `all`; of what is there when it is asked.
localrules:
    record_provenance,
    verify,


# Neither has an output that Snakemake knows, so that both run each time that they are asked for.
rule record_provenance:
    log:
        f"logs/record_provenance/{NAME}.log",
    conda:
        "../envs/paper.yaml"
    params:
        code=code("record_provenance"),
        command=command("record_provenance"),
        experiment=ASKED.file,
        record=paths.RECORD.format(experiment=NAME),
    shell:
        """
        python {params.command:q} \
            --experiment {params.experiment:q} \
            --output {params.record:q} \
            2>&1 | tee {log:q}
        """


rule verify:
    log:
        f"logs/verify/{NAME}.log",
    conda:
        "../envs/paper.yaml"
    params:
        code=code("verify"),
        command=command("verify"),
        record=paths.RECORD.format(experiment=NAME),
    shell:
        """
        python {params.command:q} \
            --record {params.record:q} \
            2>&1 | tee {log:q}
        """
