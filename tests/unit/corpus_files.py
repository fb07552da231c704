"""Tiny corpora on disk, for the tests of the corpus stages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hat.corpus.description import Corpus
from hat_workflow import settings

GERMAN = ["der Hund schläft .", "die Katze sieht den Hund !", "ein Mann geht nach Hause .", "zwei Kinder spielen ."]
ENGLISH = ["the dog sleeps .", "the cat sees the dog !", "a man walks home .", "two children are playing ."]


def described(folder: Path, **changes: Any) -> Corpus:
    """The corpus of a file with these settings, read as the commands read it."""
    path = corpus_file(folder, **changes)
    return Corpus.from_settings(settings.load("corpus", path), str(path))


def corpus_file(folder: Path, **settings: Any) -> Path:
    files = {split: str(folder / "data" / split) for split in ("train", "valid", "test")}
    path = folder / "tiny.de-en.yaml"
    path.write_text(yaml.safe_dump({"source": "de", "target": "en", "bpe": 60} | files | settings), encoding="utf-8")
    return path


def text_folder(folder: Path, **splits: tuple[list[str], list[str]]) -> Path:
    """`folder` with `{split}.de` and `{split}.en`; GERMAN and ENGLISH where a split is not given."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, sides in (dict.fromkeys(("train", "valid", "test"), (GERMAN, ENGLISH)) | splits).items():
        for language, lines in zip(("de", "en"), sides, strict=True):
            (folder / f"{split}.{language}").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return folder


def lines_of(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    return text[:-1].split("\n")
