# One SuperTransformer for each task: the weights that all its SubTransformers share.
supertransformer_gpus = training_gpus("train_supertransformer", "supertransformer")
supertransformer_hours = lambda wildcards: ESTIMATES[wildcards.task].supertransformer


rule train_supertransformer:
    input:
        corpus=of_corpus(paths.BINARY),
    output:
        checkpoint=paths.SUPERTRANSFORMER,
        metrics=paths.SUPERTRANSFORMER_METRICS,
        log=paths.SUPERTRANSFORMER_LOG,
    log:
        "logs/train_supertransformer/{experiment}/{task}.log",
    benchmark:
        "benchmarks/train_supertransformer/{experiment}/{task}.jsonl"
    priority: 10
    conda:
        "../envs/fairseq.yaml"
    resources:
        mem_mb=scaled(10000),
        runtime=estimated(supertransformer_hours, supertransformer_gpus),
        gpu=supertransformer_gpus,
    params:
        code=code("train_supertransformer"),
        command=command("train_supertransformer"),
        settings=settings(space=GENES, training=["supertransformer"]),
        space=file_of("space"),
        training=file_of("training"),
        rolling=paths.ROLLING,
        seed=SEED,
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --corpus {input.corpus:q} \
            --space {params.space:q} \
            --training {params.training:q} \
            --seed {params.seed} \
            --rolling {params.rolling:q} \
            --threads {threads} \
            --checkpoint {output.checkpoint:q} \
            --metrics {output.metrics:q} \
            --log {output.log:q} \
            2>&1 | tee {log:q}
        """
