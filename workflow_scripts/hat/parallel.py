"""How data-parallel training shares the batches of an update."""

from __future__ import annotations


def processes(update_freq: int, gpus: int) -> int:
    """As many as there are GPUs, at least one, or fewer: each computes as many of an update's `update_freq` batches."""
    return max(number for number in range(1, max(1, gpus) + 1) if update_freq % number == 0)
