"""Translating with a Levenshtein Transformer: by refinement in a few iterations (Gu et al. 2019)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from fairseq import utils
from fairseq.iterative_refinement_generator import IterativeRefinementGenerator
from fairseq.tasks.translation_lev import TranslationLevenshteinTask
from hat.progress import Progress

from hat_fairseq.corpus import batches, open_corpus

ITERATIONS = 10
"""At most; fairseq counts the first as none."""
MAX_TOKENS = 2000


def refine(model: Any, corpus: Path, split: str, label: str) -> list[str]:
    """The translation of each sentence of `split`, in the corpus's order, as space-separated subwords."""
    task = open_corpus(corpus, TranslationLevenshteinTask)
    generator = refinement(task)
    cuda = torch.cuda.is_available()
    model.to("cuda" if cuda else "cpu").eval()
    work = list(batches(task, split, MAX_TOKENS))
    progress = Progress(label, sum(len(batch["id"]) for batch in work), unit="sentences")
    hypotheses: dict[int, str] = {}
    for batch in work:
        on_device = utils.move_to_cuda(batch) if cuda else batch
        for row, found in zip(batch["id"].tolist(), generator.generate([model], on_device), strict=True):
            hypotheses[row] = task.target_dictionary.string(found[0]["tokens"].int().cpu())
        progress.step(count=len(batch["id"]))
    return [hypotheses[row] for row in sorted(hypotheses)]


def refinement(task: Any) -> IterativeRefinementGenerator:
    """fairseq's generator for the target language of `task`."""
    return IterativeRefinementGenerator(task.target_dictionary, max_iter=ITERATIONS - 1)
