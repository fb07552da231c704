"""Train one dense Transformer, from scratch or from given weights, from the references alone or from a teacher, too."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from hat.architecture import SubTransformer
from hat.cost import count_flops, count_parameters
from hat.files import write_json
from hat.footprint import projection_flops
from hat.footprint import training as footprint
from hat.rolling import rolling_folder
from hat_fairseq.corpus import statistics
from hat_fairseq.model import FAMILIES
from hat_fairseq.rivals.levenshtein import PUBLISHED_ITERATIONS, refinement_flops
from hat_fairseq.rivals.shared import counted, flops
from hat_fairseq.training import Training
from hat_workflow import command, settings
from hat_workflow.code_hash import code_hash


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--architecture", type=Path, required=True, help="YAML file of the architecture")
    options.add_argument("--corpus", type=Path, required=True, help="folder of the binarised corpus")
    options.add_argument("--training", required=True, help="training file; its section 'subtransformer' is used")
    options.add_argument("--family", choices=tuple(FAMILIES), default="transformer", help="what kind of model it is")
    options.add_argument(
        "--initial", type=Path, metavar="PT", help="start from its weights, by the section 'finetuning'"
    )
    options.add_argument("--teacher", type=Path, metavar="PT", help="learn from its most likely words, too")
    options.add_argument("--sentence-length", type=int, help="tokens a side at which FLOPs are counted, not the mean")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--rolling", type=Path, required=True, help="folder for progress that survives a kill")
    options.add_argument("--checkpoint", type=Path, required=True, help="output: weights of this architecture alone")
    options.add_argument("--architecture-copy", type=Path, required=True, help="output: its architecture beside it")
    options.add_argument("--report", type=Path, required=True, help="output: JSON facts about the training")
    return options


def main(args: argparse.Namespace) -> None:
    architecture = SubTransformer.load(args.architecture)
    training = Training(
        label=f"train_model {args.checkpoint.parent.name}",
        corpus=args.corpus,
        architecture=architecture,
        recipe=settings.recipe(args.training, "finetuning" if args.initial else "subtransformer"),
        seed=args.seed,
        threads=args.threads,
        family=args.family,
        initial=args.initial,
        teacher=args.teacher,
    )
    # equal architectures have equal fingerprints: they are trained once, whatever they are called
    with rolling_folder(args.rolling, "train_model", training.fingerprint(code_hash("train_model"))) as folder:
        model, facts = training.run(folder)
    training.save(args.checkpoint, model, facts)
    architecture.save(args.architecture_copy)
    length = args.sentence_length or statistics(args.corpus)["sentence_length"]
    write_json(args.report, {**facts, **cost(model, training, facts["tokens"], length)})


def cost(model: Any, training: Training, tokens: int, length: int) -> dict[str, float]:
    """Parameters, and the GPU-hours that a V100 would take for as many tokens (`hat.footprint`).

    FLOPs of a sentence pair as well, where no closed form tells them: of all but ordinary Transformers.
    """
    size: dict[str, float]
    if training.family == "transformer":
        size, trained = {"parameters": count_parameters(model.architecture)}, count_flops(model.architecture, length)
    elif training.family == "levenshtein":
        trained = refinement_flops(model, length, 1)
        size = {"parameters": counted(model), "flops": refinement_flops(model, length, PUBLISHED_ITERATIONS)}
    else:
        trained = flops(model, length)
        size = {"parameters": counted(model), "flops": trained}
    projection = projection_flops(model.architecture.decoder_embed_dim, model.target_vocabulary)
    return size | {"gpu_hours": footprint(trained / length + projection, tokens).gpu_hours}


if __name__ == "__main__":
    command.run(parser(), main)
