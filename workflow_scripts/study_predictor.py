"""Fit latency predictors in many ways to one data set, and write what each of them misses on the test rows."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import pandas as pd
from hat.frames import write_frame
from hat.predictor.measurements import read_measurements
from hat.predictor.studying import planned_fits, study
from hat.progress import Progress
from hat_workflow import command, settings
from hat_workflow.arguments import identity


def main(args: argparse.Namespace) -> None:
    space = settings.design_space(args.space)
    data = read_measurements(args.samples, space, args.space)
    seeds = range(args.seeds)
    progress = Progress(f"study {args.device_name}", 2 * planned_fits(data, seeds), unit="predictors")
    rows = []
    for trial in study(data, space.feature_maxima(), args.seed, seeds):
        rows.append({**identity.of(args), **asdict(trial)})
        progress.step()
    write_frame(args.output, pd.DataFrame(rows))


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    identity.add_arguments(p)
    p.add_argument("--samples", required=True, type=Path, metavar="CSV")
    p.add_argument("--space", required=True, help="design space: a name or a .yaml file")
    p.add_argument("--seed", type=int, default=0, metavar="N", help="of the split into train, validation and test")
    p.add_argument("--seeds", type=command.positive, default=5, metavar="N", help="repetitions (default: %(default)s)")
    p.add_argument("--output", required=True, type=Path, metavar="CSV", help="a row for each predictor")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
