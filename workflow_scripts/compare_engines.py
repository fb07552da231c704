"""Compare LiteRT and ONNX Runtime on a device, as far as they are installed there, beside the engine of its file.

The smallest and the largest architecture of the design space and its anchor are timed in each, in turn. What is the
quickest is told, with the lines for the device's file; nothing is changed. For a device that ssh does not reach:
`pack_device`, and there `python3 kit.pyz --compare`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.engines.factory import DTYPES
from hat.errors import InputError
from hat.files import write_json
from hat.latency.comparing import COMPARED, compare, report
from hat.latency.remote import Ssh, ask
from hat.progress import say
from hat_workflow import command, experiment, measuring, settings
from hat_workflow.kit import comparing_kit


def main(args: argparse.Namespace) -> None:
    asked = experiment.read(args.experiment, device=args.device)
    name = settings.find("device", args.device).stem
    record = asked.files["device"][name][1]
    if record["published"] is not None or record["measured"]:
        raise InputError(args.device, "is not reached from here", "on the device: python3 kit.pyz --compare")
    told = measuring.engines(asked, name, args.dtypes)
    kit = comparing_kit(record["engine"])
    found = ask(name, Ssh(**record["ssh"]), kit, told) if record["ssh"] else compare(told)
    write_json(args.output, found)
    say("\n".join(report(found)))


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--experiment", required=True, help="experiment: its name or its file")
    p.add_argument("--device", required=True, help="device: a name or a .yaml file")
    p.add_argument("--dtypes", nargs="+", default=(), choices=DTYPES, help="number formats besides the device's")
    p.add_argument("--output", type=Path, default=Path(COMPARED), metavar="JSON", help="default: %(default)s")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
