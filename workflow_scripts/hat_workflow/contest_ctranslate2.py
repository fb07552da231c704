"""CTranslate2 as a contestant: a Transformer with the layer shapes of a HAT architecture and random weights.

For a Python that has ctranslate2 and numpy, which are not among this project's packages. What CTranslate2 cannot
express is as near as it gets: one number of heads for all layers, and a decoder that attends to the last encoder layer.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from ctranslate2.specs.transformer_spec import TransformerDecoderSpec, TransformerEncoderSpec, TransformerSpec

from hat_workflow.contest import serve

SPECIAL = ("<blank>", "<unk>", "<s>", "</s>")


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--architecture", required=True, help="as JSON")
    p.add_argument("--vocabulary", type=int, required=True)
    p.add_argument("--length", type=int, required=True, help="tokens of the source, and steps of the decoder")
    p.add_argument("--beam", type=int, required=True)
    p.add_argument("--threads", type=int, required=True)
    p.add_argument("--dtype", choices=("float32", "int8"), required=True)
    p.add_argument("--folder", type=Path, required=True, help="where the model is written")
    args = p.parse_args()
    write(json.loads(args.architecture), args.vocabulary, args.dtype, args.folder)
    options = {"compute_type": args.dtype, "inter_threads": 1, "intra_threads": args.threads}
    translator = ctranslate2.Translator(str(args.folder), **options)
    rng = np.random.default_rng(1)

    def decode(batch: int, sentences: int) -> None:
        for first in range(0, sentences, batch):
            count = min(batch, sentences - first)
            words = rng.integers(len(SPECIAL), args.vocabulary, (count, args.length - 1))
            sources = [[*(f"w{word}" for word in row), "</s>"] for row in words]
            limits = {"min_decoding_length": args.length, "max_decoding_length": args.length}
            translator.translate_batch(sources, beam_size=args.beam, max_batch_size=0, **limits)

    serve(decode)


def write(architecture: dict[str, Any], vocabulary: int, dtype: str, folder: Path) -> None:
    """A model folder of CTranslate2."""
    a, rng = architecture, np.random.default_rng(0)
    q = a["qkv_dim"]
    heads = max(*a["encoder_self_heads"], *a["decoder_self_heads"], *a["decoder_cross_heads"])
    spec = TransformerSpec(
        TransformerEncoderSpec(len(a["encoder_ffn_dims"]), heads, pre_norm=False, head_dim=q // heads),
        TransformerDecoderSpec(len(a["decoder_ffn_dims"]), heads, pre_norm=False, head_dim=q // heads),
    )

    def linear(to: Any, inputs: int, outputs: int) -> None:
        to.weight = (rng.random((outputs, inputs), np.float32) - 0.5) * np.float32(inputs**-0.5)
        to.bias = np.zeros(outputs, np.float32)

    def norm(to: Any, width: int) -> None:
        to.gamma, to.beta = np.ones(width, np.float32), np.zeros(width, np.float32)

    def attention(to: Any, width: int, memory: int | None = None) -> None:
        linear(to.linear[0], width, 3 * q if memory is None else q)
        if memory is not None:
            linear(to.linear[1], memory, 2 * q)
        linear(to.linear[-1], q, width)
        norm(to.layer_norm, width)

    for side, width in (("encoder", a["encoder_embed_dim"]), ("decoder", a["decoder_embed_dim"])):
        part = getattr(spec, side)
        (embeddings,) = part.embeddings if side == "encoder" else [part.embeddings]
        embeddings.weight = rng.standard_normal((vocabulary, width), np.float32)
        part.position_encodings.encodings = rng.standard_normal((1024, width), np.float32)
        for layer, hidden in zip(part.layer, a[f"{side}_ffn_dims"], strict=True):
            attention(layer.self_attention, width)
            if side == "decoder":
                attention(layer.attention, width, a["encoder_embed_dim"])
            linear(layer.ffn.linear_0, width, hidden)
            linear(layer.ffn.linear_1, hidden, width)
            norm(layer.ffn.layer_norm, width)
    spec.decoder.projection.weight = spec.decoder.embeddings.weight
    words = [*SPECIAL, *(f"w{number}" for number in range(len(SPECIAL), vocabulary))]
    spec.register_source_vocabulary(words)
    spec.register_target_vocabulary(words)
    spec.validate()
    spec.optimize(quantization=dtype)
    folder.mkdir()
    spec.save(str(folder))


if __name__ == "__main__":
    main()
