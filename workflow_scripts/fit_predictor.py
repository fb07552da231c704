"""Fit the latency predictor to measured samples: the paper's MLP and ridge regression, the better one chosen.

Published samples that were measured while the machine ran at another speed are left out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.files import write_json
from hat.frames import write_frame
from hat.predictor.fitting import fit
from hat.predictor.measurements import read_measurements
from hat.progress import say
from hat_workflow import command, settings
from hat_workflow.arguments import identity


def main(args: argparse.Namespace) -> None:
    space = settings.design_space(args.space)
    data = read_measurements(args.samples, space, args.space)
    fitted = fit(data[data["steady"]], space.feature_maxima(), args.seed)
    for name, errors in fitted.report["models"].items():
        say(f"predictor: {name}: test error {errors['test']['rmse_ms']:.3g} ms ({errors['test']['mape']:.1%})")
    fitted.predictor.save(args.predictor)
    own = identity.of(args)
    write_json(args.report, {**own, **fitted.report, "left_out": int((~data["steady"]).sum())})
    write_frame(args.predictions, fitted.test.assign(**own)[[*own, *fitted.test]])


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    identity.add_arguments(p)
    p.add_argument("--samples", required=True, type=Path, metavar="CSV")
    p.add_argument("--space", required=True, help="design space: a name or a .yaml file")
    p.add_argument("--seed", type=int, default=1, metavar="N", help="of the split and of the MLP's first weights")
    p.add_argument("--predictor", required=True, type=Path, metavar="PT")
    p.add_argument("--report", required=True, type=Path, metavar="JSON", help="its errors")
    p.add_argument(
        "--predictions", required=True, type=Path, metavar="CSV", help="test split: measured and predicted ms"
    )
    return p


if __name__ == "__main__":
    command.run(parser(), main)
