# HAT (Hardware-Aware Transformers): from a parallel corpus to the paper's tables and figures.
# snakemake --cores all [--config experiment=NAME]; experiments are the files of config/.
from snakemake.utils import min_version

min_version("9.27")


report: "report/workflow.rst"


include: "rules/common.smk"
include: "rules/targets.smk"
include: "rules/corpus.smk"
include: "rules/supertransformer.smk"
include: "rules/latency.smk"
include: "rules/search.smk"
include: "rules/models.smk"
include: "rules/scores.smk"
include: "rules/paper.smk"
include: "rules/studies.smk"
include: "rules/search_studies.smk"
include: "rules/budget.smk"
include: "rules/benchmarks.smk"


localrules:
    all,


# Everything that the experiment names.
rule all:
    default_target: True
    input:
        rules.table8.input,
        rules.figure6.input,
        rules.figure7.input if drawn_against_latency(MAIN) else [],
        rules.figure12.input if COMPARED else [],
        [getattr(rules, study).input for study in STUDIES],
