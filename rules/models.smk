# Dense models, each made and timed: SubTransformers that a search found, ordinary Transformers, given ones, members of
# the space; from scratch, from what others learned, quantised.
from hat.corpus.description import PREPARATION
from hat.engines.factory import SHIPPED
from hat.interop.architectures import read_architecture


localrules:
    design_baseline,
    convert_architecture,
    sample_subtransformer,


# For wildcard_constraints: the models whose checkpoints a command writes.
made_by = lambda command: any_of(model.name for model in EVERY_MODEL if model.made_by == command)

model_of = lambda wildcards: MODELS[wildcards.task][wildcards.model]

# For input: where the architecture of a model comes from: a search, a baseline's design, a given file.
architecture = lambda wildcards: model_of(wildcards).architecture.format(**wildcards)

# For input: the checkpoint of the model that this one is made from, such as of_model("initial"), if any.
of_model = lambda key: lambda wildcards: [
    paths.CHECKPOINT.format(**{**wildcards, "model": name}) for name in [getattr(model_of(wildcards), key)] if name
]

# For params: what the model is trained by, as text.
recipe = lambda wildcards: settings(
    training=["subtransformer", *(["finetuning"] if model_of(wildcards).family == "finetuned" else [])]
)(wildcards)

# For resources: what a training takes.
model_gpus = training_gpus("train_model", "subtransformer")
model_hours = lambda wildcards: ESTIMATES[wildcards.task].model(model_of(wildcards))

# For params: the configuration file of a given architecture, and what stands in it.
given_path = lambda wildcards: configuration.find("architecture", model_of(wildcards).given)
given_file = lambda wildcards: configuration.shown(given_path(wildcards))
given_architecture = lambda wildcards: read_architecture(given_path(wildcards)).key

# For input: the latency of the model on each device where it is measured anyway.
known_latencies = lambda wildcards: [
    paths.MODEL_LATENCY.format(**{**wildcards, "model": name, "device": device})
    for name in [model_of(wildcards).timed_as]
    for device in TASKS[wildcards.task]["devices"]
    if ASKED.at_hand(device) and name in {model.name for model in ASKED.measured_on(wildcards.task, device)}
]

# For params: the checksum of a checkpoint to import; a file on this machine counts by its contents.
checksum = lambda wildcards: model_of(wildcards).sha256 or (
    CONTENTS.sha256(model_of(wildcards).checkpoint) if Path(model_of(wildcards).checkpoint).is_file() else None
)


rule design_baseline:
    output:
        paths.BASELINE,
    log:
        "logs/design_baseline/{experiment}/{task}/{kind}-{value}.log",
    benchmark:
        "benchmarks/design_baseline/{experiment}/{task}/{kind}-{value}.jsonl"
    conda:
        "../envs/latency.yaml"
    params:
        code=code("design_baseline"),
        command=command("design_baseline"),
        settings=settings(space=[*GENES, "ffn_ratio", "head_dim"]),
        space=file_of("space"),
    shell:
        """
        python {params.command:q} \
            --space {params.space:q} \
            --kind {wildcards.kind} \
            --value {wildcards.value} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


rule convert_architecture:
    output:
        paths.GIVEN,
    log:
        "logs/convert_architecture/{experiment}/{task}/{model}.log",
    benchmark:
        "benchmarks/convert_architecture/{experiment}/{task}/{model}.jsonl"
    conda:
        "../envs/latency.yaml"
    params:
        code=code("convert_architecture"),
        command=command("convert_architecture"),
        settings=given_architecture,
        architecture=given_file,
    shell:
        """
        python {params.command:q} \
            --architecture {params.architecture:q} \
            --to hat \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


rule sample_subtransformer:
    output:
        paths.SAMPLED,
    log:
        "logs/sample_subtransformer/{experiment}/{task}/{model}.log",
    benchmark:
        "benchmarks/sample_subtransformer/{experiment}/{task}/{model}.jsonl"
    conda:
        "../envs/latency.yaml"
    params:
        code=code("sample_subtransformer"),
        command=command("sample_subtransformer"),
        settings=settings(space=GENES),
        space=file_of("space"),
        seed=SEED,
    shell:
        """
        python {params.command:q} \
            --space {params.space:q} \
            --which {wildcards.model:q} \
            --seed {params.seed} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


rule train_model:
    input:
        architecture=architecture,
        corpus=of_corpus(paths.BINARY),
        initial=of_model("initial"),
    output:
        checkpoint=paths.CHECKPOINT,
        architecture=paths.ARCHITECTURE,
        report=paths.TRAINING_REPORT,
    log:
        "logs/train_model/{experiment}/{task}/{model}.log",
    benchmark:
        "benchmarks/train_model/{experiment}/{task}/{model}.jsonl"
    wildcard_constraints:
        model=made_by("train_model"),
    conda:
        "../envs/fairseq.yaml"
    resources:
        mem_mb=scaled(10000),
        runtime=estimated(model_hours, model_gpus),
        gpu=model_gpus,
    params:
        code=code("train_model"),
        command=command("train_model"),
        settings=recipe,
        training=file_of("training"),
        own=lambda wildcards, input: flagged("--initial", input.initial or None),
        rolling=paths.ROLLING,
        seed=SEED,
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --model {wildcards.model:q} \
            --architecture {input.architecture:q} \
            --corpus {input.corpus:q} \
            --training {params.training:q} \
            {params.own:q} \
            --seed {params.seed} \
            --rolling {params.rolling:q} \
            --threads {threads} \
            --checkpoint {output.checkpoint:q} \
            --architecture-copy {output.architecture:q} \
            --report {output.report:q} \
            2>&1 | tee {log:q}
        """


