"""fairseq's translation task with what HAT adds: a sampled SubTransformer for each update of a SuperTransformer."""

# no `from __future__ import annotations`: fairseq reads the types of its dataclasses at run time

import math
import random
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fairseq.distributed import utils as distributed_utils
from fairseq.logging import metrics
from fairseq.tasks import register_task
from fairseq.tasks.translation import TranslationConfig, TranslationTask
from hat.architecture import DesignSpace, SubTransformer, sampled_subtransformer
from hat.files import read_yaml
from hat.progress import Progress, say
from omegaconf import II

from hat_fairseq.saving import keep_snapshot

TASK = "hat_translation"
RANDOM_VALIDATED = 2


@dataclass
class HatTranslationConfig(TranslationConfig):
    space: str = field(default="", metadata={"help": "YAML file of a design space: train its SuperTransformer"})
    label: str = field(default="training", metadata={"help": "what progress lines call this training"})
    autocast: bool = field(default=False, metadata={"help": "bf16 autocast, on the CPU too"})
    fill_unused: bool = field(
        default=False,
        metadata={"help": "weights that an update did not use get zero gradients: Adam moves them"},
    )
    snapshots: int = field(default=0, metadata={"help": "newest checkpoints that are kept to be averaged"})
    rebuild_batches: bool = field(default=True, metadata={"help": "new batches for each epoch of the training data"})
    seed: int = II("common.seed")
    max_update: int = II("optimization.max_update")


