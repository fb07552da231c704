"""SubTransformers and the design space they come from (HAT, section 2.1).

A `SubTransformer` is one architecture, complete and validated: the dense model, its cost and its latency follow from it
alone. A `DesignSpace` lists the choices for each gene and draws, recombines and counts SubTransformers.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from math import prod
from typing import Any, Self

from hat.errors import InputError, nearest
from hat.files import read_yaml, write_yaml

Genes = tuple[int, ...]

PAPER_QKV_DIM = 512
MOST, MOST_LAYERS = 1_000_000, 1000
"""Of anything, and of layers: what is more is a slip of the pen, and would fill the memory."""
ENCODER_LISTS = ("encoder_ffn_dims", "encoder_self_heads")
DECODER_LISTS = ("decoder_ffn_dims", "decoder_self_heads", "decoder_cross_heads", "decoder_attended_layers")
FEATURE_NAMES = (
    "encoder_embed_dim",
    "encoder_layers",
    "encoder_ffn_dim_mean",
    "encoder_self_heads_mean",
    "decoder_embed_dim",
    "decoder_layers",
    "decoder_ffn_dim_mean",
    "decoder_self_heads_mean",
    "decoder_cross_heads_mean",
    "decoder_attended_layers_mean",
)


@dataclass(frozen=True, kw_only=True)
class SubTransformer:
    """One Transformer architecture. Lists have one entry per layer, the layer nearest the embedding first.

    Raises ValueError when the fields contradict each other.
    """

    encoder_embed_dim: int
    encoder_ffn_dims: tuple[int, ...]
    encoder_self_heads: tuple[int, ...]
    decoder_embed_dim: int
    decoder_ffn_dims: tuple[int, ...]
    decoder_self_heads: tuple[int, ...]
    decoder_cross_heads: tuple[int, ...]
    decoder_attended_layers: tuple[int, ...]
    """How many encoder layers each decoder layer attends to: 1 = the last, 2 = the last two, 3 = the last three."""
    qkv_dim: int
    """Q: the width of queries, keys and values over all heads together."""
    position_dim: int
    """Width for which the sinusoidal table and the dropout were set: the widest embed dim of the design space."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ENCODER_LISTS + DECODER_LISTS:
                object.__setattr__(self, field.name, _positive_numbers(field.name, value))
            elif not _is_positive(value):
                raise ValueError(f"{field.name} must be a whole number from 1 to {MOST}, not {value!r}")
        for side, lists in (("encoder", ENCODER_LISTS), ("decoder", DECODER_LISTS)):
            if len({len(getattr(self, name)) for name in lists}) > 1 or not getattr(self, lists[0]):
                raise ValueError(f"{', '.join(lists)} must have one entry for each {side} layer")
        for heads in self.encoder_self_heads + self.decoder_self_heads + self.decoder_cross_heads:
            if self.qkv_dim % heads:
                raise ValueError(f"qkv_dim {self.qkv_dim} is not divisible by {heads} heads")
        if max(self.decoder_attended_layers) > self.encoder_layers:
            raise ValueError(f"decoder_attended_layers {self.decoder_attended_layers} exceed the encoder's layers")
        if max(self.encoder_embed_dim, self.decoder_embed_dim) > self.position_dim:
            raise ValueError(f"position_dim {self.position_dim} is narrower than an embed dim")
        if self.position_dim % 2:
            raise ValueError(f"position_dim {self.position_dim} must be even (half sines, half cosines)")

    @property
    def encoder_layers(self) -> int:
        return len(self.encoder_ffn_dims)

    @property
    def decoder_layers(self) -> int:
        return len(self.decoder_ffn_dims)

    @property
    def key(self) -> str:
        """The architecture as one canonical line: equal keys, equal architectures."""
        return json.dumps(self.to_dict(), separators=(",", ":"))

    def features(self) -> tuple[float, ...]:
        """The ten numbers the paper's latency predictor sees, in the order of `FEATURE_NAMES` (section 3.3)."""
        return (
            self.encoder_embed_dim,
            self.encoder_layers,
            _mean(self.encoder_ffn_dims),
            _mean(self.encoder_self_heads),
            self.decoder_embed_dim,
            self.decoder_layers,
            _mean(self.decoder_ffn_dims),
            _mean(self.decoder_self_heads),
            _mean(self.decoder_cross_heads),
            _mean(self.decoder_attended_layers),
        )

    def to_dict(self) -> dict[str, Any]:
        return _plain(self)

    @classmethod
    def from_dict(cls, record: Any, place: str | os.PathLike[str] = "architecture") -> Self:
        """The inverse of `to_dict`. InputError names `place` when a key is unknown, missing or has an illegal value."""
        _check_keys(record, [field.name for field in fields(cls)], place)
        try:
            return cls(**record)
        except ValueError as error:
            raise InputError(place, str(error)) from None

    def to_row(self) -> dict[str, str]:
        """The architecture as columns of a CSV file: layers separated by semicolons."""
        return {k: ";".join(map(str, v)) if isinstance(v, list) else str(v) for k, v in self.to_dict().items()}

    @classmethod
    def from_row(cls, row: dict[str, str], place: str | os.PathLike[str] = "row") -> Self:
        """The inverse of `to_row`; other columns of `row` are ignored."""
        lists = ENCODER_LISTS + DECODER_LISTS
        record: dict[str, Any] = {}
        for field in fields(cls):
            text = row.get(field.name)
            if text is None:
                raise InputError(place, f"missing column {field.name!r}")
            try:
                record[field.name] = [int(n) for n in str(text).split(";")] if field.name in lists else int(text)
            except ValueError:
                raise InputError(place, f"{field.name}: {text!r}", "whole numbers, separated by ';'") from None
        return cls.from_dict(record, place)

    def save(self, path: str | os.PathLike[str]) -> None:
        write_yaml(path, self.to_dict())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        return cls.from_dict(read_yaml(path), path)


