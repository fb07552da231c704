"""What a training keeps on disk: saved at validations, every few minutes and when told to end; read back whole."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fairseq import checkpoint_utils
from fairseq.file_io import PathManager
from fairseq_cli import train as fairseq_train
from hat.errors import InputError
from hat.model.tensors import read_tensors, refusing, write_tensors
from hat.progress import say

LAST, BEFORE, BEST = "checkpoint_last.pt", "checkpoint_before.pt", "checkpoint_best.pt"
"""The newest checkpoint, the one before it, and that of the lowest validation loss."""
FINISHED = "finished.pt"
"""What a training leaves of them: the weights that were chosen, and the facts about them."""
SAVE_CHECKPOINT, VALIDATE_AND_SAVE, TRAIN = (
    checkpoint_utils.save_checkpoint,
    fairseq_train.validate_and_save,
    fairseq_train.train,
)
TERMINATED = 128 + signal.SIGTERM


class Saver:
    """Stands in for three functions of fairseq's: what saves, what decides after each update, what trains an epoch.

    fairseq remembers the best loss as an attribute of the first, so each training has its own.
    """

    def __init__(self, label: str, every_minutes: float) -> None:
        self.label = label
        self._every_seconds = 60 * every_minutes
        self._saved_at = time.monotonic()
        self._ending = False

    @contextmanager
    def installed(self) -> Iterator[None]:
        checkpoint_utils.save_checkpoint = self
        fairseq_train.validate_and_save, fairseq_train.train = self.after_update, self.train
        PathManager.copy = staticmethod(_copy)  # a link is atomic and costs nothing
        before = signal.signal(signal.SIGTERM, self._end)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)
            checkpoint_utils.save_checkpoint = SAVE_CHECKPOINT
            fairseq_train.validate_and_save, fairseq_train.train = VALIDATE_AND_SAVE, TRAIN

    def __call__(self, config: Any, trainer: Any, epoch: Any, loss: float | None) -> Any:
        """Save; `loss` is that of the validation that this comes after, if any."""
        last = Path(config.save_dir) / LAST
        if trainer.should_save_checkpoint_on_current_rank and last.exists():
            link(last, last.with_name(BEFORE))
        saved = SAVE_CHECKPOINT(config, trainer, epoch, loss)
        self._saved_at = time.monotonic()
        return saved

    def after_update(self, config: Any, trainer: Any, task: Any, epoch: Any, *further: Any) -> Any:
        answer = VALIDATE_AND_SAVE(config, trainer, task, epoch, *further)
        if self._ending or time.monotonic() - self._saved_at > self._every_seconds:
            checkpoint_utils.save_checkpoint(config.checkpoint, trainer, epoch, None)
        if self._ending:
            raise SystemExit(TERMINATED)
        return answer

    def train(self, config: Any, trainer: Any, task: Any, epoch: Any) -> Any:
        """An epoch. InputError when the training diverges."""
        try:
            return TRAIN(config, trainer, task, epoch)
        except FloatingPointError as error:
            folder = Path(config.checkpoint.save_dir)
            (folder / "crash.pt").unlink(missing_ok=True)
            best = min(task.record.rows, key=lambda row: row["valid_loss"], default=None)
            kept = f"kept: {folder / BEST}, of update {best['update']}" if best else "nothing was validated before"
            facts = f"training loss {task.record.train_loss():.4g}, lr {trainer.get_lr():.4g}"
            facts += f", clip_norm {config.optimization.clip_norm:g}"
            problem = f"diverged at update {trainer.get_num_updates() + 1} ({str(error).splitlines()[0]}): {facts}"
            legal = f"a lower lr, more warmup_updates or a lower clip_norm above 0 in its recipe; {kept}"
            raise InputError(self.label, problem, legal) from None

    def _end(self, *_: Any) -> None:
        self._ending = True


def read_checkpoint(path: Path) -> dict[str, Any]:
    """What a training saved. InputError when it is missing or damaged."""
    with refusing(path, "a checkpoint of its training"):
        return dict(read_tensors(path))


def newest_checkpoint(folder: Path) -> dict[str, Any] | None:
    """The newest checkpoint that can be read, which fairseq then finds as `LAST`; damaged ones are set aside."""
    for path in (folder / LAST, folder / BEFORE):
        newest = _read_or_set_aside(path)
        if newest is not None:
            if path.name == BEFORE:
                link(path, folder / LAST)
            return newest
    return None


def finish(folder: Path, weights: dict[str, Any], facts: dict[str, Any]) -> None:
    """Keep what came of a training, and none of the checkpoints that it needed on its way."""
    write_tensors(folder / FINISHED, {"weights": weights, "facts": facts})
    for path in folder.glob("*.pt"):
        if path.name != FINISHED:
            path.unlink()


def finished(folder: Path) -> dict[str, Any] | None:
    """What `finish` kept, if it did."""
    return _read_or_set_aside(folder / FINISHED)


def _read_or_set_aside(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        return read_checkpoint(path)
    except InputError as error:
        damaged = path.with_suffix(".damaged")
        path.replace(damaged)
        say(f"{error}; set aside as {damaged.name}, the training goes on from what was saved before")
        return None


def keep_snapshot(checkpoint: Path, update: int, count: int) -> None:
    """Keep `checkpoint`, written after `update` updates, among the newest `count` snapshots of its folder."""
    if count:
        link(checkpoint, checkpoint.with_name(f"update_{update:09d}.pt"))
        for old in snapshots(checkpoint.parent)[:-count]:
            old.unlink()


def snapshots(folder: Path) -> list[Path]:
    """The snapshots in `folder`, the oldest first: checkpoints of validations, to be averaged."""
    return sorted(folder.glob("update_*.pt"))


def link(source: Path, target: Path) -> None:
    """Give a file a second name, atomically and without a copy; an older `target` is replaced."""
    temporary = target.with_suffix(".link")
    temporary.unlink(missing_ok=True)
    temporary.hardlink_to(source)
    temporary.replace(target)


def _copy(source: str, target: str, overwrite: bool = False) -> bool:
    link(Path(source), Path(target))
    return True
