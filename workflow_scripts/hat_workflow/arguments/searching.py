"""What the commands that search share: the space, the constraint, how much of the search, and its two tables."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hat.architecture import DesignSpace
from hat.budgets import budget_ms
from hat.predictor.model import Predictor
from hat.progress import Progress, say
from hat.search.evolution import Evaluation, Fastest, Objective, Settings, evolve
from hat.search.limits import SizeLimit
from hat.search.reach import Predict
from hat.search.tables import ranked, write_candidates, write_history

from hat_workflow import settings


def add_arguments(p: argparse.ArgumentParser) -> None:
    """Those of a search within one budget."""
    add_settings(p)
    p.add_argument("--budgets", required=True, type=Path, metavar="JSON", help="budgets in ms")
    p.add_argument("--budget", required=True, metavar="NAME", help="which of them, such as p25 or 120ms")


def add_settings(p: argparse.ArgumentParser) -> None:
    p.add_argument("--space", required=True, help="design space: a name or a .yaml file")
    defaults = Settings()
    p.add_argument("--iterations", type=int, default=defaults.iterations, metavar="N")
    p.add_argument("--population", type=int, default=defaults.population, metavar="N")
    p.add_argument("--parents", type=int, default=defaults.parents, metavar="N", help="survivors of an iteration")
    p.add_argument("--mutants", type=int, default=defaults.mutants, metavar="N")
    p.add_argument("--crossovers", type=int, default=defaults.crossovers, metavar="N")
    p.add_argument("--mutation", type=float, default=defaults.mutation, metavar="P", help="probability for each gene")
    p.add_argument("--max-evaluations", type=int, metavar="N", help="SubTransformers scored before it ends early")
    p.add_argument("--seed", type=int, default=1, metavar="N")


def add_predictor_argument(p: argparse.ArgumentParser) -> None:
    p.add_argument("--predictor", required=True, type=Path, metavar="PT", help="latency predictor of the device")


def add_table_arguments(p: argparse.ArgumentParser) -> None:
    p.add_argument("--history", required=True, type=Path, metavar="CSV", help="every evaluation")
    p.add_argument("--candidates", required=True, type=Path, metavar="CSV", help="all that were scored, by loss")


def design_space(args: argparse.Namespace) -> DesignSpace:
    return settings.design_space(args.space)


def predictor(args: argparse.Namespace) -> Predict:
    return Predictor.load(args.predictor).predict_ms


def search_settings(args: argparse.Namespace) -> Settings:
    """InputError when what was asked for contradicts itself."""
    return Settings(**{name: getattr(args, name) for name in Settings.__dataclass_fields__})


def search(
    args: argparse.Namespace,
    predict: Predict,
    objective: Objective,
    *,
    wanted: Settings | None = None,
    seed: int | None = None,
    asked: Callable[[], int] | None = None,
    fastest_of: Fastest | None = None,
) -> list[Evaluation]:
    """Search as `add_arguments` was answered, with progress; `wanted` and `seed` say otherwise.

    `asked` tells how many losses were computed by this process so far, where others are remembered; `fastest_of` is for
    latencies that are measured (`evolve`).
    """
    wanted = wanted or search_settings(args)
    progress = Progress(f"search {args.budget}", wanted.planned_evaluations, unit="evaluations")
    history, best, known, start = [], float("inf"), 0, asked() if asked else 0
    space, constraint_ms = design_space(args), budget_ms(args.budgets, args.budget)
    limit = SizeLimit.load(args.budgets, args.budget)
    limit.check(space, f"budget {args.budget}")
    chosen = args.seed if seed is None else seed
    for member in evolve(space, limit.applied(predict), objective, constraint_ms, wanted, chosen, fastest_of):
        history.append(member)
        best = min(best, member.loss)
        if member.candidate.origin != "parent":
            now = asked() - start if asked else known + 1
            facts = f"iteration {member.iteration} of {wanted.iterations}, best loss {best:.4f}"
            progress.step(facts, remembered=int(now == known))
            known = now
    say(f"search {args.budget}: {progress.done} SubTransformers, {known} of them scored here, best {best:.4f}")
    return history


def write_tables(args: argparse.Namespace, history: Sequence[Evaluation], belongs_to: Mapping[str, str]) -> None:
    """As `add_table_arguments` was answered; `belongs_to`: task, device, budget."""
    write_history(args.history, history, belongs_to)
    write_candidates(args.candidates, ranked(history), belongs_to)
