"""An engine on the graphs of `hat.engines.graphs`, whichever runtime executes them: numpy on the host, no torch.

It holds the caches of incremental decoding, which grow as needed, embeds tokens and keeps the mask by which hypotheses
find their past. One decoder state lives at a time: its caches are the runtime's own inputs, written in place. Where
only words of a shortlist may come next, the host multiplies with their rows alone, in place of the output layer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hat.architecture import SubTransformer
from hat.engines.embeddings import Embeddings
from hat.engines.graphs import FIRST_ROOM, MASKED
from hat.engines.weights import Floats

Ids = NDArray[np.int64]


class Runner(Protocol):
    """A loaded graph. Its arrays are the runtime's own memory."""

    @property
    def inputs(self) -> Mapping[str, Floats]: ...

    def resize(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Give inputs new shapes. Afterwards every input is zeros, and `inputs` has new arrays."""

    def run(self) -> Mapping[str, Floats]:
        """Outputs by name, valid until the next run or resize."""


@dataclass(frozen=True)
class EncodedSentence:
    """What the decoder attends to: keys and values by the step's names, (heads, attended layers, S, Q / heads)."""

    keys_values: Mapping[str, Floats]
    length: int


@dataclass
class StepState:
    """Hypotheses of one or several sentences after `length` steps."""

    sentences: int
    rows: int
    """Hypotheses of each sentence."""
    length: int
    visible: Floats
    """(B, 1, R, T R), what is added to the scores of self-attention: the runtime's own memory."""
    shortlists: Sequence[Floats] | None = None
    """The rows of the output layer (C, d) for the words that each sentence may have; None: all words."""

    def reorder(self, rows: Ids) -> None:
        """Hypothesis r of sentence b goes on from what `rows[b, r]` was. Caches stay: only what is visible moves."""
        sentences = np.arange(self.sentences)[:, None]
        self.visible[:, 0, : self.rows] = self.visible[sentences, 0, rows]


class GraphEngine:
    """See `hat.engines.interface.Engine`. Token ids are int64, logits float32 and valid until the next step.

    The step's graph has `rows` hypotheses a sentence; a state may use fewer. `independent` says that the logits of a
    sentence stay the same, to the last bit, whatever other sentences are in the batch.
    """

    def __init__(
        self,
        sub: SubTransformer,
        embeddings: Embeddings,
        encoder: Runner,
        step: Runner,
        output: Runner,
        *,
        rows: int,
        independent: bool,
    ) -> None:
        self.sub, self.embeddings, self.rows, self.independent = sub, embeddings, rows, independent
        self._encoder, self._step, self._output = encoder, step, output
        self._layers = range(sub.decoder_layers)
        self._state: StepState | None = None
        self._sizes = (0, 0, 0)

    def tokens(self, ids: Sequence[int]) -> Ids:
        return np.asarray(ids, np.int64)

    def encode(self, source: Ids) -> EncodedSentence:
        length, width = len(source), self.sub.encoder_embed_dim
        self._encoder.resize({"embedded": (length, width)})
        self._encoder.inputs["embedded"][:] = self.embeddings.source(source, width)
        outputs = self._encoder.run()
        found = {}
        for layer in self._layers:
            for name in _cross(layer):
                _, heads, _, head_width = outputs[name].shape
                found[name] = outputs[name].reshape(heads, -1, length, head_width).copy()
        return EncodedSentence(found, length)

    def start(self, encoded: EncodedSentence, rows: int) -> StepState:
        return self.start_batch([encoded], rows, encoded.length)

    def start_batch(
        self, sentences: Sequence[EncodedSentence], rows: int, source_room: int, words: Sequence[Ids] | None = None
    ) -> StepState:
        """The state before the first step of several sentences, each with `rows` hypotheses.

        Sources are filled up to `source_room` tokens, which are masked. `words` are the ids (C,) of those that each
        sentence may have: logits are theirs, in this order. ValueError when a sentence is longer, or for more rows than
        the graph has.
        """
        if not 1 <= rows <= self.rows or max(sentence.length for sentence in sentences) > source_room:
            raise ValueError(f"{rows} rows of {self.rows}, sources of up to {source_room} tokens")
        self._clear()
        self._reserve(len(sentences), source_room, FIRST_ROOM)
        inputs = self._step.inputs
        for number, sentence in enumerate(sentences):
            inputs["source_mask"][number, ..., : sentence.length] = 0
            inputs["source_mask"][number, ..., sentence.length :] = MASKED
            for name, found in sentence.keys_values.items():
                heads, attended, length, width = found.shape
                room = inputs[name][number].reshape(heads, attended, source_room, width)
                room[:, :, :length] = found
                room[:, :, length:] = 0
        inputs["mask"][:] = MASKED
        self._state = StepState(len(sentences), rows, 0, inputs["mask"])
        width = self.sub.decoder_embed_dim
        if words is None:
            self._output.resize({"hidden": (len(sentences) * rows, width)})
        else:
            self._state.shortlists = [self.embeddings.output(chosen, width) for chosen in words]
        return self._state

    def step(self, tokens: Ids, state: StepState) -> Floats:
        return self.scored_step(tokens, state)[0]

    def scored_step(self, tokens: Ids, state: StepState) -> tuple[Floats, Floats]:
        """The next token of each hypothesis (B R,) -> logits (B R, V) and their log-sum-exp (B R, 1).

        `state` advances in place. With shortlists V is the length of the longest, and shorter ones end in -inf.
        ValueError when a newer state was started.
        """
        if state is not self._state:
            raise ValueError("the state of an earlier start: its caches are gone")
        if state.length == self._sizes[2]:
            self._grow(state)
        inputs, at = self._step.inputs, state.length * self.rows
        embedded = inputs["embedded"].reshape(state.sentences, self.rows, -1)
        width = self.sub.decoder_embed_dim
        embedded[:, : state.rows] = self.embeddings.target(tokens, state.length, width).reshape(
            state.sentences, state.rows, width
        )
        embedded[:, state.rows :] = embedded[:, :1]  # idle rows: nothing of an earlier sentence stays
        hypotheses = np.arange(self.rows)
        inputs["newest"][0, 0, hypotheses, at - self.rows + hypotheses] = 0
        inputs["newest"][0, 0, hypotheses, at + hypotheses] = 1
        state.visible[:, 0, hypotheses, at + hypotheses] = 0
        outputs = self._step.run()
        for layer in self._layers:
            for name in "kv":
                inputs[f"past_{name}{layer}"][:, :, at : at + self.rows] = outputs[f"new_{name}{layer}"]
        state.length += 1
        hidden = outputs["hidden"].reshape(state.sentences, self.rows, width)[:, : state.rows]
        if state.shortlists is not None:
            return _shortlisted(hidden, state.shortlists)
        self._output.inputs["hidden"][:] = hidden.reshape(-1, width)
        found = self._output.run()
        return found["logits"], found["total"]

    def synchronise(self) -> None:
        """Runs return when they are done."""

    def _clear(self) -> None:
        """Zeros where the last state left keys and values: a step counts on it."""
        if self._state is None:
            return
        used = self._state.length * self.rows
        for layer in self._layers:
            for name in "kv":
                self._step.inputs[f"past_{name}{layer}"][:, :, :used] = 0
        self._step.inputs["newest"][:] = 0
        self._state = None

    def _grow(self, state: StepState) -> None:
        """Room for twice as many steps. Resizing moves every input, so what they hold is kept aside."""
        kept = {name: values.copy() for name, values in self._step.inputs.items() if name != "embedded"}
        sentences, source, room = self._sizes
        self._reserve(sentences, source, 2 * room)
        inputs, used = self._step.inputs, room * self.rows
        for name, values in kept.items():
            if name in ("mask", "newest"):
                inputs[name][:] = MASKED if name == "mask" else 0
                inputs[name][..., :used] = values
            elif name.startswith("past"):
                inputs[name][:, :, :used] = values
            else:
                inputs[name][:] = values
        state.visible = inputs["mask"]

    def _reserve(self, sentences: int, source: int, room: int) -> None:
        """The step's inputs for B sentences of up to `source` tokens and `room` steps; zeros when that is a change."""
        if self._sizes == (sentences, source, room):
            return
        sub, entries = self.sub, room * self.rows
        shapes: dict[str, tuple[int, ...]] = {
            "embedded": (sentences * self.rows, sub.decoder_embed_dim),
            "mask": (sentences, 1, self.rows, entries),
            "newest": (1, 1, self.rows, entries),
            "source_mask": (sentences, 1, 1, source),
        }
        for layer, attended in enumerate(sub.decoder_attended_layers):
            heads, cross_heads = sub.decoder_self_heads[layer], sub.decoder_cross_heads[layer]
            for name in "kv":
                shapes[f"past_{name}{layer}"] = (sentences, heads, entries, sub.qkv_dim // heads)
                cross = (sentences, cross_heads, attended * source, sub.qkv_dim // cross_heads)
                shapes[f"cross_{name}{layer}"] = cross
        self._step.resize(shapes)
        self._sizes = (sentences, source, room)


def _shortlisted(hidden: Floats, shortlists: Sequence[Floats]) -> tuple[Floats, Floats]:
    """hidden (B, R, d), the rows of each sentence's words (C, d) -> logits (B R, longest C) and their log-sum-exp."""
    sentences, rows, _ = hidden.shape
    logits = np.full((sentences, rows, max(map(len, shortlists))), -np.inf, np.float32)
    total = np.empty((sentences, rows, 1), np.float32)
    for number, table in enumerate(shortlists):  # each alone: nothing of another sentence changes a bit of it
        own = hidden[number] @ table.T
        highest = own.max(1, keepdims=True)
        total[number] = np.log(np.exp(own - highest).sum(1, keepdims=True)) + highest
        logits[number, :, : len(table)] = own
    return logits.reshape(sentences * rows, -1), total.reshape(-1, 1)


def _cross(layer: int) -> tuple[str, str]:
    return f"cross_k{layer}", f"cross_v{layer}"
