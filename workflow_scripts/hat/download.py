"""Files found in a mirror, on disk or on the net, their checksums verified or recorded."""

from __future__ import annotations

import glob
import hashlib
import http.client
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from hat.errors import InputError
from hat.files import digest, read_json, write_json
from hat.progress import Progress, say

MEGABYTE = 10**6
TIMEOUT_SECONDS = 60
WAITS_SECONDS = (2, 8, 30)
"""Before a busy server is asked again."""
BUSY = (429, 500, 502, 503, 504)


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One file as it is stored: text, a table or an archive, local or remote."""

    candidates: tuple[str, ...]
    """Paths or URLs, the first that can be had is taken."""
    sha256: str | None = None
    """Checksum of the file as it is stored (compressed, if it is)."""
    md5: str | None = None
    """Another one, as older publishers state it."""
    file: str | None = None
    """Name below a mirror; None = the file name of the path or URL."""

    @property
    def remote(self) -> bool:
        return self.candidates[0].startswith(("http://", "https://"))

    @property
    def pinned(self) -> bool:
        return bool(self.sha256 or self.md5)

    def local_file(self) -> Path:
        """The file on this machine. InputError when there is none; it tells what is there under a similar name."""
        for candidate in self.candidates:
            if Path(candidate).is_file():
                return Path(candidate)
        first = Path(self.candidates[0])
        others = [*self.candidates[1:], *map(str, sorted(first.parent.glob(f"{glob.escape(first.stem)}.*"))[:3])]
        raise InputError(first, "no such file", " or ".join(others) or "a text file, plain or gzip-compressed")

    @property
    def names(self) -> tuple[str, ...]:
        """File names under which a mirror may hold it. InputError where a URL has none."""
        return (self.file,) if self.file else tuple(dict.fromkeys(map(_file_name, self.candidates)))


def _file_name(candidate: str) -> str:
    try:
        name = PurePosixPath(unquote(urlsplit(candidate).path)).name
    except ValueError as error:
        raise InputError(candidate, str(error), "a path or a URL") from None
    if name in ("", ".."):
        raise InputError(candidate, "names no file", "a path or a URL that ends in the name of a file")
    return name


class Found(NamedTuple):
    """A verified local copy."""

    path: Path
    origin: str
    """The path, or the URL it was downloaded from."""
    sha256: str


class Files:
    """The files of one source. Each is looked for once: in the mirror's folder `name` first, then at its own place.

    `downloads` keeps what was downloaded. `records` is a JSON file that remembers the SHA-256 of each remote file
    without a checksum of its own, so that a later fetch notices when the file has changed.
    """

    def __init__(self, name: str, mirror: Path | None, downloads: Path, records: Path) -> None:
        self.name, self.mirror, self.downloads, self.records = name, mirror, downloads, records
        self._found: dict[Resource, Found] = {}

    def obtain(self, resource: Resource) -> Found:
        """InputError: a file that cannot be had, a wrong checksum, other bytes than the ones first fetched."""
        if resource not in self._found:
            self._found[resource] = self._local(resource) or self._download_first(resource)
        return self._found[resource]

    def _local(self, resource: Resource) -> Found | None:
        if not resource.remote:
            places = [resource.local_file()]
        elif self.mirror is not None:
            places = [self.mirror / self.name / name for name in resource.names]
        else:
            return None
        for path in places:
            if path.is_file():
                return Found(path, str(path), self._verify(path, str(path), resource, resource.candidates[0]))
        return None

    def _download_first(self, resource: Resource) -> Found:
        self.downloads.mkdir(parents=True, exist_ok=True)
        problems = []
        for url in resource.candidates:
            try:
                return self._download(resource, url)
            except urllib.error.HTTPError as error:
                problems.append(f"{url}: HTTP {error.code} {error.reason}")
            except (OSError, http.client.HTTPException, ValueError) as error:  # a bad host is a ValueError
                problems.append(f"{url}: download failed: {getattr(error, 'reason', None) or error}")
            except InputError as error:  # dead links often answer with a page of their own
                if len(resource.candidates) == 1:
                    raise
                problems.append(str(error))
        place, problem = "; ".join(problems).split(": ", 1)
        raise InputError(
            place, problem, f"a reachable file, or a mirror folder that holds {self.name}/{resource.names[0]}"
        )

    def _download(self, resource: Resource, url: str) -> Found:
        path = self.downloads / digest(url)
        part = path.with_name(path.name + ".part")
        if not path.exists():
            if not resource.pinned:
                part.unlink(missing_ok=True)
            download(url, part, whole=resource.pinned)
            try:
                _look_at(part, url)
                sha256 = self._verify(part, url, resource, url)
            except InputError:
                part.unlink()
                raise
            part.replace(path)
            return Found(path, url, sha256)
        return Found(path, url, self._verify(path, url, resource, url))

    def _verify(self, path: Path, origin: str, resource: Resource, url: str) -> str:
        """The SHA-256 of a file. InputError when it has another checksum than stated or recorded."""
        found = _checksums(path)
        for kind, expected in (("sha256", resource.sha256), ("md5", resource.md5)):
            if expected and found[kind] != expected:
                raise InputError(origin, f"{kind} is {found[kind]}", expected)
        if resource.remote and not resource.pinned:
            self._record(origin, url, found["sha256"])
        return found["sha256"]

    def _record(self, origin: str, url: str, sha256: str) -> None:
        recorded = read_json(self.records) if self.records.exists() else {}
        first = recorded.get(url, sha256)
        if first != sha256:
            problem = f"sha256 is {sha256}, but the first fetch had another file"
            raise InputError(origin, problem, f"{first}, as {self.records} says (remove it to accept the new file)")
        if url not in recorded:
            write_json(self.records, recorded | {url: sha256})


def download(url: str, part: Path, whole: bool = False) -> None:
    """Download `url` to `part`, continuing what is already there if the server can; a busy server is asked again.

    OSError when the connection fails or ends early; what arrived is kept. InputError when nothing tells whether all of
    it arrived: the server no length, and not `whole`, somebody who knows a checksum.
    """
    for wait in (*WAITS_SECONDS, None):
        try:
            _download(url, part, whole)
            return
        except (OSError, http.client.HTTPException) as error:
            if wait is None or not _passing(error):
                raise
            if not whole:  # without a checksum nobody would notice that the file changed meanwhile
                part.unlink(missing_ok=True)
            say(f"download {url}: {error}; again in {wait} s")
            time.sleep(wait)


def _passing(error: Exception) -> bool:
    """Whether it is worth asking again: a busy server, a connection that broke."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code in BUSY
    return isinstance(error, (ConnectionError, TimeoutError, http.client.IncompleteRead))


