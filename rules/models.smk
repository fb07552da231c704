# Dense models, each made and timed: SubTransformers that a search found, ordinary Transformers, given ones, members of
# the space; from scratch, from what others learned, quantised.
localrules:
    design_baseline,
    convert_architecture,
    sample_subtransformer,


rule design_baseline:
    output:
        "results/{experiment}/{task}/baselines/transformer-{kind}-{value}.yaml",
    log:
        "logs/design_baseline/{experiment}/{task}/{kind}-{value}.log",
    benchmark:
        "benchmarks/design_baseline/{experiment}/{task}/{kind}-{value}.jsonl"
    conda:
        "../envs/latency.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
        gpu=0,
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
        "results/{experiment}/{task}/given/{model}.yaml",
    log:
        "logs/convert_architecture/{experiment}/{task}/{model}.log",
    benchmark:
        "benchmarks/convert_architecture/{experiment}/{task}/{model}.jsonl"
    conda:
        "../envs/latency.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
        gpu=0,
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
        "results/{experiment}/{task}/sampled/{model}.yaml",
    log:
        "logs/sample_subtransformer/{experiment}/{task}/{model}.log",
    benchmark:
        "benchmarks/sample_subtransformer/{experiment}/{task}/{model}.jsonl"
    conda:
        "../envs/latency.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
        gpu=0,
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
        corpus=of_corpus("binary"),
        initial=of_model("initial"),
        teacher=of_model("teacher"),
    output:
        checkpoint="results/{experiment}/{task}/models/{model}/checkpoint.pt",
        architecture="results/{experiment}/{task}/models/{model}/architecture.yaml",
        report="results/{experiment}/{task}/models/{model}/train.json",
    log:
        "logs/train_model/{experiment}/{task}/{model}.log",
    benchmark:
        "benchmarks/train_model/{experiment}/{task}/{model}.jsonl"
    wildcard_constraints:
        model=any_of(made_by("train_model")),
    conda:
        "../envs/fairseq.yaml"
    threads: 1
    resources:
        mem_mb=scaled(6000),
        runtime=240,
        gpu=GPU,
    params:
        code=code("train_model"),
        command=command("train_model"),
        settings=recipe,
        training=file_of("training"),
        sentence_length=option("--sentence-length", "sentence_length"),
        family=lambda wildcards: MODELS[wildcards.task][wildcards.model].kind,
        initial=lambda wildcards, input: flagged("--initial", input.initial or None),
        teacher=lambda wildcards, input: flagged("--teacher", input.teacher or None),
        rolling="results/{experiment}/{task}/rolling",
        seed=SEED,
    shell:
        """
        python {params.command:q} \
            --architecture {input.architecture:q} \
            --corpus {input.corpus:q} \
            --training {params.training:q} \
            --family {params.family} \
            {params.sentence_length} \
            {params.initial} \
            {params.teacher} \
            --seed {params.seed} \
            --rolling {params.rolling:q} \
            --threads {threads} \
            --checkpoint {output.checkpoint:q} \
            --architecture-copy {output.architecture:q} \
            --report {output.report:q} \
            2>&1 | tee {log:q}
        """


