# What studies compute besides the main table: how good predictors are, what latency depends on, other ways to search.
from hat_workflow.studies import MEASURED

# For resources: what the searches of a study take.
study_hours = lambda study: lambda wildcards: (
    STUDIES[study].searches(TASKS[wildcards.task]) * ESTIMATES[wildcards.task].search
)


# predictors: how good latency predictors are, by kind, depth, rows and their number.
rule study_predictor:
    input:
        samples=paths.SAMPLES,
    output:
        paths.PREDICTOR_STUDY,
    log:
        "logs/study_predictor/{experiment}/{task}/{device}.log",
    benchmark:
        "benchmarks/study_predictor/{experiment}/{task}/{device}.jsonl"
    conda:
        "../envs/predictor.yaml"
    params:
        code=code("study_predictor"),
        command=command("study_predictor"),
        settings=settings(space=GENES),
        space=file_of("space"),
        seed=SEED,
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --device-name {wildcards.device:q} \
            --samples {input.samples:q} \
            --space {params.space:q} \
            --seed {params.seed} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


# For input: the predictors of all other devices, whose latencies for this task or for other tasks are known.
others = lambda same_task: lambda wildcards: each(
    paths.PREDICTOR,
    [
        known
        for known in ASKED.wildcards(devices=True)
        if known["device"] != wildcards.device and (known["task"] == wildcards.task) == same_task
    ],
)


# few_samples: how well a device is learned from few samples and from what is known of others.
rule study_transfer:
    input:
        samples=paths.SAMPLES,
        same_task=others(True),
        other_tasks=others(False),
    output:
        paths.TRANSFER_STUDY,
    log:
        "logs/study_transfer/{experiment}/{task}/{device}.log",
    benchmark:
        "benchmarks/study_transfer/{experiment}/{task}/{device}.jsonl"
    conda:
        "../envs/predictor.yaml"
    params:
        code=code("study_transfer"),
        command=command("study_transfer"),
        settings=settings(space=GENES),
        space=file_of("space"),
        seed=SEED,
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --device-name {wildcards.device:q} \
            --samples {input.samples:q} \
            --space {params.space:q} \
            --same-task {input.same_task:q} \
            --other-tasks {input.other_tasks:q} \
            --seed {params.seed} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


# stand_in: the search with its latency constraint, where no SuperTransformer is there to tell a loss.
rule search_stand_in:
    input:
        predictor=paths.PREDICTOR,
        budgets=paths.LATENCY_BUDGET,
    output:
        history=paths.STAND_IN_HISTORY,
        candidates=paths.STAND_IN_CANDIDATES,
    log:
        "logs/search_stand_in/{experiment}/{task}/{device}/{budget}.log",
    benchmark:
        "benchmarks/search_stand_in/{experiment}/{task}/{device}/{budget}.jsonl"
    conda:
        "../envs/latency.yaml"
    params:
        code=code("search_stand_in"),
        command=command("search_stand_in"),
        settings=settings(space=GENES),
        space=file_of("space"),
        iterations=of_task("search", "iterations"),
        population=of_task("search", "population"),
        parents=of_task("search", "parents"),
        mutants=of_task("search", "mutants"),
        crossovers=of_task("search", "crossovers"),
        mutation=of_task("search", "mutation"),
        max_evaluations=option("--max-evaluations", "search", "max_evaluations"),
        seed=SEED,
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --device-name {wildcards.device:q} \
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
            --seed {params.seed} \
            --history {output.history:q} \
            --candidates {output.candidates:q} \
            2>&1 | tee {log:q}
        """


# figure2: how latency depends on each dimension alone.
rule profile_latency:
    input:
        corpus=of_corpus(paths.BINARY),
        signature=paths.SIGNATURE,
    output:
        paths.PROFILE,
    log:
        "logs/profile_latency/{experiment}/{task}/{device}.log",
    benchmark:
        "benchmarks/profile_latency/{experiment}/{task}/{device}.jsonl"
    wildcard_constraints:
        device=any_of(AT_HAND),
    conda:
        "../envs/latency.yaml"
    threads: ALL_CORES
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(120),
        gpu=gpu_of_device,
    params:
        code=timing_code("profile_latency"),
        command=command("profile_latency"),
        settings=settings(space=GENES, device=MACHINE),
        space=file_of("space"),
        device=file_of("device"),
        sentence_length=option("--sentence-length", "sentence_length"),
        runs=of_task("measurement", "runs"),
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --space {params.space:q} \
            --device {params.device:q} \
            --statistics {input.corpus:q}/statistics.json \
            --signature {input.signature:q} \
            {params.sentence_length} \
            --runs {params.runs} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


# figure9: the search, and a random one, with several seeds.
rule compare_searches:
    input:
        supertransformer=paths.SUPERTRANSFORMER,
        corpus=of_corpus(paths.BINARY),
        predictor=paths.PREDICTOR,
        budgets=paths.LATENCY_BUDGET,
    output:
        paths.SEARCHES,
    log:
        "logs/compare_searches/{experiment}/{task}/{device}/{budget}.log",
    benchmark:
        "benchmarks/compare_searches/{experiment}/{task}/{device}/{budget}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    resources:
        mem_mb=scaled(6000),
        runtime=estimated(study_hours("figure9")),
        gpu=gpus("compare_searches"),
    params:
        code=code("compare_searches"),
        command=command("compare_searches"),
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
            --output {output:q} \
            2>&1 | tee {log:q}
        """


