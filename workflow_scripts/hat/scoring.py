"""Translation quality: BLEU in its named variants and chrF2, each with confidence interval and sacrebleu signature."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from sacrebleu.metrics.base import Metric
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.significance import estimate_ci
from sacrebleu.tokenizers import tokenizer_spm

from hat.corpus.lines import read_lines
from hat.errors import InputError
from hat.text import languages
from hat.text.characters import composed
from hat.text.moses import detokenise

BOOTSTRAP_SAMPLES = 1000
BOOTSTRAP_SEED = 12345
FLORES_MODEL = "models/flores200sacrebleuspm"
"""As sacrebleu names its download, below the mirror's folder sacrebleu."""

Counts = np.ndarray[Any, np.dtype[np.int64]]
Scores = np.ndarray[Any, np.dtype[np.float64]]


def score_files(
    hypotheses: Path,
    references: Path,
    raw_references: Path,
    *,
    language: str,
    lowercase: bool,
    tokeniser: str | None = None,
    mirror: Path | None = None,
) -> dict[str, Any]:
    """`score_translations` of three files with one sentence a line. InputError when their line counts differ."""
    lines = _equally_many(hypotheses, references, raw_references)
    return score_translations(*lines, language=language, lowercase=lowercase, tokeniser=tokeniser, mirror=mirror)


def score_translations(
    hypotheses: Sequence[str],
    references: Sequence[str],
    raw_references: Sequence[str],
    *,
    language: str,
    lowercase: bool,
    tokeniser: str | None = None,
    mirror: Path | None = None,
) -> dict[str, Any]:
    """Scores of tokenised `hypotheses` (subwords merged), 0 to 100, as a JSON value.

    `references` are tokenised as the hypotheses are; `raw_references` are the untouched text, of which only the
    characters are composed (NFC). `language`, the target's, says by which rules to detokenise, and with which of its
    tokenisers SacreBLEU compares, unless `tokeniser` names another; where words have no spaces between them, all kinds
    of BLEU take that one. Where the corpus is `lowercase`, the comparison with the raw reference ignores
    case and its signature says `lc`. Tokenized and compound-split BLEU are those of the paper's "Evaluation Metrics",
    SacreBLEU that of its appendix A.3. "confidence" holds the mean and half width of the 95% bootstrap interval;
    "brevity_penalty" is SacreBLEU's.
    """
    detokenised, untouched = detokenise(hypotheses, language), [*map(composed, raw_references)]
    tokeniser = tokeniser or languages.sacrebleu_tokeniser(language)
    sacrebleu = bleu(tokeniser, mirror, lowercase=lowercase)
    tokens = bleu("none" if languages.has_spaces(language) else tokeniser, mirror, force=True)
    results = {
        "tokenized_bleu": _score(tokens, hypotheses, references),
        "compound_split_bleu": _score(tokens, [*map(split_compounds, hypotheses)], [*map(split_compounds, references)]),
        "sacrebleu": _score(sacrebleu, detokenised, untouched),
        "chrf2": _score(CHRF(lowercase=lowercase), detokenised, untouched),
    }
    return {
        **{name: result["score"] for name, result in results.items()},
        "brevity_penalty": results["sacrebleu"]["brevity_penalty"],
        "sentences": len(hypotheses),
        "confidence": {name: result["confidence"] for name, result in results.items()},
        "signatures": {name: result["signature"] for name, result in results.items()},
    }


def bleu(tokeniser: str, mirror: Path | None = None, **options: Any) -> BLEU:
    """sacrebleu's BLEU with one of its tokenisers. InputError where that lacks a package or its model in the mirror."""
    if tokeniser == "flores200":
        place = None if mirror is None else mirror / "sacrebleu"
        if place is None or not (place / FLORES_MODEL).is_file():
            raise InputError("flores200", f"no {FLORES_MODEL} in {place or 'a mirror'}", "that file in the mirror")
        vars(tokenizer_spm)["SACREBLEU_DIR"] = str(place)  # it would download what is not there
    for module in languages.PACKAGES.get(tokeniser, ()):
        if find_spec(module) is None:
            raise InputError(tokeniser, f"needs the Python module {module}", "the project's environment, or char")
    return BLEU(tokenize=tokeniser, **options)


