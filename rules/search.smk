# The best SubTransformer for each latency budget, found with inherited weights and then measured on its device, if that
# is at hand.
localrules:
    choose_subtransformer,


# For resources: what one search takes, that for a budget or one of a study.
search_hours = lambda wildcards: ESTIMATES[wildcards.task].search


rule search_subtransformer:
    input:
        supertransformer=paths.SUPERTRANSFORMER,
        corpus=of_corpus(paths.BINARY),
        predictor=paths.PREDICTOR,
        budgets=paths.LATENCY_BUDGET,
    output:
        history=paths.HISTORY,
        candidates=paths.CANDIDATES,
    log:
        "logs/search_subtransformer/{experiment}/{task}/{device}/{budget}.log",
    benchmark:
        "benchmarks/search_subtransformer/{experiment}/{task}/{device}/{budget}.jsonl"
    priority: 10
    conda:
        "../envs/fairseq.yaml"
    resources:
        mem_mb=scaled(6000),
        runtime=estimated(search_hours),
        gpu=gpus("search_subtransformer"),
    params:
        code=code("search_subtransformer"),
        command=command("search_subtransformer"),
        settings=settings(space=GENES),
        space=file_of("space"),
        iterations=of_task("search", "iterations"),
        population=of_task("search", "population"),
        parents=of_task("search", "parents"),
        mutants=of_task("search", "mutants"),
        crossovers=of_task("search", "crossovers"),
        mutation=of_task("search", "mutation"),
        max_evaluations=option("--max-evaluations", "search", "max_evaluations"),
        max_tokens=of_task("search", "max_tokens"),
        rolling=paths.ROLLING,
        seed=SEED,
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --device-name {wildcards.device:q} \
            --supertransformer {input.supertransformer:q} \
            --corpus {input.corpus:q} \
            --space {params.space:q} \
            --predictor {input.predictor:q} \
            --budgets {input.budgets:q} \
            --budget {wildcards.budget:q} \
            --iterations {params.iterations} \
            --population {params.population} \
            --parents {params.parents} \
            --mutants {params.mutants} \
            --crossovers {params.crossovers} \
            --mutation {params.mutation} \
            {params.max_evaluations} \
            --max-tokens {params.max_tokens} \
            --seed {params.seed} \
            --threads {threads} \
            --rolling {params.rolling:q} \
            --history {output.history:q} \
            --candidates {output.candidates:q} \
            2>&1 | tee {log:q}
        """


rule confirm_subtransformer:
    input:
        candidates=paths.CANDIDATES,
        corpus=of_corpus(paths.BINARY),
        budgets=paths.LATENCY_BUDGET,
        signature=paths.SIGNATURE,
    output:
        subtransformer=paths.SUBTRANSFORMER,
        report=paths.CONFIRMED,
    log:
        "logs/confirm_subtransformer/{experiment}/{task}/{device}/{budget}.log",
    benchmark:
        "benchmarks/confirm_subtransformer/{experiment}/{task}/{device}/{budget}.jsonl"
    wildcard_constraints:
        device=any_of(AT_HAND),
    priority: TIMED_FIRST
    conda:
        "../envs/latency.yaml"
    threads: ALL_CORES
    resources:
        mem_mb=scaled(4000),
        gpu=gpu_of_device,
    params:
        code=timing_code("confirm_subtransformer"),
        command=command("confirm_subtransformer"),
        settings=settings(device=MACHINE),
        device=file_of("device"),
        sentence_length=option("--sentence-length", "sentence_length"),
        runs=of_task("measurement", "runs"),
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --candidates {input.candidates:q} \
            --device {params.device:q} \
            --statistics {input.corpus:q}/statistics.json \
            --signature {input.signature:q} \
            {params.sentence_length} \
            --runs {params.runs} \
            --budgets {input.budgets:q} \
            --budget {wildcards.budget:q} \
            --subtransformer {output.subtransformer:q} \
            --report {output.report:q} \
            2>&1 | tee {log:q}
        """


rule choose_subtransformer:
    input:
        candidates=paths.CANDIDATES,
        budgets=paths.LATENCY_BUDGET,
    output:
        subtransformer=paths.SUBTRANSFORMER,
        report=paths.CONFIRMED,
    log:
        "logs/choose_subtransformer/{experiment}/{task}/{device}/{budget}.log",
    benchmark:
        "benchmarks/choose_subtransformer/{experiment}/{task}/{device}/{budget}.jsonl"
    wildcard_constraints:
        device=any_of(REMOTE),
    conda:
        "../envs/latency.yaml"
    params:
        code=code("choose_subtransformer"),
        command=command("choose_subtransformer"),
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --device-name {wildcards.device:q} \
            --candidates {input.candidates:q} \
            --budgets {input.budgets:q} \
            --budget {wildcards.budget:q} \
            --subtransformer {output.subtransformer:q} \
            --report {output.report:q} \
            2>&1 | tee {log:q}
        """
