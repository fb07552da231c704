"""Which engine and number format are the quickest on a device: timed there, not assumed.

A few architectures, each loaded in all of them at once, take turns. Before each timed run comes another of the same
model: what an engine's threads still do when its work is done is then over, and slows down no other one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hat.architecture import DesignSpace, SubTransformer
from hat.engines.factory import RUNS_ON, SHIPPED, create_engine, engine_facts
from hat.engines.interface import Device
from hat.errors import InputError
from hat.latency.anchor import anchor
from hat.latency.protocol import Protocol, Sentence, Workload, time_in_turn
from hat.latency.trimmed_mean import half_width, trimmed

RUNS = 50
COMPARED = "compared.json"
"""What was found, in the working directory of the device."""


def comparison(device: Device, workload: Workload, space: DesignSpace, dtypes: Sequence[str] = ()) -> dict[str, Any]:
    """What to compare, as `compare` takes it: engines in the dtype of the device and in `dtypes`."""
    subs = {"smallest": space.smallest, "anchor": anchor(space), "largest": space.largest}
    compared = {name: sub.to_dict() for name, sub in subs.items()}
    return {"device": asdict(device), "workload": asdict(workload), "dtypes": [*dtypes], "compared": compared}


def compare(told: Mapping[str, Any]) -> dict[str, Any]:
    """Latencies by architecture, engine and dtype (`rows`), and which `engine` and `dtype` to use.

    The first row of an architecture is what the device names, if it is installed; `share` is that of its latency, with
    an `uncertainty` in shares of itself. Another is named only if it is quicker for certain, all in all.

    InputError when there are no two to compare.
    """
    device, workload, protocol = Device(**told["device"]), Workload(**told["workload"]), Protocol(runs=RUNS)
    subs = {name: SubTransformer.from_dict(each) for name, each in told["compared"].items()}
    wanted = [
        replace(device, engine=engine, dtype=dtype)
        for dtype in dict.fromkeys((device.dtype, *told["dtypes"]))
        for engine in dict.fromkeys((device.engine, *SHIPPED))
        if dtype in RUNS_ON[engine].get(device.processor, ())
    ]
    missing = {option: lack for option in wanted if (lack := _lack(option, subs["smallest"], workload))}
    here = [option for option in wanted if option not in missing]
    if len(here) < 2:
        raise InputError(f"device {device.name}", "; ".join(["no two engines to compare", *missing.values()]))
    rows: list[dict[str, Any]] = []
    for name, sub in subs.items():
        times = _times(here, sub, workload, protocol)
        first_ms, _ = trimmed(times[0], protocol.trim)
        for option, ms in zip(here, times, strict=True):
            latency_ms, _ = trimmed(ms, protocol.trim)
            uncertainty = half_width(ms / times[0], protocol.trim)
            numbers = {"latency_ms": latency_ms, "share": latency_ms / first_ms, "uncertainty": uncertainty}
            facts = {key: getattr(engine_facts(option), key) for key in ("engine", "engine_version", "dtype")}
            rows.append({"architecture": name, **facts, **{key: round(value, 6) for key, value in numbers.items()}})
    best, share = _quickest(rows, len(here))
    return {
        **{"device": device.name, "processor": engine_facts(here[0]).processor},
        **{"threads": device.threads, "engine": here[best].engine, "dtype": here[best].dtype, "share": share},
        **{"missing": [*missing.values()], "rows": rows},
    }


def report(compared: Mapping[str, Any]) -> list[str]:
    """What `compare` found, as lines to read."""
    rows = compared["rows"]
    lines = [f"not compared: {lack}" for lack in dict.fromkeys(compared["missing"])]
    lines += [
        f"{row['architecture']:10}{row['engine']:13}{row['dtype']:10}{row['latency_ms']:10.2f} ms"
        f"{row['share']:8.0%} ±{row['uncertainty']:.1%}"
        for row in rows
    ]
    first, chosen = (f"{row['engine']} {row['dtype']}" for row in (rows[0], compared))
    quicker = f"{chosen} takes {compared['share']:.0%} of the time of {first}"
    found = quicker if chosen != first else f"nothing is quicker for certain than {first}"
    return [*lines, f"{found}; the file of the device: engine: {compared['engine']}, dtype: {compared['dtype']}"]


def _quickest(rows: Sequence[Mapping[str, Any]], options: int) -> tuple[int, float]:
    """Which option, and its share of the latency of the first: the geometric mean of all architectures."""
    shares, uncertainties = (
        np.array([row[key] for row in rows]).reshape(-1, options) for key in ("share", "uncertainty")
    )
    overall = np.exp(np.log(shares).mean(axis=0))
    best = int(overall.argmin())
    best = best if overall[best] * (1 + uncertainties[:, best].max()) < 1 else 0
    return best, round(float(overall[best]), 6)


def _lack(option: Device, sub: SubTransformer, workload: Workload) -> str:
    """Why there is no such engine here; empty if there is."""
    try:
        create_engine(sub, workload, option)
    except InputError as error:
        return str(error)
    except ModuleNotFoundError as error:
        return f"the engine {option.engine} needs {error.name}"
    return ""


def _times(
    options: Sequence[Device], sub: SubTransformer, workload: Workload, protocol: Protocol
) -> NDArray[np.float64]:
    """Milliseconds of each run with each option, (options, runs)."""
    loaded = [Sentence(create_engine(sub, workload, option, protocol.beam), workload, protocol) for option in options]
    works = [work for sentence in loaded for work in (sentence.run, sentence.run)]
    return np.array(time_in_turn(works, loaded[0].engine.synchronise, protocol))[1::2]
