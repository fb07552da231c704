# Latency of SubTransformers on a device, the predictor that learns from it, and what the budgets mean in milliseconds.
localrules:
    fetch_latency,
    merge_latency,
    resolve_budgets,
    predict_latency,


# Of a device that is not at hand: what its owners published. A row has the features of its architecture, no more.
rule fetch_latency:
    output:
        samples="results/{experiment}/{task}/latency/{device}/samples.csv",
        signature="results/{experiment}/{task}/latency/{device}/signature.json",
    log:
        "logs/fetch_latency/{experiment}/{task}/{device}.log",
    benchmark:
        "benchmarks/fetch_latency/{experiment}/{task}/{device}.jsonl"
    wildcard_constraints:
        device=any_of(REMOTE),
    priority: 10
    conda:
        "../envs/predictor.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
        gpu=0,
    params:
        code=code("fetch_latency"),
        command=command("fetch_latency"),
        settings=settings(device=["published"]),
        device=file_of("device"),
        downloads="results/{experiment}/{task}/rolling/downloads",
    shell:
        """
        python {params.command:q} \
            --device {params.device:q} \
            --task {wildcards.task:q} \
            --downloads {params.downloads:q} \
            --output {output.samples:q} \
            --signature {output.signature:q} \
            2>&1 | tee {log:q}
        """


rule collect_latency:
    input:
        corpus=of_corpus("binary"),
    output:
        samples="results/{experiment}/{task}/latency/{device}/shards/{shard}.csv",
        signature="results/{experiment}/{task}/latency/{device}/shards/{shard}.json",
    log:
        "logs/collect_latency/{experiment}/{task}/{device}/{shard}.log",
    benchmark:
        "benchmarks/collect_latency/{experiment}/{task}/{device}/{shard}.jsonl"
    priority: TIMED_FIRST
    conda:
        "../envs/latency.yaml"
    threads: ALL_CORES
    resources:
        mem_mb=scaled(4000),
        runtime=240,
        gpu=gpu_of_device,
    params:
        code=code("collect_latency"),
        command=command("collect_latency"),
        settings=settings(space=GENES, device=MACHINE),
        space=file_of("space"),
        device=file_of("device"),
        sentence_length=option("--sentence-length", "sentence_length"),
        samples=of_task("latency", "samples"),
        runs=of_task("latency", "runs"),
        shards=of_task("latency", "shards"),
        rolling="results/{experiment}/{task}/rolling",
        seed=SEED,
    shell:
        """
        python {params.command:q} \
            --space {params.space:q} \
            --device {params.device:q} \
            --statistics {input.corpus:q}/statistics.json \
            {params.sentence_length} \
            --samples {params.samples} \
            --runs {params.runs} \
            --shard {wildcards.shard} \
            --shards {params.shards} \
            --seed {params.seed} \
            --rolling {params.rolling:q} \
            --output {output.samples:q} \
            --signature {output.signature:q} \
            2>&1 | tee {log:q}
        """


rule merge_latency:
    input:
        shards=shards("csv"),
        signatures=shards("json"),
    output:
        samples="results/{experiment}/{task}/latency/{device}/samples.csv",
        signature="results/{experiment}/{task}/latency/{device}/signature.json",
    log:
        "logs/merge_latency/{experiment}/{task}/{device}.log",
    benchmark:
        "benchmarks/merge_latency/{experiment}/{task}/{device}.jsonl"
    wildcard_constraints:
        device=any_of(AT_HAND),
    priority: 10
    conda:
        "../envs/latency.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
        gpu=0,
    params:
        code=code("merge_latency"),
        command=command("merge_latency"),
    shell:
        """
        python {params.command:q} \
            --shards {input.shards:q} \
            --signatures {input.signatures:q} \
            --output {output.samples:q} \
            --signature {output.signature:q} \
            2>&1 | tee {log:q}
        """


rule fit_predictor:
    input:
        samples="results/{experiment}/{task}/latency/{device}/samples.csv",
    output:
        predictor="results/{experiment}/{task}/latency/{device}/predictor.pt",
        report="results/{experiment}/{task}/latency/{device}/predictor.json",
        predictions="results/{experiment}/{task}/latency/{device}/predictions.csv",
    log:
        "logs/fit_predictor/{experiment}/{task}/{device}.log",
    benchmark:
        "benchmarks/fit_predictor/{experiment}/{task}/{device}.jsonl"
    priority: 10
    conda:
        "../envs/predictor.yaml"
    threads: 1
    resources:
        mem_mb=scaled(2000),
        runtime=30,
        gpu=0,
    params:
        code=code("fit_predictor"),
        command=command("fit_predictor"),
        settings=settings(space=GENES),
        space=file_of("space"),
        seed=SEED,
    shell:
        """
        python {params.command:q} \
            --samples {input.samples:q} \
            --space {params.space:q} \
            --seed {params.seed} \
            --predictor {output.predictor:q} \
            --report {output.report:q} \
            --predictions {output.predictions:q} \
            2>&1 | tee {log:q}
        """


# A file for each budget, so that another budget leaves the searches for the others alone.
rule resolve_budgets:
    input:
        predictor="results/{experiment}/{task}/latency/{device}/predictor.pt",
        report="results/{experiment}/{task}/latency/{device}/predictor.json",
    output:
        "results/{experiment}/{task}/latency/{device}/budgets/{budget}.json",
    log:
        "logs/resolve_budgets/{experiment}/{task}/{device}/{budget}.log",
    benchmark:
        "benchmarks/resolve_budgets/{experiment}/{task}/{device}/{budget}.jsonl"
    priority: 10
    conda:
        "../envs/predictor.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
        gpu=0,
    params:
        code=code("resolve_budgets"),
        command=command("resolve_budgets"),
        settings=settings(space=GENES),
        space=file_of("space"),
        budgets=every_budget,
    shell:
        """
        python {params.command:q} \
            --predictor {input.predictor:q} \
            --report {input.report:q} \
            --space {params.space:q} \
            --budgets {params.budgets:q} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


rule predict_latency:
    input:
        predictor="results/{experiment}/{task}/latency/{device}/predictor.pt",
        report="results/{experiment}/{task}/latency/{device}/predictor.json",
        architectures=lambda wildcards: [
            f"results/{NAME}/{wildcards.task}/{model.architecture}"
            for model in models_on(wildcards.device, wildcards.task)
        ],
    output:
        "results/{experiment}/{task}/latency/{device}/models.csv",
    log:
        "logs/predict_latency/{experiment}/{task}/{device}.log",
    benchmark:
        "benchmarks/predict_latency/{experiment}/{task}/{device}.jsonl"
    conda:
        "../envs/predictor.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
        gpu=0,
    params:
        code=code("predict_latency"),
        command=command("predict_latency"),
        models=lambda wildcards: [model.name for model in models_on(wildcards.device, wildcards.task)],
    shell:
        """
        python {params.command:q} \
            --predictor {input.predictor:q} \
            --report {input.report:q} \
            --models {params.models:q} \
            --architectures {input.architectures:q} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """
