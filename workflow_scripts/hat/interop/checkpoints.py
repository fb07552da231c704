"""Import of the checkpoints of HAT's authors, written by their fairseq 0.8.

Those of single SubTransformers, too, hold weights in the shape of the whole SuperTransformer.
"""

from __future__ import annotations

import os
import re
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from hat.architecture import SubTransformer
from hat.errors import InputError
from hat.model.tensors import read_tensors, refusing
from hat.model.transformer import Transformer

RECORDS = ("argparse.Namespace", *(f"fairseq.meters.{kind}Meter" for kind in ("Average", "Time", "Stopwatch")))
"""The objects in a checkpoint of fairseq 0.8: its arguments, and the meters of its training."""
NAMESPACES = ("SimpleNamespace", "Namespace")
"""A plain record stands in for their arguments; their own class does where a plug-in of fairseq lets torch load it."""
SIZES = ("embed_dim", "ffn_embed_dim", "layers", "attention_heads")
POST_NORM_RELU = {  # arguments that would change what the weights mean
    "activation_fn": "relu",
    "encoder_normalize_before": False,
    "decoder_normalize_before": False,
    "no_token_positional_embeddings": False,
    "vocab_original_scaling": False,
}
LAYER = {  # their prefix, and our weights whose rows it joins
    "self_attn.in_proj_": ("attention.qkv.",),
    "self_attn.out_proj.": ("attention.out.",),
    "self_attn_layer_norm.": ("attention_norm.",),
    "fc1.": ("ffn.expand.",),
    "fc2.": ("ffn.contract.",),
    "final_layer_norm.": ("ffn_norm.",),
}
DECODER_LAYER = LAYER | {
    "encoder_attn.in_proj_": ("cross.q.", "cross.kv."),
    "encoder_attn.out_proj.": ("cross.out.",),
    "encoder_attn_layer_norm.": ("cross_norm.",),
}
SOURCE_TABLE, TARGET_TABLE, OUTPUT_TABLE = (
    "encoder.embed_tokens.weight",
    "decoder.embed_tokens.weight",
    "decoder.embed_out",
)
WITHOUT_WEIGHTS = {
    f"{side}.{key}" for side in ("encoder", "decoder") for key in ("version", "embed_positions._float_tensor")
}


