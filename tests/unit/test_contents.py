"""A file counts by what it holds, and is read again only when it has changed."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hat.errors import InputErrors
from hat.files import file_digest
from hat_workflow import contents
from hat_workflow.contents import Contents

from tests.unit.corpus_files import described, text_folder


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    first.write_text("eins\n")
    second.write_text("zwei\n")
    return first, second


def of(tmp_path: Path, *groups: tuple[Path, ...]) -> str:
    return Contents(tmp_path / "memory.json").of([[*map(str, group)] for group in groups])


def test_what_a_file_holds_counts_and_its_time_does_not(tmp_path: Path, files: tuple[Path, Path]) -> None:
    before = of(tmp_path, files[:1])
    os.utime(files[0], (1, 1))
    assert of(tmp_path, files[:1]) == before
    files[0].write_text("drei\n")
    assert of(tmp_path, files[:1]) != before


def test_of_a_group_the_first_file_that_is_there_counts(tmp_path: Path, files: tuple[Path, Path]) -> None:
    first, second = files
    assert of(tmp_path, (tmp_path / "no.txt", first)) == of(tmp_path, (first,)) != of(tmp_path, (second,))
    assert of(tmp_path, (tmp_path / "no.txt",)) not in ("", of(tmp_path, (first,)))
    assert of(tmp_path) == ""


def test_a_file_is_read_once(tmp_path: Path, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    monkeypatch.setattr(contents, "file_digest", lambda path: read.append(path) or file_digest(path))
    for _ in range(2):
        of(tmp_path, files)  # the second time in another process, so to say
    assert read == [files[0]]
    files[0].write_text("and more\n")
    of(tmp_path, files)
    assert read == [files[0], files[0]]


def test_a_missing_file_of_a_corpus_is_told_until_its_text_is_there(tmp_path: Path) -> None:
    text_folder(tmp_path / "data")
    corpus, made, known = described(tmp_path), tmp_path / "raw", Contents(tmp_path / "memory.json")
    before = known.of_corpus(corpus, made)
    for name in ("train.en", "test.de"):
        (tmp_path / "data" / name).unlink()
    (tmp_path / "data" / "train.eng").touch()
    with pytest.raises(InputErrors) as caught:
        known.of_corpus(corpus, made)
    first, second = str(caught.value).splitlines()
    assert re.search(r"data/train\.en: no such file; legal: \S+train\.en\.gz or \S+train\.de or \S+train\.eng$", first)
    assert "data/test.de: no such file" in second
    made.mkdir()
    assert known.of_corpus(corpus, made) != before


def test_a_damaged_memory_is_forgotten(tmp_path: Path, files: tuple[Path, Path]) -> None:
    before = of(tmp_path, files)
    (tmp_path / "memory.json").write_text("{")
    assert of(tmp_path, files) == before
