"""Exchange with the files of HAT's authors: architectures as flat YAML, and checkpoints of their fairseq 0.8.

Their checkpoints, those of single SubTransformers too, hold weights in the shape of the whole SuperTransformer.
"""

from __future__ import annotations

import os
import re
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from hat.architecture import DECODER_LISTS, ENCODER_LISTS, PAPER_QKV_DIM, SubTransformer
from hat.errors import InputError, nearest
from hat.files import read_yaml, write_text
from hat.transformer import Transformer

PAPER_POSITION_DIM = 640
SUFFIX = "-subtransformer"
FIELDS = {  # their key, less the suffix, and what we call it
    "encoder-embed-dim": "encoder_embed_dim",
    "decoder-embed-dim": "decoder_embed_dim",
    "encoder-ffn-embed-dim-all": "encoder_ffn_dims",
    "decoder-ffn-embed-dim-all": "decoder_ffn_dims",
    "encoder-layer-num": "encoder_layers",
    "decoder-layer-num": "decoder_layers",
    "encoder-self-attention-heads-all": "encoder_self_heads",
    "decoder-self-attention-heads-all": "decoder_self_heads",
    "decoder-ende-attention-heads-all": "decoder_cross_heads",
    "decoder-arbitrary-ende-attn-all": "decoder_attended_layers",
}
ATTENDED = {-1: 1, 1: 2, 2: 3}  # their code and how many encoder layers it means

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


def read_architecture(
    path: str | os.PathLike[str], *, qkv_dim: int = PAPER_QKV_DIM, position_dim: int = PAPER_POSITION_DIM
) -> SubTransformer:
    """The SubTransformer of a YAML file, ours or the authors': the keys tell which.

    Theirs name neither `qkv_dim` nor `position_dim`; the defaults are those of the paper's spaces. Lists longer than
    the number of layers are cut, keys about other things ignored. InputError when a value is missing or illegal.
    """
    record = read_yaml(path)
    if not isinstance(record, dict) or not any(str(key).endswith(SUFFIX) for key in record):
        return SubTransformer.from_dict(record, path)
    theirs = {str(key).removesuffix(SUFFIX): value for key, value in record.items() if str(key).endswith(SUFFIX)}
    for key in theirs:
        if key not in FIELDS:
            raise InputError(path, f"unknown key {key + SUFFIX!r}", nearest(key + SUFFIX, (k + SUFFIX for k in FIELDS)))
    for key in FIELDS:
        if key not in theirs:
            raise InputError(path, f"missing key {key + SUFFIX!r}", ", ".join(k + SUFFIX for k in FIELDS))
    ours = {name: theirs[key] for key, name in FIELDS.items()}
    for side, names in (("encoder", ENCODER_LISTS), ("decoder", DECODER_LISTS)):
        layers = ours.pop(f"{side}_layers")
        if type(layers) is not int or layers < 1:
            raise InputError(path, f"{side}-layer-num{SUFFIX}: {layers!r}", "a positive whole number")
        for name in names:
            if not isinstance(ours[name], list) or len(ours[name]) < layers:
                raise InputError(path, f"{_their_key(name)}: {ours[name]!r}", f"a list of {layers}, one for each layer")
            ours[name] = ours[name][:layers]
    codes = ours["decoder_attended_layers"]
    if not all(type(code) is int and code in ATTENDED for code in codes):
        raise InputError(path, f"{_their_key('decoder_attended_layers')}: {codes!r}", "-1, 1 or 2 for each layer")
    ours["decoder_attended_layers"] = [ATTENDED[code] for code in codes]
    return SubTransformer.from_dict({**ours, "qkv_dim": qkv_dim, "position_dim": position_dim}, path)


def write_architecture(
    path: str | os.PathLike[str],
    sub: SubTransformer,
    *,
    qkv_dim: int = PAPER_QKV_DIM,
    position_dim: int = PAPER_POSITION_DIM,
) -> None:
    """Write `sub` in the authors' format; `read_architecture` with the same two widths returns it unchanged.

    InputError when the format cannot hold it: other widths, or more than three attended layers.
    """
    if (sub.qkv_dim, sub.position_dim) != (qkv_dim, position_dim):
        widths = f"qkv_dim {sub.qkv_dim} and position_dim {sub.position_dim}"
        raise InputError(path, f"the authors' format cannot hold {widths}", f"{qkv_dim} and {position_dim}")
    codes = {attended: code for code, attended in ATTENDED.items()}
    if not codes.keys() >= set(sub.decoder_attended_layers):
        raise InputError(path, f"the authors' format cannot hold {list(sub.decoder_attended_layers)}", "1, 2 or 3")
    lines = []
    for key, name in FIELDS.items():
        value = getattr(sub, name)
        if name == "decoder_attended_layers":
            value = [codes[attended] for attended in value]
        lines.append(f"{key}{SUFFIX}: {list(value) if isinstance(value, tuple) else value}\n")
    write_text(path, "".join(lines))


def import_super(path: str | os.PathLike[str]) -> Transformer:
    """The SuperTransformer of a checkpoint of the authors, in eval mode. InputError as of `AuthorsCheckpoint`."""
    return AuthorsCheckpoint(path).supertransformer()


def import_dense(path: str | os.PathLike[str], sub: SubTransformer) -> Transformer:
    """The dense model of `sub` with its weights in a checkpoint of the authors. InputError when it does not fit."""
    return AuthorsCheckpoint(path).dense(sub)


class AuthorsCheckpoint:
    """A checkpoint file of the authors: their arguments, their weights, and the models made of them.

    InputError when the file is no such checkpoint, when it holds objects other than tensors, plain values and a
    Namespace, or when its encoder and decoder differ in width: our Transformer has one table of sinusoids, theirs two.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = path
        record = _load(path)
        record = record if isinstance(record, dict) else {}
        if not isinstance(record.get("args"), SimpleNamespace) or not isinstance(record.get("model"), dict):
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
        # a plain record stands in for their Namespace, so that not even argparse is called
        with torch.serialization.safe_globals([(SimpleNamespace, "argparse.Namespace")]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise InputError(path, "no such file", "a checkpoint of the authors") from None
    except Exception as error:  # torch.load raises whatever the broken bytes lead it to
        refused = re.search(r"GLOBAL ([\w.]+)", str(error))
        if refused:
            legal = "tensors, plain values and one argparse.Namespace"
            raise InputError(path, f"asks for {refused[1]}, which is never loaded", legal) from None
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise InputError(path, f"corrupt checkpoint ({reason})", "a checkpoint of the authors") from None


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


def _their_key(name: str) -> str:
    return next(key for key, ours in FIELDS.items() if ours == name) + SUFFIX