def _download(url: str, part: Path, whole: bool) -> None:
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
        if continued and not response.headers.get("Content-Range", "").startswith(f"bytes {done}-"):
            raise InputError(url, "the server sends a part that nobody asked for (HTTP 206)", "the whole file")
        if response.length is None and not response.chunked and not whole:
            problem = "the server does not say how long the file is: a part would pass for the whole"
            raise InputError(url, problem, "a checksum of the file (sha256), or a mirror that holds it")
        done = done if continued else 0
        left = response.length
        total = done + (left or 0)
        say(f"download {url}" + (f" (from byte {done})" if done else ""))
        progress = Progress(url.rsplit("/", 1)[-1], -(-total // MEGABYTE), unit="MB", done=done // MEGABYTE)
        with open(part, "ab" if continued else "wb") as stream:
            while block := response.read(MEGABYTE):
                done += stream.write(block)
                progress.step(count=min(1, progress.total - progress.done))
        if left is not None and done < total:
            raise ConnectionError(f"the connection ended after {done} of {total} bytes")


def _look_at(path: Path, url: str) -> None:
    """InputError where a server answered with a page instead of a file."""
    with open(path, "rb") as stream:
        begin = stream.read(1000).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if begin.startswith((b"<!doctype html", b"<html")):
        raise InputError(url, "is a page of HTML", "the address of the file itself")


def _checksums(path: Path) -> dict[str, str]:
    """SHA-256 and MD5 of a file, read once."""
    kinds = {"sha256": hashlib.sha256(), "md5": hashlib.md5(usedforsecurity=False)}
    with open(path, "rb") as stream:
        while block := stream.read(MEGABYTE):
            for kind in kinds.values():
                kind.update(block)
    return {name: kind.hexdigest() for name, kind in kinds.items()}
