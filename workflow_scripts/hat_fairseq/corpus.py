"""A binarised corpus: its facts, its dictionaries and its sentence pairs in batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fairseq.data import data_utils
from fairseq.tasks.translation import TranslationConfig, TranslationTask
from hat.errors import InputError, nearest
from hat.files import file_digest, read_json


def statistics(corpus: Path) -> dict[str, Any]:
    """statistics.json of a binarised corpus (vocabulary sizes, lines, sentence length)."""
    return dict(read_json(Path(corpus) / "statistics.json"))


def digests(corpus: Path, *splits: str) -> dict[str, str]:
    """SHA-256 of each file of some splits, and of the dictionaries: what work depends on that reads no other split."""
    files = sorted(path for part in ("dict", *splits) for path in Path(corpus).glob(f"{part}.*"))
    return {path.name: file_digest(path) for path in files}


def open_corpus(corpus: Path, kind: type[TranslationTask] = TranslationTask) -> TranslationTask:
    """A translation task of fairseq over the binarised `corpus`, with its two dictionaries."""
    facts = statistics(corpus)
    config = TranslationConfig(
        data=str(corpus),
        source_lang=facts["source"],
        target_lang=facts["target"],
        train_subset="train",
        dataset_impl="mmap",
        required_seq_len_multiple=1,
    )
    return kind.setup_task(config)


def batches(task: TranslationTask, split: str, max_tokens: int) -> Iterator[dict[str, Any]]:
    """The pairs of `split`, every one of them, sorted by length into padded batches of at most `max_tokens`.

    A single sentence may be longer. InputError when there is no such split or nothing in it.
    """
    lines = statistics(task.cfg.data)["lines"]
    if split not in lines:
        raise InputError(task.cfg.data, f"no split {split!r}", nearest(split, lines))
    if not lines[split]:
        raise InputError(task.cfg.data, f"the split {split!r} is empty", "at least one sentence pair")
    task.load_dataset(split)
    dataset = task.dataset(split)
    with data_utils.numpy_seed(0):
        order = dataset.ordered_indices()
    longest = max(dataset.num_tokens(row) for row in order)
    for rows in dataset.batch_by_size(order, max_tokens=max(max_tokens, longest), required_batch_size_multiple=1):
        yield dataset.collater([dataset[row] for row in rows])
