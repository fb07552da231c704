"""Sentences out of the files that corpora are published in: plain text, archives, tables, marked-up test sets."""

from __future__ import annotations

import codecs
import difflib
import errno
import gzip
import html
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, Self, TextIO, cast

from hat.corpus.description import Side
from hat.errors import InputError
from hat.text.languages import bare

# Everything but the newline that some reader takes for the end of a line.
LINE_BREAKS = dict.fromkeys(map(ord, "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"), " ")
LONGEST_LINE = 10**6
"""Bytes."""
MOST_TIMES, MOST_BYTES = 200, 10**8
"""What a file unpacks to: so many times its own size, or so many bytes if that is more."""
GZIP_MAGIC = b"\x1f\x8b"
DAMAGES = (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, EOFError, zlib.error, lzma.LZMAError)
SECRETS = (RuntimeError, NotImplementedError)
"""What zipfile makes of a password, and of a method that it does not know."""
MARKUP = re.compile(r"<(?P<element>src|ref|hyp)\b(?P<about>[^>]*)>|<seg[^>]*>(?P<segment>.*?)</seg>", re.IGNORECASE)
ENTITY = re.compile(r"&(#\d+|#x[0-9a-f]+|\w+);", re.IGNORECASE)
ABOUT_A_TALK = re.compile(r"\s*</?(url|talkid|keywords|speaker|reviewer|translator|doc|transcript|translation)\b")
TITLE = re.compile("</?(title|description)>")


def unpack(path: Path, sides: Sequence[Side], outputs: Sequence[TextIO]) -> list[int]:
    """Append the sentences of each side, which all stand in `path`, to its output; how many there are of each.

    An archive is read once, as a stream, and nothing else is unpacked. Line ends become newlines; whatever else some
    reader takes for a line break becomes a space: a lone carriage return, a form feed, Unicode's separators. A byte
    order mark goes. InputError: a damaged file, a missing member or column, text that is not UTF-8.
    """
    counts = [0] * len(sides)
    for member, stream in _streams(path, {side.member for side in sides}):
        place = str(path) if member is None else f"{path}: {member}"
        chosen = [index for index, side in enumerate(sides) if side.member == member]
        with undamaged(place):
            lines = _lines(stream, place, max(MOST_BYTES, MOST_TIMES * path.stat().st_size))
            if sides[chosen[0]].format == "sgml":
                marked = " ".join(lines)
                for index in chosen:
                    segments = [*_segments(marked, sides[index], place)]
                    outputs[index].writelines(f"{segment}\n" for segment in segments)
                    counts[index] = len(segments)
                continue
            sentences = FORMATS[sides[chosen[0]].format](lines)
            for number, line in enumerate(sentences, start=1):
                for index in chosen:
                    column = sides[index].column
                    outputs[index].write((line if column is None else _cell(line, column, place, number)) + "\n")
                    counts[index] = number
    return counts


def _streams(path: Path, members: set[str | None]) -> Iterator[tuple[str | None, BinaryIO]]:
    """The file itself, or the wanted members of the archive it is; each is to be read before the next."""
    if None in members:
        with open(path, "rb") as stream:
            yield None, stream
    missing = sorted(member for member in members if member is not None)
    names: list[str] = []
    with undamaged(str(path)):
        for name, opened in archived(path) if missing else ():
            names.append(name)
            if name in missing:
                missing.remove(name)
                with opened() as stream:
                    yield name, stream
                if not missing:
                    break
    if missing:
        close = difflib.get_close_matches(missing[0], names, n=3) or sorted(names)[:3]
        raise InputError(path, f"no member {missing[0]!r}", f"one of its {len(names)}, such as {', '.join(close)}")