# From the references and from a better model, its teacher.
use rule train_model as distil_model with:
    input:
        architecture=architecture,
        corpus=of_corpus(paths.BINARY),
        teacher=of_model("teacher"),
    log:
        "logs/distil_model/{experiment}/{task}/{model}.log",
    benchmark:
        "benchmarks/distil_model/{experiment}/{task}/{model}.jsonl"
    wildcard_constraints:
        model=made_by("distil_model"),
    params:
        code=code("distil_model"),
        command=command("distil_model"),
        own=lambda wildcards, input: ["--teacher", input.teacher],


# What is no Transformer, such as the Evolved Transformer: a model of such a family has its name.
use rule train_model as train_rival with:
    input:
        architecture=architecture,
        corpus=of_corpus(paths.BINARY),
    log:
        "logs/train_rival/{experiment}/{task}/{model}.log",
    benchmark:
        "benchmarks/train_rival/{experiment}/{task}/{model}.jsonl"
    wildcard_constraints:
        model=made_by("train_rival"),
    params:
        code=code("train_rival"),
        command=command("train_rival"),
        own=lambda wildcards, input: ["--family", wildcards.model],


# With the weights that HAT's authors trained, in place of a training.
rule import_checkpoint:
    input:
        architecture=architecture,
    output:
        checkpoint=paths.CHECKPOINT,
        architecture=paths.ARCHITECTURE,
        report=paths.TRAINING_REPORT,
    log:
        "logs/import_checkpoint/{experiment}/{task}/{model}.log",
    benchmark:
        "benchmarks/import_checkpoint/{experiment}/{task}/{model}.jsonl"
    wildcard_constraints:
        model=made_by("import_checkpoint"),
    conda:
        "../envs/latency.yaml"
    resources:
        mem_mb=scaled(6000),
    params:
        code=code("import_checkpoint"),
        command=command("import_checkpoint"),
        source=lambda wildcards: model_of(wildcards).checkpoint,
        sha256=lambda wildcards: flagged("--sha256", checksum(wildcards)),
        downloads=paths.DOWNLOADS,
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --model {wildcards.model:q} \
            --checkpoint {params.source:q} \
            {params.sha256} \
            --architecture {input.architecture:q} \
            --downloads {params.downloads:q} \
            --output {output.checkpoint:q} \
            --architecture-copy {output.architecture:q} \
            --report {output.report:q} \
            2>&1 | tee {log:q}
        """


# With the weights that it inherits from the SuperTransformer.
rule extract_model:
    input:
        supertransformer=paths.SUPERTRANSFORMER,
        architecture=architecture,
        corpus=of_corpus(paths.BINARY),
    output:
        checkpoint=paths.CHECKPOINT,
        architecture=paths.ARCHITECTURE,
        report=paths.TRAINING_REPORT,
    log:
        "logs/extract_model/{experiment}/{task}/{model}.log",
    benchmark:
        "benchmarks/extract_model/{experiment}/{task}/{model}.jsonl"
    wildcard_constraints:
        model=made_by("extract_model"),
    conda:
        "../envs/fairseq.yaml"
    resources:
        mem_mb=scaled(6000),
        gpu=gpus("extract_model"),
    params:
        code=code("extract_model"),
        command=command("extract_model"),
        max_tokens=of_task("search", "max_tokens"),
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --model {wildcards.model:q} \
            --supertransformer {input.supertransformer:q} \
            --architecture {input.architecture:q} \
            --corpus {input.corpus:q} \
            --max-tokens {params.max_tokens} \
            --threads {threads} \
            --checkpoint {output.checkpoint:q} \
            --architecture-copy {output.architecture:q} \
            --report {output.report:q} \
            2>&1 | tee {log:q}
        """


