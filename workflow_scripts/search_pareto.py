"""Search the whole front of latency and validation loss, by inherited weights, in one run (NSGA-II)."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.progress import Progress, say
from hat.search.pareto import front, pareto_search
from hat.search.tables import ranked, write_candidates, write_history
from hat_workflow import command
from hat_workflow.arguments import identity, inheriting, searching


def main(args: argparse.Namespace) -> None:
    wanted = searching.search_settings(args)
    evaluations = args.searches * wanted.planned_evaluations
    progress = Progress("search pareto", evaluations, unit="evaluations")
    history = []
    with inheriting.remembered_loss(args) as loss:
        known = 0
        for member in pareto_search(
            searching.design_space(args),
            searching.predictor(args),
            loss,
            population=wanted.population,
            evaluations=evaluations,
            seed=args.seed,
        ):
            history.append(member)
            progress.step(f"generation {member.iteration}", remembered=int(loss.asked == known))
            known = loss.asked
    found = front(history)
    say(f"search pareto: {progress.done} SubTransformers, {known} of them scored here, {len(found)} on the front")
    write_history(args.history, history, identity.of(args))
    write_candidates(args.front, ranked(found), identity.of(args))


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    identity.add_arguments(p)
    inheriting.add_arguments(p)
    searching.add_predictor_argument(p)
    searching.add_settings(p)
    p.add_argument("--searches", type=int, default=1, metavar="N", help="score as many as N searches do")
    p.add_argument("--history", required=True, type=Path, metavar="CSV", help="every evaluation")
    p.add_argument("--front", required=True, type=Path, metavar="CSV", help="those that none beats in both")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