def split_compounds(line: str) -> str:
    """Split hyphenated words as Vaswani et al. (2017) do before BLEU: `rich-text` becomes `rich ##AT##-##AT## text`.

    A character next to two hyphens belongs to the first, as in the script behind published scores.
    """
    return re.sub(r"(\S)-(\S)", r"\1 ##AT##-##AT## \2", line)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How much better a translation scores than another of the same sentences, in points of BLEU."""

    hypotheses: Path
    bleu: float
    """Its own tokenized BLEU."""
    median: float
    low: float
    high: float
    """Of the differences that paired resamples have: their median, and the ends of their middle 95%."""


def compare_files(reference: Path, hypotheses: Sequence[Path], language: str = "en") -> list[Difference]:
    """Each of the other hypotheses against the first, by tokenized BLEU, one sentence a line, subwords merged.

    `language` is the target's.

    Both are scored on the same resamples of the test sentences, so that what is hard for both cancels out (Koehn 2004).
    InputError when the files do not have equally many sentences.
    """
    sentences, *translations = _equally_many(reference, *hypotheses)
    own = languages.sacrebleu_tokeniser(language)
    metric = bleu("none" if languages.has_spaces(language) else own, force=True)
    counts = [_statistics(metric, each, sentences) for each in translations]
    first, *others = [_resampled_scores(metric, each) for each in counts]
    found = []
    for path, own_counts, scores in zip(hypotheses[1:], counts[1:], others, strict=True):
        low, median, high = np.percentile(scores - first, [2.5, 50, 97.5])
        score = metric._compute_score_from_stats(own_counts.sum(axis=0)).score
        found.append(
            Difference(hypotheses=path, bleu=float(score), median=float(median), low=float(low), high=float(high))
        )
    return found


def _equally_many(first: Path, *others: Path) -> list[list[str]]:
    """The lines of files with one sentence a line. InputError when their counts differ, or there is none."""
    lines = {path: list(read_lines(path)) for path in (first, *others)}
    for path, sentences in lines.items():
        if len(sentences) != len(lines[first]):
            counts = f"{len(lines[first])} sentences, but {path} has {len(sentences)}"
            raise InputError(first, counts, "one hypothesis for each reference")
    if not lines[first]:
        raise InputError(first, "no sentence to score", "one hypothesis a line")
    return [lines[path] for path in (first, *others)]


def _score(metric: Metric, hypotheses: Sequence[str], references: Sequence[str]) -> dict[str, Any]:
    """Score and bootstrap interval as sacrebleu's `corpus_score(..., n_bootstrap=1000)` has them.

    That function itself fails when a resample scores zero, as short or poor translations do.
    """
    counts = _statistics(metric, hypotheses, references)
    metric.n_bootstrap, metric.seed = BOOTSTRAP_SAMPLES, BOOTSTRAP_SEED  # for the signature
    score = metric._compute_score_from_stats(counts.sum(axis=0))
    mean, half_width = estimate_ci(_resampled_scores(metric, counts))
    return {
        "score": float(score.score),
        "brevity_penalty": float(getattr(score, "bp", 1.0)),
        "confidence": {"mean": float(mean), "half_width": float(half_width)},
        "signature": str(metric.get_signature()),
    }


def _statistics(metric: Metric, hypotheses: Sequence[str], references: Sequence[str]) -> Counts:
    """What the metric counts in each sentence, (sentences, counts); the score is that of their sum."""
    return np.array(metric._extract_corpus_statistics(hypotheses, [references]))


def _resampled_scores(metric: Metric, counts: Counts) -> Scores:
    """Scores of the bootstrap resamples, (resamples,); the resamples of equally many sentences are always the same."""
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    resamples = rng.choice(len(counts), size=(BOOTSTRAP_SAMPLES, len(counts)))
    return np.array([float(metric._compute_score_from_stats(counts[rows].sum(axis=0)).score) for rows in resamples])
