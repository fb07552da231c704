"""The device's end of timing from afar: it is told what to time in JSON, a line each, and answers a line each.

The first line says how: device, workload, protocol and anchor; the answer is the signature of this machine. Each line
that follows is an architecture; the answer is its raw latency. What is wrong is answered as {"error": ...}. The end of
the input ends it. It runs from an archive of the modules that it imports (`hat_workflow.kit`), without the rest.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from typing import Any

from hat.architecture import SubTransformer
from hat.engines.interface import Device
from hat.errors import InputError
from hat.latency.protocol import Bench, Protocol, Workload
from hat.latency.signature import Signature


def setting(device: Device, workload: Workload, protocol: Protocol, anchor: SubTransformer) -> dict[str, Any]:
    """The first line: how to time."""
    parts = {"device": asdict(device), "workload": asdict(workload), "protocol": asdict(protocol)}
    return {**parts, "anchor": anchor.to_dict()}


def answers(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The answer to each line of a conversation."""
    bench: Bench | None = None
    for line in lines:
        try:
            told = json.loads(line)
            if bench is None:
                bench = _bench(told)
                yield {"signature": bench.signature.to_dict()}
            else:
                yield {"numbers": bench.measure(SubTransformer.from_dict(told)).numbers()}
        except InputError as error:
            yield {"error": str(error)}
        except ImportError as error:
            yield {"error": f"{error}: install it in the Python that the device file names"}


def _bench(told: dict[str, Any]) -> Bench:
    return Bench(
        Device(**told["device"]),
        Workload(**told["workload"]),
        Protocol(**told["protocol"]),
        SubTransformer.from_dict(told["anchor"]),
    )


def signature_of(answer: dict[str, Any], commit: str | None) -> Signature:
    """The signature of the machine that answered, measuring with the code of this checkout."""
    return replace(Signature.from_dict(answer["signature"], "device"), commit=commit)


def main() -> None:
    """Answer on standard output what is told on standard input."""
    for answer in answers(sys.stdin):
        print(json.dumps(answer), flush=True)
