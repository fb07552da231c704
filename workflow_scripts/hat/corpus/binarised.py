"""Text out of fairseq's binary format, for corpora that are published in it together with their dictionaries."""

from __future__ import annotations

import shutil
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hat.corpus.description import Corpus
from hat.corpus.lines import write_lines
from hat.corpus.subwords import DICTIONARIES, SPECIAL_SYMBOLS, read_dictionary
from hat.corpus.unpack import archived, undamaged
from hat.errors import InputError
from hat.progress import say

MAGIC = b"MMIDIDX\x00\x00"
HEADER = struct.Struct("<QBQ")
TYPES = {1: "u1", 2: "i1", 3: "<i2", 4: "<i4", 5: "<i8", 8: "<u2"}
"""What the header's byte says of the ids in a .bin file."""
END = SPECIAL_SYMBOLS.index("</s>")


def unpack_binarised(corpus: Corpus, archive: Path, folder: Path) -> dict[str, int]:
    """Write `folder/{split}.{language}` in subwords and `folder/dictionaries`; how many lines there are of each file.

    InputError: a damaged archive, a missing member, ids that are not in the dictionary.
    """
    dictionaries = {language: f"dict.{language}.txt" for language in corpus.languages}
    texts = {
        f"{split}.{language}": f"{split}.{corpus.source}-{corpus.target}.{language}"
        for split in corpus.splits
        for language in corpus.languages
    }
    wanted = {*dictionaries.values(), *(f"{name}.{end}" for name in texts.values() for end in ("idx", "bin"))}
    (folder / DICTIONARIES).mkdir()
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as name:
        found = Path(name)
        with undamaged(str(archive)):
            for member, opened in archived(archive):
                if Path(member).name in wanted:
                    with opened() as stream, open(found / Path(member).name, "wb") as copy:
                        shutil.copyfileobj(stream, copy)
        missing = sorted(name for name in wanted if not (found / name).is_file())
        if missing:
            raise InputError(archive, f"no member {missing[0]!r}", "text in fairseq's binary format")
        symbols = {}
        for language, dictionary in dictionaries.items():
            shutil.copy(found / dictionary, folder / DICTIONARIES)
            symbols[language] = np.array([*SPECIAL_SYMBOLS, *read_dictionary(found / dictionary)], dtype=object)
        lines = {}
        for text, prefix in texts.items():
            sentences = _Sentences(found / prefix, f"{archive}: {prefix}")
            write_lines(folder / text, sentences.words(symbols[text.rpartition(".")[2]]))
            lines[text] = len(sentences.lengths)
            say(f"{text}: {lines[text]} lines")
    return lines


class _Sentences:
    """The ids of sentences in `prefix.bin`, one after the other, with their lengths in `prefix.idx`."""

    def __init__(self, prefix: Path, place: str) -> None:
        self.place = place
        index, magic = Path(f"{prefix}.idx").read_bytes(), len(MAGIC)
        start = magic + HEADER.size
        if not index.startswith(MAGIC) or len(index) < start:
            raise InputError(f"{place}.idx", "another format", "fairseq's binary format (mmap)")
        _, code, count = HEADER.unpack(index[magic:start])
        if code not in TYPES or len(index) < start + 4 * count:
            raise InputError(f"{place}.idx", "damaged", "fairseq's binary format (mmap)")
        self.lengths = np.frombuffer(index, "<i4", count, start)
        text, total = Path(f"{prefix}.bin"), int(self.lengths.sum())
        found = text.stat().st_size // np.dtype(TYPES[code]).itemsize
        if found != total or total == 0:
            raise InputError(f"{place}.bin", f"{found} ids", f"{total or 'some'}, as .idx says")
        self._ids = np.memmap(text, TYPES[code], mode="r")

    def words(self, symbols: np.ndarray) -> Iterator[str]:
        """The sentences with spaces between their `symbols`, without their ends."""
        largest = int(self._ids.max())
        if largest >= len(symbols):
            raise InputError(f"{self.place}.bin", f"id {largest}", f"less than {len(symbols)}, by its dictionary")
        ends = np.cumsum(self.lengths, dtype=np.int64)
        for start, end in zip(ends - self.lengths, ends, strict=True):
            sentence = self._ids[start:end]
            yield " ".join(symbols[sentence[:-1] if end > start and sentence[-1] == END else sentence])
