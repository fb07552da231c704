"""What the commands that score SubTransformers share: the SuperTransformer, the corpus, and remembered losses."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from hat.errors import InputError
from hat.files import file_digest
from hat.rolling import rolling_folder
from hat.search.memo import Remembered
from hat_fairseq.corpus import digests
from hat_fairseq.inherited import InheritedLoss

from hat_workflow import settings
from hat_workflow.code_hash import code_hash

SPLIT = "valid"


def add_arguments(p: argparse.ArgumentParser) -> None:
    p.add_argument("--supertransformer", required=True, type=Path, metavar="PT", help="checkpoint to inherit from")
    p.add_argument("--corpus", required=True, type=Path, metavar="FOLDER", help="binarised corpus")
    p.add_argument("--max-tokens", type=int, default=4096, metavar="N", help="tokens in a validation batch")
    p.add_argument("--threads", type=int, default=1, metavar="N")
    p.add_argument("--rolling", required=True, type=Path, metavar="FOLDER", help="where losses are remembered")


@contextmanager
def remembered_loss(args: argparse.Namespace) -> Iterator[Remembered]:
    """The validation loss of SubTransformers of `--space`. All commands that search a task share the losses.

    InputError when the checkpoint is not the SuperTransformer of that space.
    """
    torch.set_num_threads(args.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    objective = InheritedLoss(
        args.supertransformer, args.corpus, split=SPLIT, max_tokens=args.max_tokens, device=device
    )
    if objective.model.architecture != settings.design_space(args.space).maximum:
        raise InputError(args.supertransformer, f"not the SuperTransformer of the design space {args.space}")
    # everything a loss depends on, and nothing about the search
    fingerprint = {
        "supertransformer": file_digest(args.supertransformer),
        "corpus": digests(args.corpus, SPLIT),
        "code": code_hash("hat_fairseq.inherited"),
        "max_tokens": args.max_tokens,
        "device": device,
        "threads": None if device == "cuda" else args.threads,  # sums of a CPU depend on their number
    }
    with (
        rolling_folder(args.rolling, "search", fingerprint, shared=True) as folder,
        Remembered(folder, objective) as loss,
    ):
        yield loss
