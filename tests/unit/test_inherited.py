"""Inherited loss is the loss of the extracted model over every pair of the split; translation is in corpus order."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hat.architecture import DesignSpace
from hat.errors import InputError
from hat.model.checkpoint import load_checkpoint, save_checkpoint
from hat.model.transformer import Transformer
from hat_fairseq.corpus import batches, open_corpus
from hat_fairseq.generation import translate
from hat_fairseq.inherited import InheritedLoss

from tests.conftest import VOCABULARY, write_binary_corpus

SMOOTHING = 0.1


@pytest.fixture(scope="module")
def checkpoint(tiny_space: DesignSpace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(5)
    model = Transformer(
        tiny_space.maximum, source_vocabulary=VOCABULARY, target_vocabulary=VOCABULARY, share_embeddings=True
    )
    path = tmp_path_factory.mktemp("super") / "checkpoint.pt"
    save_checkpoint(path, model, label_smoothing=SMOOTHING)
    return path


def test_loss_of_the_extracted_model_sentence_by_sentence(
    checkpoint: Path, tiny_corpus: Path, tiny_space: DesignSpace
) -> None:
    loss = InheritedLoss(checkpoint, tiny_corpus, max_tokens=50)
    model, _ = load_checkpoint(checkpoint)
    for number in range(3):
        sub = tiny_space.sample(random.Random(number))
        dense = model.extract(sub)
        total, tokens = 0.0, 0
        for pair in single(tiny_corpus, "valid"):
            logits = dense(pair["net_input"]["src_tokens"], pair["net_input"]["prev_output_tokens"])
            log_probabilities = F.log_softmax(logits[0], dim=-1)
            target = pair["target"][0]
            wanted = torch.full_like(log_probabilities, SMOOTHING / (VOCABULARY - 1))
            wanted[torch.arange(len(target)), target] = 1 - SMOOTHING
            total -= float((wanted * log_probabilities).sum())
            tokens += len(target)
        assert tokens == loss.tokens
        assert loss(sub) == pytest.approx(total / tokens / math.log(2), rel=1e-5)


def single(corpus: Path, split: str) -> Iterator[dict[str, Any]]:
    """Batches of one pair each: nothing is padded."""
    task = open_corpus(corpus)
    task.load_dataset(split)
    dataset = task.dataset(split)
    return (dataset.collater([dataset[row]]) for row in range(len(dataset)))


def test_every_pair_is_batched_once(tiny_corpus: Path) -> None:
    for max_tokens in (1, 30, 4096):
        rows = [row for batch in batches(open_corpus(tiny_corpus), "train", max_tokens) for row in batch["id"].tolist()]
        assert sorted(rows) == list(range(120))


def test_missing_split(tiny_corpus: Path) -> None:
    with pytest.raises(InputError, match="no split 'test2099'"):
        list(batches(open_corpus(tiny_corpus), "test2099", 100))


def test_empty_validation_split(checkpoint: Path, tmp_path: Path) -> None:
    corpus = write_binary_corpus(tmp_path / "binary", {"train": 3, "valid": 0})
    with pytest.raises(InputError, match="the split 'valid' is empty"):
        InheritedLoss(checkpoint, corpus)


@pytest.mark.parametrize("damage", [b"", b"not a checkpoint", "cut"])
def test_corrupt_checkpoint(checkpoint: Path, tiny_corpus: Path, tmp_path: Path, damage: bytes | str) -> None:
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(damage if isinstance(damage, bytes) else checkpoint.read_bytes()[:5000])
    with pytest.raises(InputError, match=r"checkpoint\.pt: corrupt "):
        InheritedLoss(path, tiny_corpus)


def test_missing_checkpoint(tiny_corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        InheritedLoss(tmp_path / "checkpoint.pt", tiny_corpus)


def test_translations_come_in_the_order_of_the_corpus(
    checkpoint: Path, tiny_corpus: Path, tiny_space: DesignSpace
) -> None:
    model, _ = load_checkpoint(checkpoint)
    dense = model.extract(tiny_space.smallest)
    together = translate(dense, tiny_corpus, "test", beam=2, length_penalty=1.0).hypotheses
    assert len(together) == 12
    dense.cpu()
    alone = {}
    for pair in single(tiny_corpus, "test"):
        row = int(pair["id"])
        state = dense.start(dense.encode(pair["net_input"]["src_tokens"]))
        tokens, token = [], 2
        while token != 2 or not tokens:
            scores = dense.step(torch.tensor([token]), state)[0]
            scores[1] = -math.inf
            if not tokens:
                scores[2] = -math.inf
            token = int(scores.argmax())
            tokens.append(token)
            if len(tokens) == 200:
                token = 2
        alone[row] = tokens
    greedy = translate(dense, tiny_corpus, "test", beam=1, length_penalty=1.0).hypotheses
    words = open_corpus(tiny_corpus).target_dictionary
    assert greedy == [words.string(torch.tensor(alone[row][:200])) for row in sorted(alone)]


def test_hypotheses_that_end_at_their_greatest_length_are_told(
    checkpoint: Path, tiny_corpus: Path, tiny_space: DesignSpace, capsys: pytest.CaptureFixture[str]
) -> None:
    dense = load_checkpoint(checkpoint)[0].extract(tiny_space.smallest)
    found, cut = translate(dense, tiny_corpus, "test", beam=2, length_penalty=1.0, max_len_b=3)
    assert max(len(line.split()) for line in found) == 3
    assert 0 < cut <= sum(len(line.split()) == 3 for line in found)
    assert f"{cut} of 12 hypotheses end at their greatest length (generation > max_len_b)" in capsys.readouterr().err
    longer, _ = translate(dense, tiny_corpus, "test", beam=2, length_penalty=1.0, max_len_a=1, max_len_b=1)
    assert max(len(line.split()) for line in longer) > 3