@dataclass(frozen=True, kw_only=True)
class DesignSpace:
    """The choices for each gene. Per-layer genes are chosen for each layer on its own."""

    encoder_embed_dim: tuple[int, ...]
    encoder_layers: tuple[int, ...]
    encoder_ffn_dim: tuple[int, ...]
    encoder_self_heads: tuple[int, ...]
    decoder_embed_dim: tuple[int, ...]
    decoder_layers: tuple[int, ...]
    decoder_ffn_dim: tuple[int, ...]
    decoder_self_heads: tuple[int, ...]
    decoder_cross_heads: tuple[int, ...]
    decoder_attended_layers: tuple[int, ...]
    qkv_dim: int = PAPER_QKV_DIM

    def __post_init__(self) -> None:
        for name in self.choice_names():
            object.__setattr__(self, name, tuple(sorted(set(_positive_numbers(name, getattr(self, name))))))
        if max(self.encoder_layers + self.decoder_layers) > MOST_LAYERS:
            raise ValueError(f"more than {MOST_LAYERS} layers")
        if not _is_positive(self.qkv_dim):
            raise ValueError(f"qkv_dim must be a whole number from 1 to {MOST}, not {self.qkv_dim!r}")
        for heads in self.encoder_self_heads + self.decoder_self_heads + self.decoder_cross_heads:
            if self.qkv_dim % heads:
                raise ValueError(f"qkv_dim {self.qkv_dim} is not divisible by {heads} heads")
        if max(self.decoder_attended_layers) > max(self.encoder_layers):
            raise ValueError("decoder_attended_layers exceeds encoder_layers")
        self.maximum  # noqa: B018  (building the largest member checks the widths)

    @classmethod
    def choice_names(cls) -> tuple[str, ...]:
        return tuple(field.name for field in fields(cls) if field.name != "qkv_dim")

    @classmethod
    def from_dict(cls, record: Any, place: str | os.PathLike[str] = "design space") -> Self:
        """The inverse of `to_dict`. InputError names `place` when a key is unknown, missing or has an illegal value."""
        _check_keys(record, [field.name for field in fields(cls)], place, optional="qkv_dim")
        try:
            return cls(**record)
        except ValueError as error:
            raise InputError(place, str(error)) from None

    def to_dict(self) -> dict[str, Any]:
        return _plain(self)

    @property
    def position_dim(self) -> int:
        return max(self.encoder_embed_dim + self.decoder_embed_dim)

    @property
    def maximum(self) -> SubTransformer:
        """Every gene at its maximum: the architecture whose weights the SuperTransformer holds."""
        return self.decode([max(choices) for choices in self.genes()])

    @property
    def largest(self) -> SubTransformer:
        """`maximum`, attending to two encoder layers where the space has that choice, as the authors validate it."""
        return self._attending_to_two(max)

    @property
    def smallest(self) -> SubTransformer:
        """Every gene at its minimum, attending to two encoder layers like `largest` (the authors' validation pair)."""
        return self._attending_to_two(min)

    def _attending_to_two(self, pick: Any) -> SubTransformer:
        genes = [pick(choices) for choices in self.genes()]
        if 2 in self.decoder_attended_layers:
            deepest = max(self.decoder_layers)
            genes[-deepest:] = [2] * deepest
        return self.decode(genes)

    def genes(self) -> list[tuple[int, ...]]:
        """The legal values at each position of a gene vector (40 positions in the paper's spaces).

        Order: encoder embed dim, layers, FFN dims, heads; decoder embed dim, layers, FFN dims, self-attention heads,
        cross-attention heads, attended encoder layers. Per-layer genes exist for the deepest model; those of layers
        that an architecture does not have are neutral.
        """
        enc, dec = max(self.encoder_layers), max(self.decoder_layers)
        return [
            self.encoder_embed_dim,
            self.encoder_layers,
            *[self.encoder_ffn_dim] * enc,
            *[self.encoder_self_heads] * enc,
            self.decoder_embed_dim,
            self.decoder_layers,
            *[self.decoder_ffn_dim] * dec,
            *[self.decoder_self_heads] * dec,
            *[self.decoder_cross_heads] * dec,
            *[self.decoder_attended_layers] * dec,
        ]

    def decode(self, genes: Sequence[int]) -> SubTransformer:
        """The architecture of a gene vector: neutral genes dropped, attended layers cut to the encoder's depth."""
        values: Iterator[int] = iter(genes)

        def layers(deepest: int, active: int) -> tuple[int, ...]:
            return tuple(next(values) for _ in range(deepest))[:active]

        enc, dec = max(self.encoder_layers), max(self.decoder_layers)
        encoder_embed_dim, encoder_layers = next(values), next(values)
        encoder_ffn_dims, encoder_self_heads = layers(enc, encoder_layers), layers(enc, encoder_layers)
        decoder_embed_dim, decoder_layers = next(values), next(values)
        return SubTransformer(
            encoder_embed_dim=encoder_embed_dim,
            encoder_ffn_dims=encoder_ffn_dims,
            encoder_self_heads=encoder_self_heads,
            decoder_embed_dim=decoder_embed_dim,
            decoder_ffn_dims=layers(dec, decoder_layers),
            decoder_self_heads=layers(dec, decoder_layers),
            decoder_cross_heads=layers(dec, decoder_layers),
            decoder_attended_layers=tuple(min(n, encoder_layers) for n in layers(dec, decoder_layers)),
            qkv_dim=self.qkv_dim,
            position_dim=self.position_dim,
        )

    def __contains__(self, sub: SubTransformer) -> bool:
        attended = {min(n, sub.encoder_layers) for n in self.decoder_attended_layers}
        return (
            sub.encoder_embed_dim in self.encoder_embed_dim
            and sub.encoder_layers in self.encoder_layers
            and set(sub.encoder_ffn_dims) <= set(self.encoder_ffn_dim)
            and set(sub.encoder_self_heads) <= set(self.encoder_self_heads)
            and sub.decoder_embed_dim in self.decoder_embed_dim
            and sub.decoder_layers in self.decoder_layers
            and set(sub.decoder_ffn_dims) <= set(self.decoder_ffn_dim)
            and set(sub.decoder_self_heads) <= set(self.decoder_self_heads)
            and set(sub.decoder_cross_heads) <= set(self.decoder_cross_heads)
            and set(sub.decoder_attended_layers) <= attended
            and (sub.qkv_dim, sub.position_dim) == (self.qkv_dim, self.position_dim)
        )

    def sample_genes(self, rng: random.Random) -> Genes:
        """A gene vector drawn uniformly, every gene on its own."""
        return tuple(rng.choice(choices) for choices in self.genes())

    def sample(self, rng: random.Random) -> SubTransformer:
        """A SubTransformer drawn uniformly over genes (section 2.2)."""
        return self.decode(self.sample_genes(rng))

    def mutate(self, genes: Genes, probability: float, rng: random.Random) -> Genes:
        """Redraw each gene with `probability`; the old value may be drawn again (section 2.3)."""
        return tuple(
            rng.choice(choices) if rng.random() < probability else gene
            for gene, choices in zip(genes, self.genes(), strict=True)
        )

    def crossover(self, first: Genes, second: Genes, rng: random.Random) -> Genes:
        """Each gene from one of two parents, with equal chance."""
        return tuple(rng.choice(pair) for pair in zip(first, second, strict=True))

    def feature_maxima(self) -> tuple[float, ...]:
        """The largest value of each of the ten features, by which a predictor normalises its input."""
        return self.maximum.features()

    def count_genotypes(self) -> int:
        """Distinct gene vectors (2.44e15 in the paper's WMT space)."""
        return prod(len(choices) for choices in self.genes())

    def count_architectures(self) -> int:
        """Distinct SubTransformers (4.18e14 in the paper's WMT space): neutral genes do not count."""
        per_encoder_layer = len(self.encoder_ffn_dim) * len(self.encoder_self_heads)
        per_decoder_layer = len(self.decoder_ffn_dim) * len(self.decoder_self_heads) * len(self.decoder_cross_heads)
        bodies: int = sum(
            per_encoder_layer**enc
            * (per_decoder_layer * len({min(n, enc) for n in self.decoder_attended_layers})) ** dec
            for enc in self.encoder_layers
            for dec in self.decoder_layers
        )
        return len(self.encoder_embed_dim) * len(self.decoder_embed_dim) * bodies


