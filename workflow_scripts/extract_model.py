"""Extract a SubTransformer with the weights that it inherits from the SuperTransformer, and score it by their loss."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from hat.errors import InputError
from hat.files import write_json
from hat.interop.architectures import read_architecture
from hat.model.checkpoint import save_checkpoint
from hat.progress import say
from hat_fairseq.inherited import InheritedLoss
from hat_workflow import command


def main(args: argparse.Namespace) -> None:
    torch.set_num_threads(args.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    objective = InheritedLoss(args.supertransformer, args.corpus, max_tokens=args.max_tokens, device=device)
    widest = objective.model.architecture
    sub = read_architecture(args.architecture, qkv_dim=widest.qkv_dim, position_dim=widest.position_dim)
    try:
        loss = objective(sub)
    except ValueError as error:
        raise InputError(args.architecture, str(error)) from None
    say(f"extract_model {args.model}: validation loss {loss:.4f}")
    facts = {"valid_loss": round(loss, 4), "label_smoothing": objective.label_smoothing}
    save_checkpoint(args.checkpoint, objective.model.extract(sub), **facts)
    sub.save(args.architecture_copy)
    write_json(args.report, {"task": args.task, "model": args.model, **facts})


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--supertransformer", type=Path, required=True, metavar="PT", help="checkpoint to inherit from"
    )
    options.add_argument(
        "--architecture", type=Path, required=True, help="YAML file of the SubTransformer, ours or the authors'"
    )
    options.add_argument("--task", required=True, metavar="NAME", help="of the experiment, for the record")
    options.add_argument("--model", required=True, metavar="NAME", help="its name, for the record")
    options.add_argument("--corpus", type=Path, required=True, help="folder of the binarised corpus")
    options.add_argument("--max-tokens", type=int, default=4096, metavar="N", help="tokens in a validation batch")
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--checkpoint", type=Path, required=True, help="output: dense model")
    options.add_argument("--architecture-copy", type=Path, required=True, help="output: its architecture beside it")
    options.add_argument("--report", type=Path, required=True, help="output: JSON, its validation loss")
    return options


if __name__ == "__main__":
    command.run(parser(), main)
