"""The fairseq plug-in (`--user-dir`): the task and the model that train a HAT model.

fairseq itself imports what stands in the folders tasks/ and models/ of its plug-in. So this file imports neither: who
reads a corpus or translates needs no task of training.
"""

import argparse
import logging
import sys
from types import ModuleType

import torch

# fairseq imports all its tasks and criteria. Some that nothing here uses import scikit-learn and scipy, which takes a
# third of the time: each counts as imported.
UNUSED = ("tasks.audio_classification", "criterions.sentence_prediction", "criterions.sentence_prediction_adapters")
sys.modules.update({f"fairseq.{name}": ModuleType(name) for name in UNUSED if f"fairseq.{name}" not in sys.modules})

# what fairseq tells of its doings is for the log of a training, see hat_fairseq.training
logging.getLogger("fairseq").setLevel(logging.WARNING)

# fairseq's own checkpoints hold a namespace; torch loads nothing but weights unless told what else is harmless
torch.serialization.add_safe_globals([argparse.Namespace])
