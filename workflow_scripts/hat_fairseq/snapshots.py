"""The checkpoints that a training averages: one for each validation, under a name of its own."""

from __future__ import annotations

from pathlib import Path


def link(source: Path, target: Path) -> None:
    """Give a file a second name, atomically and without a copy; an older `target` is replaced."""
    temporary = target.with_suffix(".link")
    temporary.unlink(missing_ok=True)
    temporary.hardlink_to(source)
    temporary.replace(target)


def keep_snapshot(checkpoint: Path, update: int, count: int) -> None:
    """Keep `checkpoint`, written after `update` updates, among the newest `count` snapshots of its folder."""
    if count:
        link(checkpoint, checkpoint.with_name(f"update_{update:09d}.pt"))
        for old in snapshots(checkpoint.parent)[:-count]:
            old.unlink()


def snapshots(folder: Path) -> list[Path]:
    """The snapshots in `folder`, the oldest first."""
    return sorted(folder.glob("update_*.pt"))
