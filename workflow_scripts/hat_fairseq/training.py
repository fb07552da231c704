"""Training with fairseq's trainer: from a recipe to one finished checkpoint, through a folder that resumes."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from fairseq import options as fairseq_options
from fairseq.dataclass.utils import convert_namespace_to_omegaconf
from fairseq.distributed import utils as distributed_utils
from fairseq.tasks import TASK_REGISTRY
from fairseq_cli import train as fairseq_train
from hat.architecture import SubTransformer
from hat.errors import InputError
from hat.files import file_digest, read_json, write_json, write_yaml
from hat.model.checkpoint import save_checkpoint
from hat.model.transformer import Transformer
from hat.parallel import processes
from hat.progress import say
from torch.multiprocessing import ProcessRaisedException

from hat_fairseq import saving
from hat_fairseq.corpus import digests, statistics
from hat_fairseq.memory import keep_freed_memory
from hat_fairseq.models.transformer import MODEL
from hat_fairseq.tasks.translation import TASK, Record

NEVER = 10**9
LOG = "fairseq.log"
REFUSED = "refused.json"
"""What a process of its own could not go on with: the parts of an InputError."""
PADDING = 1
"""Its index in every dictionary of fairseq."""


class Names(NamedTuple):
    """By which names checkpoints know a kind of model, and fairseq what trains it."""

    family: str
    task: str
    model: str
    criterion: str


@dataclass(frozen=True, kw_only=True)
class Training:
    """One training job of a Transformer. `recipe` is a section of a training file (see config/README.md).

    Subclasses train other models or with other losses: they say what differs, and their module registers it.
    """

    label: str
    corpus: Path
    architecture: SubTransformer
    recipe: dict[str, Any]
    seed: int
    threads: int
    space: dict[str, Any] | None = None
    """The design space when this trains a SuperTransformer; `architecture` is then its maximum."""
    initial: Path | None = None
    """A checkpoint of this architecture whose weights the training starts from."""
    save_every_minutes: float = 10.0
    """The longest that a kill undoes; nothing else depends on it."""

    @property
    def names(self) -> Names:
        return Names("transformer", TASK, MODEL, "label_smoothed_cross_entropy")

    @property
    def further_options(self) -> dict[str, Any]:
        """Further options of a subclass's model or criterion, as fairseq's command line names them."""
        return {}

    def make(self, **facts: Any) -> Any:
        """The model, not yet trained. `facts` are its vocabularies and `padding_index`."""
        return Transformer(self.architecture, **facts)

    def fingerprint(self, code: str) -> dict[str, Any]:
        """Everything that the weights depend on: the name of the rolling folder follows from it."""
        return {
            "code": code,
            "corpus": [statistics(self.corpus)["dictionary"], digests(self.corpus, "train", "valid")],
            "architecture": self.architecture.to_dict(),
            "space": self.space,
            "recipe": self.recipe,
            "seed": self.seed,
            "threads": None if torch.cuda.is_available() else self.threads,  # sums of a CPU depend on their number
            **({"initial": file_digest(self.initial)} if self.initial else {}),
        }

    def run(self, folder: Path) -> tuple[Any, dict[str, Any]]:
        """Train in `folder`, from where an earlier run of the same work got to. The finished model and its facts."""
        done = saving.finished(folder)
        if done is None:
            self._train(folder)
            model, facts = self._finish(folder)
            saving.finish(folder, model.state_dict(), facts)
            return model, facts
        model = self._made()
        model.load_state_dict(done["weights"])
        return model, done["facts"]

    def _train(self, folder: Path) -> None:
        self._check()
        newest = saving.newest_checkpoint(folder)
        done = newest["optimizer_history"][-1]["num_updates"] if newest else 0
        if newest and newest["extra_state"]["val_loss"] is not None:
            # the last run may have been killed before it came to that
            saving.keep_snapshot(folder / saving.LAST, done, self._averaged)
        if done < self.recipe["updates"]:
            self._fairseq(folder)

    def _check(self) -> None:
        for split in ("train", "valid"):
            if not statistics(self.corpus)["lines"].get(split):
                raise InputError(self.corpus, f"the split {split!r} is empty", "at least one sentence pair")
        if self.recipe["precision"] == "fp16" and not torch.cuda.is_available():
            raise InputError(self.label, "precision 'fp16' needs a GPU", "fp32, bf16")
        idle = torch.cuda.device_count() - self._processes
        if idle > 0:
            say(
                f"{self.label}: {idle} GPUs stay idle, for {self.recipe['update_freq']} batches an update (update_freq)"
            )
        if self.recipe["precision"] == "bf16" and not torch.cuda.is_available() and not _cpu_has_bf16():
            say(f"{self.label}: this processor computes bf16 in software; precision: fp32 is faster here")

    @property
    def _processes(self) -> int:
        return processes(self.recipe["update_freq"], torch.cuda.device_count())

    @property
    def _averaged(self) -> int:
        """How many checkpoints are averaged; 0 where the best one is taken."""
        return self.recipe["average_last"] if self.recipe["checkpoint"] == "average" else 0

    def _fairseq(self, folder: Path) -> None:
        self.prepare(folder)
        log_to(folder / LOG)
        say(f"{self.label}: details in {folder / LOG}")
        config = self.parse(self.model_options(folder) | self.trainer_options(folder))
        (folder / REFUSED).unlink(missing_ok=True)
        try:
            distributed_utils.call_main(config, self.work)
        except ProcessRaisedException:
            if (folder / REFUSED).exists():
                raise InputError(*read_json(folder / REFUSED)) from None
            raise

    def work(self, config: Any) -> None:
        """What each process of this training does, one for each GPU.

        A spawned process gets this method pickled: that imports the module of this training's class, and so registers
        all that the training needs.
        """
        keep_freed_memory()
        torch.set_num_threads(self.threads)
        folder = Path(config.checkpoint.save_dir)
        first = distributed_utils.is_master(config.distributed_training)
        log_to(folder / LOG, logging.INFO if first else logging.WARNING)
        try:
            with saving.Saver(self.label, self.save_every_minutes).installed():
                fairseq_train.main(config)
        except InputError as error:
            if first:
                write_json(folder / REFUSED, error.parts)
            raise

    def model_options(self, folder: Path) -> dict[str, Any]:
        """Our task and our model, as fairseq's command line names them; flags are True."""
        return {
            "user-dir": Path(__file__).parent,
            "task": self.names.task,
            "label": self.label,
            "space": folder / "space.yaml" if self.space else "",
            "snapshots": self._averaged,
            "autocast": self.recipe["precision"] == "bf16",
            "fill-unused": self.recipe["precision"] != "fp32",
            "arch": self.names.model,
            "architecture": folder / "architecture.yaml",
            "initial": self.initial or "",
            "share-embeddings": statistics(self.corpus)["dictionary"] == "joint",
            "dropout": self.recipe["dropout"],
            "attention-dropout": self.recipe["attention_dropout"],
            **self.further_options,
        }

    def trainer_options(self, folder: Path) -> dict[str, Any]:
        """Everything else: data, loss, optimizer, schedule, checkpoints."""
        recipe, facts = self.recipe, statistics(self.corpus)
        options = {
            "source-lang": facts["source"],
            "target-lang": facts["target"],
            "criterion": self.names.criterion,
            "label-smoothing": recipe["label_smoothing"],
            "optimizer": "adam",
            "adam-betas": "(0.9, 0.98)",
            "adam-eps": 1e-8,
            "weight-decay": recipe["weight_decay"],
            "clip-norm": recipe["clip_norm"],
            "lr": recipe["lr"],
            "lr-scheduler": recipe["schedule"],
            "warmup-init-lr": recipe["min_lr"],
            "warmup-updates": recipe["warmup_updates"],
            "max-update": recipe["updates"],
            "max-tokens": recipe["max_tokens"],
            "max-tokens-valid": recipe["max_tokens"],
            "update-freq": recipe["update_freq"] // self._processes,
            "required-batch-size-multiple": 1,
            "skip-invalid-size-inputs-valid-test": True,
            "fp16": recipe["precision"] == "fp16",
            "seed": self.seed,
            "num-workers": 0,
            "save-dir": folder,
            "save-interval": NEVER,
            "validate-interval": NEVER,
            "save-interval-updates": recipe["validate_every_updates"],
            "validate-interval-updates": recipe["validate_every_updates"],
            "keep-interval-updates": 1,
            "no-epoch-checkpoints": True,
            "log-format": "none",
            "ddp-backend": "legacy_ddp",
            "distributed-backend": "nccl" if torch.cuda.is_available() else "gloo",
        }
        if recipe["schedule"] == "cosine":
            options["min-lr"] = recipe["min_lr"]
            options["lr-period-updates"] = max(1, recipe["updates"] - recipe["warmup_updates"])
        options["distributed-world-size"] = self._processes
        return options

    def parse(self, options: dict[str, Any]) -> Any:
        """fairseq's configuration of this training from `model_options` and `trainer_options`."""
        named = {name: value for name, value in options.items() if value is not False and value != ""}
        words = [word for name, value in named.items() for word in (f"--{name}", *([] if value is True else [value]))]
        parser = fairseq_options.get_training_parser()
        arguments = [str(self.corpus), *map(str, words)]
        return convert_namespace_to_omegaconf(fairseq_options.parse_args_and_arch(parser, input_args=arguments))

    def prepare(self, folder: Path) -> None:
        """Write the files that `model_options` names."""
        self.architecture.save(folder / "architecture.yaml")
        if self.space:
            write_yaml(folder / "space.yaml", self.space)

    def _made(self) -> Any:
        facts = statistics(self.corpus)
        return self.make(
            source_vocabulary=facts["source_vocabulary"],
            target_vocabulary=facts["target_vocabulary"],
            share_embeddings=facts["dictionary"] == "joint",
            padding_index=PADDING,
        )

    def _finish(self, folder: Path) -> tuple[Any, dict[str, Any]]:
        newest = saving.read_checkpoint(folder / saving.LAST)
        chosen = saving.snapshots(folder) if self._averaged else [folder / saving.BEST]
        weights = _average([saving.read_checkpoint(path)["model"] for path in chosen])
        record = Record(**newest["extra_state"][TASK_REGISTRY[self.names.task].__name__])
        model = self._made()
        model.load_state_dict({name.removeprefix("transformer."): weight for name, weight in weights.items()})
        return model, {
            "updates": newest["optimizer_history"][-1]["num_updates"],
            "epochs": newest["extra_state"]["train_iterator"]["epoch"],
            "best_valid_loss": min(row["valid_loss"] for row in record.rows),
            "last_valid_loss": record.rows[-1]["valid_loss"],
            "checkpoint": f"average of {len(chosen)}" if len(chosen) > 1 else chosen[0].stem,
            "seconds": round(record.seconds, 1),
            "tokens": record.tokens,
            "tokens_per_second": round(record.tokens / max(record.seconds, 1e-9)),
            "label_smoothing": self.recipe["label_smoothing"],
            "family": self.names.family,
            "log": record.rows,
        }

    def save(self, path: Path, model: Any, facts: dict[str, Any]) -> None:
        """Without what two equal trainings differ in: equal work is an equal file."""
        timings = ("seconds", "tokens_per_second", "log")
        save_checkpoint(path, model, **{name: fact for name, fact in facts.items() if name not in timings})


def _average(states: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    return {name: sum(state[name].double() for state in states).div(len(states)).float() for name in states[0]}


def _cpu_has_bf16() -> bool:
    known = Path("/proc/cpuinfo")
    return not known.exists() or "bf16" in known.read_text(errors="replace")


def log_to(path: Path, level: int = logging.INFO) -> None:
    """fairseq's thousand lines go to a file; the terminal shows progress."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
    root.addHandler(logging.FileHandler(path))
    root.setLevel(level)
    logging.getLogger("fairseq").setLevel(level)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # what cannot be logged because the disk is full is no second error
