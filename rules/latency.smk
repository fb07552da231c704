# Latency of SubTransformers on a device, the predictor that learns from it, and what the budgets mean in milliseconds.
from dataclasses import fields

from hat.budgets import Budget
from hat.engines.factory import module_of
from hat.engines.interface import Device


localrules:
    fetch_latency,
    merge_latency,
    resolve_budgets,
    predict_latency,


# The keys of a device file that change a measurement.
MACHINE = [field.name for field in fields(Device) if field.name != "name"]


# For params: what a command does that times models, with the engine of its device.
timing_code = lambda command: lambda wildcards: code(command, engine_module(wildcards))(wildcards)
engine_module = lambda wildcards: module_of(FILES["device"][wildcards.device][1]["engine"])

# For resources: whether what is timed on a device runs on a GPU.
gpu_of_device = lambda wildcards: int(FILES["device"][wildcards.device][1]["processor"] == "cuda")

# For input: the latency shards of a device.
shards = lambda wildcards: expand(paths.SHARD, **wildcards, shard=range(TASKS[wildcards.task]["latency"]["shards"]))

# For params: where a device's latencies were published, and what stands there if it is a file on this machine.
published = lambda wildcards: settings(device=["published"])(wildcards) + CONTENTS.of(
    [url] for url in [FILES["device"][wildcards.device][1]["published"][wildcards.task]["url"]] if "://" not in url
)

# For params: all budgets of a device, which must differ from each other. Derived: each has a file of its own.
every_budget = lambda wildcards, input: TASKS[wildcards.task]["devices"][wildcards.device]["budgets"]

# For input and params of a budget that limits megabytes: what these depend on besides the architecture.
in_megabytes = lambda wildcards: any(
    budget.megabytes and budget.name == wildcards.budget for budget in map(Budget.parse, every_budget(wildcards, None))
)
corpus_of_megabytes = lambda wildcards: of_corpus(paths.BINARY)(wildcards) if in_megabytes(wildcards) else []
dtype_of_megabytes = lambda wildcards: (
    ["--dtype", FILES["device"][wildcards.device][1]["dtype"]] if in_megabytes(wildcards) else []
)

# The models of a task whose latency on a device is asked for.
timed_here = lambda wildcards: ASKED.measured_on(wildcards.task, wildcards.device)


# Of a device that is not at hand: what its owners published. A row has the features of its architecture, no more.
rule fetch_latency:
    output:
        samples=paths.SAMPLES,
        signature=paths.SIGNATURE,
    log:
        "logs/fetch_latency/{experiment}/{task}/{device}.log",
    benchmark:
        "benchmarks/fetch_latency/{experiment}/{task}/{device}.jsonl"
    wildcard_constraints:
        device=any_of(REMOTE),
    priority: 10
    conda:
        "../envs/predictor.yaml"
    params:
        code=code("fetch_latency"),
        command=command("fetch_latency"),
        settings=published,
        device=file_of("device"),
        downloads=paths.DOWNLOADS,
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


# The device's own speed, to which every latency of the task is brought.
rule measure_anchor:
    input:
        corpus=of_corpus(paths.BINARY),
    output:
        paths.SIGNATURE,
    log:
        "logs/measure_anchor/{experiment}/{task}/{device}.log",
    benchmark:
        "benchmarks/measure_anchor/{experiment}/{task}/{device}.jsonl"
    wildcard_constraints:
        device=any_of(AT_HAND),
    priority: TIMED_FIRST
    conda:
        "../envs/latency.yaml"
    threads: ALL_CORES
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(60),
        gpu=gpu_of_device,
    params:
        code=timing_code("measure_anchor"),
        command=command("measure_anchor"),
        settings=settings(space=GENES, device=MACHINE),
        space=file_of("space"),
        device=file_of("device"),
        sentence_length=option("--sentence-length", "sentence_length"),
        runs=of_task("latency", "runs"),
        precision=option("--precision", "latency", "precision"),
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --space {params.space:q} \
            --device {params.device:q} \
            --statistics {input.corpus:q}/statistics.json \
            {params.sentence_length} \
            --runs {params.runs} \
            {params.precision} \
            --signature {output:q} \
            2>&1 | tee {log:q}
        """


rule collect_latency:
    input:
        corpus=of_corpus(paths.BINARY),
        signature=paths.SIGNATURE,
    output:
        paths.SHARD,
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
        runtime=scaled(240),
        gpu=gpu_of_device,
    params:
        code=timing_code("collect_latency"),
        command=command("collect_latency"),
        settings=settings(space=GENES, device=MACHINE),
        space=file_of("space"),
        device=file_of("device"),
        sentence_length=option("--sentence-length", "sentence_length"),
        samples=of_task("latency", "samples"),
        runs=of_task("latency", "runs"),
        precision=option("--precision", "latency", "precision"),
        shards=of_task("latency", "shards"),
        rolling=paths.ROLLING,
        seed=SEED,
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --space {params.space:q} \
            --device {params.device:q} \
            --statistics {input.corpus:q}/statistics.json \
            {params.sentence_length} \
            --samples {params.samples} \
            --runs {params.runs} \
            {params.precision} \
            --shard {wildcards.shard} \
            --shards {params.shards} \
            --seed {params.seed} \
            --rolling {params.rolling:q} \
            --signature {input.signature:q} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


rule merge_latency:
    input:
        shards,
    output:
        paths.SAMPLES,
    log:
        "logs/merge_latency/{experiment}/{task}/{device}.log",
    benchmark:
        "benchmarks/merge_latency/{experiment}/{task}/{device}.jsonl"
    wildcard_constraints:
        device=any_of(AT_HAND),
    priority: 10
    conda:
        "../envs/latency.yaml"
    params:
        code=code("merge_latency"),
        command=command("merge_latency"),
    shell:
        """
        python {params.command:q} \
            --shards {input:q} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


