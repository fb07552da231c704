# How fast training and search are beside plain fairseq, on the corpus and the space of a task, and how fast a large
# corpus is prepared. Not part of `all`.
rule benchmark:
    input:
        each(paths.TRAINING_SPEED, ASKED.wildcards()),
        each(paths.SEARCH_SPEED, ASKED.wildcards()),
        paths.CORPUS_SPEED.format(experiment=NAME),


rule benchmark_training:
    input:
        corpus=of_corpus(paths.BINARY),
    output:
        paths.TRAINING_SPEED,
    log:
        "logs/benchmark_training/{experiment}/{task}.log",
    benchmark:
        "benchmarks/benchmark_training/{experiment}/{task}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    threads: ALL_CORES
    resources:
        mem_mb=scaled(6000),
        gpu=gpus("benchmark_training"),
    params:
        code=code("benchmark_training"),
        command=command("benchmark_training"),
        settings=settings(space=GENES, training=["supertransformer"]),
        space=file_of("space"),
        training=file_of("training"),
        seed=SEED,
    shell:
        """
        python {params.command:q} \
            --corpus {input.corpus:q} \
            --space {params.space:q} \
            --training {params.training:q} \
            --seed {params.seed} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


rule benchmark_search:
    input:
        supertransformer=paths.SUPERTRANSFORMER,
        corpus=of_corpus(paths.BINARY),
    output:
        paths.SEARCH_SPEED,
    log:
        "logs/benchmark_search/{experiment}/{task}.log",
    benchmark:
        "benchmarks/benchmark_search/{experiment}/{task}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    threads: ALL_CORES
    resources:
        mem_mb=scaled(6000),
        gpu=gpus("benchmark_search"),
    params:
        code=code("benchmark_search"),
        command=command("benchmark_search"),
        settings=settings(space=GENES, training=["supertransformer"]),
        space=file_of("space"),
        training=file_of("training"),
        max_tokens=of_task("search", "max_tokens"),
        seed=SEED,
    shell:
        """
        python {params.command:q} \
            --supertransformer {input.supertransformer:q} \
            --corpus {input.corpus:q} \
            --space {params.space:q} \
            --training {params.training:q} \
            --max-tokens {params.max_tokens} \
            --seed {params.seed} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


rule benchmark_corpus:
    output:
        paths.CORPUS_SPEED,
    log:
        "logs/benchmark_corpus/{experiment}.log",
    benchmark:
        "benchmarks/benchmark_corpus/{experiment}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    threads: ALL_CORES
    resources:
        mem_mb=scaled(6000),
        runtime=scaled(600),
    params:
        code=code("benchmark_corpus"),
        command=command("benchmark_corpus"),
        seed=SEED,
    shell:
        """
        python {params.command:q} \
            --processes {threads} \
            --seed {params.seed} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """
