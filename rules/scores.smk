# Test sets translated by each model, and what the translations are worth.


rule translate_model:
    input:
        checkpoint="results/{experiment}/{task}/models/{model}/checkpoint.pt",
        corpus=of_corpus("binary"),
    output:
        "results/{experiment}/{task}/models/{model}/score/{split}.hyp",
    log:
        "logs/translate_model/{experiment}/{task}/{model}/{split}.log",
    benchmark:
        "benchmarks/translate_model/{experiment}/{task}/{model}/{split}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    threads: 1
    resources:
        mem_mb=scaled(6000),
        runtime=120,
        gpu=GPU,
    params:
        code=code("translate_model"),
        command=command("translate_model"),
        beam=of_task("generation", "beam"),
        length_penalty=of_task("generation", "length_penalty"),
    shell:
        """
        python {params.command:q} \
            --checkpoint {input.checkpoint:q} \
            --corpus {input.corpus:q} \
            --split {wildcards.split} \
            --beam {params.beam} \
            --length-penalty {params.length_penalty} \
            --threads {threads} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


rule score_model:
    input:
        hypotheses="results/{experiment}/{task}/models/{model}/score/{split}.hyp",
        tokens=of_corpus("tokens"),
        raw=of_corpus("raw"),
    output:
        "results/{experiment}/{task}/models/{model}/score/{split}.json",
    log:
        "logs/score_model/{experiment}/{task}/{model}/{split}.log",
    benchmark:
        "benchmarks/score_model/{experiment}/{task}/{model}/{split}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    threads: 1
    resources:
        mem_mb=scaled(2000),
        runtime=30,
        gpu=0,
    params:
        code=code("score_model"),
        command=command("score_model"),
        settings=settings(corpus=["target", "lowercase"]),
        corpus=file_of("corpus"),
    shell:
        """
        python {params.command:q} \
            --hypotheses {input.hypotheses:q} \
            --corpus {params.corpus:q} \
            --tokens {input.tokens:q} \
            --raw {input.raw:q} \
            --split {wildcards.split} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """
