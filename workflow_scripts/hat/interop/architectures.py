"""Exchange of architectures with HAT's authors, whose files are flat YAML. Needs no torch."""

from __future__ import annotations

import os

from hat.architecture import DECODER_LISTS, ENCODER_LISTS, PAPER_QKV_DIM, SubTransformer
from hat.errors import InputError, nearest
from hat.files import read_yaml, write_text

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


def _their_key(name: str) -> str:
    return next(key for key, ours in FIELDS.items() if ours == name) + SUFFIX
