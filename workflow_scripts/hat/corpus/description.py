"""A corpus as its file describes it: languages, splits, where each side comes from, how the text is prepared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hat.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One file of text, plain or gzip-compressed, local or remote."""

    candidates: tuple[str, ...]
    """Paths or URLs, the first that exists is taken."""
    sha256: str | None = None
    """Checksum of the file as it is stored (compressed, if it is); None = unpinned."""

    @property
    def remote(self) -> bool:
        return self.candidates[0].startswith(("http://", "https://"))


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """A checked corpus file. Splits keep the order train, valid, test, further test sets."""

    place: str
    """The corpus file, for error messages."""
    name: str
    """Folder of this source below a mirror."""
    source: str
    target: str
    splits: Mapping[str, Mapping[str, Resource]]
    """Split to language to file; no files if the corpus is generated."""
    references: Mapping[str, Resource]
    """Untouched target side of a split whose own text is already tokenised."""
    licence: str
    generated: bool
    lowercase: bool
    already_subwords: bool
    bpe: int | None
    """Entries of the vocabulary, special symbols included."""
    dictionary: str
    max_length: int
    max_ratio: float

    @property
    def languages(self) -> tuple[str, str]:
        return self.source, self.target

    @property
    def tests(self) -> tuple[str, ...]:
        return tuple(split for split in self.splits if split not in ("train", "valid"))

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], place: str) -> Corpus:
        """`settings`: a corpus file, checked against its schema, defaults filled in; `place`: its name or path."""
        languages = settings["source"], settings["target"]
        if languages[0] == languages[1]:
            raise InputError(place, f"source and target are both {languages[0]!r}", "two languages")
        entries = {split: settings[split] for split in ("train", "valid", "test")} | settings["tests"]
        generated = settings["generated"] is not None
        if generated and any(entries.values()):
            raise InputError(place, "a generated corpus names files", "either generated, or train, valid and test")
        missing = [split for split, entry in entries.items() if entry is None]
        if missing and not generated:
            raise InputError(place, f"key {missing[0]!r} is missing", "train, valid and test, or generated")
        corpus = cls(
            place=place,
            name=settings["name"] or Path(place).name.split(".")[0],
            source=languages[0],
            target=languages[1],
            splits={split: {} if generated else _sides(entries[split], split, languages, place) for split in entries},
            references={split: _resource(side) for split, side in settings["references"].items()},
            licence=settings["licence"],
            generated=generated,
            **{key: settings[key] for key in PREPARATION},
        )
        corpus._check()
        return corpus

    def _check(self) -> None:
        unknown = set(self.references) - set(self.splits)
        if unknown:
            raise InputError(self.place, f"references: unknown split {min(unknown)!r}", ", ".join(self.splits))
        if self.already_subwords:
            if self.lowercase:
                raise InputError(self.place, "lowercase: true for text already in subwords", "lowercase: false")
            for split in self.tests:
                if split not in self.references:
                    raise InputError(self.place, f"references: no raw reference for {split!r}", "one for each test set")
        elif self.bpe is None:
            raise InputError(self.place, "key 'bpe' is missing", "the size of the subword vocabulary, such as 8000")


PREPARATION = ("lowercase", "already_subwords", "bpe", "dictionary", "max_length", "max_ratio")


def reference_file(raw: Path, split: str, language: str) -> Path:
    """The untouched reference of a split in the folder of raw text: its own file where the corpus names one."""
    named = raw / "references" / f"{split}.{language}"
    return named if named.exists() else raw / f"{split}.{language}"


def _sides(entry: Any, split: str, languages: tuple[str, str], place: str) -> dict[str, Resource]:
    if isinstance(entry, str):
        return {side: Resource(candidates=(f"{entry}.{side}", f"{entry}.{side}.gz")) for side in languages}
    if set(entry) != set(languages):
        raise InputError(place, f"{split}: sides {', '.join(map(str, entry))}", f"{languages[0]} and {languages[1]}")
    return {side: _resource(entry[side]) for side in languages}


def _resource(side: Any) -> Resource:
    if isinstance(side, str):
        return Resource(candidates=(side,))
    return Resource(candidates=(side["url"],), sha256=side.get("sha256"))
