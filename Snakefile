# HAT (Hardware-Aware Transformers): from a parallel corpus to the paper's tables and figures.
# snakemake --cores all [--config experiment=NAME]; experiments are the files of config/.
from snakemake.utils import min_version

min_version("9.27")


report: "report/workflow.rst"


onstart:
    console.follow(workflow.dag.stats()[1])


include: "rules/common.smk"
include: "rules/resources.smk"
include: "rules/corpus.smk"
include: "rules/supertransformer.smk"
include: "rules/latency.smk"
include: "rules/search.smk"
include: "rules/models.smk"
include: "rules/scores.smk"
include: "rules/studies.smk"
include: "rules/paper.smk"
include: "rules/targets.smk"
include: "rules/budget.smk"
include: "rules/provenance.smk"
include: "rules/benchmarks.smk"


# Everything that the experiment asks for.
rule all:
    default_target: True
    input:
        [exhibits(study) for study in STUDIES.values() if ASKED.asks_for(study)],
    localrule: True
