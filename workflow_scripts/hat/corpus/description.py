"""A corpus as its file describes it: languages, splits, where each side comes from, how the text is prepared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hat.download import Resource
from hat.errors import InputError, nearest
from hat.text import languages as codes


@dataclass(frozen=True, kw_only=True)
class Side:
    """Where the sentences of one language stand in a resource."""

    resource: Resource
    member: str | None = None
    """The file inside an archive; None = the resource is no archive."""
    column: int | None = None
    """The column of a table with tabs between its cells, from 1; None = the whole line."""
    format: str = "text"
    """text: a sentence a line; sgml: what stands between <seg> and </seg>; iwslt: text between lines about talks."""
    language: str = ""
    """Its own, by which its sentences are told from others in a test set of XML that holds both sides."""
    translator: str | None = None
    """Which of several references of such a test set."""


Part = Mapping[str, Side]
"""Language to side: sentences that translate each other line by line."""


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """A checked corpus file. Splits keep the order train, valid, test, further test sets."""

    place: str
    """The corpus file, for error messages."""
    name: str
    """Folder of this source below a mirror."""
    source: str
    target: str
    splits: Mapping[str, tuple[Part, ...]]
    """Split to its parts, one after the other; none if it is held out of training or the corpus is all one."""
    held_out_every: int | None
    """The distance of the training pairs that are the validation split; None = validation has sources of its own."""
    binarised: Resource | None
    """An archive of text and dictionaries in fairseq's binary format, which then is all there is."""
    references: Mapping[str, tuple[Side, ...]]
    """Untouched target side, in parts, of a split whose own text is already tokenised."""
    licence: str
    generated: bool
    lowercase: bool
    already_subwords: bool
    bpe: int | None
    """Entries of the vocabulary, special symbols included."""
    dictionary: str
    max_length: int
    max_ratio: float
    limits: str
    """What the two limits count: words, tokens or subwords."""
    normalise_punctuation: bool
    aggressive_hyphens: bool
    english_rules: bool
    """Whether a language without rules of its own is tokenised by those of English."""

    @property
    def languages(self) -> tuple[str, str]:
        return self.source, self.target

    @property
    def sourced(self) -> tuple[str, ...]:
        """The splits that have text of their own, before any is held out of training."""
        return tuple(split for split in self.splits if split != "valid" or self.held_out_every is None)

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
        whole = [key for key in ("generated", "binarised") if settings[key] is not None]
        if len(whole) + any(entries.values()) > 1:
            raise InputError(
                place, f"a {whole[0]} corpus names other text", f"either {whole[0]}, or train, valid and test"
            )
        missing = [split for split, entry in entries.items() if entry is None]
        if missing and not whole:
            raise InputError(
                place, f"key {missing[0]!r} is missing", "train, valid and test, or generated, or binarised"
            )
        spaceless = not all(map(codes.has_spaces, languages))
        held_out = isinstance(entries["valid"], dict) and entries["valid"].get("every")
        if held_out:
            entries["valid"] = []
        corpus = cls(
            place=place,
            name=settings["name"] or Path(place).name.split(".")[0],
            source=languages[0],
            target=languages[1],
            splits={split: () if whole else _parts(entry, split, languages, place) for split, entry in entries.items()},
            held_out_every=held_out or None,
            binarised=_resource(settings["binarised"]) if "binarised" in whole else None,
            references={
                split: tuple(_side(side, languages[1]) for side in _listed(entry))
                for split, entry in settings["references"].items()
            },
            licence=settings["licence"],
            generated="generated" in whole,
            **{key: settings[key] for key in PREPARATION},
            limits="subwords" if spaceless and not settings["already_subwords"] else settings["limits"],
        )
        corpus._check()
        return corpus

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Every file of the corpus, each once."""
        sides = [side for parts in self.splits.values() for part in parts for side in part.values()]
        sides += [side for parts in self.references.values() for side in parts]
        found = [self.binarised] if self.binarised else []
        return tuple(dict.fromkeys((*found, *(side.resource for side in sides))))

    def origin(self, split: str, language: str) -> str:
        """The user's own file with a side of a split, where that is one file of plain text; else the corpus file."""
        sides = [part[language] for part in self.splits[split]]
        if len(sides) == 1 and sides[0] == Side(resource=sides[0].resource, language=sides[0].language):
            return sides[0].resource.candidates[0]
        return f"{self.place}: {split}.{language}"

    def _check(self) -> None:
        for key, language in zip(("source", "target"), self.languages, strict=True):
            known = codes.MOSES_RULES | codes.WITHOUT_SPACES
            if codes.bare(language) not in known and not self.english_rules:
                near = f"{nearest(language, known)}; or english_rules: true, for any other language"
                raise InputError(self.place, f"{key}: {language!r} has no rules of its own", near)
        named: dict[str, str] = {}
        for resource in self.resources:
            for name in resource.names if resource.remote else ():
                other, this = named.setdefault(name, resource.candidates[0]), resource.candidates[0]
                if other != this:
                    one_name = f"{other} and {this} would be one file in a mirror"
                    raise InputError(self.place, one_name, f"a key file for one of them, such as file: other-{name}")
        unknown = set(self.references) - set(self.splits)
        if unknown:
            raise InputError(self.place, f"references: unknown split {min(unknown)!r}", ", ".join(self.splits))
        if self.already_subwords:
            for key in ("normalise_punctuation", "aggressive_hyphens"):
                if getattr(self, key):
                    raise InputError(self.place, f"{key}: true for text already in subwords", f"{key}: false")
            if self.limits != "words":
                raise InputError(self.place, f"limits: {self.limits} for text already in subwords", "limits: words")
            for split in self.tests:
                if split not in self.references:
                    raise InputError(self.place, f"references: no raw reference for {split!r}", "one for each test set")
        elif self.binarised:
            raise InputError(self.place, "already_subwords: false for a binarised corpus", "already_subwords: true")
        elif self.bpe is None:
            raise InputError(self.place, "key 'bpe' is missing", "the size of the subword vocabulary, such as 8000")


