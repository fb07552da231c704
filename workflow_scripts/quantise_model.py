"""Quantise the weights of a trained model to a few bits each by K-means, and store them packed."""

from __future__ import annotations

import argparse
from pathlib import Path

from hat.files import write_json
from hat.model.checkpoint import load_checkpoint, save_checkpoint
from hat.model.quantisation import quantise
from hat.progress import say
from hat_workflow import command


def main(args: argparse.Namespace) -> None:
    model, facts = load_checkpoint(args.initial)
    packed = quantise(model, args.bits, embeddings=args.embeddings)
    save_checkpoint(args.checkpoint, model, packed, **facts)
    after, before = args.checkpoint.stat().st_size, args.initial.stat().st_size
    say(f"quantise_model {args.model}: {before} bytes to {after}")
    model.architecture.save(args.architecture_copy)
    report = {
        "task": args.task,
        "model": args.model,
        "bits": args.bits,
        "embeddings": args.embeddings,
        "file_bytes": after,
        "unquantised_file_bytes": before,
    }
    write_json(args.report, report)


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--initial", type=Path, required=True, metavar="PT", help="the trained model")
    options.add_argument("--task", required=True, metavar="NAME", help="of the experiment, for the record")
    options.add_argument("--model", required=True, metavar="NAME", help="the quantised one's name, for the record")
    options.add_argument("--bits", type=int, required=True, help="for each weight, 1 to 8")
    options.add_argument("--embeddings", action="store_true", help="quantise the embedding tables, too")
    options.add_argument("--checkpoint", type=Path, required=True, help="output: the packed model")
    options.add_argument("--architecture-copy", type=Path, required=True, help="output: its architecture beside it")
    options.add_argument("--report", type=Path, required=True, help="output: JSON, its sizes")
    return options


if __name__ == "__main__":
    command.run(parser(), main)
