"""Beam search with fairseq's generator over a model of this project."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import torch
from fairseq import utils
from fairseq.sequence_generator import SequenceGenerator
from hat.progress import Progress, say

from hat_fairseq.corpus import batches, open_corpus
from hat_fairseq.models.transformer import HatTransformer

MAX_TOKENS = 2000


class Translated(NamedTuple):
    """The hypotheses of a split, and how many of them end at their greatest length, which were cut."""

    hypotheses: list[str]
    cut: int


def translate(
    model: Any,
    corpus: Path,
    split: str,
    *,
    beam: int,
    length_penalty: float,
    max_len_a: float = 0,
    max_len_b: int = 200,
    label: str = "translating",
) -> Translated:
    """The best hypothesis of each sentence of `split`, in the corpus's order, as space-separated subwords.

    Scores are log-probabilities divided by length ** `length_penalty`, as in the paper's evaluation. A hypothesis has
    at most `max_len_a` x + `max_len_b` subwords, where x are those of the longest source of its batch.
    """
    task = open_corpus(corpus)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    wrapped = HatTransformer(model.to(device).eval(), task.source_dictionary, task.target_dictionary)
    generator = SequenceGenerator(
        [wrapped],
        task.target_dictionary,
        beam_size=beam,
        len_penalty=length_penalty,
        max_len_a=max_len_a,
        max_len_b=max_len_b,
    )
    work = list(batches(task, split, MAX_TOKENS))
    hypotheses: dict[int, str] = {}
    cut = 0
    progress = Progress(label, sum(len(batch["id"]) for batch in work), unit="sentences")
    for batch in work:
        on_device = utils.move_to_cuda(batch) if device == "cuda" else batch
        longest = int(max_len_a * batch["net_input"]["src_tokens"].size(1) + max_len_b)
        for row, found in zip(batch["id"].tolist(), generator.generate([wrapped], on_device), strict=True):
            hypotheses[row] = task.target_dictionary.string(found[0]["tokens"].int().cpu())
            cut += len(found[0]["tokens"]) > longest  # with the sentence's end
        progress.step(count=len(batch["id"]))
    if cut:
        say(f"{label}: {cut} of {len(hypotheses)} hypotheses end at their greatest length (generation > max_len_b)")
    return Translated([hypotheses[row] for row in sorted(hypotheses)], cut)
