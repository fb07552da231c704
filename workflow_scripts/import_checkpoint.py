"""Turn a checkpoint of HAT's authors into one of this project: the whole SuperTransformer, or one SubTransformer."""

from __future__ import annotations

import argparse
from pathlib import Path, PurePosixPath

from hat.download import Resource
from hat.files import write_json
from hat.interop.architectures import read_architecture
from hat.interop.checkpoints import AuthorsCheckpoint
from hat.model.checkpoint import save_checkpoint
from hat_workflow import command
from hat_workflow.arguments import fetching

MIRRORED_AS = "hat/checkpoints"


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--checkpoint", required=True, help="file of the authors, a path or URL")
    options.add_argument("--task", required=True, metavar="NAME", help="of the experiment, for the record")
    options.add_argument("--model", required=True, metavar="NAME", help="its name, for the record")
    options.add_argument("--sha256", help="its checksum")
    fetching.add_download_arguments(options, MIRRORED_AS)
    options.add_argument(
        "--architecture", type=Path, help="YAML file, of this project or the authors; without it the SuperTransformer"
    )
    options.add_argument("--label-smoothing", type=float, help="of its training; without it what the file says, or 0.1")
    options.add_argument("--output", type=Path, required=True, help="output: checkpoint of this project")
    options.add_argument("--architecture-copy", type=Path, required=True, help="output: its architecture beside it")
    options.add_argument("--report", type=Path, required=True, help="output: JSON facts about the import")
    return options


def main(args: argparse.Namespace) -> None:
    resource = Resource(candidates=(args.checkpoint,), sha256=args.sha256)
    found = fetching.obtain(args, MIRRORED_AS, resource)
    theirs = AuthorsCheckpoint(found.path)
    if args.architecture:
        whole = theirs.architecture
        sub = read_architecture(args.architecture, qkv_dim=whole.qkv_dim, position_dim=whole.position_dim)
        model = theirs.dense(sub)
    else:
        model = theirs.supertransformer()
    facts = {
        "imported_from": PurePosixPath(found.origin).name,
        "sha256": found.sha256,
        "label_smoothing": theirs.label_smoothing if args.label_smoothing is None else args.label_smoothing,
    }
    save_checkpoint(args.output, model, **facts)
    model.architecture.save(args.architecture_copy)
    write_json(args.report, {"task": args.task, "model": args.model, **facts})


if __name__ == "__main__":
    command.run(parser(), main)
