"""The latency predictor: milliseconds from the ten features of a SubTransformer (HAT, section 3.3).

Models stand side by side: the paper's MLP on the normalised features, ridge regression on products of them and, where
predictors of other devices are known, ridge that starts from those (`hat.predictor.transfer`). The one with the least
error in cross-validation is `chosen`. Predicting needs torch alone; `hat.predictor.fitting` fits.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from typing import Any, Literal, Self

import torch
from torch import Tensor, nn

from hat.architecture import FEATURE_NAMES, SubTransformer
from hat.features import DECODER_LAYERS, layer_products
from hat.files import JsonFile
from hat.model.tensors import read_tensors, refusing, write_tensors

Model = Literal["mlp", "ridge", "transfer"]
LEARNED_ALONE: tuple[Model, ...] = ("mlp", "ridge")
HIDDEN = 400
FORMAT = "hat latency predictor 1"


class Predictor:
    """Latency in ms of SubTransformers on one device."""

    def __init__(
        self,
        maxima: Sequence[float],
        mlp: nn.Sequential,
        scale_ms: float,
        ridge: Tensor,
        chosen: Model,
        transfer: Tensor | None = None,
    ) -> None:
        self.maxima = torch.as_tensor(maxima, dtype=torch.float64)
        """(10,) what the features are divided by."""
        self.mlp, self.scale_ms = mlp, scale_ms
        """The MLP's output is in units of `scale_ms`."""
        self.ridge = ridge
        """(k + 1,) float64: the intercept, then a coefficient for each engineered feature, in ms."""
        self.transfer = transfer
        """The same, learned from other devices' as well; None where none were known."""
        self.chosen = chosen

    @property
    def models(self) -> tuple[Model, ...]:
        return LEARNED_ALONE if self.transfer is None else (*LEARNED_ALONE, "transfer")

    @property
    def coefficients(self) -> Tensor:
        """Of the linear model that knows most: (k + 1,) as `ridge`."""
        return self.ridge if self.transfer is None else self.transfer

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
        name = model or self.chosen
        if name == "mlp":
            normalised: Tensor = self.mlp((features.double() / self.maxima).float())
            return normalised[:, 0].double() * self.scale_ms
        weights = self.ridge if name == "ridge" else self.transfer
        if weights is None:
            raise ValueError(f"no model {name!r}")
        return weights[0] + engineered(features.double(), self.maxima) @ weights[1:]

    def save(self, path: str | os.PathLike[str]) -> None:
        record = {
            "format": FORMAT,
            "features": list(FEATURE_NAMES),
            "maxima": self.maxima,
            "mlp": [weight.data for weight in self.mlp.parameters()],
            "scale_ms": self.scale_ms,
            "ridge": self.ridge,
            **({} if self.transfer is None else {"transfer": self.transfer}),
            "chosen": self.chosen,
        }
        write_tensors(path, record)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The inverse of `save`; loads tensors and plain values only. InputError when `path` is no predictor."""
        with refusing(path, "a latency predictor"):
            return cls._from_record(read_tensors(path))

    @classmethod
    def _from_record(cls, record: Any) -> Self:
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            raise ValueError(f"not in the format {FORMAT!r}")
        if record["features"] != list(FEATURE_NAMES):
            raise ValueError("other features")
        weights = record["mlp"]
        mlp = build_mlp([weights[0].shape[1], *(bias.shape[0] for bias in weights[1::2])])
        mlp.load_state_dict(dict(zip(mlp.state_dict(), weights, strict=True)))
        mlp.requires_grad_(False)
        linear = {name: record[name].double() for name in ("ridge", "transfer") if name in record}
        predictor = cls(record["maxima"], mlp, float(record["scale_ms"]), chosen=record["chosen"], **linear)
        if predictor.chosen not in predictor.models:
            raise ValueError("no such model")
        probe = predictor.maxima[None]
        if not all(torch.isfinite(predictor.predict(probe, model)).all() for model in predictor.models):
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
    """Raw features (N, 10) -> (N, k): normalised; decoder depth one-hot; `layer_products`."""
    x = features / maxima
    depths = torch.arange(1, int(maxima[DECODER_LAYERS]) + 1, dtype=features.dtype)
    one_hot = (features[:, DECODER_LAYERS, None] == depths).to(x)
    return torch.cat((x, one_hot, torch.stack(layer_products(x.T), dim=1)), dim=1)
