"""Parameters and FLOPs of rivals, counted on their torch models: `hat.cost` has formulas for Transformers alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

TABLES = ("embeddings.", "embed_tokens.", "embed_positions.", "output_projection.")
"""What weights of embeddings and output layers have in their names, here and in fairseq."""
PUBLISHED_ITERATIONS = 2.88
"""Of a Levenshtein Transformer for a sentence: the mean that HAT adopts for its latency (section 4.1)."""


def cost(model: Any, family: str, sentence_length: int) -> dict[str, int]:
    """Parameters; FLOPs of translating a sentence pair of `sentence_length` tokens a side, and of training on it.

    Training is one forward pass: one iteration of a Levenshtein Transformer, which takes more of them to translate.
    """
    if family == "levenshtein":
        translating = refinement_flops(model, sentence_length, PUBLISHED_ITERATIONS)
        training = refinement_flops(model, sentence_length, 1)
    else:
        translating = training = flops(model, sentence_length)
    return {"parameters": counted(model), "flops": translating, "training_flops": training}


def counted(model: nn.Module) -> int:
    """Weights without embeddings and output layer."""
    return sum(weight.numel() for name, weight in model.named_parameters() if not any(map(name.__contains__, TABLES)))


def flops(model: Any, sentence_length: int) -> int:
    """FLOPs of one sentence pair of `sentence_length` tokens a side, without the vocabulary projection.

    Matrix products and convolutions, as torch counts them; `hat.cost` counts a little more of a Transformer.
    """
    tokens = torch.full((1, sentence_length), model.padding_index + 3)
    with counting() as counter:
        logits = model.eval()(tokens, tokens)
    return counter.get_total_flops() - 2 * sentence_length * model.architecture.decoder_embed_dim * logits.shape[-1]


@contextmanager
def counting() -> Iterator[FlopCounterMode]:
    """A counter of FLOPs; attention is computed as plain matrix products meanwhile, for it counts no others."""
    with FlopCounterMode(display=False) as counter, torch.inference_mode(), sdpa_kernel(SDPBackend.MATH):
        yield counter


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
