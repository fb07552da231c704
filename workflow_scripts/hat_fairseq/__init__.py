"""The fairseq plug-in (`--user-dir`): the task and the model that train a HAT model.

fairseq itself imports what stands in the folders tasks/ and models/ of its plug-in. So this file imports neither: who
reads a corpus or translates needs no task of training.
"""

import argparse
import logging

import torch

# what fairseq tells of its doings is for the log of a training, see hat_fairseq.training
logging.getLogger("fairseq").setLevel(logging.WARNING)

# fairseq's own checkpoints hold a namespace; torch loads nothing but weights unless told what else is harmless
torch.serialization.add_safe_globals([argparse.Namespace])
