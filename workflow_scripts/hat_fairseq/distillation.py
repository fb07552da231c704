"""Knowledge distillation at the token level: a student learns from a teacher's most likely words (HAT, section 4.2)."""

# no `from __future__ import annotations`: fairseq reads the types of its dataclasses at run time

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from fairseq.criterions import register_criterion
from fairseq.criterions.label_smoothed_cross_entropy import (
    LabelSmoothedCrossEntropyCriterion,
    LabelSmoothedCrossEntropyCriterionConfig,
)
from hat.files import file_digest
from hat.model.checkpoint import load_checkpoint
from torch import Tensor

from hat_fairseq.training import Names, Training

TOP = 5
"""The paper's number of soft labels."""
WEIGHT = 0.5
"""The teacher's share of the loss; the paper does not tell its own."""


@dataclass
class DistillationConfig(LabelSmoothedCrossEntropyCriterionConfig):
    teacher: str = field(default="", metadata={"help": "checkpoint of the teacher, one of this project"})


@register_criterion("hat_distillation", dataclass=DistillationConfig)
class DistillationCriterion(LabelSmoothedCrossEntropyCriterion):
    """Half the label-smoothed cross-entropy, half the cross-entropy against the teacher's five most likely words.

    Validation uses the first half alone, so that losses compare with those of a training without a teacher.
    """

    def __init__(self, task: Any, sentence_avg: bool, label_smoothing: float, teacher: str) -> None:
        super().__init__(task, sentence_avg, label_smoothing)
        model, _ = load_checkpoint(Path(teacher))
        # in a tuple, so that the teacher is no part of what is trained and saved
        self._teacher = (model.requires_grad_(False),)

    def compute_loss(self, model: Any, net_output: Any, sample: Any, reduce: bool = True) -> tuple[Tensor, Tensor]:
        loss, nll_loss = super().compute_loss(model, net_output, sample, reduce)
        if not model.training:
            return loss, nll_loss
        inputs, target = sample["net_input"], sample["target"]
        with torch.no_grad():
            teacher = self._teacher[0].to(target.device)
            theirs = teacher(inputs["src_tokens"], inputs["prev_output_tokens"]).float()
        soft = soft_loss(net_output[0].float(), theirs)[target.ne(self.padding_idx)]
        return (1 - WEIGHT) * loss + WEIGHT * (soft.sum() if reduce else soft), nll_loss


@dataclass(frozen=True, kw_only=True)
class Distillation(Training):
    """The training of a student by the references and by `teacher`, a checkpoint of this project."""

    teacher: Path

    @property
    def names(self) -> Names:
        return super().names._replace(criterion="hat_distillation")

    @property
    def further_options(self) -> dict[str, Any]:
        return {"teacher": self.teacher}

    def fingerprint(self, code: str) -> dict[str, Any]:
        return {**super().fingerprint(code), "teacher": file_digest(self.teacher)}


def soft_loss(logits: Tensor, teacher: Tensor) -> Tensor:
    """Cross-entropy (B, T), in nats, of `logits` (B, T, V) against the teacher's `TOP` words, their odds kept."""
    values, words = teacher.topk(TOP, dim=-1)
    return -(torch.softmax(values, dim=-1) * F.log_softmax(logits, dim=-1).gather(-1, words)).sum(-1)