PREPARATION = (
    "lowercase",
    "already_subwords",
    "bpe",
    "dictionary",
    "max_length",
    "max_ratio",
    "normalise_punctuation",
    "aggressive_hyphens",
    "english_rules",
)
RESOURCE = ("sha256", "md5", "file")
BOTH_SIDES = {"members": "member", "columns": "column"}


def reference_file(raw: Path, split: str, language: str) -> Path:
    """The untouched reference of a split in the folder of raw text: its own file where the corpus names one."""
    named = raw / "references" / f"{split}.{language}"
    return named if named.exists() else raw / f"{split}.{language}"


def _parts(entry: Any, split: str, languages: tuple[str, str], place: str) -> tuple[Part, ...]:
    return tuple(_part(part, split, languages, place) for part in _listed(entry))


def _listed(entry: Any) -> list[Any]:
    return entry if isinstance(entry, list) else [entry]


def _part(entry: Any, split: str, languages: tuple[str, str], place: str) -> Part:
    if isinstance(entry, str):
        found = (Resource(candidates=(f"{entry}.{side}", f"{entry}.{side}.gz")) for side in languages)
        return {side: Side(resource=resource, language=side) for side, resource in zip(languages, found, strict=True)}
    sides = entry
    if "url" in entry:
        keys = [key for key in BOTH_SIDES if key in entry]
        if len(keys) != 1:
            raise InputError(
                place, f"{split}: url with {' and '.join(keys) or 'no sides'}", "url with members or columns"
            )
        shared = {name: value for name, value in entry.items() if name not in keys}
        sides = {side: shared | {BOTH_SIDES[keys[0]]: value} for side, value in entry[keys[0]].items()}
    if set(sides) != set(languages):
        raise InputError(place, f"{split}: sides {', '.join(map(str, sides))}", f"{languages[0]} and {languages[1]}")
    return {side: _side(sides[side], side) for side in languages}


def _side(side: Any, language: str) -> Side:
    if isinstance(side, str):
        return Side(resource=Resource(candidates=(side,)), language=language)
    own = {key: side[key] for key in ("member", "column", "format", "translator") if key in side}
    return Side(resource=_resource(side), language=language, **own)


def _resource(entry: Any) -> Resource:
    candidates = (entry["url"],) if isinstance(entry["url"], str) else tuple(entry["url"])
    return Resource(candidates=candidates, **{key: entry[key] for key in RESOURCE if key in entry})