# For input: the predictors of other devices from which a device learns; these learn from none themselves.
sources = lambda wildcards: [
    path
    for named in [of_task("latency", "sources")(wildcards)]
    if paths.PREDICTOR.format(**wildcards) not in named
    for path in named
]


rule fit_predictor:
    input:
        samples=paths.SAMPLES,
        sources=sources,
    output:
        predictor=paths.PREDICTOR,
        report=paths.PREDICTOR_REPORT,
        predictions=paths.PREDICTIONS,
    log:
        "logs/fit_predictor/{experiment}/{task}/{device}.log",
    benchmark:
        "benchmarks/fit_predictor/{experiment}/{task}/{device}.jsonl"
    priority: 10
    conda:
        "../envs/predictor.yaml"
    params:
        code=code("fit_predictor"),
        command=command("fit_predictor"),
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
            --sources {input.sources:q} \
            --seed {params.seed} \
            --predictor {output.predictor:q} \
            --report {output.report:q} \
            --predictions {output.predictions:q} \
            2>&1 | tee {log:q}
        """


# A file for each budget, so that another budget leaves the searches for the others alone.
rule resolve_budgets:
    input:
        predictor=paths.PREDICTOR,
        report=paths.PREDICTOR_REPORT,
        corpus=corpus_of_megabytes,
    output:
        paths.LATENCY_BUDGET,
    log:
        "logs/resolve_budgets/{experiment}/{task}/{device}/{budget}.log",
    benchmark:
        "benchmarks/resolve_budgets/{experiment}/{task}/{device}/{budget}.jsonl"
    priority: 10
    conda:
        "../envs/predictor.yaml"
    params:
        code=code("resolve_budgets"),
        command=command("resolve_budgets"),
        settings=settings(space=GENES),
        space=file_of("space"),
        budgets=every_budget,
        dtype=dtype_of_megabytes,
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --device-name {wildcards.device:q} \
            --predictor {input.predictor:q} \
            --report {input.report:q} \
            --space {params.space:q} \
            --budgets {params.budgets:q} \
            --budget {wildcards.budget:q} \
            {params.dtype} \
            --corpus {input.corpus:q} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


rule predict_latency:
    input:
        predictor=paths.PREDICTOR,
        report=paths.PREDICTOR_REPORT,
        architectures=lambda wildcards: [model.architecture.format(**wildcards) for model in timed_here(wildcards)],
    output:
        paths.PREDICTED_MODELS,
    log:
        "logs/predict_latency/{experiment}/{task}/{device}.log",
    benchmark:
        "benchmarks/predict_latency/{experiment}/{task}/{device}.jsonl"
    conda:
        "../envs/predictor.yaml"
    params:
        code=code("predict_latency"),
        command=command("predict_latency"),
        models=lambda wildcards: [model.name for model in timed_here(wildcards)],
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --device-name {wildcards.device:q} \
            --predictor {input.predictor:q} \
            --report {input.report:q} \
            --models {params.models:q} \
            --architectures {input.architectures:q} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """
