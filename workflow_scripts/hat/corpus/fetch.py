"""Raw text: every file of a corpus found or downloaded, its checksum verified, its lines made unambiguous."""

from __future__ import annotations

import gzip
import http.client
import shutil
import urllib.error
import urllib.request
import zlib
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

from hat.corpus.description import Corpus, Resource
from hat.corpus.lines import same_lines
from hat.errors import InputError
from hat.files import digest, file_digest, replacing_folder, write_json
from hat.progress import Progress, say

MEGABYTE = 1 << 20
TIMEOUT_SECONDS = 60
# Everything but the newline that some reader takes for the end of a line.
LINE_BREAKS = dict.fromkeys(map(ord, "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"), " ")


def fetch_corpus(corpus: Corpus, output: Path, mirror: Path | None = None) -> None:
    """Write `output/{split}.{language}`, `output/references/{split}.{target}` and `output/sources.json`.

    Downloads are kept beside `output` until all of it is there, so that a failed fetch continues where it stopped.
    InputError: a missing or unreachable file, a wrong checksum, text that is not UTF-8, sides of different length.
    """
    if corpus.generated:
        raise InputError(corpus.place, "this corpus is generated, there is nothing to fetch", "generate_corpus")
    downloads = output.with_name(f".{output.name}.downloads")
    sources: dict[str, Any] = {}

    def fetch(resource: Resource, name: str) -> tuple[str, int]:
        path, origin = obtain(resource, corpus.name, mirror, downloads)
        sources[name] = {"from": origin, "sha256": file_digest(path), "pinned": resource.sha256 is not None}
        return origin, unpack(path, folder / name)

    with replacing_folder(output) as folder:
        for split, sides in corpus.splits.items():
            counted = [fetch(sides[language], f"{split}.{language}") for language in corpus.languages]
            (first, lines), (second, other_lines) = counted
            same_lines(first, lines, second, other_lines)
            if split in corpus.references:
                (folder / "references").mkdir(exist_ok=True)
                reference, others = fetch(corpus.references[split], f"references/{split}.{corpus.target}")
                same_lines(first, lines, reference, others)
            say(f"{split}: {lines} pairs")
        write_json(folder / "sources.json", {"licence": corpus.licence, "files": sources})
    shutil.rmtree(downloads, ignore_errors=True)


def obtain(resource: Resource, name: str, mirror: Path | None, downloads: Path) -> tuple[Path, str]:
    """A verified local copy of a file, and where it came from: the mirror's `name` folder first, then its own place."""
    if not resource.remote:
        places = [Path(candidate) for candidate in resource.candidates]
    elif mirror is not None:
        places = [mirror / name / _file_name(url) for url in resource.candidates]
    else:
        places = []
    found = next((path for path in places if path.is_file()), None)
    if found is not None:
        _verify(found, str(found), resource.sha256)
        return found, str(found)
    if not resource.remote:
        others = " or ".join(resource.candidates[1:])
        raise InputError(resource.candidates[0], "no such file", others or "a text file, plain or gzip-compressed")
    return _download_first(resource, name, downloads)


def _download_first(resource: Resource, name: str, downloads: Path) -> tuple[Path, str]:
    downloads.mkdir(parents=True, exist_ok=True)
    for url in resource.candidates:
        path = downloads / f"{digest(url)[:8]}-{_file_name(url)}"
        part = path.with_name(path.name + ".part")
        try:
            if not path.exists():
                if resource.sha256 is None:  # without a checksum nobody would notice that the file changed meanwhile
                    part.unlink(missing_ok=True)
                download(url, part)
                _verify(part, url, resource.sha256)
                part.replace(path)
            return path, url
        except urllib.error.HTTPError as error:
            problem = f"HTTP {error.code} {error.reason}"
            if error.code != 404:
                break
        except (OSError, http.client.HTTPException) as error:
            problem = f"download failed: {getattr(error, 'reason', None) or error}"
            break
    raise InputError(url, problem, f"a reachable file, or a mirror folder that holds {name}/{_file_name(url)}")


def download(url: str, part: Path) -> None:
    """Download `url` to `part`, continuing what is already there if the server can.

    OSError when the connection fails or ends early; what arrived is kept.
    """
    done = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": "hat", "Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        if error.code == 416 and done:  # nothing follows: the checksum says whether it is the whole
            return
        raise
    with response:
        continued = response.status == http.HTTPStatus.PARTIAL_CONTENT
        done = done if continued else 0
        left = response.length
        total = done + (left or 0)
        say(f"download {url}" + (f" (from byte {done})" if done else ""))
        progress = Progress(_file_name(url), -(-total // MEGABYTE), unit="MB", done=done // MEGABYTE)
        with open(part, "ab" if continued else "wb") as stream:
            while block := response.read(MEGABYTE):
                done += stream.write(block)
                progress.step(count=min(1, progress.total - progress.done))
        if left is not None and done < total:
            raise OSError(f"the connection ended after {done} of {total} bytes")


def _verify(path: Path, origin: str, expected: str | None) -> None:
    """InputError unless the file has the expected checksum; a download that has not is removed."""
    if expected is None:
        return
    found = file_digest(path)
    if found != expected:
        if path.suffix == ".part":
            path.unlink()
        raise InputError(origin, f"sha256 is {found}", expected)


def unpack(path: Path, output: Path) -> int:
    """Write a plain or gzip-compressed file as UTF-8 lines; the number of lines.

    Line ends become newlines; whatever else some reader takes for a line break becomes a space: a lone carriage return,
    a form feed, Unicode's separators. A byte order mark goes. Nothing else is touched.
    """
    number = 0
    try:
        with _open(path) as stream, open(output, "w", encoding="utf-8", newline="\n") as text:
            for number, line in enumerate(stream, start=1):
                decoded = line.decode("utf-8-sig" if number == 1 else "utf-8")
                text.write(decoded.rstrip("\r\n").translate(LINE_BREAKS) + "\n")
    except UnicodeDecodeError as error:
        wrong = f"line {number} is not UTF-8 (byte {error.start + 1} of the line is 0x{error.object[error.start]:02x})"
        raise InputError(path, wrong, "UTF-8 text") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(path, f"damaged gzip file after line {number} ({error})") from None
    return number


def _open(path: Path) -> BinaryIO:
    with open(path, "rb") as stream:
        compressed = stream.read(2) == b"\x1f\x8b"
    return cast(BinaryIO, gzip.open(path, "rb")) if compressed else open(path, "rb")


def _file_name(url: str) -> str:
    return unquote(PurePosixPath(urlsplit(url).path).name)
