"""Stand-ins for what the paper's experiment downloads: archives of the same names, members and formats.

Their text is made up, and latencies stand in for the published ones in their format.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlparse

from hat.architecture import DesignSpace
from hat.predictor.published import THEIR_FEATURES, THEIR_TIMES

from hat_workflow.made_up_text import sentences

HELD = {"train": 0, "valid": 1, "test": 2, "references": 2}
"""Splits that must share their text have the same number: untouched references are those of the test set."""
PIECE = 5
"""Letters of the pieces that words of a text already in subwords are cut into."""


Archives = dict[str, dict[str, bytes]]
"""By the name of a file, the contents of its members; of a file that is no archive, its one member has no name."""


def add_archives(known: Archives, corpus: Mapping[str, Any], pairs: Mapping[str, int], seed: int) -> None:
    """Add what a corpus file's contents name to what other corpora of the same source do; `pairs` of each part."""
    for split, number, entry in _entries(corpus):
        sides = _text(corpus, split, pairs["test" if split == "references" else split], f"{seed} {split} {number}")
        name = entry.get("file") or PurePosixPath(urlparse(_first(entry["url"])).path).name
        members = known.setdefault(name, {})
        if "columns" in entry:
            members[""] = _table(entry["columns"], sides)
        elif "member" in entry:
            members[entry["member"]] = _formatted(sides[corpus["target"]], entry.get("format"))
        else:
            for language, member in entry["members"].items():
                content = _formatted(sides[language], entry.get("format"))
                members[member] = gzip.compress(content) if member.endswith(".gz") else content


def write_archives(known: Archives, folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, members in known.items():
        (folder / name).write_bytes(_packed(name, members))


def without_checksums(corpus: Any) -> Any:
    """A corpus file's contents for stand-ins: nobody published their checksums."""
    if isinstance(corpus, dict):
        return {key: without_checksums(value) for key, value in corpus.items() if key not in ("md5", "sha256")}
    return [without_checksums(entry) for entry in corpus] if isinstance(corpus, list) else corpus


def write_latencies(path: Path, space: DesignSpace, samples: int, scale_ms: float, seed: int) -> None:
    """A latency data set as the authors published theirs; `scale_ms` is about what a decoder layer takes."""
    rng = random.Random(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(THEIR_FEATURES + THEIR_TIMES)
        for _ in range(samples):
            features = space.sample(rng).features()
            noise = rng.gauss(1, 0.01)
            decoder_ms = scale_ms * features[5] * (1 + features[4] / 1000 + features[6] / 4000 + features[9] / 50)
            writer.writerow([*features, 2 * scale_ms * noise, decoder_ms * noise, 0.01, 0.02])


def _entries(corpus: Mapping[str, Any]) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Each part that is a file: its split, its number there, and what the corpus file says of it."""
    for split in HELD:
        for entries in [corpus.get("references", {}).get("test")] if split == "references" else [corpus.get(split)]:
            listed = entries if isinstance(entries, list) else [entries]
            yield from ((split, number, entry) for number, entry in enumerate(listed) if entry and "url" in entry)


def _first(url: str | Sequence[str]) -> str:
    return url if isinstance(url, str) else url[0]


def _text(corpus: Mapping[str, Any], split: str, count: int, seed: str) -> dict[str, list[str]]:
    """Both sides of `count` pairs; test sets are short, for models that have learned nothing translate to the limit."""
    seed = seed.replace("references", "test")
    lines = {
        language: list(sentences(count, random.Random(seed), number))
        for number, language in enumerate((corpus["source"], corpus["target"]))
    }
    if corpus.get("already_subwords") and split != "references":
        lines = {language: [" ".join(map(_pieces, line.split())) for line in side] for language, side in lines.items()}
    return lines


def _pieces(word: str) -> str:
    parts = [word[start : start + PIECE] for start in range(0, len(word), PIECE)]
    return "@@ ".join(parts)


def _table(columns: Mapping[str, int], sides: Mapping[str, list[str]]) -> bytes:
    named = {column: language for language, column in columns.items()}
    nothing = [""] * len(next(iter(sides.values())))
    cells = [sides[named[column]] if column in named else nothing for column in range(1, max(named) + 1)]
    rows = zip(*cells, strict=True)
    return gzip.compress("".join("\t".join(row) + "\n" for row in rows).encode())


def _formatted(lines: Sequence[str], form: str | None) -> bytes:
    if form == "sgml":
        segments = [f'<seg id="{number}">{line}</seg>' for number, line in enumerate(lines, start=1)]
        lines = ['<refset setid="made-up">', '<doc docid="one">', *segments, "</doc>", "</refset>"]
    elif form == "iwslt":
        lines = ["<url>http://example.org/talk</url>", "<talkid>1</talkid>", *lines]
    return "".join(f"{line}\n" for line in lines).encode()


def _packed(name: str, members: Mapping[str, bytes]) -> bytes:
    if "" in members:
        return members[""]
    written = io.BytesIO()
    if name.endswith(".zip"):
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return written.getvalue()
    with tarfile.open(fileobj=written, mode="w" if name.endswith(".tar") else "w:gz") as packed:
        for member, content in members.items():
            entry = tarfile.TarInfo(member)
            entry.size = len(content)
            packed.addfile(entry, io.BytesIO(content))
    return written.getvalue()
