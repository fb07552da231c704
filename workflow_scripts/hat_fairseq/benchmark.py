"""Speed of training and of search, side by side: contestants take turns over the same work, in one process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import torch
from fairseq import tasks
from fairseq.trainer import Trainer
from fairseq_cli import train as fairseq_train
from hat.architecture import SubTransformer
from hat.model.checkpoint import load_checkpoint
from hat.progress import Progress
from hat.search.memo import Remembered

from hat_fairseq.corpus import statistics
from hat_fairseq.inherited import InheritedLoss
from hat_fairseq.memory import keep_freed_memory
from hat_fairseq.training import Training, log_to

UPDATES_A_TURN = 3
SAME_LOSS = 2e-3
"""fairseq rounds losses to three decimals."""


class Contestant:
    """One training under fairseq's trainer, stopped after each turn."""

    def __init__(self, name: str, training: Training, options: dict[str, Any], folder: Path) -> None:
        self.name = name
        config = training.parse(options | training.trainer_options(folder))
        config.common.tpu = False  # fairseq's --bf16 asks for one
        task = tasks.setup_task(config.task)
        model = task.build_model(config.model)
        self.trainer = Trainer(config, task, model, task.build_criterion(config.criterion))
        self.batches: Iterator[Any] = cycle(self.trainer.get_train_iterator(epoch=1).next_epoch_itr(shuffle=True))
        self.parameters = sum(weight.numel() for weight in model.parameters())
        self.speeds: list[float] = []

    def take_turn(self, counted: bool) -> None:
        tokens, begin = 0, time.perf_counter()
        for _ in range(UPDATES_A_TURN):
            batch = next(self.batches)
            self.trainer.train_step([batch])
            tokens += int(batch["ntokens"])
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        if counted:
            self.speeds.append(tokens / (time.perf_counter() - begin))


def updates(turns: int) -> int:
    """Of each contestant, the turn that does not count included."""
    return UPDATES_A_TURN * (turns + 1)


def compare_training(
    training: Training,
    largest: SubTransformer,
    turns: int,
    folder: Path,
    plain: str = "fp32",
    precisions: Sequence[str] = ("fp32", "bf16"),
) -> list[dict[str, Any]]:
    """Target tokens per second of each contestant, and the median over turns of its ratio to plain fairseq.

    `training` is that of a SuperTransformer; plain fairseq trains, in the precision `plain`, an ordinary Transformer of
    the size of `largest`.
    """
    log_to(folder / "fairseq.log")
    keep_freed_memory()
    theirs = replace(training, recipe=training.recipe | {"precision": plain})
    options = _plain(theirs, largest) | {"bf16": plain == "bf16"}
    contestants = [Contestant(f"fairseq transformer, {plain}", theirs, options, folder)]
    for precision in precisions:
        recipe = training.recipe | {"precision": precision}
        dense = replace(training, recipe=recipe, architecture=largest, space=None)
        for name, job in (("SuperTransformer", replace(training, recipe=recipe)), ("largest SubTransformer", dense)):
            place = folder / f"{name} {precision}"
            place.mkdir(parents=True, exist_ok=True)
            job.prepare(place)
            contestants.append(Contestant(f"{name}, {precision}", job, job.model_options(place), place))
    progress = Progress("benchmark_training", turns + 1, unit="turns")
    for turn in range(turns + 1):
        for contestant in contestants:
            contestant.take_turn(counted=turn > 0)
        progress.step()
    base = contestants[0].speeds
    return [
        {
            "training": contestant.name,
            "parameters": contestant.parameters,
            "tokens_per_second": round(median(contestant.speeds)),
            "ratio": round(median(a / b for a, b in zip(contestant.speeds, base, strict=True)), 3),
        }
        for contestant in contestants
    ]


def _plain(training: Training, largest: SubTransformer) -> dict[str, Any]:
    """fairseq's own Transformer with the widths and depths of `largest` (its heads and attended layers are uniform)."""
    return {
        "task": "translation",
        "arch": "transformer",
        "encoder-embed-dim": largest.encoder_embed_dim,
        "encoder-ffn-embed-dim": max(largest.encoder_ffn_dims),
        "encoder-attention-heads": max(largest.encoder_self_heads),
        "encoder-layers": largest.encoder_layers,
        "decoder-embed-dim": largest.decoder_embed_dim,
        "decoder-ffn-embed-dim": max(largest.decoder_ffn_dims),
        "decoder-attention-heads": max(largest.decoder_self_heads),
        "decoder-layers": largest.decoder_layers,
        "share-all-embeddings": statistics(training.corpus)["dictionary"] == "joint",
        "dropout": training.recipe["dropout"],
        "attention-dropout": training.recipe["attention_dropout"],
    }


def compare_search(
    training: Training, checkpoint: Path, subs: list[SubTransformer], max_tokens: int, folder: Path
) -> list[dict[str, Any]]:
    """Evaluations per second of the same list of SubTransformers, some of them repeated, scored in three ways."""
    log_to(folder / "fairseq.log")
    training.prepare(folder)
    config = training.parse(training.model_options(folder) | training.trainer_options(folder))
    task = tasks.setup_task(config.task)
    model = task.build_model(config.model)
    model.transformer.load_state_dict(load_checkpoint(checkpoint)[0].state_dict())
    trainer = Trainer(config, task, model, task.build_criterion(config.criterion))
    trainer.task.load_dataset("valid")

    def validate(sub: SubTransformer) -> float:
        model.transformer.activate(sub)
        (loss,) = fairseq_train.validate(config, trainer, task, SimpleNamespace(epoch=1), ["valid"])
        return float(loss)

    loss = InheritedLoss(checkpoint, training.corpus, max_tokens=max_tokens)
    progress = Progress("benchmark_search", len(subs), unit="SubTransformers")
    seconds: dict[str, list[float]] = {}
    with Remembered(folder, loss) as remembered:
        ways = {"fairseq's validation loop": validate, "without memo": loss, "with memo": remembered}
        for way in ways.values():
            way(training.architecture)
        for sub in subs:
            scores = []
            for name, way in ways.items():
                begin = time.perf_counter()
                scores.append(way(sub))
                seconds.setdefault(name, []).append(time.perf_counter() - begin)
            if max(scores) - min(scores) > SAME_LOSS:
                raise AssertionError(f"losses differ: {dict(zip(ways, scores, strict=True))}")
            progress.step()
    base = sum(seconds["fairseq's validation loop"])
    return [
        {
            "scoring": name,
            "SubTransformers": len(subs),
            "distinct": len({sub.key for sub in subs}),
            "evaluations_per_second": round(len(subs) / sum(times), 3),
            "ratio": round(base / sum(times), 3),
        }
        for name, times in seconds.items()
    ]
