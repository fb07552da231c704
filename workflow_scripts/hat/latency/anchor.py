"""The anchor: the architecture that is timed in turn with every other one, and what it takes on a device at rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

from hat.architecture import DesignSpace, SubTransformer
from hat.latency.busy import ATTEMPTS, refuse
from hat.latency.doubt import is_doubtful
from hat.latency.signature import Latency
from hat.progress import say


def anchor(space: DesignSpace) -> SubTransformer:
    """The mid-sized architecture of a space: the middle choice of every gene."""
    return space.decode([choices[len(choices) // 2] for choices in space.genes()])


def own_speed(measure: Callable[[], Sequence[Latency]], here: bool = True) -> float:
    """What the anchor takes (ms) at the device's own speed: the median over the raw latencies of `measure`.

    They are measured again when most are those of a busy machine; InputError when they stay so, which says what to
    stop if it is timed `here`.
    """
    for _ in range(ATTEMPTS):
        found = measure()
        anchor_ms = median(latency.anchor_ms for latency in found)
        doubts = sum(is_doubtful(latency.at(anchor_ms).numbers()) for latency in found)
        told = f"{doubts} of {len(found)} latencies are those of a busy machine, the anchor takes {anchor_ms:.2f} ms"
        if 2 * doubts < len(found):
            return anchor_ms
        say(f"anchor: {told}")
    refuse(found[0].signature.device, told, here)
