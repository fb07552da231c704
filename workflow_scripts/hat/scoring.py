"""Translation quality: BLEU in its named variants and chrF2, each with confidence interval and sacrebleu signature."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sacrebleu.metrics.base import Metric
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.significance import estimate_ci

from hat.corpus.lines import read_lines
from hat.errors import InputError
from hat.text.moses import detokenise

BOOTSTRAP_SAMPLES = 1000
BOOTSTRAP_SEED = 12345


def score_files(
    hypotheses: Path, references: Path, raw_references: Path, *, language: str, lowercase: bool
) -> dict[str, Any]:
    """`score_translations` of three files with one sentence a line. InputError when their line counts differ."""
    lines = {path: list(read_lines(path)) for path in (hypotheses, references, raw_references)}
    for path, sentences in lines.items():
        if len(sentences) != len(lines[hypotheses]):
            counts = f"{len(lines[hypotheses])} sentences, but {path} has {len(sentences)}"
            raise InputError(hypotheses, counts, "one hypothesis for each reference")
    if not lines[hypotheses]:
        raise InputError(hypotheses, "no sentence to score", "one hypothesis a line")
    return score_translations(*lines.values(), language=language, lowercase=lowercase)


def score_translations(
    hypotheses: Sequence[str],
    references: Sequence[str],
    raw_references: Sequence[str],
    *,
    language: str,
    lowercase: bool,
) -> dict[str, Any]:
    """Scores of tokenised `hypotheses` (subwords merged), 0 to 100, as a JSON value.

    `references` are tokenised as the hypotheses are; `raw_references` are the untouched text. `language`, the target's,
    says by which rules to detokenise. Where the corpus is `lowercase`, the comparison with the raw reference ignores
    case and its signature says `lc`. Tokenized and compound-split BLEU are those of the paper's "Evaluation Metrics",
    SacreBLEU that of its appendix A.3. "confidence" holds the mean and half width of the 95% bootstrap interval;
    "brevity_penalty" is SacreBLEU's.
    """
    detokenised = detokenise(hypotheses, language)
    results = {
        "tokenized_bleu": _score(BLEU(tokenize="none", force=True), hypotheses, references),
        "compound_split_bleu": _score(
            BLEU(tokenize="none", force=True), [*map(split_compounds, hypotheses)], [*map(split_compounds, references)]
        ),
        "sacrebleu": _score(BLEU(lowercase=lowercase), detokenised, raw_references),
        "chrf2": _score(CHRF(lowercase=lowercase), detokenised, raw_references),
    }
    return {
        **{name: result["score"] for name, result in results.items()},
        "brevity_penalty": results["sacrebleu"]["brevity_penalty"],
        "sentences": len(hypotheses),
        "confidence": {name: result["confidence"] for name, result in results.items()},
        "signatures": {name: result["signature"] for name, result in results.items()},
    }


def split_compounds(line: str) -> str:
    """Split hyphenated words as Vaswani et al. (2017) do before BLEU: `rich-text` becomes `rich ##AT##-##AT## text`.

    A character next to two hyphens belongs to the first, as in the script behind published scores.
    """
    return re.sub(r"(\S)-(\S)", r"\1 ##AT##-##AT## \2", line)


def _score(metric: Metric, hypotheses: Sequence[str], references: Sequence[str]) -> dict[str, Any]:
    """Score and bootstrap interval as sacrebleu's `corpus_score(..., n_bootstrap=1000)` has them.

    That function itself fails when a resample scores zero, as short or poor translations do.
    """
    counts = np.array(metric._extract_corpus_statistics(hypotheses, [references]))
    metric.n_bootstrap, metric.seed = BOOTSTRAP_SAMPLES, BOOTSTRAP_SEED  # for the signature
    score = metric._compute_score_from_stats(counts.sum(axis=0))
    resamples = np.random.default_rng(BOOTSTRAP_SEED).choice(len(counts), size=(BOOTSTRAP_SAMPLES, len(counts)))
    drawn = [float(metric._compute_score_from_stats(counts[rows].sum(axis=0)).score) for rows in resamples]
    mean, half_width = estimate_ci(np.array(drawn))
    return {
        "score": float(score.score),
        "brevity_penalty": float(getattr(score, "bp", 1.0)),
        "confidence": {"mean": float(mean), "half_width": float(half_width)},
        "signature": str(metric.get_signature()),
    }