# With the weights that HAT's authors trained, in place of a training.
rule import_checkpoint:
    input:
        architecture=architecture,
    output:
        checkpoint="results/{experiment}/{task}/models/{model}/checkpoint.pt",
        architecture="results/{experiment}/{task}/models/{model}/architecture.yaml",
        report="results/{experiment}/{task}/models/{model}/train.json",
    log:
        "logs/import_checkpoint/{experiment}/{task}/{model}.log",
    benchmark:
        "benchmarks/import_checkpoint/{experiment}/{task}/{model}.jsonl"
    wildcard_constraints:
        model=any_of(made_by("import_checkpoint")),
    conda:
        "../envs/latency.yaml"
    threads: 1
    resources:
        mem_mb=scaled(6000),
        runtime=60,
        gpu=0,
    params:
        code=code("import_checkpoint"),
        command=command("import_checkpoint"),
        source=lambda wildcards: MODELS[wildcards.task][wildcards.model].checkpoint,
        sha256=lambda wildcards: flagged("--sha256", MODELS[wildcards.task][wildcards.model].sha256),
        downloads="results/{experiment}/{task}/rolling/downloads",
    shell:
        """
        python {params.command:q} \
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
        supertransformer="results/{experiment}/{task}/supertransformer/checkpoint.pt",
        architecture=architecture,
        corpus=of_corpus("binary"),
    output:
        checkpoint="results/{experiment}/{task}/models/{model}/checkpoint.pt",
        architecture="results/{experiment}/{task}/models/{model}/architecture.yaml",
        report="results/{experiment}/{task}/models/{model}/train.json",
    log:
        "logs/extract_model/{experiment}/{task}/{model}.log",
    benchmark:
        "benchmarks/extract_model/{experiment}/{task}/{model}.jsonl"
    wildcard_constraints:
        model=any_of(made_by("extract_model")),
    conda:
        "../envs/fairseq.yaml"
    threads: 1
    resources:
        mem_mb=scaled(6000),
        runtime=60,
        gpu=GPU,
    params:
        code=code("extract_model"),
        command=command("extract_model"),
        max_tokens=of_task("search", "max_tokens"),
    shell:
        """
        python {params.command:q} \
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
        checkpoint="results/{experiment}/{task}/models/{model}/checkpoint.pt",
        architecture="results/{experiment}/{task}/models/{model}/architecture.yaml",
        report="results/{experiment}/{task}/models/{model}/train.json",
    log:
        "logs/quantise_model/{experiment}/{task}/{model}.log",
    benchmark:
        "benchmarks/quantise_model/{experiment}/{task}/{model}.jsonl"
    wildcard_constraints:
        model=any_of(made_by("quantise_model")),
    conda:
        "../envs/latency.yaml"
    threads: 1
    resources:
        mem_mb=scaled(4000),
        runtime=60,
        gpu=0,
    params:
        code=code("quantise_model"),
        command=command("quantise_model"),
        bits=lambda wildcards: MODELS[wildcards.task][wildcards.model].bits,
        embeddings=lambda wildcards: "--embeddings" if MODELS[wildcards.task][wildcards.model].embeddings else "",
    shell:
        """
        python {params.command:q} \
            --initial {input.initial:q} \
            --bits {params.bits} \
            {params.embeddings} \
            --checkpoint {output.checkpoint:q} \
            --architecture-copy {output.architecture:q} \
            --report {output.report:q} \
            2>&1 | tee {log:q}
        """


rule measure_model:
    input:
        architecture=architecture,
        corpus=of_corpus("binary"),
        reference="results/{experiment}/{task}/latency/{device}/signature.json",
    output:
        "results/{experiment}/{task}/models/{model}/latency/{device}.json",
    log:
        "logs/measure_model/{experiment}/{task}/{model}/{device}.log",
    benchmark:
        "benchmarks/measure_model/{experiment}/{task}/{model}/{device}.jsonl"
    wildcard_constraints:
        device=any_of(AT_HAND),
        model=any_of(NAMES - OTHERS),
    priority: TIMED_FIRST
    conda:
        "../envs/latency.yaml"
    threads: ALL_CORES
    resources:
        mem_mb=scaled(4000),
        runtime=60,
        gpu=gpu_of_device,
    params:
        code=code("measure_model"),
        command=command("measure_model"),
        settings=settings(device=MACHINE),
        device=file_of("device"),
        sentence_length=option("--sentence-length", "sentence_length"),
        runs=of_task("measurement", "runs"),
    shell:
        """
        python {params.command:q} \
            --architecture {input.architecture:q} \
            --device {params.device:q} \
            --statistics {input.corpus:q}/statistics.json \
            --reference {input.reference:q} \
            {params.sentence_length} \
            --runs {params.runs} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


# What is no ordinary Transformer: it takes fairseq to hold it.
rule measure_rival:
    input:
        checkpoint="results/{experiment}/{task}/models/{model}/checkpoint.pt",
        corpus=of_corpus("binary"),
        reference="results/{experiment}/{task}/latency/{device}/signature.json",
    output:
        "results/{experiment}/{task}/models/{model}/latency/{device}.json",
    log:
        "logs/measure_rival/{experiment}/{task}/{model}/{device}.log",
    benchmark:
        "benchmarks/measure_rival/{experiment}/{task}/{model}/{device}.jsonl"
    wildcard_constraints:
        device=any_of(AT_HAND),
        model=any_of(OTHERS),
    priority: TIMED_FIRST
    conda:
        "../envs/fairseq.yaml"
    threads: ALL_CORES
    resources:
        mem_mb=scaled(4000),
        runtime=60,
        gpu=gpu_of_device,
    params:
        code=code("measure_rival"),
        command=command("measure_rival"),
        settings=settings(device=MACHINE),
        device=file_of("device"),
        sentence_length=option("--sentence-length", "sentence_length"),
        runs=of_task("measurement", "runs"),
    shell:
        """
        python {params.command:q} \
            --checkpoint {input.checkpoint:q} \
            --device {params.device:q} \
            --statistics {input.corpus:q}/statistics.json \
            --reference {input.reference:q} \
            {params.sentence_length} \
            --runs {params.runs} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """
