"""Learn one device from few samples, alone and from the predictors of other devices, and write what each try misses."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import pandas as pd
from hat.frames import write_frame
from hat.predictor.few_samples import planned_trials, study
from hat.predictor.measurements import read_measurements
from hat.predictor.model import Predictor
from hat.progress import Progress
from hat_workflow import command, settings
from hat_workflow.arguments import identity


def main(args: argparse.Namespace) -> None:
    space = settings.design_space(args.space)
    data = read_measurements(args.samples, space, args.space)
    data = data[data["steady"]]
    same, other = ([Predictor.load(path) for path in paths] for paths in (args.same_task, args.other_tasks))
    sources = ({"same task": same} if same else {}) | ({"all tasks": same + other} if other else {})
    progress = Progress(
        f"transfer to {args.device_name}", planned_trials(len(data), len(sources), args.draws), unit="predictors"
    )
    rows = []
    for trial in study(data, space, sources, args.seed, args.draws):
        rows.append({**identity.of(args), **asdict(trial)})
        progress.step()
    write_frame(args.output, pd.DataFrame(rows))


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    identity.add_arguments(p)
    p.add_argument("--samples", required=True, type=Path, metavar="CSV")
    p.add_argument("--space", required=True, help="design space: a name or a .yaml file")
    for flag, which in (("--same-task", "this task"), ("--other-tasks", "other tasks")):
        p.add_argument(
            flag, nargs="*", default=[], type=Path, metavar="PT", help=f"predictors of other devices for {which}"
        )
    p.add_argument("--seed", type=int, default=0, metavar="N", help="of the test rows and of the draws")
    p.add_argument("--draws", type=command.positive, default=10, metavar="N", help="of samples (default: %(default)s)")
    p.add_argument("--output", required=True, type=Path, metavar="CSV", help="a row for each try")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
