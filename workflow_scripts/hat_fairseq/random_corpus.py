"""A binarised corpus of random words: for what depends on sizes alone, where there is no text."""

from __future__ import annotations

import random
from pathlib import Path

import torch
from fairseq.data import Dictionary, indexed_dataset
from hat.files import write_json


def write_random_corpus(folder: Path, *, vocabulary: int, length: int, lines: dict[str, int], seed: int = 1) -> Path:
    """`lines` pairs of each split, `length` words a side, over a joint vocabulary. Returns `folder`."""
    folder.mkdir(parents=True)
    words = [f"w{number}" for number in range(vocabulary - len(Dictionary()))]
    for language in ("de", "en"):
        (folder / f"dict.{language}.txt").write_text("".join(f"{word} 1\n" for word in words))
    specials, rng = len(Dictionary()), random.Random(seed)
    for split, count in lines.items():
        for language in ("de", "en"):
            stem = str(folder / f"{split}.de-en.{language}")
            builder = indexed_dataset.make_builder(f"{stem}.bin", impl="mmap", vocab_size=vocabulary)
            for _ in range(count):
                sentence = [rng.randrange(specials, vocabulary) for _ in range(length - 1)]
                builder.add_item(torch.tensor([*sentence, Dictionary().eos()], dtype=torch.int32))
            builder.finalize(f"{stem}.idx")
    facts = {
        "source": "de",
        "target": "en",
        "dictionary": "joint",
        "source_vocabulary": vocabulary,
        "target_vocabulary": vocabulary,
        "sentence_length": length,
        "lines": lines,
    }
    write_json(folder / "statistics.json", facts)
    return folder
