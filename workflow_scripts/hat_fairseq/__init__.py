"""The fairseq plug-in (`--user-dir`): the task and the model that train a HAT model."""

import argparse
import logging

import torch

# what fairseq tells of its doings is for the log of a training, see hat_fairseq.training
logging.getLogger("fairseq").setLevel(logging.WARNING)

from hat_fairseq import model, task  # noqa: E402

__all__ = ["model", "task"]

# fairseq's own checkpoints hold a namespace; torch loads nothing but weights unless told what else is harmless
torch.serialization.add_safe_globals([argparse.Namespace])