@register_task(TASK, dataclass=HatTranslationConfig)
class HatTranslationTask(TranslationTask):
    """Resumes exactly: batches are rebuilt for each epoch, and what is sampled depends on seed and update alone."""

    cfg: HatTranslationConfig

    def __init__(self, cfg: HatTranslationConfig, source_dictionary: Any, target_dictionary: Any) -> None:
        super().__init__(cfg, source_dictionary, target_dictionary)
        self.space = DesignSpace.from_dict(read_yaml(cfg.space), cfg.space) if cfg.space else None
        self.validated = validated_subtransformers(self.space, cfg.seed) if self.space else {}
        self.record = Record()
        self.progress: Progress | None = None
        self.started: float | None = None
        """When the update that is being computed began."""
        self.told: set[str] = set()
        """The splits of which it was told what is left out."""
        self.unused: list[torch.nn.Parameter] = []
        """Weights that the last update did not use, on any process: all draw one SubTransformer."""

    def get_checkpoint_dict(self) -> dict[str, Any]:
        """What fairseq stores for this task in a checkpoint (it saves `state` but never loads it)."""
        return {type(self).__name__: asdict(self.record)}

    def set_checkpoint_dict(self, saved: dict[str, Any]) -> None:
        self.record = Record(**saved)

    def get_batch_iterator(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        training = dataset is self.datasets.get("train")
        # built once from the starting epoch, batches would differ after a restart in a later epoch
        self.cfg.rebuild_batches = training
        if kwargs.get("max_tokens") is None:  # batches by sentences, of fairseq's own commands
            return super().get_batch_iterator(dataset, *args, **kwargs)
        lengths, positions = dataset.num_tokens_vec(np.arange(len(dataset))), self.cfg.max_source_positions
        if not training:  # a sentence longer than a batch is a batch of its own
            kwargs["max_tokens"] = int(max(kwargs["max_tokens"], min(lengths.max(), positions)))
        left_out = int((lengths > min(kwargs["max_tokens"], positions)).sum())
        what = "training" if training else "validation"
        if left_out and what not in self.told and distributed_utils.get_global_rank() == 0:
            longer = f"longer than a batch (max_tokens) or {positions} subwords"
            say(f"{self.cfg.label}: {left_out} {what} pairs are left out, {longer}")
        self.told.add(what)
        return super().get_batch_iterator(dataset, *args, **kwargs)

    def train_step(
        self, sample: Any, model: Any, criterion: Any, optimizer: Any, update_num: int, ignore_grad: bool = False
    ) -> tuple[Any, Any, Any]:
        if self.progress is None:
            self.progress = Progress(self.cfg.label, self.cfg.max_update, unit="updates", done=update_num)
        if self.space:
            model.transformer.activate(sampled_subtransformer(self.space, self.cfg.seed, update_num))
        for weight in self.unused:
            weight.requires_grad_(True)
        self.started = self.started or time.monotonic()
        with self._autocast(sample):
            results = super().train_step(sample, model, criterion, optimizer, update_num, ignore_grad)
        self.unused = [weight for weight in model.parameters() if weight.grad is None]
        for weight in self.unused:
            if self.cfg.fill_unused:
                weight.grad = torch.zeros_like(weight)
            else:  # what needs no gradient takes no part in the exchange between processes, which fills gaps with zeros
                weight.requires_grad_(False)
        self.record.count(results)
        return results

    def valid_step(self, sample: Any, model: Any, criterion: Any) -> tuple[Any, Any, Any]:
        with self._autocast(sample):
            if not self.space:
                return super().valid_step(sample, model, criterion)
            logs: dict[str, dict[str, Any]] = {}
            for name, sub in self.validated.items():
                model.transformer.activate(sub)
                _, size, logs[name] = super().valid_step(sample, model, criterion)
        means = {key: sum(log[key] for log in logs.values()) / len(logs) for key in ("loss", "nll_loss")}
        each = {f"loss_{name}": log["loss"] for name, log in logs.items()}
        return means["loss"], size, {**logs["largest"], **means, **each}

    def optimizer_step(self, optimizer: Any, model: Any, update_num: int) -> None:
        super().optimizer_step(optimizer, model, update_num)
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.record.seconds += time.monotonic() - (self.started or time.monotonic())
        self.started = None
        assert self.progress is not None
        if distributed_utils.get_global_rank() == 0:
            self.progress.step(self.record.facts())

    def reduce_metrics(self, logging_outputs: list[dict[str, Any]], criterion: Any) -> None:
        super().reduce_metrics(logging_outputs, criterion)
        size = sum(float(log["sample_size"]) for log in logging_outputs if "sample_size" in log)
        for name in self.validated:
            total = sum(float(log[f"loss_{name}"]) for log in logging_outputs if f"loss_{name}" in log)
            if total:
                metrics.log_scalar(f"loss_{name}", total / size / math.log(2), size, round=4)

    def post_validate(self, model: Any, stats: dict[str, Any], agg: Any) -> None:
        """Called by fairseq after each validation: one row of log.csv."""
        losses = {key: float(stats[key]) for key in stats if key.startswith("loss")}
        self.record.validated(int(stats["num_updates"]), losses)

    def post_save(self, path: str, update: int) -> None:
        """Called by fairseq after it saved a checkpoint."""
        keep_snapshot(Path(path), update, self.cfg.snapshots)

    def _autocast(self, sample: dict[str, Any]) -> torch.autocast:
        device = sample["target"].device.type if sample else "cpu"
        return torch.autocast(device, torch.bfloat16, enabled=self.cfg.autocast)


@dataclass
class Record:
    """What training did so far; it travels inside fairseq's checkpoints, so a resumed run continues it."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    tokens: int = 0
    recent_loss: float = 0.0
    recent_size: int = 0
    """What losses are divided by: target tokens, unless the criterion has divided already."""

    def count(self, results: tuple[Any, Any, Any]) -> None:
        """`tokens` are those of all processes of a data-parallel training, taken to share them evenly."""
        log = results[2]
        self.tokens += int(log["ntokens"]) * distributed_utils.get_data_parallel_world_size()
        self.recent_loss += float(log["loss"])
        self.recent_size += int(log["sample_size"])

    def train_loss(self) -> float:
        """Mean loss per target token, base 2, since the last validation."""
        return self.recent_loss / max(1, self.recent_size) / math.log(2)

    def facts(self) -> str:
        facts = f"loss {self.train_loss():.2f}"
        if self.rows:
            facts += f", validation {min(row['valid_loss'] for row in self.rows):.3f}"
        return facts

    def validated(self, update: int, losses: dict[str, float]) -> None:
        row = {"update": update, "train_loss": round(self.train_loss(), 4), "valid_loss": losses.pop("loss")}
        row |= {f"valid_{name}": loss for name, loss in losses.items()}
        self.rows.append(row | {"seconds": round(self.seconds, 1), "tokens": self.tokens})
        self.recent_loss, self.recent_size = 0.0, 0


def validated_subtransformers(space: DesignSpace, seed: int) -> dict[str, SubTransformer]:
    """The SubTransformers a SuperTransformer is validated with: the largest, the smallest and two random ones."""
    rng = random.Random(f"validation:{seed}")
    randoms = {f"random{number}": space.sample(rng) for number in range(1, RANDOM_VALIDATED + 1)}
    return {"largest": space.largest, "smallest": space.smallest, **randoms}
