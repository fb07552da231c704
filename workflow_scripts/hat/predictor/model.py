"""The latency predictor: milliseconds from the ten features of a SubTransformer (HAT, section 3.3).

Two models stand side by side: the paper's MLP on the normalised features, and ridge regression on products of them. The
one with the smaller validation error is `chosen`. Predicting needs torch alone; `hat.predictor.fitting` fits.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from typing import Any, Literal, Self, get_args

import torch
from torch import Tensor, nn

from hat.architecture import FEATURE_NAMES, SubTransformer
from hat.errors import InputError
from hat.files import JsonFile
from hat.model.checkpoint import write_tensors

Model = Literal["mlp", "ridge"]
MODELS: tuple[Model, ...] = get_args(Model)
HIDDEN = 400
FORMAT = "hat latency predictor 1"


class Predictor:
    """Latency in ms of SubTransformers on one device."""

    def __init__(self, maxima: Sequence[float], mlp: nn.Sequential, scale_ms: float, ridge: Tensor, chosen: Model):
        self.maxima = torch.as_tensor(maxima, dtype=torch.float64)
        """(10,) what the features are divided by."""
        self.mlp, self.scale_ms = mlp, scale_ms
        """The MLP's output is in units of `scale_ms`."""
        self.ridge = ridge
        """(k + 1,) float64: the intercept, then a coefficient for each engineered feature, in ms."""
        self.chosen = chosen

    def predict_ms(self, subs: Sequence[SubTransformer]) -> list[float]:
        """The chosen model's latency of each SubTransformer."""
        if not subs:
            return []
        features = torch.tensor([sub.features() for sub in subs], dtype=torch.float64)
        found: list[float] = self.predict(features).tolist()
        return found

    @torch.no_grad()
    def predict(self, features: Tensor, model: Model | None = None) -> Tensor:
        """Raw features (N, 10) -> latency in ms (N,), by the chosen model unless another is named."""
        if (model or self.chosen) == "ridge":
            return self.ridge[0] + engineered(features.double(), self.maxima) @ self.ridge[1:]
        normalised: Tensor = self.mlp((features.double() / self.maxima).float())
        return normalised[:, 0].double() * self.scale_ms

    def save(self, path: str | os.PathLike[str]) -> None:
        record = {
            "format": FORMAT,
            "features": list(FEATURE_NAMES),
            "maxima": self.maxima,
            "mlp": [weight.data for weight in self.mlp.parameters()],
            "scale_ms": self.scale_ms,
            "ridge": self.ridge,
            "chosen": self.chosen,
        }
        write_tensors(path, record)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The inverse of `save`; loads tensors and plain values only. InputError when `path` is no predictor."""
        try:
            return cls._from_record(torch.load(path, map_location="cpu", weights_only=True))
        except OSError as error:
            raise InputError(path, error.strerror or "cannot be read", "a latency predictor") from None
        except Exception as error:  # torch.load raises whatever the broken bytes lead it to
            problem = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InputError(path, f"corrupt or not a latency predictor ({problem[:80]})", "refit it") from None

    @classmethod
    def _from_record(cls, record: Any) -> Self:
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            raise ValueError(f"not in the format {FORMAT!r}")
        if record["features"] != list(FEATURE_NAMES) or record["chosen"] not in MODELS:
            raise ValueError("other features or models")
        weights = record["mlp"]
        mlp = build_mlp([weights[0].shape[1], *(bias.shape[0] for bias in weights[1::2])])
        mlp.load_state_dict(dict(zip(mlp.state_dict(), weights, strict=True)))
        mlp.requires_grad_(False)
        predictor = cls(record["maxima"], mlp, float(record["scale_ms"]), record["ridge"].double(), record["chosen"])
        probe = predictor.maxima[None]
        if not all(torch.isfinite(predictor.predict(probe, model)).all() for model in MODELS):
            raise ValueError("predicts no finite latency")
        return predictor


def reported_rmse_ms(path: str | os.PathLike[str]) -> float:
    """The test error of the chosen model, from a predictor's report. InputError when the file is no such report."""
    report = JsonFile(path)
    return report.number("models", str(report["chosen"]), "test", "rmse_ms")


def build_mlp(widths: Sequence[int]) -> nn.Sequential:
    """Linear layers of these widths, input first, ReLU between them."""
    layers: list[nn.Module] = []
    for columns, rows in itertools.pairwise(widths):
        layers += [nn.Linear(columns, rows), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def engineered(features: Tensor, maxima: Tensor) -> Tensor:
    """Raw features (N, 10) -> (N, k): normalised; decoder depth one-hot; depth times what it multiplies.

    A layer costs what its widths, FFN, heads and attended layers cost, and a model the sum over its layers: depth times
    the layers' mean is that sum.
    """
    x = features / maxima
    enc_dim, enc_layers, enc_ffn, enc_heads, dec_dim, dec_layers, dec_ffn, self_heads, cross_heads, attended = x.T
    depths = torch.arange(1, int(maxima[5]) + 1, dtype=features.dtype)
    products = [
        enc_layers * enc_dim,
        enc_layers * enc_ffn,
        enc_layers * enc_heads,
        enc_layers * enc_ffn * enc_dim,
        dec_layers * dec_dim,
        dec_layers * dec_ffn,
        dec_layers * self_heads,
        dec_layers * cross_heads,
        dec_layers * attended,
        dec_layers * dec_ffn * dec_dim,
        dec_layers * attended * enc_dim,
    ]
    return torch.cat((x, (features[:, 5:6] == depths).to(x), torch.stack(products, dim=1)), dim=1)
