"""fairseq's Levenshtein Transformer (Gu et al. 2019) in this project's trainer, and its decoding by refinement."""

from __future__ import annotations

from argparse import Namespace
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from fairseq import utils
from fairseq.data import Dictionary
from fairseq.iterative_refinement_generator import IterativeRefinementGenerator
from fairseq.models.nat import levenshtein_utils
from fairseq.models.nat.levenshtein_transformer import LevenshteinTransformerModel, levenshtein_base_architecture
from fairseq.tasks.translation_lev import TranslationLevenshteinTask
from hat.architecture import SubTransformer
from hat.latency.protocol import Bench
from hat.latency.signature import Latency
from hat.progress import Progress

from hat_fairseq.corpus import batches, open_corpus
from hat_fairseq.rivals.shared import counting

with redirect_stdout(StringIO()):  # it tells each time that there is no CUDA version
    LIBNAT = levenshtein_utils.load_libnat()
levenshtein_utils.load_libnat = lambda: LIBNAT

ITERATIONS = 10
"""At most; fairseq counts the first as none."""
PUBLISHED_ITERATIONS = 2.88
"""The mean that HAT adopts for its latency (section 4.1)."""
SENTENCES = 20
"""Test sentences that are decoded when it is timed: those whose source is nearest to the mean in length."""
MAX_TOKENS = 2000


def levenshtein_transformer(
    architecture: SubTransformer,
    *,
    source_vocabulary: int,
    target_vocabulary: int,
    share_embeddings: bool,
    padding_index: int,
    dropout: float = 0.0,
    attention_dropout: float = 0.0,
) -> LevenshteinTransformerModel:
    """One with the size of an ordinary Transformer; positions are learned, as its authors have it."""
    layers = architecture.decoder_layers
    args = Namespace(
        encoder_embed_dim=architecture.encoder_embed_dim,
        encoder_ffn_embed_dim=architecture.encoder_ffn_dims[0],
        encoder_layers=architecture.encoder_layers,
        encoder_attention_heads=architecture.encoder_self_heads[0],
        encoder_learned_pos=True,
        decoder_embed_dim=architecture.decoder_embed_dim,
        decoder_ffn_embed_dim=architecture.decoder_ffn_dims[0],
        decoder_layers=layers,
        decoder_attention_heads=architecture.decoder_self_heads[0],
        decoder_learned_pos=True,
        early_exit=f"{layers},{layers},{layers}",
        share_all_embeddings=share_embeddings,
        apply_bert_init=True,
        activation_fn="gelu",
        dropout=dropout,
        attention_dropout=attention_dropout,
    )
    levenshtein_base_architecture(args)
    source = _dictionary(source_vocabulary)
    target = source if share_embeddings else _dictionary(target_vocabulary)
    assert target.pad() == padding_index
    task = SimpleNamespace(source_dictionary=source, target_dictionary=target)
    model = LevenshteinTransformerModel.build_model(args, task)
    model.architecture, model.padding_index = architecture, padding_index
    model.source_vocabulary, model.target_vocabulary = source_vocabulary, target_vocabulary
    model.share_embeddings = share_embeddings
    return model


def refinement_flops(model: Any, sentence_length: int, iterations: float) -> int:
    """FLOPs of a sentence pair of `sentence_length` tokens a side, without the vocabulary projection.

    The encoder runs once; in each iteration the decoder tells what to delete, where to insert, and what.
    """
    tokens = torch.full((1, sentence_length), model.padding_index + 3)
    with counting() as encoder:
        encoded = model.eval().forward_encoder([tokens, torch.tensor([sentence_length])])
    with counting() as decoder:
        for decode in (model.decoder.forward_word_del, model.decoder.forward_mask_ins, model.decoder.forward_word_ins):
            decode(normalize=False, prev_output_tokens=tokens, encoder_out=encoded)
    projection = 2 * sentence_length * model.architecture.decoder_embed_dim * model.target_vocabulary
    return round(encoder.get_total_flops() + iterations * (decoder.get_total_flops() - projection))


def refine(model: Any, corpus: Path, split: str, label: str) -> list[str]:
    """The translation of each sentence of `split`, in the corpus's order, as space-separated subwords."""
    task = open_corpus(corpus, TranslationLevenshteinTask)
    generator = _generator(task)
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


def measure(model: Any, corpus: Path, bench: Bench) -> tuple[Latency, float]:
    """The raw latency of decoding single test sentences as far as it takes, and the mean number of iterations."""
    task = open_corpus(corpus, TranslationLevenshteinTask)
    generator = _generator(task)
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

    whole = bench.measure_parts(encode, translate)  # to translate is to encode as well
    twice = whole.encoder_ms
    times = {name: getattr(whole, name) - twice for name in ("decoder_ms", "p50_ms", "p90_ms")}
    latency = replace(whole, **times, signature=replace(whole.signature, beam=1))
    return latency, sum(iterations) / len(iterations)


def _generator(task: Any) -> IterativeRefinementGenerator:
    return IterativeRefinementGenerator(task.target_dictionary, max_iter=ITERATIONS - 1)


def _dictionary(words: int) -> Dictionary:
    """One of that many entries: the model asks for no more than their number and the special symbols."""
    dictionary = Dictionary()
    for index in range(words - len(dictionary)):
        dictionary.add_symbol(f"word{index}")
    return dictionary
