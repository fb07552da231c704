"""Fit the latency predictor to measured samples: the paper's MLP and ridge regression, the better one chosen.

Ridge that starts from predictors of other devices is the third where there are any.

Published samples that were measured while the machine ran at another speed are left out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.files import write_json
from hat.frames import write_frame
from hat.predictor.fitting import Known, fit
from hat.predictor.measurements import read_measurements
from hat.predictor.model import Predictor
from hat.predictor.transfer import draw_population
from hat.progress import say
from hat_workflow import command, settings
from hat_workflow.arguments import identity

PARTS = ("validation", "test")


def main(args: argparse.Namespace) -> None:
    space = settings.design_space(args.space)
    data = read_measurements(args.samples, space, args.space)
    known = Known([Predictor.load(path) for path in args.sources], draw_population(space, args.seed))
    fitted = fit(data[data["steady"]], space.feature_maxima(), args.seed, known=known)
    for name, errors in fitted.report["models"].items():
        validation, test = (f"{errors[part]['rmse_ms']:.3g} ms ({errors[part]['mape']:.1%})" for part in PARTS)
        say(f"predictor: {name}: error {validation} on validation folds, {test} on test samples")
    chosen = fitted.report["chosen"]
    interval = fitted.report["models"][chosen]["interval"]
    say(
        f"predictor: {chosen} chosen; misses {interval['coverage']:.0%} by less than {interval['half_width_ms']:.3g} ms"
    )
    fitted.predictor.save(args.predictor)
    own = identity.of(args)
    write_json(args.report, {**own, **fitted.report, "left_out": int((~data["steady"]).sum())})
    write_frame(args.predictions, fitted.test.assign(**own)[[*own, *fitted.test]])


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    identity.add_arguments(p)
    p.add_argument("--samples", required=True, type=Path, metavar="CSV")
    p.add_argument("--space", required=True, help="design space: a name or a .yaml file")
    p.add_argument(
        "--sources", nargs="*", default=[], type=Path, metavar="PT", help="predictors of other devices to learn from"
    )
    p.add_argument("--seed", type=int, default=1, metavar="N", help="of the split and of the MLP's first weights")
    p.add_argument("--predictor", required=True, type=Path, metavar="PT")
    p.add_argument("--report", required=True, type=Path, metavar="JSON", help="its errors")
    p.add_argument(
        "--predictions", required=True, type=Path, metavar="CSV", help="test split: measured and predicted ms"
    )
    return p


if __name__ == "__main__":
    command.run(parser(), main)
