"""The graphs of a HAT model, described once for every runtime: the encoder, one step of the decoder, the output layer.

The description calls the operations of a `Writer`, which knows a file format and a number format. No model is traced:
the graphs follow from the architecture (HAT, section 2.1) and the weights, for any number of heads, FFN dims, layers
and attended encoder layers.

Encoder: one sentence of S tokens -> the cross-attention keys and values of every decoder layer, already projected from
the encoder layers that it attends to. Step: the next token of B sentences with R hypotheses each -> keys and values of
that token, and what the output layer makes logits of. It is a graph of its own, since a shortlist of words does without
it. The hypotheses of a sentence share one cache: entry t R + r holds what row r wrote at step t, and a mask says which
entries are a hypothesis's own past. So a beam search reorders rows of a mask, never a cache. The host writes new keys
and values into entries that were zeros before.

B, S and T (the steps for which a cache has room) are open, R is built in. All products with weights have two
dimensions, (rows, inputs), for which the runtimes have their fastest kernels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from hat.architecture import SubTransformer
from hat.engines.weights import Floats, Weights

MASKED = -1e9
"""Added to the scores of what must not be attended to: their probabilities become 0, without NaNs in a row of them."""
NORM_EPSILON = 1e-5
PARTS = ("encoder", "step", "output")
OUTPUT_TABLE = "output_table"
"""The name of the weights of the output layer in its graph."""
FIRST_SENTENCES, FIRST_SOURCE, FIRST_ROOM = 1, 32, 32
"""B, S and T of a graph as it is written."""


class Open(int):
    """The size of an axis that may change from run to run, as it is at first."""

    axis: str

    def __new__(cls, axis: str, size: int) -> Open:
        made = super().__new__(cls, size)
        made.axis = axis
        return made


class Writer(Protocol):
    """Operations that the graphs are made of. A tensor is whatever the writer makes of one."""

    def input(self, name: str, shape: Sequence[int]) -> Any: ...

    def output(self, tensor: Any, name: str) -> None: ...

    def linear(self, x: Any, weight: Floats, bias: Floats | None, *, name: str, relu: bool = False) -> Any:
        """x (N, inputs), weight (outputs, inputs) -> (N, outputs), in the number format of the writer.

        `name` is the weight's, one of its own.
        """

    def norm(self, x: Any, weight: Floats, bias: Floats) -> Any:
        """Layer norm over the last axis."""

    def add(self, a: Any, b: Any) -> Any: ...

    def multiply(self, a: Any, b: Any) -> Any: ...

    def matmul(self, a: Any, b: Any, *, transpose: bool = False) -> Any:
        """Products of the last two axes; `transpose` swaps those of b."""

    def softmax(self, x: Any) -> Any: ...

    def sum(self, x: Any) -> Any:
        """Over the last axis, which stays, with size 1."""

    def log_sum_exp(self, x: Any) -> Any:
        """Over the last axis, which stays, with size 1."""

    def reshape(self, x: Any, *shape: int) -> Any:
        """One of `shape` is -1, which keeps it open."""

    def transpose(self, x: Any, *axes: int) -> Any: ...

    def split(self, x: Any, parts: int, axis: int) -> list[Any]: ...

    def concat(self, tensors: Sequence[Any], axis: int) -> Any: ...


def write_graph(part: str, writer: Writer, sub: SubTransformer, weights: Weights, rows: int) -> None:
    """One of `PARTS`, for `rows` hypotheses a sentence."""
    if part == "encoder":
        write_encoder(writer, sub, weights)
    elif part == "step":
        write_step(writer, sub, weights, rows)
    else:
        write_output(writer, sub, weights)


def write_encoder(writer: Writer, sub: SubTransformer, weights: Weights) -> None:
    """embedded (S, d) -> cross_k{l}, cross_v{l} (1, cross heads, n S, Q / cross heads) of each decoder layer l.

    n is the number of encoder layers that it attends to, the last first (HAT, figure 4).
    """
    n = _Layers(writer, weights)
    x = writer.input("embedded", (Open("source", FIRST_SOURCE), sub.encoder_embed_dim))
    layers = []
    for layer, heads in enumerate(sub.encoder_self_heads):
        place = f"encoder.{layer}"
        q, k, v = n.queries_keys_values(x, f"{place}.attention.qkv", sub.qkv_dim, heads)
        x = n.residual(x, n.attend(q, k, v, None, f"{place}.attention.out"), f"{place}.attention_norm")
        x = n.feed_forward(x, place)
        layers.append(x)
    for layer, heads in enumerate(sub.decoder_cross_heads):
        attended = layers[: -sub.decoder_attended_layers[layer] - 1 : -1]
        memory = attended[0] if len(attended) == 1 else writer.concat(attended, 0)
        projected = n.heads(n.linear(memory, f"decoder.{layer}.cross.kv"), 2 * heads, sub.qkv_dim // heads)
        for name, tensor in zip("kv", writer.split(projected, 2, 1), strict=True):
            writer.output(tensor, f"cross_{name}{layer}")


def write_step(writer: Writer, sub: SubTransformer, weights: Weights, rows: int) -> None:
    """A step of `rows` = R hypotheses a sentence.

    embedded (B R, d), mask (B, 1, R, T R) and source_mask (B, 1, 1, S), both added to scores,
    newest (1, 1, R, T R), 1 where a row's new entry belongs, 0 elsewhere,
    past_k{l}, past_v{l} (B, H, T R, Q / H), cross_k{l}, cross_v{l} (B, C, n S, Q / C)
    -> new_k{l}, new_v{l} (B, H, R, Q / H), hidden (B R, d).
    """
    n = _Layers(writer, weights, rows)
    sentences, source = Open("sentences", FIRST_SENTENCES), FIRST_SOURCE
    room = Open("room", FIRST_ROOM * rows)
    x = writer.input("embedded", (Open("rows", sentences * rows), sub.decoder_embed_dim))
    mask = writer.input("mask", (sentences, 1, rows, room))
    newest = writer.input("newest", (1, 1, rows, room))
    source_mask = writer.input("source_mask", (sentences, 1, 1, Open("source", source)))
    masks = {
        attended: source_mask if attended == 1 else writer.concat([source_mask] * attended, 3)
        for attended in sorted(set(sub.decoder_attended_layers))
    }
    for layer, attended in enumerate(sub.decoder_attended_layers):
        place = f"decoder.{layer}"
        heads, width = sub.decoder_self_heads[layer], sub.qkv_dim // sub.decoder_self_heads[layer]
        past_k, past_v = (writer.input(f"past_{name}{layer}", (sentences, heads, room, width)) for name in "kv")
        q, k, v = n.queries_keys_values(x, f"{place}.attention.qkv", sub.qkv_dim, heads)
        writer.output(k, f"new_k{layer}")
        writer.output(v, f"new_v{layer}")
        own = writer.sum(writer.multiply(q, k))
        scores = writer.add(writer.matmul(q, past_k, transpose=True), mask)
        share = writer.softmax(writer.add(scores, writer.multiply(newest, own)))
        own = writer.multiply(writer.sum(writer.multiply(share, newest)), v)
        found = n.joined(writer.add(writer.matmul(share, past_v), own), sub.qkv_dim)
        x = n.residual(x, n.linear(found, f"{place}.attention.out"), f"{place}.attention_norm")

        heads, width = sub.decoder_cross_heads[layer], sub.qkv_dim // sub.decoder_cross_heads[layer]
        length = Open("source" if attended == 1 else f"source_x{attended}", attended * source)
        cross_k, cross_v = (writer.input(f"cross_{name}{layer}", (sentences, heads, length, width)) for name in "kv")
        q = n.heads(n.linear(x, f"{place}.cross.q", scale=width**-0.5), heads, width)
        x = n.residual(x, n.attend(q, cross_k, cross_v, masks[attended], f"{place}.cross.out"), f"{place}.cross_norm")
        x = n.feed_forward(x, place)
    writer.output(x, "hidden")


def write_output(writer: Writer, sub: SubTransformer, weights: Weights) -> None:
    """hidden (N, d) -> logits (N, V), total (N, 1), their log-sum-exp."""
    hidden = writer.input("hidden", (Open("rows", FIRST_SENTENCES), sub.decoder_embed_dim))
    logits = writer.linear(hidden, output_table(sub, weights), None, name=OUTPUT_TABLE)
    writer.output(logits, "logits")
    writer.output(writer.log_sum_exp(logits), "total")


def output_table(sub: SubTransformer, weights: Weights) -> Floats:
    """The output layer (V, d): a table of its own, or what the decoder sees of the shared one."""
    table = weights.get("embeddings.output_table", weights["embeddings.source_table"])
    return table[:, : sub.decoder_embed_dim]


class _Layers:
    """What encoder and step share; `rows` hypotheses attend to the same, in the encoder all tokens do."""

    def __init__(self, writer: Writer, weights: Weights, rows: int = -1) -> None:
        self.writer, self.weights, self.rows = writer, weights, rows

    def linear(self, x: Any, name: str, *, scale: float | Floats = 1.0, relu: bool = False) -> Any:
        """`scale` multiplies the output channels, all or each."""
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        if not np.all(scale == 1.0):
            factor = np.broadcast_to(np.asarray(scale, np.float32), bias.shape)
            weight, bias = weight * factor[:, None], bias * factor
        return self.writer.linear(x, weight, bias, relu=relu, name=name)

    def heads(self, x: Any, heads: int, width: int) -> Any:
        """(B R, heads width) -> (B, heads, R, width)"""
        sentences = 1 if self.rows == -1 else -1
        return self.writer.transpose(self.writer.reshape(x, sentences, self.rows, heads, width), 0, 2, 1, 3)

    def joined(self, x: Any, width: int) -> Any:
        """The inverse of `heads`: (B, heads, R, width / heads) -> (B R, width)"""
        return self.writer.reshape(self.writer.transpose(x, 0, 2, 1, 3), -1, width)

    def queries_keys_values(self, x: Any, name: str, qkv_dim: int, heads: int) -> list[Any]:
        """Three of (B, heads, R, Q / heads). The scale of attention is in the weights of the queries."""
        scale = np.ones(3 * qkv_dim, np.float32)
        scale[:qkv_dim] = (qkv_dim // heads) ** -0.5
        projected = self.heads(self.linear(x, name, scale=scale), 3 * heads, qkv_dim // heads)
        return self.writer.split(projected, 3, 1)

    def attend(self, q: Any, k: Any, v: Any, mask: Any | None, out: str) -> Any:
        scores = self.writer.matmul(q, k, transpose=True)
        if mask is not None:
            scores = self.writer.add(scores, mask)
        found = self.writer.matmul(self.writer.softmax(scores), v)
        return self.linear(self.joined(found, self.weights[f"{out}.weight"].shape[1]), out)

    def residual(self, x: Any, change: Any, norm: str) -> Any:
        return self.writer.norm(
            self.writer.add(x, change), self.weights[f"{norm}.weight"], self.weights[f"{norm}.bias"]
        )

    def feed_forward(self, x: Any, place: str) -> Any:
        hidden = self.linear(x, f"{place}.ffn.expand", relu=True)
        return self.residual(x, self.linear(hidden, f"{place}.ffn.contract"), f"{place}.ffn_norm")
