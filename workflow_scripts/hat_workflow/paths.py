"""Where every artifact lies below `results/`: the one place that knows. Rules, commands and tests take paths from here.

Each path is a pattern with Snakemake's wildcards in braces; `str.format` fills them in.
"""

from __future__ import annotations

RESULTS = "results"

CORPORA = f"{RESULTS}/corpora"
CORPORA_ACCEPTED = f"{CORPORA}/accepted.csv"
CORPUS = f"{CORPORA}/{{corpus}}"
RAW, CLEAN, TOKENS, BPE, BINARY = (f"{CORPUS}/{stage}" for stage in ("raw", "clean", "tokens", "bpe", "binary"))
STATISTICS = f"{BINARY}/statistics.json"

EXPERIMENT = f"{RESULTS}/{{experiment}}"
CONTENTS = ".snakemake/contents.json"
"""No artifact: what planning remembers of the files that experiments name."""
BUDGET = f"{EXPERIMENT}/budget.csv"
RECORD = f"{EXPERIMENT}/provenance.json"
CRATE = f"{EXPERIMENT}/ro-crate-metadata.json"
ACCEPTED = f"{EXPERIMENT}/accepted.csv"
REPORT = f"{EXPERIMENT}/report.html"

TASK = f"{EXPERIMENT}/{{task}}"
ROLLING = f"{TASK}/rolling"
DOWNLOADS = f"{ROLLING}/downloads"

SUPERTRANSFORMER = f"{TASK}/supertransformer/checkpoint.pt"
SUPERTRANSFORMER_METRICS = f"{TASK}/supertransformer/metrics.json"
SUPERTRANSFORMER_LOG = f"{TASK}/supertransformer/log.csv"

DEVICE = f"{TASK}/latency/{{device}}"
SHARD = f"{DEVICE}/shards/{{shard}}.csv"
SAMPLES = f"{DEVICE}/samples.csv"
SIGNATURE = f"{DEVICE}/signature.json"
PREDICTOR = f"{DEVICE}/predictor.pt"
PREDICTOR_REPORT = f"{DEVICE}/predictor.json"
PREDICTIONS = f"{DEVICE}/predictions.csv"
PREDICTED_MODELS = f"{DEVICE}/models.csv"
LATENCY_BUDGET = f"{DEVICE}/budgets/{{budget}}.json"
PREDICTOR_STUDY = f"{DEVICE}/study.csv"
TRANSFER_STUDY = f"{DEVICE}/transfer.csv"
PROFILE = f"{DEVICE}/profile.csv"

SEARCH = f"{TASK}/search/{{device}}/{{budget}}"
HISTORY = f"{SEARCH}/history.csv"
CANDIDATES = f"{SEARCH}/candidates.csv"
SUBTRANSFORMER = f"{SEARCH}/subtransformer.yaml"
CONFIRMED = f"{SEARCH}/confirmed.json"
SEARCHES = f"{SEARCH}/searches.csv"
MEASURED_CANDIDATES = f"{SEARCH}/measured.csv"

STAND_IN = f"{TASK}/stand_in/{{device}}/{{budget}}"
STAND_IN_HISTORY = f"{STAND_IN}/history.csv"
STAND_IN_CANDIDATES = f"{STAND_IN}/candidates.csv"

PARETO_HISTORY = f"{TASK}/pareto/{{device}}/history.csv"
PARETO_FRONT = f"{TASK}/pareto/{{device}}/front.csv"

ONLINE = f"{TASK}/online/{{device}}/{{budget}}"
ONLINE_HISTORY = f"{ONLINE}/history.csv"
ONLINE_CANDIDATES = f"{ONLINE}/candidates.csv"
ONLINE_SUBTRANSFORMER = f"{ONLINE}/subtransformer.yaml"
ONLINE_CONFIRMED = f"{ONLINE}/confirmed.json"

BASELINE = f"{TASK}/baselines/transformer-{{kind}}-{{value}}.yaml"
GIVEN = f"{TASK}/given/{{model}}.yaml"
SAMPLED = f"{TASK}/sampled/{{model}}.yaml"

MODEL = f"{TASK}/models/{{model}}"
CHECKPOINT = f"{MODEL}/checkpoint.pt"
ARCHITECTURE = f"{MODEL}/architecture.yaml"
TRAINING_REPORT = f"{MODEL}/train.json"
HYPOTHESES = f"{MODEL}/score/{{split}}.hyp"
HYPOTHESES_REPORT = f"{HYPOTHESES}.json"
SCORE = f"{MODEL}/score/{{split}}.json"
SHIP = f"{MODEL}/ship"
TRANSLATION = f"{MODEL}/translation.csv"
MODEL_LATENCY = f"{MODEL}/latency/{{device}}.json"

PAPER = f"{EXPERIMENT}/paper"
GATHERED = f"{PAPER}/gathered/{{study}}/{{kind}}.csv"
EXHIBIT = f"{PAPER}/{{exhibit}}"

TRAINING_SPEED = f"{EXPERIMENT}/benchmarks/{{task}}/training.csv"
SEARCH_SPEED = f"{EXPERIMENT}/benchmarks/{{task}}/search.csv"
CORPUS_SPEED = f"{EXPERIMENT}/benchmarks/corpus.csv"


def fill(pattern: str, **known: object) -> str:
    """The pattern with its known wildcards filled in and the others left open."""
    for name, value in known.items():
        pattern = pattern.replace(f"{{{name}}}", str(value))
    return pattern
