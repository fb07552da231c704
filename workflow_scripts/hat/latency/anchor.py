"""The anchor: the architecture that is timed in turn with every other one, and what it takes on a device at rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from hat.architecture import DesignSpace, SubTransformer
from hat.latency.busy import refuse
from hat.latency.doubt import is_doubtful
from hat.latency.signature import Latency
from hat.progress import say

FEWEST_ROUNDS, MOST_ROUNDS = 5, 15
STEADY = 1.2
"""So many times may the slowest of the first rounds take what the fastest does."""
PAUSE_SECONDS = 2.0
"""Between further rounds: a machine that others share is slower for ten seconds or half a minute at a time."""


def anchor(space: DesignSpace) -> SubTransformer:
    """The mid-sized architecture of a space: the middle choice of every gene."""
    return space.decode([choices[len(choices) // 2] for choices in space.genes()])


def own_speed(measure: Callable[[], Latency], here: bool = True, sleep: Callable[[float], None] = time.sleep) -> float:
    """What the anchor takes (ms) at the device's own speed, by as many raw latencies of `measure` as it takes to tell.

    On an unsteady machine these are more, and apart in time. InputError as `settled`.
    """
    found = [measure() for _ in range(FEWEST_ROUNDS)]
    fastest, *_, slowest = sorted(latency.anchor_ms for latency in found)
    if slowest > STEADY * fastest:
        say(f"anchor: {fastest:.2f} to {slowest:.2f} ms, not steady: it is timed for longer")
        while len(found) < MOST_ROUNDS:
            sleep(PAUSE_SECONDS)
            found.append(measure())
    return settled(found, here)


def settled(found: Sequence[Latency], here: bool = True) -> float:
    """What the anchor takes (ms) at the device's own speed: the lower quartile, as other work only ever slows it down.

    InputError when half of the raw latencies are those of a busy machine: it says what to stop if timed `here`.
    """
    anchor_ms = sorted(latency.anchor_ms for latency in found)[len(found) // 4]
    doubts = sum(is_doubtful(latency.at(anchor_ms).numbers()) for latency in found)
    if 2 * doubts >= len(found):
        told = f"{doubts} of {len(found)} latencies are those of a busy machine, the anchor takes {anchor_ms:.2f} ms"
        refuse(found[0].signature.device, told, here)
    return anchor_ms