rule quantise_model:
    input:
        initial=of_model("initial"),
    output:
        checkpoint=paths.CHECKPOINT,
        architecture=paths.ARCHITECTURE,
        report=paths.TRAINING_REPORT,
    log:
        "logs/quantise_model/{experiment}/{task}/{model}.log",
    benchmark:
        "benchmarks/quantise_model/{experiment}/{task}/{model}.jsonl"
    wildcard_constraints:
        model=made_by("quantise_model"),
    conda:
        "../envs/latency.yaml"
    resources:
        mem_mb=scaled(4000),
    params:
        code=code("quantise_model"),
        command=command("quantise_model"),
        bits=lambda wildcards: model_of(wildcards).bits,
        embeddings=lambda wildcards: "--embeddings" if model_of(wildcards).embeddings else "",
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --model {wildcards.model:q} \
            --initial {input.initial:q} \
            --bits {params.bits} \
            {params.embeddings} \
            --checkpoint {output.checkpoint:q} \
            --architecture-copy {output.architecture:q} \
            --report {output.report:q} \
            2>&1 | tee {log:q}
        """


# What a user puts on a device; it says how fast it is where that is measured anyway.
rule export_model:
    input:
        checkpoint=paths.CHECKPOINT,
        bpe=of_corpus(paths.BPE),
        tokens=of_corpus(paths.TOKENS),
        raw=of_corpus(paths.RAW),
        score=paths.fill(paths.SCORE, split="test"),
        latency=known_latencies,
    output:
        directory(paths.SHIP),
    log:
        "logs/export_model/{experiment}/{task}/{model}.log",
    benchmark:
        "benchmarks/export_model/{experiment}/{task}/{model}.jsonl"
    wildcard_constraints:
        model=any_of(model.name for model in EVERY_MODEL if not model.is_rival),
    conda:
        "../envs/fairseq.yaml"
    resources:
        mem_mb=scaled(6000),
        runtime=scaled(120),
    params:
        code=code("export_model", *map(module_of, SHIPPED)),
        command=command("export_model"),
        settings=settings(corpus=["licence", *PREPARATION]),
        corpus=file_of("corpus"),
        beam=of_task("generation", "beam"),
        length_penalty=of_task("generation", "length_penalty"),
        max_len_a=of_task("generation", "max_len_a"),
        max_len_b=of_task("generation", "max_len_b"),
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --model {wildcards.model:q} \
            --checkpoint {input.checkpoint:q} \
            --corpus {params.corpus:q} \
            --bpe {input.bpe:q} \
            --tokens {input.tokens:q} \
            --raw {input.raw:q} \
            --score {input.score:q} \
            --latency {input.latency:q} \
            --beam {params.beam} \
            --length-penalty {params.length_penalty} \
            --max-len-a {params.max_len_a} \
            --max-len-b {params.max_len_b} \
            --threads {threads} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


rule measure_model:
    input:
        architecture=architecture,
        corpus=of_corpus(paths.BINARY),
        signature=paths.SIGNATURE,
    output:
        paths.MODEL_LATENCY,
    log:
        "logs/measure_model/{experiment}/{task}/{model}/{device}.log",
    benchmark:
        "benchmarks/measure_model/{experiment}/{task}/{model}/{device}.jsonl"
    wildcard_constraints:
        device=any_of(AT_HAND),
        model=any_of(model.name for model in EVERY_MODEL if not model.is_rival),
    priority: TIMED_FIRST
    conda:
        "../envs/latency.yaml"
    threads: ALL_CORES
    resources:
        mem_mb=scaled(4000),
        gpu=gpu_of_device,
    params:
        code=timing_code("measure_model"),
        command=command("measure_model"),
        settings=settings(device=MACHINE),
        device=file_of("device"),
        sentence_length=option("--sentence-length", "sentence_length"),
        runs=of_task("measurement", "runs"),
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --model {wildcards.model:q} \
            --architecture {input.architecture:q} \
            --device {params.device:q} \
            --statistics {input.corpus:q}/statistics.json \
            --signature {input.signature:q} \
            {params.sentence_length} \
            --runs {params.runs} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


# What is no ordinary Transformer: it takes fairseq to hold it.
rule measure_rival:
    input:
        checkpoint=paths.CHECKPOINT,
        corpus=of_corpus(paths.BINARY),
        signature=paths.SIGNATURE,
    output:
        paths.MODEL_LATENCY,
    log:
        "logs/measure_rival/{experiment}/{task}/{model}/{device}.log",
    benchmark:
        "benchmarks/measure_rival/{experiment}/{task}/{model}/{device}.jsonl"
    wildcard_constraints:
        device=any_of(AT_HAND),
        model=any_of(model.name for model in EVERY_MODEL if model.is_rival),
    priority: TIMED_FIRST
    conda:
        "../envs/fairseq.yaml"
    threads: ALL_CORES
    resources:
        mem_mb=scaled(4000),
        gpu=gpu_of_device,
    params:
        code=timing_code("measure_rival"),
        command=command("measure_rival"),
        settings=settings(device=MACHINE),
        device=file_of("device"),
        sentence_length=option("--sentence-length", "sentence_length"),
        runs=of_task("measurement", "runs"),
    shell:
        """
        python {params.command:q} \
            --task {wildcards.task:q} \
            --model {wildcards.model:q} \
            --checkpoint {input.checkpoint:q} \
            --device {params.device:q} \
            --statistics {input.corpus:q}/statistics.json \
            --signature {input.signature:q} \
            {params.sentence_length} \
            --runs {params.runs} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """
