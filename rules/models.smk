# Dense models, each trained from scratch and timed: SubTransformers that a search found, ordinary Transformers, given ones.
localrules:
    design_baseline,
    convert_architecture,


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


rule train_model:
    input:
        architecture=architecture,
        corpus=of_corpus("binary"),
    output:
        checkpoint="results/{experiment}/{task}/models/{model}/checkpoint.pt",
        architecture="results/{experiment}/{task}/models/{model}/architecture.yaml",
        report="results/{experiment}/{task}/models/{model}/train.json",
    log:
        "logs/train_model/{experiment}/{task}/{model}.log",
    benchmark:
        "benchmarks/train_model/{experiment}/{task}/{model}.jsonl"
    wildcard_constraints:
        model=any_of(set(model for _, model in EVERY_MODEL) - set(IMPORTED)),
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
        settings=settings(training=["subtransformer"]),
        training=file_of("training"),
        rolling="results/{experiment}/{task}/rolling",
        seed=SEED,
    shell:
        """
        python {params.command:q} \
            --architecture {input.architecture:q} \
            --corpus {input.corpus:q} \
            --training {params.training:q} \
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
        model=any_of(IMPORTED),
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
    priority: 20
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