def archived(path: Path) -> Iterator[tuple[str, Callable[[], BinaryIO]]]:
    """The regular files of an archive in its own order, and how to open each before the next. Read it `undamaged`."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield name, cast(Callable[[], BinaryIO], partial(archive.open, name))
    else:
        with _tar(path) as stream:
            for entry in stream:
                if entry.isfile():
                    opened = cast(Callable[[], BinaryIO], partial(stream.extractfile, entry))
                    yield entry.name.removeprefix("./"), opened


def _tar(path: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(path, "r|*", tarinfo=_Entry)
    except TypeError:  # what Python makes of a gzip header that ends early
        raise tarfile.ReadError("truncated header") from None


class _Entry(tarfile.TarInfo):
    """An entry of a tar file, which ends at its mark alone: Python takes a header cut short for the end as well."""

    @classmethod
    def fromtarfile(cls, stream: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(stream)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]  # in every Python, in no type stub
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(str(error)) from None


@contextmanager
def undamaged(place: str) -> Iterator[None]:
    """InputError when a compressed file or an archive is damaged."""
    try:
        yield
    except DAMAGES as error:
        raise InputError(place, f"damaged, or no archive ({error})", "the whole file, as published") from None
    except OSError as error:  # zipfile seeks where a damaged file sends it
        if error.errno != errno.EINVAL:
            raise
        raise InputError(place, "damaged, or no archive (it points outside itself)", "the whole file") from None
    except SECRETS as error:
        raise InputError(place, f"cannot be unpacked ({error})", "an archive without a password, deflated") from None


def _lines(stream: BinaryIO, place: str, most: int) -> Iterator[str]:
    """The lines of plain or gzip-compressed UTF-8 text without their ends, of `most` bytes in all."""
    buffered = io.BufferedReader(cast(io.RawIOBase, stream))
    if buffered.peek(2)[:2] == GZIP_MAGIC:
        buffered = io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=buffered)))
    if buffered.peek(2)[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise InputError(place, "is UTF-16", "UTF-8 text")
    read = 0
    for number, line in enumerate(iter(partial(buffered.readline, LONGEST_LINE + 1), b""), start=1):
        read += len(line)
        if len(line) > LONGEST_LINE:
            raise InputError(place, f"line {number} is longer than {LONGEST_LINE:,} bytes", "a sentence on every line")
        if read > most:
            raise InputError(place, f"unpacks to more than {most:,} bytes, {MOST_TIMES} times its size", "a text file")
        try:
            decoded = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            byte = f"byte {error.start + 1} of the line is 0x{error.object[error.start]:02x}"
            raise InputError(place, f"line {number} is not UTF-8 ({byte})", "UTF-8 text") from None
        yield decoded.rstrip("\r\n").translate(LINE_BREAKS)


def _text(lines: Iterable[str]) -> Iterator[str]:
    yield from lines


def _segments(text: str, side: Side, place: str) -> Iterator[str]:
    """What stands between <seg> and </seg> in WMT's and IWSLT's test sets, entities resolved.

    In XML that has sources and references in one file, those in the side's language alone. InputError where several
    translators made references and the corpus names none of them.
    """
    found, ours, translators = 0, True, set()
    for piece in MARKUP.finditer(text):
        if piece["element"]:
            about = dict(re.findall(r"""(\w+)=["']([^"']*)""", piece["about"]))
            language = about.get("lang", side.language).replace("-", "_")
            ours = bare(language) == bare(side.language) and piece["element"].lower() != "hyp"
            if ours and "translator" in about:
                translators.add(about["translator"])
                ours = side.translator in (None, about["translator"])
        elif ours:
            found += 1
            yield ENTITY.sub(_character, piece["segment"]).strip()
        if len(translators) > 1 and side.translator is None:
            several = f"references of the translators {' and '.join(sorted(translators))}"
            raise InputError(place, several, f"translator: {min(translators)}, say, beside the url of {side.language}")
    if text.lower().rfind("<seg") > text.lower().rfind("</seg>"):
        raise InputError(place, "the last <seg> has no end", "<seg> and </seg> around each sentence (format: sgml)")
    if not found:
        named = f" in {side.language}" if side.language else ""
        named += f" by translator {side.translator}" if side.translator else ""
        raise InputError(place, f"no <seg>{named}", "<seg> and </seg> around each sentence (format: sgml)")


def _character(entity: re.Match[str]) -> str:
    """The character of an entity of XML or HTML, by name or number; what breaks a line is a space."""
    return html.unescape(entity[0]).translate(LINE_BREAKS | {ord("\n"): " "})


def _talks(lines: Iterable[str]) -> Iterator[str]:
    """IWSLT's training text: the lines about a talk go, its title and description stay without their tags."""
    for line in lines:
        if not ABOUT_A_TALK.match(line):
            yield TITLE.sub("", line).strip()


FORMATS: dict[str, Callable[[Iterable[str]], Iterator[str]]] = {"text": _text, "iwslt": _talks}


def _cell(row: str, column: int, place: str, number: int) -> str:
    cells = row.split("\t")
    if column > len(cells) and row:  # an empty line ends a document, and has no cells at all
        raise InputError(place, f"line {number} has {len(cells)} columns", f"a column {column}, after a tab")
    return cells[column - 1] if row else ""
