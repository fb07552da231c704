# The best SubTransformer for each latency budget, found with inherited weights and then measured on its device, if that
# is at hand.
localrules:
    choose_subtransformer,


rule search_subtransformer:
    input:
        supertransformer="results/{experiment}/{task}/supertransformer/checkpoint.pt",
        corpus=of_corpus("binary"),
        predictor="results/{experiment}/{task}/latency/{device}/predictor.pt",
        budgets="results/{experiment}/{task}/latency/{device}/budgets/{budget}.json",
    output:
        history="results/{experiment}/{task}/search/{device}/{budget}/history.csv",
        candidates="results/{experiment}/{task}/search/{device}/{budget}/candidates.csv",
    log:
        "logs/search_subtransformer/{experiment}/{task}/{device}/{budget}.log",
    benchmark:
        "benchmarks/search_subtransformer/{experiment}/{task}/{device}/{budget}.jsonl"
    priority: 10
    conda:
        "../envs/fairseq.yaml"
    threads: 1
    resources:
        mem_mb=scaled(6000),
        runtime=240,
        gpu=GPU,
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
        rolling="results/{experiment}/{task}/rolling",
        seed=SEED,
    shell:
        """
        python {params.command:q} \
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
        candidates="results/{experiment}/{task}/search/{device}/{budget}/candidates.csv",
        corpus=of_corpus("binary"),
        budgets="results/{experiment}/{task}/latency/{device}/budgets/{budget}.json",
        reference="results/{experiment}/{task}/latency/{device}/signature.json",
    output:
        subtransformer="results/{experiment}/{task}/search/{device}/{budget}/subtransformer.yaml",
        report="results/{experiment}/{task}/search/{device}/{budget}/confirmed.json",
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
        runtime=60,
        gpu=gpu_of_device,
    params:
        code=code("confirm_subtransformer"),
        command=command("confirm_subtransformer"),
        settings=settings(device=MACHINE),
        device=file_of("device"),
        sentence_length=option("--sentence-length", "sentence_length"),
        runs=of_task("measurement", "runs"),
    shell:
        """
        python {params.command:q} \
            --candidates {input.candidates:q} \
            --device {params.device:q} \
            --statistics {input.corpus:q}/statistics.json \
            --reference {input.reference:q} \
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
        candidates="results/{experiment}/{task}/search/{device}/{budget}/candidates.csv",
        budgets="results/{experiment}/{task}/latency/{device}/budgets/{budget}.json",
    output:
        subtransformer="results/{experiment}/{task}/search/{device}/{budget}/subtransformer.yaml",
        report="results/{experiment}/{task}/search/{device}/{budget}/confirmed.json",
    log:
        "logs/choose_subtransformer/{experiment}/{task}/{device}/{budget}.log",
    benchmark:
        "benchmarks/choose_subtransformer/{experiment}/{task}/{device}/{budget}.jsonl"
    wildcard_constraints:
        device=any_of(REMOTE),
    conda:
        "../envs/latency.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
        gpu=0,
    params:
        code=code("choose_subtransformer"),
        command=command("choose_subtransformer"),
    shell:
        """
        python {params.command:q} \
            --candidates {input.candidates:q} \
            --budgets {input.budgets:q} \
            --budget {wildcards.budget:q} \
            --subtransformer {output.subtransformer:q} \
            --report {output.report:q} \
            2>&1 | tee {log:q}
        """
