"""The latency of a Levenshtein Transformer: it depends on how many iterations each sentence takes."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import torch
from fairseq import utils
from fairseq.tasks.translation_lev import TranslationLevenshteinTask
from hat.latency.protocol import Bench
from hat.latency.signature import Latency

from hat_fairseq.corpus import open_corpus
from hat_fairseq.rivals.refinement import refinement

SENTENCES = 20
"""Test sentences that are translated: those whose source is nearest to the mean in length."""


def measure(model: Any, corpus: Path, bench: Bench) -> tuple[Latency, float]:
    """The raw latency of translating a test sentence, and the mean number of iterations that it took.

    Sentences take turns; each is refined until nothing changes, so `corpus` must be that of the model.
    """
    task = open_corpus(corpus, TranslationLevenshteinTask)
    generator = refinement(task)
    task.load_dataset("test")
    pairs = task.dataset("test")
    mean = bench.workload.sentence_length
    nearest = sorted(range(len(pairs)), key=lambda row: abs(len(pairs[row]["source"]) - mean))[:SENTENCES]
    sentences = [pairs.collater([pairs[row]]) for row in nearest]
    model.to(bench.device.processor).eval()
    if bench.device.processor == "cuda":
        sentences = [utils.move_to_cuda(sentence) for sentence in sentences]
    turns = cycle(sentences)
    iterations: list[int] = []

    def encode() -> None:
        with torch.inference_mode():
            inputs = sentences[len(iterations) % len(sentences)]["net_input"]
            model.forward_encoder([inputs["src_tokens"], inputs["src_lengths"]])

    def translate() -> None:
        iterations.append(generator.generate([model], next(turns))[0][0]["steps"] + 1)

    whole = bench.measure_parts(encode, translate)  # the second part encodes as well
    twice = whole.encoder_ms
    times = {name: getattr(whole, name) - twice for name in ("decoder_ms", "p50_ms", "p90_ms")}
    latency = replace(whole, **times, signature=replace(whole.signature, beam=1))
    return latency, sum(iterations) / len(iterations)
