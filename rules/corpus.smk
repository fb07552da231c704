# Text, from its source to fairseq's binary format. Corpora are shared by experiments.


rule generate_corpus:
    output:
        directory("results/corpora/{corpus}/raw"),
    log:
        "logs/generate_corpus/{corpus}.log",
    benchmark:
        "benchmarks/generate_corpus/{corpus}.jsonl"
    wildcard_constraints:
        corpus=any_of(GENERATED),
    conda:
        "../envs/fairseq.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
        gpu=0,
    params:
        code=code("generate_corpus"),
        command=command("generate_corpus"),
        settings=settings(corpus=["source", "target", "generated"]),
        corpus=file_of("corpus"),
    shell:
        """
        python {params.command:q} \
            --corpus {params.corpus:q} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


rule fetch_corpus:
    output:
        directory("results/corpora/{corpus}/raw"),
    log:
        "logs/fetch_corpus/{corpus}.log",
    benchmark:
        "benchmarks/fetch_corpus/{corpus}.jsonl"
    wildcard_constraints:
        corpus=any_of(FETCHED),
    conda:
        "../envs/fairseq.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=240,
        gpu=0,
    params:
        code=code("fetch_corpus"),
        command=command("fetch_corpus"),
        settings=settings(
            corpus=[
                "source",
                "target",
                "train",
                "valid",
                "test",
                "tests",
                "references",
                "binarised",
            ]
        ),
        corpus=file_of("corpus"),
    shell:
        """
        python {params.command:q} \
            --corpus {params.corpus:q} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


rule clean_corpus:
    input:
        raw="results/corpora/{corpus}/raw",
    output:
        directory("results/corpora/{corpus}/clean"),
    log:
        "logs/clean_corpus/{corpus}.log",
    benchmark:
        "benchmarks/clean_corpus/{corpus}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    threads: 8
    resources:
        mem_mb=scaled(2000),
        runtime=240,
        gpu=0,
    params:
        code=code("clean_corpus"),
        command=command("clean_corpus"),
        settings=settings(
            corpus=["valid", "max_length", "max_ratio", "limits", "normalise_punctuation", "aggressive_hyphens"]
        ),
        corpus=file_of("corpus"),
    shell:
        """
        python {params.command:q} \
            --corpus {params.corpus:q} \
            --raw {input.raw:q} \
            --processes {threads} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


rule tokenise_corpus:
    input:
        clean="results/corpora/{corpus}/clean",
    output:
        directory("results/corpora/{corpus}/tokens"),
    log:
        "logs/tokenise_corpus/{corpus}.log",
    benchmark:
        "benchmarks/tokenise_corpus/{corpus}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    threads: 8
    resources:
        mem_mb=scaled(4000),
        runtime=240,
        gpu=0,
    params:
        code=code("tokenise_corpus"),
        command=command("tokenise_corpus"),
        settings=settings(corpus=["lowercase", "already_subwords", "aggressive_hyphens"]),
        corpus=file_of("corpus"),
    shell:
        """
        python {params.command:q} \
            --corpus {params.corpus:q} \
            --clean {input.clean:q} \
            --processes {threads} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


rule encode_bpe:
    input:
        clean="results/corpora/{corpus}/clean",
        tokens="results/corpora/{corpus}/tokens",
    output:
        directory("results/corpora/{corpus}/bpe"),
    log:
        "logs/encode_bpe/{corpus}.log",
    benchmark:
        "benchmarks/encode_bpe/{corpus}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    threads: 8
    resources:
        mem_mb=scaled(8000),
        runtime=240,
        gpu=0,
    params:
        code=code("encode_bpe"),
        command=command("encode_bpe"),
        settings=settings(corpus=["bpe", "dictionary", "already_subwords", "max_length", "max_ratio", "limits"]),
        corpus=file_of("corpus"),
    shell:
        """
        python {params.command:q} \
            --corpus {params.corpus:q} \
            --clean {input.clean:q} \
            --tokens {input.tokens:q} \
            --processes {threads} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


rule binarise_corpus:
    input:
        bpe="results/corpora/{corpus}/bpe",
    output:
        directory("results/corpora/{corpus}/binary"),
    log:
        "logs/binarise_corpus/{corpus}.log",
    benchmark:
        "benchmarks/binarise_corpus/{corpus}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    threads: 8
    resources:
        mem_mb=scaled(4000),
        runtime=240,
        gpu=0,
    params:
        code=code("binarise_corpus"),
        command=command("binarise_corpus"),
        settings=settings(corpus=["dictionary", "already_subwords"]),
        corpus=file_of("corpus"),
    shell:
        """
        python {params.command:q} \
            --corpus {params.corpus:q} \
            --bpe {input.bpe:q} \
            --processes {threads} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """
