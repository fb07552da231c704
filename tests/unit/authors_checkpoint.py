"""A checkpoint as HAT's authors write it, made here, and a forward pass that reads it by their keys alone.

One sentence at a time, without padding, written from the description of their SuperTransformer (leading blocks).
"""

from __future__ import annotations

import math
from argparse import Namespace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from hat.architecture import SubTransformer
from torch import Tensor

WORDS, TARGET_WORDS = 29, 33
WIDTH, FFN, LAYERS, HEADS, QKV = 40, 192, 6, 8, 32  # the paper's WMT space, divided by 16

Weights = dict[str, Tensor]


def arguments(share: bool, **changed: Any) -> Namespace:
    sizes = {
        f"{side}_{name}": value
        for side in ("encoder", "decoder")
        for name, value in (
            ("embed_dim", WIDTH),
            ("ffn_embed_dim", FFN),
            ("layers", LAYERS),
            ("attention_heads", HEADS),
        )
    }
    facts = {"qkv_dim": QKV, "share_all_embeddings": share, "dropout": 0.3, "label_smoothing": 0.2}
    more = {"arch": "transformersuper", "lr": [1e-3], "restore_file": None, "vocab_original_scaling": False}
    return Namespace(**(sizes | facts | more | changed))


def weights(share: bool, decoder_width: int = WIDTH) -> Weights:
    """Random weights under the authors' keys; the norms and biases matter as well."""
    shapes: dict[str, tuple[int, ...]] = {}
    for side, width in (("encoder", WIDTH), ("decoder", decoder_width)):
        for layer in range(LAYERS):
            at = f"{side}.layers.{layer}"
            attentions = {"self_attn": width} | ({"encoder_attn": WIDTH} if side == "decoder" else {})
            for name, memory in attentions.items():
                if memory == width:
                    shapes[f"{at}.{name}.in_proj_weight"] = (3 * QKV, width)
                else:
                    for part, columns in (("q", width), ("k", memory), ("v", memory)):
                        shapes[f"{at}.{name}.{part}_proj_weight"] = (QKV, columns)
                shapes[f"{at}.{name}.in_proj_bias"] = (3 * QKV,)
                shapes[f"{at}.{name}.out_proj.weight"] = (width, QKV)
                shapes[f"{at}.{name}.out_proj.bias"] = (width,)
            for name in (*attentions, "final"):
                shapes[f"{at}.{name}_layer_norm.weight"] = shapes[f"{at}.{name}_layer_norm.bias"] = (width,)
            shapes |= {f"{at}.fc1.weight": (FFN, width), f"{at}.fc1.bias": (FFN,)}
            shapes |= {f"{at}.fc2.weight": (width, FFN), f"{at}.fc2.bias": (width,)}
        shapes |= {f"{side}.version": (1,), f"{side}.embed_positions._float_tensor": (1,)}
    shapes["encoder.embed_tokens.weight"] = (WORDS, WIDTH)
    if not share:
        shapes["decoder.embed_tokens.weight"] = shapes["decoder.embed_out"] = (TARGET_WORDS, decoder_width)
    torch.manual_seed(5)
    made = {key: 0.3 * torch.randn(shape) + ("layer_norm.weight" in key) for key, shape in shapes.items()}
    if share:
        made["decoder.embed_tokens.weight"] = made["encoder.embed_tokens.weight"]
    return made


def write(path: Path, args: object, model: object, *, zipped: bool = False, **more: object) -> Path:
    """Their torch wrote no zip files."""
    training = {"optimizer_history": [{"num_updates": 7, "lr_scheduler_state": {"best": None}}], "extra_state": {}}
    record = {"args": args, "model": model, **training, **more}
    torch.save(record, path, _use_new_zipfile_serialization=zipped)
    return path