# pareto: the whole front in one search, which scores as many as the searches for all budgets together.
rule search_pareto:
    input:
        supertransformer=paths.SUPERTRANSFORMER,
        corpus=of_corpus(paths.BINARY),
        predictor=paths.PREDICTOR,
    output:
        history=paths.PARETO_HISTORY,
        front=paths.PARETO_FRONT,
    log:
        "logs/search_pareto/{experiment}/{task}/{device}.log",
    benchmark:
        "benchmarks/search_pareto/{experiment}/{task}/{device}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    resources:
        mem_mb=scaled(6000),
        runtime=estimated(study_hours("pareto")),
        gpu=gpus("search_pareto"),
    params:
        code=code("search_pareto"),
        command=command("search_pareto"),
        settings=settings(space=GENES),
        space=file_of("space"),
        searches=lambda wildcards: len(ASKED.budgets(wildcards.task, wildcards.device)),
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
            --searches {params.searches} \
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
            --front {output.front:q} \
            2>&1 | tee {log:q}
        """


# online: the search that measures each candidate instead of asking the predictor.
rule search_online:
    input:
        supertransformer=paths.SUPERTRANSFORMER,
        corpus=of_corpus(paths.BINARY),
        budgets=paths.LATENCY_BUDGET,
        signature=paths.SIGNATURE,
    output:
        history=paths.ONLINE_HISTORY,
        candidates=paths.ONLINE_CANDIDATES,
        subtransformer=paths.ONLINE_SUBTRANSFORMER,
        report=paths.ONLINE_CONFIRMED,
    log:
        "logs/search_online/{experiment}/{task}/{device}/{budget}.log",
    benchmark:
        "benchmarks/search_online/{experiment}/{task}/{device}/{budget}.jsonl"
    wildcard_constraints:
        device=any_of(AT_HAND),
    conda:
        "../envs/fairseq.yaml"
    threads: ALL_CORES
    resources:
        mem_mb=scaled(6000),
        runtime=scaled(480),
        gpu=gpu_of_device,
    params:
        code=timing_code("search_online"),
        command=command("search_online"),
        settings=settings(space=GENES, device=MACHINE),
        space=file_of("space"),
        device=file_of("device"),
        sentence_length=option("--sentence-length", "sentence_length"),
        runs=of_task("measurement", "runs"),
        search_runs=of_task("latency", "runs"),
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
            --supertransformer {input.supertransformer:q} \
            --corpus {input.corpus:q} \
            --space {params.space:q} \
            --device {params.device:q} \
            --statistics {input.corpus:q}/statistics.json \
            --signature {input.signature:q} \
            {params.sentence_length} \
            --runs {params.runs} \
            --search-runs {params.search_runs} \
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
            --rolling {params.rolling:q} \
            --history {output.history:q} \
            --candidates {output.candidates:q} \
            --subtransformer {output.subtransformer:q} \
            --report {output.report:q} \
            2>&1 | tee {log:q}
        """


# gaps: whether predictions hold for what a search found.
rule measure_candidates:
    input:
        candidates=paths.CANDIDATES,
        corpus=of_corpus(paths.BINARY),
        signature=paths.SIGNATURE,
    output:
        paths.MEASURED_CANDIDATES,
    log:
        "logs/measure_candidates/{experiment}/{task}/{device}/{budget}.log",
    benchmark:
        "benchmarks/measure_candidates/{experiment}/{task}/{device}/{budget}.jsonl"
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
        code=timing_code("measure_candidates"),
        command=command("measure_candidates"),
        settings=settings(device=MACHINE),
        device=file_of("device"),
        sentence_length=option("--sentence-length", "sentence_length"),
        runs=of_task("measurement", "runs"),
        best=MEASURED,
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --candidates {input.candidates:q} \
            --count {params.best} \
            --device {params.device:q} \
            --statistics {input.corpus:q}/statistics.json \
            --signature {input.signature:q} \
            {params.sentence_length} \
            --runs {params.runs} \
            --budget {wildcards.budget:q} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


# translation: what users of a shipped model wait for.
rule measure_translation:
    input:
        ship=paths.SHIP,
        checkpoint=paths.CHECKPOINT,
        raw=of_corpus(paths.RAW),
    output:
        paths.TRANSLATION,
    log:
        "logs/measure_translation/{experiment}/{task}/{model}.log",
    benchmark:
        "benchmarks/measure_translation/{experiment}/{task}/{model}.jsonl"
    priority: TIMED_FIRST
    conda:
        "../envs/fairseq.yaml"
    threads: ALL_CORES
    resources:
        mem_mb=scaled(6000),
    params:
        code=code("measure_translation", *map(module_of, SHIPPED)),
        command=command("measure_translation"),
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --model {wildcards.model:q} \
            --ship {input.ship:q} \
            --checkpoint {input.checkpoint:q} \
            --raw {input.raw:q} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """
