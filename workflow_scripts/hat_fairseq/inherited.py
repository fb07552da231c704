"""Validation loss of a SubTransformer with weights inherited from the SuperTransformer (HAT, section 2.2)."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from fairseq.criterions.label_smoothed_cross_entropy import label_smoothed_nll_loss
from hat.architecture import SubTransformer
from hat.model.checkpoint import load_checkpoint

from hat_fairseq.corpus import batches, open_corpus
from hat_fairseq.memory import keep_freed_memory


class InheritedLoss:
    """Callable: SubTransformer -> label-smoothed cross-entropy per target token, base 2, over a whole split.

    Batches are read, sorted and padded once; each call is forward passes only.
    """

    def __init__(
        self, supertransformer: Path, corpus: Path, *, split: str = "valid", max_tokens: int = 4096, device: str = "cpu"
    ) -> None:
        keep_freed_memory()
        self.model, facts = load_checkpoint(supertransformer)
        self.model.to(device)
        self.label_smoothing = facts["label_smoothing"]
        self.batches = []
        for batch in batches(open_corpus(corpus), split, max_tokens):
            inputs = batch["net_input"]
            arrays = (inputs["src_tokens"], inputs["prev_output_tokens"], batch["target"])
            self.batches.append(tuple(array.to(device) for array in arrays))
        self.tokens = sum(int(target.ne(self.model.padding_index).sum()) for _, _, target in self.batches)

    @torch.inference_mode()
    def __call__(self, sub: SubTransformer) -> float:
        self.model.activate(sub)
        total = 0.0
        for source, previous, target in self.batches:
            log_probabilities = torch.log_softmax(self.model(source, previous).float(), dim=-1)
            loss, _ = label_smoothed_nll_loss(
                log_probabilities, target, self.label_smoothing, ignore_index=self.model.padding_index
            )
            total += float(loss)
        return total / self.tokens / math.log(2)
