# What a task may ask for besides the paper's main table and figures (key `studies`): about latency and architectures.
localrules:
    make_predictors,
    draw_learning_curves,
    draw_stand_in,
    draw_figure2,


# predictors: how good latency predictors are, by kind, depth, rows and their number.
rule study_predictor:
    input:
        samples="results/{experiment}/{task}/latency/{device}/samples.csv",
    output:
        "results/{experiment}/{task}/latency/{device}/study.csv",
    log:
        "logs/study_predictor/{experiment}/{task}/{device}.log",
    benchmark:
        "benchmarks/study_predictor/{experiment}/{task}/{device}.jsonl"
    conda:
        "../envs/predictor.yaml"
    threads: 1
    resources:
        mem_mb=scaled(2000),
        runtime=60,
        gpu=0,
    params:
        code=code("study_predictor"),
        command=command("study_predictor"),
        settings=settings(space=GENES),
        space=file_of("space"),
        seed=SEED,
    shell:
        """
        python {params.command:q} \
            --samples {input.samples:q} \
            --space {params.space:q} \
            --seed {params.seed} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


rule make_predictors:
    input:
        studies=of_every(studied("predictors"), "{0}/latency/{1}/study.csv"),
        reports=of_every(studied("predictors"), "{0}/latency/{1}/predictor.json"),
    output:
        report(
            f"{PAPER}/predictors.csv",
            caption="../report/predictors.rst",
            category="Tables",
            labels={"table": "predictors", "form": "csv"},
        ),
        multiext(f"{PAPER}/predictors", ".md", ".tex"),
    log:
        f"logs/make_predictors/{NAME}.log",
    benchmark:
        f"benchmarks/make_predictors/{NAME}.jsonl"
    conda:
        "../envs/paper.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
        gpu=0,
    params:
        code=code("make_predictors"),
        command=command("make_predictors"),
        stem=subpath(output[0], strip_suffix=".csv"),
    shell:
        """
        python {params.command:q} \
            --studies {input.studies:q} \
            --reports {input.reports:q} \
            --output-stem {params.stem:q} \
            2>&1 | tee {log:q}
        """


rule draw_learning_curves:
    input:
        studies=of_every(studied("predictors"), "{0}/latency/{1}/study.csv"),
        reports=of_every(studied("predictors"), "{0}/latency/{1}/predictor.json"),
    output:
        report(
            f"{PAPER}/learning_curves.png",
            caption="../report/learning_curves.rst",
            category="Figures",
            labels={"figure": "learning curves", "form": "png"},
        ),
        multiext(f"{PAPER}/learning_curves", ".pdf", ".csv"),
    log:
        f"logs/draw_learning_curves/{NAME}.log",
    benchmark:
        f"benchmarks/draw_learning_curves/{NAME}.jsonl"
    conda:
        "../envs/paper.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
        gpu=0,
    params:
        code=code("draw_learning_curves"),
        command=command("draw_learning_curves"),
        stem=subpath(output[0], strip_suffix=".png"),
    shell:
        """
        python {params.command:q} \
            --studies {input.studies:q} \
            --reports {input.reports:q} \
            --output-stem {params.stem:q} \
            2>&1 | tee {log:q}
        """


# stand_in: the search with its latency constraint, where no SuperTransformer is there to tell a loss.
rule search_stand_in:
    input:
        predictor="results/{experiment}/{task}/latency/{device}/predictor.pt",
        budgets="results/{experiment}/{task}/latency/{device}/budgets/{budget}.json",
    output:
        history="results/{experiment}/{task}/stand_in/{device}/{budget}/history.csv",
        candidates="results/{experiment}/{task}/stand_in/{device}/{budget}/candidates.csv",
    log:
        "logs/search_stand_in/{experiment}/{task}/{device}/{budget}.log",
    benchmark:
        "benchmarks/search_stand_in/{experiment}/{task}/{device}/{budget}.jsonl"
    conda:
        "../envs/latency.yaml"
    threads: 1
    resources:
        mem_mb=scaled(2000),
        runtime=60,
        gpu=0,
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


rule draw_stand_in:
    input:
        models=f"{PAPER}/models/table8.csv",
        candidates=of_every(EVERY_STAND_IN, "{0}/stand_in/{1}/{2}/candidates.csv"),
        budgets=of_every(EVERY_STAND_IN, "{0}/latency/{1}/budgets/{2}.json"),
    output:
        report(
            f"{PAPER}/stand_in.png",
            caption="../report/stand_in.rst",
            category="Figures",
            labels={"figure": "stand-in searches", "form": "png"},
        ),
        multiext(f"{PAPER}/stand_in", ".pdf", ".csv"),
    log:
        f"logs/draw_stand_in/{NAME}.log",
    benchmark:
        f"benchmarks/draw_stand_in/{NAME}.jsonl"
    conda:
        "../envs/paper.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
        gpu=0,
    params:
        code=code("draw_stand_in"),
        command=command("draw_stand_in"),
        stem=subpath(output[0], strip_suffix=".png"),
    shell:
        """
        python {params.command:q} \
            --models {input.models:q} \
            --candidates {input.candidates:q} \
            --budgets {input.budgets:q} \
            --output-stem {params.stem:q} \
            2>&1 | tee {log:q}
        """


# figure2: how latency depends on each dimension alone.
rule profile_latency:
    input:
        corpus=of_corpus("binary"),
        reference="results/{experiment}/{task}/latency/{device}/signature.json",
    output:
        "results/{experiment}/{task}/latency/{device}/profile.csv",
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
        runtime=120,
        gpu=gpu_of_device,
    params:
        code=code("profile_latency"),
        command=command("profile_latency"),
        settings=settings(space=GENES, device=MACHINE),
        space=file_of("space"),
        device=file_of("device"),
        sentence_length=option("--sentence-length", "sentence_length"),
        runs=of_task("measurement", "runs"),
    shell:
        """
        python {params.command:q} \
            --space {params.space:q} \
            --device {params.device:q} \
            --statistics {input.corpus:q}/statistics.json \
            --reference {input.reference:q} \
            {params.sentence_length} \
            --runs {params.runs} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


rule draw_figure2:
    input:
        profiles=of_every(studied("figure2", AT_HAND), "{0}/latency/{1}/profile.csv"),
        samples=of_every(studied("figure2", AT_HAND), "{0}/latency/{1}/samples.csv"),
        references=of_every(studied("figure2", AT_HAND), "{0}/latency/{1}/signature.json"),
    output:
        report(
            f"{PAPER}/figure2.png",
            caption="../report/figure2.rst",
            category="Figures",
            labels={"figure": "2", "form": "png"},
        ),
        multiext(f"{PAPER}/figure2", ".pdf", ".csv"),
    log:
        f"logs/draw_figure2/{NAME}.log",
    benchmark:
        f"benchmarks/draw_figure2/{NAME}.jsonl"
    conda:
        "../envs/paper.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
        gpu=0,
    params:
        code=code("draw_figure2"),
        command=command("draw_figure2"),
        stem=subpath(output[0], strip_suffix=".png"),
    shell:
        """
        python {params.command:q} \
            --profiles {input.profiles:q} \
            --samples {input.samples:q} \
            --references {input.references:q} \
            --output-stem {params.stem:q} \
            2>&1 | tee {log:q}
        """