def sampled_subtransformer(space: DesignSpace, seed: int, update: int) -> SubTransformer:
    """The SubTransformer that update number `update` of a SuperTransformer trains, on every rank and after a resume."""
    return space.sample(random.Random(f"{seed}:{update}"))


def _is_positive(value: Any) -> bool:
    return type(value) is int and 0 < value <= MOST


def _positive_numbers(name: str, values: Any) -> tuple[int, ...]:
    if not isinstance(values, (tuple, list)) or not values or not all(map(_is_positive, values)):
        raise ValueError(f"{name} must list whole numbers from 1 to {MOST}, not {values!r}")
    return tuple(values)


def _check_keys(record: Any, names: Sequence[str], place: str | os.PathLike[str], optional: str = "") -> None:
    if not isinstance(record, dict):
        raise InputError(place, "not a mapping", f"the keys {', '.join(names)}")
    for name in record:
        if name not in names:
            raise InputError(place, f"unknown key {name!r}", nearest(str(name), names))
    for name in names:
        if name not in record and name != optional:
            raise InputError(place, f"missing key {name!r}", ", ".join(names))


def _plain(record: SubTransformer | DesignSpace) -> dict[str, Any]:
    """The fields as JSON values; `dataclasses.asdict` copies deeply and is ten times slower."""
    values = ((field.name, getattr(record, field.name)) for field in fields(record))
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values}


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values)
