"""Predict the latency of models on a device that is not at hand."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from hat.architecture import SubTransformer
from hat.errors import InputError
from hat.frames import write_frame
from hat.predictor.model import Predictor, reported_rmse_ms
from hat_workflow import command
from hat_workflow.arguments import identity


def main(args: argparse.Namespace) -> None:
    if len(args.models) != len(args.architectures):
        raise InputError("--architectures", f"{len(args.architectures)} for {len(args.models)} models", "one for each")
    predicted = Predictor.load(args.predictor).predict_ms([*map(SubTransformer.load, args.architectures)])
    columns = {
        **identity.of(args),
        "model": args.models,
        "predicted_ms": predicted,
        "rmse_ms": reported_rmse_ms(args.report),
    }
    write_frame(args.output, pd.DataFrame(columns))


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    identity.add_arguments(p)
    p.add_argument("--predictor", required=True, type=Path, metavar="PT")
    p.add_argument("--report", required=True, type=Path, metavar="JSON", help="the predictor's errors")
    p.add_argument("--models", required=True, nargs="+", metavar="NAME")
    p.add_argument("--architectures", required=True, nargs="+", type=Path, metavar="YAML", help="in that order")
    p.add_argument("--output", required=True, type=Path, metavar="CSV", help="a row for each model")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