def logits(found: Weights, sub: SubTransformer, source: list[int], previous: list[int]) -> Tensor:
    """(target length, words), in fp64."""
    model = {key: weight.double() for key, weight in found.items()}
    output = model.get("decoder.embed_out", model["decoder.embed_tokens.weight"])
    d, e = sub.decoder_embed_dim, sub.encoder_embed_dim

    x = _embed(source, model["encoder.embed_tokens.weight"], e)
    outputs = []
    for layer in range(sub.encoder_layers):
        at = f"encoder.layers.{layer}"
        x = _norm(
            x + _attention(model, f"{at}.self_attn", x, x, sub.encoder_self_heads[layer]), model, f"{at}.self_attn"
        )
        x = _norm(x + _ffn(model, at, x, sub.encoder_ffn_dims[layer]), model, f"{at}.final")
        outputs.append(x)

    y = _embed(previous, model["decoder.embed_tokens.weight"], d)
    for layer in range(sub.decoder_layers):
        at, self_heads, cross_heads = (
            f"decoder.layers.{layer}",
            sub.decoder_self_heads[layer],
            sub.decoder_cross_heads[layer],
        )
        rows = [_attention(model, f"{at}.self_attn", y[: i + 1], y[: i + 1], self_heads)[-1] for i in range(len(y))]
        y = _norm(y + torch.stack(rows), model, f"{at}.self_attn")
        memory = torch.cat(outputs[::-1][: sub.decoder_attended_layers[layer]])
        y = _norm(y + _attention(model, f"{at}.encoder_attn", y, memory, cross_heads), model, f"{at}.encoder_attn")
        y = _norm(y + _ffn(model, at, y, sub.decoder_ffn_dims[layer]), model, f"{at}.final")
    return y @ output[:, :d].T


def _embed(tokens: list[int], table: Tensor, width: int) -> Tensor:
    """The first `width` columns of the table and of sinusoids that are WIDTH wide, from position 2 on."""
    half = WIDTH // 2
    waves = []
    for position in range(2, 2 + len(tokens)):
        angles = [position * math.exp(-math.log(10000) * i / (half - 1)) for i in range(half)]
        waves.append(([math.sin(a) for a in angles] + [math.cos(a) for a in angles])[:width])
    return math.sqrt(width) * table[tokens, :width] + torch.tensor(waves, dtype=torch.float64)


def _attention(model: Weights, at: str, queries: Tensor, memory: Tensor, heads: int) -> Tensor:
    """The head count regroups all QKV channels; q acts on the columns of the queries, k and v on the memory's."""
    weight, bias = model[f"{at}.in_proj_weight"], model[f"{at}.in_proj_bias"]
    q, k, v = (
        x @ weight[part * QKV : (part + 1) * QKV, : x.shape[1]].T + bias[part * QKV : (part + 1) * QKV]
        for part, x in enumerate((queries, memory, memory))
    )
    size = QKV // heads
    mixed = []
    for channels in (slice(head * size, (head + 1) * size) for head in range(heads)):
        shares = torch.softmax(q[:, channels] @ k[:, channels].T / math.sqrt(size), dim=1)
        mixed.append(shares @ v[:, channels])
    width = queries.shape[1]
    return torch.cat(mixed, dim=1) @ model[f"{at}.out_proj.weight"][:width].T + model[f"{at}.out_proj.bias"][:width]


def _ffn(model: Weights, at: str, x: Tensor, hidden: int) -> Tensor:
    width = x.shape[1]
    inner = F.relu(x @ model[f"{at}.fc1.weight"][:hidden, :width].T + model[f"{at}.fc1.bias"][:hidden])
    return inner @ model[f"{at}.fc2.weight"][:width, :hidden].T + model[f"{at}.fc2.bias"][:width]


def _norm(x: Tensor, model: Weights, at: str) -> Tensor:
    width = x.shape[1]
    weight, bias = (model[f"{at}_layer_norm.{kind}"][:width] for kind in ("weight", "bias"))
    return F.layer_norm(x, (width,), weight, bias, eps=1e-5)
