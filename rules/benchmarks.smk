# How fast training and search are beside plain fairseq, on the corpus and the space of a task, and how fast a large
# corpus is prepared. Not part of `all`.
BENCHMARKED = f"results/{NAME}/benchmarks/{{task}}"


rule benchmark:
    input:
        of_every([(task,) for task in TASKS], "benchmarks/{0}/training.csv"),
        of_every([(task,) for task in TASKS], "benchmarks/{0}/search.csv"),
        f"results/{NAME}/benchmarks/corpus.csv",


rule benchmark_training:
    input:
        corpus=of_corpus("binary"),
    output:
        f"{BENCHMARKED}/training.csv",
    log:
        f"logs/benchmark_training/{NAME}/{{task}}.log",
    benchmark:
        f"benchmarks/benchmark_training/{NAME}/{{task}}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    threads: ALL_CORES
    resources:
        mem_mb=scaled(6000),
        runtime=60,
        gpu=GPU,
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
        supertransformer=f"results/{NAME}/{{task}}/supertransformer/checkpoint.pt",
        corpus=of_corpus("binary"),
    output:
        f"{BENCHMARKED}/search.csv",
    log:
        f"logs/benchmark_search/{NAME}/{{task}}.log",
    benchmark:
        f"benchmarks/benchmark_search/{NAME}/{{task}}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    threads: ALL_CORES
    resources:
        mem_mb=scaled(6000),
        runtime=60,
        gpu=GPU,
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
        f"results/{NAME}/benchmarks/corpus.csv",
    log:
        f"logs/benchmark_corpus/{NAME}.log",
    benchmark:
        f"benchmarks/benchmark_corpus/{NAME}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    threads: ALL_CORES
    resources:
        mem_mb=scaled(6000),
        runtime=600,
        gpu=0,
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
