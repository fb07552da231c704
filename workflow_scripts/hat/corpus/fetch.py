"""Raw text: every part of a corpus found or downloaded, unpacked and joined, its lines made unambiguous."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hat.corpus.binarised import unpack_binarised
from hat.corpus.description import Corpus, Side
from hat.corpus.lines import same_lines
from hat.corpus.unpack import unpack
from hat.download import Files, Found, Resource
from hat.errors import InputError
from hat.files import replacing_folder, write_json
from hat.progress import say


def fetch_corpus(corpus: Corpus, output: Path, mirror: Path | None = None) -> None:
    """Write `output/{split}.{language}`, `output/references/{split}.{target}` and `output/sources.json`.

    Downloads are kept beside `output` until all of it is there, so that a failed fetch continues where it stopped;
    `{output}.sha256.json` stays, the checksums of remote files that the corpus file states none for.
    InputError: a missing or unreachable file, a wrong checksum, text that is not UTF-8, sides of different length.
    """
    if corpus.generated:
        raise InputError(corpus.place, "this corpus is generated, there is nothing to fetch", "generate_corpus")
    downloads = output.with_name(f".{output.name}.downloads")
    files = Files(corpus.name, mirror, downloads, output.with_name(f"{output.name}.sha256.json"))
    sources: dict[str, list[dict[str, Any]]] = {}
    with replacing_folder(output) as folder:

        def append(sides: Sequence[Side], names: Sequence[str]) -> list[tuple[str, int]]:
            done = _append(files, sides, [folder / name for name in names])
            for name, note in zip(names, done, strict=True):
                sources.setdefault(name, []).append(note)
            return [(note["from"], note["lines"]) for note in done]

        binarised: dict[str, int] = {}
        if corpus.binarised:
            found = files.obtain(corpus.binarised)
            binarised = unpack_binarised(corpus, found.path, folder)
            for name, lines in binarised.items():
                sources[name] = [_note(found, corpus.binarised, None, lines)]
        for split in corpus.sourced:
            names = [f"{split}.{language}" for language in corpus.languages]
            total = binarised.get(names[0], 0)
            same_lines(names[0], total, names[1], binarised.get(names[1], 0))
            for part in corpus.splits[split]:
                (first, lines), (second, others) = append([part[language] for language in corpus.languages], names)
                same_lines(first, lines, second, others)
                total += lines
            if split in corpus.references:
                (folder / "references").mkdir(exist_ok=True)
                name = f"references/{split}.{corpus.target}"
                parts = [append([side], [name])[0] for side in corpus.references[split]]
                if len(parts) > 1 and all(lines == total for _, lines in parts):
                    several = f"{len(parts)} files of {total} lines each, references of the same {total} sentences"
                    raise InputError(corpus.place, f"references: {split}: {several}", "one reference of each sentence")
                same_lines(names[0], total, parts[0][0], sum(lines for _, lines in parts))
            say(f"{split}: {total} pairs")
        write_json(folder / "sources.json", {"licence": corpus.licence, "files": sources})
    shutil.rmtree(downloads, ignore_errors=True)


def _append(files: Files, sides: Sequence[Side], outputs: Sequence[Path]) -> list[dict[str, Any]]:
    """Append each side to its output; where it came from and how many lines. Sides of one file are read together."""
    notes: list[dict[str, Any]] = [{}] * len(sides)
    together: dict[Resource, list[int]] = {}
    for index, side in enumerate(sides):
        together.setdefault(side.resource, []).append(index)
    with ExitStack() as opened:
        streams = [opened.enter_context(open(path, "a", encoding="utf-8", newline="\n")) for path in outputs]
        for resource, indices in together.items():
            found = files.obtain(resource)
            lines = unpack(found.path, [sides[index] for index in indices], [streams[index] for index in indices])
            for index, count in zip(indices, lines, strict=True):
                notes[index] = _note(found, resource, sides[index].member, count)
    return notes


def _note(found: Found, resource: Resource, member: str | None, lines: int) -> dict[str, Any]:
    origin = f"{found.origin}: {member}" if member else found.origin
    return {"from": origin, "lines": lines, "sha256": found.sha256, "pinned": resource.pinned}
