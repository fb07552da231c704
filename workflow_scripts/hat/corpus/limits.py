"""Which training pairs are of no use: the limits of Moses' clean-corpus-n."""

from __future__ import annotations

REASONS = ("empty", "too_long", "ratio")


def reason_to_drop(source: str, target: str, max_length: float, max_ratio: float) -> str | None:
    """Why a pair is of no use for training, if so. Lengths count what stands between spaces."""
    lengths = len(source.split()), len(target.split())
    if min(lengths) == 0:
        return "empty"
    if max(lengths) > max_length:
        return "too_long"
    return "ratio" if max(lengths) > max_ratio * min(lengths) else None
