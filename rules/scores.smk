# Test sets translated by each model, and what the translations are worth.


rule translate_model:
    input:
        checkpoint=paths.CHECKPOINT,
        corpus=of_corpus(paths.BINARY),
    output:
        hypotheses=paths.HYPOTHESES,
        report=paths.HYPOTHESES_REPORT,
    log:
        "logs/translate_model/{experiment}/{task}/{model}/{split}.log",
    benchmark:
        "benchmarks/translate_model/{experiment}/{task}/{model}/{split}.jsonl"
    wildcard_constraints:
        model=any_of(model.name for model in EVERY_MODEL if not model.is_rival),
    conda:
        "../envs/fairseq.yaml"
    resources:
        mem_mb=scaled(6000),
        runtime=scaled(240),
        gpu=gpus("translate_model"),
    params:
        code=code("translate_model"),
        command=command("translate_model"),
        beam=of_task("generation", "beam"),
        length_penalty=of_task("generation", "length_penalty"),
        max_len_a=of_task("generation", "max_len_a"),
        max_len_b=of_task("generation", "max_len_b"),
    shell:
        """
        python {params.command:q} \
            --model {wildcards.model:q} \
            --checkpoint {input.checkpoint:q} \
            --corpus {input.corpus:q} \
            --split {wildcards.split} \
            --beam {params.beam} \
            --length-penalty {params.length_penalty} \
            --max-len-a {params.max_len_a} \
            --max-len-b {params.max_len_b} \
            --threads {threads} \
            --output {output.hypotheses:q} \
            --report {output.report:q} \
            2>&1 | tee {log:q}
        """


# What is no Transformer: it takes fairseq to hold it.
use rule translate_model as translate_rival with:
    log:
        "logs/translate_rival/{experiment}/{task}/{model}/{split}.log",
    benchmark:
        "benchmarks/translate_rival/{experiment}/{task}/{model}/{split}.jsonl"
    wildcard_constraints:
        model=any_of(model.name for model in EVERY_MODEL if model.is_rival),
    params:
        code=code("translate_rival"),
        command=command("translate_rival"),


rule score_model:
    input:
        hypotheses=paths.HYPOTHESES,
        report=paths.HYPOTHESES_REPORT,
        tokens=of_corpus(paths.TOKENS),
        raw=of_corpus(paths.RAW),
    output:
        paths.SCORE,
    log:
        "logs/score_model/{experiment}/{task}/{model}/{split}.log",
    benchmark:
        "benchmarks/score_model/{experiment}/{task}/{model}/{split}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    params:
        code=code("score_model"),
        command=command("score_model"),
        settings=settings(corpus=["target", "lowercase", "sacrebleu_tokeniser"]),
        corpus=file_of("corpus"),
    shell:
        """
        python {params.command:q} \
            --hypotheses {input.hypotheses:q} \
            --report {input.report:q} \
            --corpus {params.corpus:q} \
            --tokens {input.tokens:q} \
            --raw {input.raw:q} \
            --split {wildcards.split} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """
