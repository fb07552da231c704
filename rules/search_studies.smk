# Studies of the search: beside chance, for all budgets at once, and by measuring.
localrules:
    draw_figure9,
    draw_pareto,
    make_online,


# figure9: the search, and a random one, with several seeds.
rule compare_searches:
    input:
        supertransformer="results/{experiment}/{task}/supertransformer/checkpoint.pt",
        corpus=of_corpus("binary"),
        predictor="results/{experiment}/{task}/latency/{device}/predictor.pt",
        budgets="results/{experiment}/{task}/latency/{device}/budgets/{budget}.json",
    output:
        "results/{experiment}/{task}/search/{device}/{budget}/searches.csv",
    log:
        "logs/compare_searches/{experiment}/{task}/{device}/{budget}.log",
    benchmark:
        "benchmarks/compare_searches/{experiment}/{task}/{device}/{budget}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    threads: 1
    resources:
        mem_mb=scaled(6000),
        runtime=480,
        gpu=GPU,
    params:
        code=code("compare_searches"),
        command=command("compare_searches"),
        settings=settings(space=GENES),
        space=file_of("space"),
        iterations=of_task("search", "iterations"),
        population=of_task("search", "population"),
        parents=of_task("search", "parents"),
        mutants=of_task("search", "mutants"),
        crossovers=of_task("search", "crossovers"),
        mutation=of_task("search", "mutation"),
        max_evaluations=option("--max-evaluations", "search", "max_evaluations"),
        max_tokens=of_task("search", "max_tokens"),
        rolling="results/{experiment}/{task}/rolling",
        seed=SEED,
    shell:
        """
        python {params.command:q} \
            --supertransformer {input.supertransformer:q} \
            --corpus {input.corpus:q} \
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
            --max-tokens {params.max_tokens} \
            --seed {params.seed} \
            --threads {threads} \
            --rolling {params.rolling:q} \
            --output {output:q} \
            2>&1 | tee {log:q}
        """


rule draw_figure9:
    input:
        of_every(searched("figure9"), "{0}/search/{1}/{2}/searches.csv"),
    output:
        report(
            f"{PAPER}/figure9.png",
            caption="../report/figure9.rst",
            category="Figures",
            labels={"figure": "9", "form": "png"},
        ),
        multiext(f"{PAPER}/figure9", ".pdf", ".csv"),
    log:
        f"logs/draw_figure9/{NAME}.log",
    benchmark:
        f"benchmarks/draw_figure9/{NAME}.jsonl"
    conda:
        "../envs/paper.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
        gpu=0,
    params:
        code=code("draw_figure9"),
        command=command("draw_figure9"),
        stem=subpath(output[0], strip_suffix=".png"),
    shell:
        """
        python {params.command:q} \
            --searches {input:q} \
            --output-stem {params.stem:q} \
            2>&1 | tee {log:q}
        """


# pareto: the whole front in one search, which scores as many as the searches for all budgets together.
rule search_pareto:
    input:
        supertransformer="results/{experiment}/{task}/supertransformer/checkpoint.pt",
        corpus=of_corpus("binary"),
        predictor="results/{experiment}/{task}/latency/{device}/predictor.pt",
    output:
        history="results/{experiment}/{task}/pareto/{device}/history.csv",
        front="results/{experiment}/{task}/pareto/{device}/front.csv",
    log:
        "logs/search_pareto/{experiment}/{task}/{device}.log",
    benchmark:
        "benchmarks/search_pareto/{experiment}/{task}/{device}.jsonl"
    conda:
        "../envs/fairseq.yaml"
    threads: 1
    resources:
        mem_mb=scaled(6000),
        runtime=480,
        gpu=GPU,
    params:
        code=code("search_pareto"),
        command=command("search_pareto"),
        settings=settings(space=GENES),
        space=file_of("space"),
        searches=lambda wildcards: len(TASKS[wildcards.task]["devices"][wildcards.device]["budgets"]),
        iterations=of_task("search", "iterations"),
        population=of_task("search", "population"),
        parents=of_task("search", "parents"),
        mutants=of_task("search", "mutants"),
        crossovers=of_task("search", "crossovers"),
        mutation=of_task("search", "mutation"),
        max_evaluations=option("--max-evaluations", "search", "max_evaluations"),
        max_tokens=of_task("search", "max_tokens"),
        rolling="results/{experiment}/{task}/rolling",
        seed=SEED,
    shell:
        """
        python {params.command:q} \
            --supertransformer {input.supertransformer:q} \
            --corpus {input.corpus:q} \
            --space {params.space:q} \
            --predictor {input.predictor:q} \
            --searches {params.searches} \
            --iterations {params.iterations} \
            --population {params.population} \
            --parents {params.parents} \
            --mutants {params.mutants} \
            --crossovers {params.crossovers} \
            --mutation {params.mutation} \
            {params.max_evaluations} \
            --max-tokens {params.max_tokens} \
            --seed {params.seed} \
            --threads {threads} \
            --rolling {params.rolling:q} \
            --history {output.history:q} \
            --front {output.front:q} \
            2>&1 | tee {log:q}
        """


rule draw_pareto:
    input:
        fronts=of_every(first_devices("pareto"), "{0}/pareto/{1}/front.csv"),
        histories=of_every(first_devices("pareto"), "{0}/pareto/{1}/history.csv"),
        candidates=of_every(of_first_devices("pareto"), "{0}/search/{1}/{2}/candidates.csv"),
        budgets=of_every(of_first_devices("pareto"), "{0}/latency/{1}/budgets/{2}.json"),
    output:
        report(
            f"{PAPER}/pareto.png",
            caption="../report/pareto.rst",
            category="Figures",
            labels={"figure": "pareto", "form": "png"},
        ),
        multiext(f"{PAPER}/pareto", ".pdf", ".csv"),
        menu=report(
            f"{PAPER}/menu.csv",
            caption="../report/menu.rst",
            category="Tables",
            labels={"table": "menu", "form": "csv"},
        ),
        others=multiext(f"{PAPER}/menu", ".md", ".tex"),
    log:
        f"logs/draw_pareto/{NAME}.log",
    benchmark:
        f"benchmarks/draw_pareto/{NAME}.jsonl"
    conda:
        "../envs/paper.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
        gpu=0,
    params:
        code=code("draw_pareto"),
        command=command("draw_pareto"),
        stem=subpath(output[0], strip_suffix=".png"),
        menu=subpath(output.menu, strip_suffix=".csv"),
    shell:
        """
        python {params.command:q} \
            --fronts {input.fronts:q} \
            --histories {input.histories:q} \
            --candidates {input.candidates:q} \
            --output-stem {params.stem:q} \
            --menu-stem {params.menu:q} \
            2>&1 | tee {log:q}
        """


# online: the search that measures each candidate instead of asking the predictor.
rule search_online:
    input:
        supertransformer="results/{experiment}/{task}/supertransformer/checkpoint.pt",
        corpus=of_corpus("binary"),
        budgets="results/{experiment}/{task}/latency/{device}/budgets/{budget}.json",
        reference="results/{experiment}/{task}/latency/{device}/signature.json",
    output:
        history="results/{experiment}/{task}/online/{device}/{budget}/history.csv",
        candidates="results/{experiment}/{task}/online/{device}/{budget}/candidates.csv",
        subtransformer="results/{experiment}/{task}/online/{device}/{budget}/subtransformer.yaml",
        report="results/{experiment}/{task}/online/{device}/{budget}/confirmed.json",
    log:
        "logs/search_online/{experiment}/{task}/{device}/{budget}.log",
    benchmark:
        "benchmarks/search_online/{experiment}/{task}/{device}/{budget}.jsonl"
    wildcard_constraints:
        device=any_of(AT_HAND),
    conda:
        "../envs/fairseq.yaml"
    threads: ALL_CORES
    resources:
        mem_mb=scaled(6000),
        runtime=480,
        gpu=gpu_of_device,
    params:
        code=code("search_online"),
        command=command("search_online"),
        settings=settings(space=GENES, device=MACHINE),
        space=file_of("space"),
        device=file_of("device"),
        sentence_length=option("--sentence-length", "sentence_length"),
        runs=of_task("measurement", "runs"),
        search_runs=of_task("latency", "runs"),
        iterations=of_task("search", "iterations"),
        population=of_task("search", "population"),
        parents=of_task("search", "parents"),
        mutants=of_task("search", "mutants"),
        crossovers=of_task("search", "crossovers"),
        mutation=of_task("search", "mutation"),
        max_evaluations=option("--max-evaluations", "search", "max_evaluations"),
        max_tokens=of_task("search", "max_tokens"),
        rolling="results/{experiment}/{task}/rolling",
        seed=SEED,
    shell:
        """
        python {params.command:q} \
            --supertransformer {input.supertransformer:q} \
            --corpus {input.corpus:q} \
            --space {params.space:q} \
            --device {params.device:q} \
            --statistics {input.corpus:q}/statistics.json \
            --reference {input.reference:q} \
            {params.sentence_length} \
            --runs {params.runs} \
            --search-runs {params.search_runs} \
            --budgets {input.budgets:q} \
            --budget {wildcards.budget:q} \
            --iterations {params.iterations} \
            --population {params.population} \
            --parents {params.parents} \
            --mutants {params.mutants} \
            --crossovers {params.crossovers} \
            --mutation {params.mutation} \
            {params.max_evaluations} \
            --max-tokens {params.max_tokens} \
            --seed {params.seed} \
            --rolling {params.rolling:q} \
            --history {output.history:q} \
            --candidates {output.candidates:q} \
            --subtransformer {output.subtransformer:q} \
            --report {output.report:q} \
            2>&1 | tee {log:q}
        """


rule make_online:
    input:
        offline=of_every(searched("online"), "{0}/search/{1}/{2}/confirmed.json"),
        online=of_every(searched("online"), "{0}/online/{1}/{2}/confirmed.json"),
        samples=of_every(first_devices("online"), "{0}/latency/{1}/samples.csv"),
        references=of_every(first_devices("online"), "{0}/latency/{1}/signature.json"),
    output:
        report(
            f"{PAPER}/online.csv",
            caption="../report/online.rst",
            category="Tables",
            labels={"table": "online search", "form": "csv"},
        ),
        multiext(f"{PAPER}/online", ".md", ".tex"),
    log:
        f"logs/make_online/{NAME}.log",
    benchmark:
        f"benchmarks/make_online/{NAME}.jsonl"
    conda:
        "../envs/paper.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
        gpu=0,
    params:
        code=code("make_online"),
        command=command("make_online"),
        stem=subpath(output[0], strip_suffix=".csv"),
    shell:
        """
        python {params.command:q} \
            --offline {input.offline:q} \
            --online {input.online:q} \
            --samples {input.samples:q} \
            --references {input.references:q} \
            --output-stem {params.stem:q} \
            2>&1 | tee {log:q}
        """
