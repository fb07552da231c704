# Text, from its source to fairseq's binary format. Corpora are shared by experiments.
from hat.corpus.description import Corpus

GENERATED = [name for name, (_, contents) in FILES["corpus"].items() if contents["generated"] is not None]
FETCHED = [name for name in FILES["corpus"] if name not in GENERATED]


# For params: what the corpus file says of its sources, and the contents of those that are files on this machine.
described = lambda path, contents: Corpus.from_settings(contents, configuration.shown(path))
contents_of = stopping(CONTENTS.of_corpus)
sources = lambda wildcards: settings(corpus=configuration.SOURCES)(wildcards) + contents_of(
    described(*FILES["corpus"][wildcards.corpus]), Path(paths.RAW.format(corpus=wildcards.corpus))
)


rule generate_corpus:
    output:
        directory(paths.RAW),
    log:
        "logs/generate_corpus/{corpus}.log",
    benchmark:
        "benchmarks/generate_corpus/{corpus}.jsonl"
    wildcard_constraints:
        corpus=any_of(GENERATED),
    conda:
        "../envs/fairseq.yaml"
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
        directory(paths.RAW),
    log:
        "logs/fetch_corpus/{corpus}.log",
    benchmark:
        "benchmarks/fetch_corpus/{corpus}.jsonl"
    wildcard_constraints:
        corpus=any_of(FETCHED),
    conda:
        "../envs/fairseq.yaml"
    resources:
        runtime=scaled(720),
    params:
        code=code("fetch_corpus"),
        command=command("fetch_corpus"),
        settings=sources,
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
        raw=paths.RAW,
    output:
        directory(paths.CLEAN),
    log:
        "logs/clean_corpus/{corpus}.log",
    benchmark:
        "benchmarks/clean_corpus/{corpus}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    threads: 8
    resources:
        runtime=scaled(480),
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
        clean=paths.CLEAN,
    output:
        directory(paths.TOKENS),
    log:
        "logs/tokenise_corpus/{corpus}.log",
    benchmark:
        "benchmarks/tokenise_corpus/{corpus}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    threads: 8
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(480),
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
        clean=paths.CLEAN,
        tokens=paths.TOKENS,
    output:
        directory(paths.BPE),
    log:
        "logs/encode_bpe/{corpus}.log",
    benchmark:
        "benchmarks/encode_bpe/{corpus}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    threads: 8
    resources:
        mem_mb=scaled(8000),
        runtime=scaled(480),
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
        bpe=paths.BPE,
    output:
        directory(paths.BINARY),
    log:
        "logs/binarise_corpus/{corpus}.log",
    benchmark:
        "benchmarks/binarise_corpus/{corpus}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    threads: 8
    resources:
        mem_mb=scaled(4000),
        runtime=scaled(480),
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
