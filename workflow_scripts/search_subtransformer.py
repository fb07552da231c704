"""Search the SubTransformer with the lowest validation loss, by inherited weights, within a latency budget."""

from __future__ import annotations

import argparse
from pathlib import Path

import command
import configuration
import torch
from code_hash import code_hash
from hat.errors import InputError
from hat.files import file_digest
from hat.latency.budgets import budget_ms
from hat.latency.predictor import Predictor
from hat.progress import Progress, say
from hat.rolling import rolling_folder
from hat.search.evolution import Settings, evolve
from hat.search.memo import RememberedLoss
from hat.search.tables import ranked, write_candidates, write_history
from hat_fairseq.inherited import InheritedLoss

SPLIT = "valid"


def main(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    settings = Settings(**{name: getattr(args, name) for name in Settings.__dataclass_fields__})
    space = configuration.design_space(args.space)
    predictor = Predictor.load(args.predictor)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    objective = InheritedLoss(
        args.supertransformer, args.corpus, split=SPLIT, max_tokens=args.max_tokens, device=device
    )
    if objective.model.architecture != space.maximum:
        raise InputError(args.supertransformer, f"not the SuperTransformer of the design space {args.space}")
    constraint_ms = budget_ms(args.budgets, args.budget)
    # everything a loss depends on and nothing about the budget: all searches of a task share what they learn
    fingerprint = {
        "supertransformer": file_digest(args.supertransformer),
        "corpus": {path.name: file_digest(path) for path in validation_files(args.corpus)},
        "code": code_hash("search_subtransformer"),
        "max_tokens": args.max_tokens,
        "device": device,
    }
    progress = Progress(f"search {args.budget}", settings.planned_evaluations, unit="evaluations")
    history, best, scored = [], float("inf"), 0
    with (
        rolling_folder(args.rolling, "search", fingerprint, shared=True) as folder,
        RememberedLoss(folder, objective) as loss,
    ):
        for member in evolve(space, predictor.predict_ms, loss, constraint_ms, settings, args.seed):
            history.append(member)
            best = min(best, member.loss)
            if member.candidate.origin != "parent":
                facts = f"iteration {member.iteration} of {settings.iterations}, best loss {best:.4f}"
                progress.step(facts, remembered=int(loss.scored == scored))
                scored = loss.scored
        say(
            f"search {args.budget}: {progress.done} SubTransformers, {loss.scored} of them scored here, best {best:.4f}"
        )
    write_history(args.history, history)
    write_candidates(args.candidates, ranked(history))


def validation_files(corpus: Path) -> list[Path]:
    return sorted([*corpus.glob(f"{SPLIT}.*"), *corpus.glob("dict.*")])


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--supertransformer", required=True, type=Path, metavar="PT", help="checkpoint to inherit from")
    p.add_argument("--corpus", required=True, type=Path, metavar="FOLDER", help="binarised corpus")
    p.add_argument("--space", required=True, help="design space: a name or a .yaml file")
    p.add_argument("--predictor", required=True, type=Path, metavar="PT", help="latency predictor of the device")
    p.add_argument("--budgets", required=True, type=Path, metavar="JSON", help="budgets in ms")
    p.add_argument("--budget", required=True, metavar="NAME", help="which of them, such as p25 or 120ms")
    defaults = Settings()
    p.add_argument("--iterations", type=int, default=defaults.iterations, metavar="N")
    p.add_argument("--population", type=int, default=defaults.population, metavar="N")
    p.add_argument("--parents", type=int, default=defaults.parents, metavar="N", help="survivors of an iteration")
    p.add_argument("--mutants", type=int, default=defaults.mutants, metavar="N")
    p.add_argument("--crossovers", type=int, default=defaults.crossovers, metavar="N")
    p.add_argument("--mutation", type=float, default=defaults.mutation, metavar="P", help="probability for each gene")
    p.add_argument("--max-evaluations", type=int, metavar="N", help="end after so many SubTransformers")
    p.add_argument("--max-tokens", type=int, default=4096, metavar="N", help="tokens in a validation batch")
    p.add_argument("--seed", type=int, default=1, metavar="N")
    p.add_argument("--threads", type=int, default=1, metavar="N")
    p.add_argument("--rolling", required=True, type=Path, metavar="FOLDER", help="where losses are remembered")
    p.add_argument("--history", required=True, type=Path, metavar="CSV", help="every evaluation")
    p.add_argument("--candidates", required=True, type=Path, metavar="CSV", help="all that were scored, by loss")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