class AuthorsCheckpoint:
    """A checkpoint file of the authors: their arguments, their weights, and the models made of them.

    InputError when the file is no such checkpoint, when it holds objects other than tensors, plain values, a Namespace
    and meters, or when its encoder and decoder differ in width: our Transformer has one table of sinusoids, theirs two.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = path
        record = _load(path)
        record = record if isinstance(record, dict) else {}
        if type(record.get("args")).__name__ not in NAMESPACES or not isinstance(record.get("model"), dict):
            raise InputError(path, "no checkpoint of the authors", "a Namespace under 'args', weights under 'model'")
        self._args, self._weights = record["args"], record["model"]
        self.architecture = self._architecture()

    @property
    def label_smoothing(self) -> float:
        """That of its training; 0.1, the paper's, where the arguments do not tell."""
        return self._rate("label_smoothing", 0.1)

    def dense(self, sub: SubTransformer) -> Transformer:
        """The model of `sub` with the leading blocks of the weights. InputError when it does not fit inside."""
        whole = self.supertransformer()
        try:
            return whole.extract(sub)
        except ValueError as error:
            raise InputError(self.path, str(error)) from None

    def supertransformer(self) -> Transformer:
        """All weights; InputError names every key that is missing or unknown, and each key of a wrong shape."""
        share = self._argument("share_all_embeddings", bool, "true or false")
        model = Transformer(
            self.architecture,
            source_vocabulary=self._words(SOURCE_TABLE),
            target_vocabulary=self._words(SOURCE_TABLE if share else TARGET_TABLE),
            share_embeddings=share,
            dropout=self._rate("dropout", 0.0),
        )
        destinations = _destinations(model)
        missing = destinations.keys() - self._weights.keys()
        unknown = self._weights.keys() - destinations.keys() - WITHOUT_WEIGHTS
        if missing or unknown:
            kinds = {"missing": missing, "unknown": unknown}
            listed = [f"{kind} {', '.join(sorted(map(str, keys)))}" for kind, keys in kinds.items() if keys]
            raise InputError(self.path, f"weights {' and '.join(listed)}", "those of the authors' SuperTransformer")
        for key, parts in destinations.items():
            expected = (sum(map(len, parts)), *parts[0].shape[1:])
            found = tuple(self._tensor(key).shape)
            if found != expected:
                raise InputError(self.path, f"{key}: shape {found}", f"{expected}")
        if share and not torch.equal(self._weights[SOURCE_TABLE], self._weights[TARGET_TABLE]):
            raise InputError(self.path, f"{SOURCE_TABLE} and {TARGET_TABLE} differ", "one table, for it is shared")
        with torch.no_grad():
            for key, parts in destinations.items():
                for part, rows in zip(parts, self._weights[key].split([*map(len, parts)]), strict=True):
                    part.copy_(rows)
        return model.eval()

    def _architecture(self) -> SubTransformer:
        """The maximum of the space, at which all is stored."""
        for name, legal in POST_NORM_RELU.items():
            if getattr(self._args, name, legal) != legal:
                raise InputError(self.path, f"args.{name}: {getattr(self._args, name)!r}", repr(legal))
        (width, enc_ffn, enc, enc_heads), (decoder_width, dec_ffn, dec, dec_heads) = (
            [self._argument(f"{side}_{size}", int, "a positive whole number") for size in SIZES]
            for side in ("encoder", "decoder")
        )
        if width != decoder_width:  # then each side has sinusoids of its own width, and our Transformer has one
            raise InputError(self.path, f"args: encoder {width} and decoder {decoder_width} wide", "one width")
        try:
            return SubTransformer(
                encoder_embed_dim=width,
                encoder_ffn_dims=(enc_ffn,) * enc,
                encoder_self_heads=(enc_heads,) * enc,
                decoder_embed_dim=width,
                decoder_ffn_dims=(dec_ffn,) * dec,
                decoder_self_heads=(dec_heads,) * dec,
                decoder_cross_heads=(dec_heads,) * dec,
                decoder_attended_layers=(min(3, enc),) * dec,
                qkv_dim=self._argument("qkv_dim", int, "a positive whole number"),
                position_dim=width,
            )
        except ValueError as error:
            raise InputError(self.path, f"args: {error}") from None

    def _argument(self, name: str, kind: type, legal: str) -> Any:
        value = getattr(self._args, name, None)
        if type(value) is not kind:
            raise InputError(self.path, f"args.{name}: {value!r}", legal)
        return value

    def _rate(self, name: str, default: float) -> float:
        value = getattr(self._args, name, default)
        if type(value) not in (int, float) or not 0 <= value < 1:
            raise InputError(self.path, f"args.{name}: {value!r}", "at least 0 and below 1")
        return float(value)

    def _words(self, key: str) -> int:
        table = self._tensor(key)
        if table.dim() != 2 or len(table) < 4:  # fairseq's four special symbols
            raise InputError(
                self.path, f"{key}: shape {tuple(table.shape)}", f"(words, {self.architecture.position_dim})"
            )
        return len(table)

    def _tensor(self, key: str) -> Tensor:
        weight = self._weights.get(key)
        if not isinstance(weight, Tensor):
            raise InputError(self.path, f"{key}: {'no tensor' if key in self._weights else 'missing'}", "a weight")
        return weight


def _load(path: str | os.PathLike[str]) -> Any:
    try:
        # a plain record stands in for their objects, so that none of their code is called
        with (
            refusing(path, "a checkpoint of the authors"),
            torch.serialization.safe_globals([(SimpleNamespace, name) for name in RECORDS]),
        ):
            return read_tensors(path)
    except InputError as error:
        refused = re.search(r"GLOBAL ([\w.]+)", str(error.__cause__))
        if refused is None:
            raise
        legal = "tensors, plain values and the objects of a fairseq 0.8 training"
        raise InputError(path, f"asks for {refused[1]}, which is never loaded", legal) from None


def _destinations(model: Transformer) -> dict[str, tuple[Tensor, ...]]:
    """Each key of theirs with the weights of ours that take its rows, from the first on."""
    ours = dict(model.named_parameters())
    tables = model.embeddings
    places: dict[str, tuple[Tensor, ...]] = {SOURCE_TABLE: (tables.source_table,)}
    if model.share_embeddings:
        places[TARGET_TABLE] = (tables.source_table,)
    else:
        places |= {TARGET_TABLE: (tables.target_table,), OUTPUT_TABLE: (tables.output_table,)}
    for side, layers, names in (("encoder", model.encoder, LAYER), ("decoder", model.decoder, DECODER_LAYER)):
        for layer in range(len(layers)):
            for theirs, parts in names.items():
                for kind in ("weight", "bias"):
                    weights = tuple(ours[f"{side}.{layer}.{part}{kind}"] for part in parts)
                    places[f"{side}.layers.{layer}.{theirs}{kind}"] = weights
    return places
