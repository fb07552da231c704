"""Searches that measure each candidate on the device, beside those that ask a predictor: what they find and cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hat.files import JsonFile, read_csv
from hat.paper.comparison import Comparison, Facts


@dataclass(frozen=True, kw_only=True)
class Searches:
    """Both searches within one budget."""

    task: str
    hardware: str
    offline: Facts
    online: Facts

    @classmethod
    def load(cls, offline: Path, online: Path, samples: Path, reference: Path) -> Self:
        """From .../{task}/search/{device}/{budget}/confirmed.json, its online like, and the device's samples."""
        _, hardware, _, task, *_ = (folder.name for folder in offline.resolve().parents)
        record = JsonFile(reference)
        runs, anchor_ms = record.number("signature", "runs"), record.number("anchor_ms")
        latencies_ms = [float(row["latency_ms"]) for row in read_csv(samples, ["latency_ms"])]
        timed_seconds = sum(latency_ms + anchor_ms for latency_ms in latencies_ms) * runs / 1000
        cost = {"measured": len(latencies_ms), "timed_seconds": timed_seconds}
        theirs = JsonFile(online)
        return cls(
            task=task,
            hardware=hardware,
            offline=_found(JsonFile(offline)) | cost,
            online=_found(theirs) | {name: theirs.number(name) for name in cost},
        )


def online(found: Sequence[Searches]) -> Comparison:
    return Comparison(
        name="Online search",
        caption="Searches that ask a predictor (offline) and that measure each candidate (online)",
        columns=("budget_ms", "latency_ms", "inherited_valid_loss", "measured", "timed_seconds"),
        groups=[
            [
                {"task": each.task, "hardware": each.hardware, "model": "Offline", **each.offline},
                {"task": each.task, "hardware": each.hardware, "model": "Online", **each.online},
            ]
            for each in found
        ],
        notes=[
            "Latency: of the SubTransformer taken, measured as often as all models of Table 8. Both searches score as "
            "many SubTransformers, by their validation loss with inherited weights.",
            "Timing: the timed runs of all models timed, and of the anchor in turn with them. Offline, they are the "
            "samples from which the predictor learned; these serve all budgets of a device. Online, each has its own.",
        ],
    )


def _found(record: JsonFile) -> dict[str, float]:
    return {
        "budget_ms": record.number("budget_ms"),
        "latency_ms": record.number("latency_ms"),
        "inherited_valid_loss": record.number("loss"),
    }
