"""Finding, downloading, verifying and unpacking the files of a corpus."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hat.corpus.fetch import download, fetch_corpus, unpack
from hat.errors import InputError
from hat.files import read_json

from tests.unit.corpus_files import ENGLISH, GERMAN, described, lines_of, text_folder


class Server(ThreadingHTTPServer):
    """Serves `files` with or without ranges; drops the connection after `cut` bytes of a body if that is set."""

    files: dict[str, bytes]
    ranges = True
    cut: int | None = None
    asked: list[tuple[str, str | None]]

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers["Range"]
        self.server.asked.append((self.path, wanted))
        body = self.server.files.get(self.path.removeprefix("/"))
        if body is None:
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.server.ranges else 0
        if start and start >= len(body):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        self.wfile.write(body[start:][: self.server.cut])

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        running.files, running.asked = {}, []
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_local_files_plain_and_compressed(tmp_path: Path) -> None:
    data = text_folder(tmp_path / "data")
    for path in data.glob("test.*"):
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    fetch_corpus(described(tmp_path), tmp_path / "raw")
    for split in ("train", "valid", "test"):
        assert lines_of(tmp_path / "raw" / f"{split}.de") == GERMAN
        assert lines_of(tmp_path / "raw" / f"{split}.en") == ENGLISH
    sources = read_json(tmp_path / "raw" / "sources.json")["files"]
    assert sources["test.en"]["from"] == str(data / "test.en.gz")
    assert sources["test.en"]["sha256"] == sha256((data / "test.en.gz").read_bytes())
    assert not sources["test.en"]["pinned"]


def test_download_and_checksum(tmp_path: Path, server: Server) -> None:
    text_folder(tmp_path / "data")
    packed = {side: gzip.compress("\n".join(lines).encode()) for side, lines in (("de", GERMAN), ("en", ENGLISH))}
    server.files = {f"test.{side}.gz": data for side, data in packed.items()}
    test = {side: {"url": server.url(f"test.{side}.gz"), "sha256": sha256(data)} for side, data in packed.items()}
    fetch_corpus(described(tmp_path, test=test), tmp_path / "raw")
    assert lines_of(tmp_path / "raw" / "test.de") == GERMAN
    assert read_json(tmp_path / "raw" / "sources.json")["files"]["test.de"]["pinned"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "raw", "tiny.de-en.yaml"]

    server.files["test.en.gz"] += b"more"
    with pytest.raises(InputError) as caught:
        fetch_corpus(described(tmp_path, test=test), tmp_path / "other")
    line = f"{server.url('test.en.gz')}: sha256 is {sha256(server.files['test.en.gz'])}; legal: {sha256(packed['en'])}"
    assert str(caught.value) == line
    assert not (tmp_path / "other").exists()
    assert not list(tmp_path.rglob("*.part"))


def test_a_prefix_url_is_tried_plain_then_compressed(tmp_path: Path, server: Server) -> None:
    text_folder(tmp_path / "data")
    server.files = {"test.de": b"eins\n", "test.en.gz": gzip.compress(b"one\n")}
    fetch_corpus(described(tmp_path, test=server.url("test")), tmp_path / "raw")
    assert (lines_of(tmp_path / "raw" / "test.de"), lines_of(tmp_path / "raw" / "test.en")) == (["eins"], ["one"])
    with pytest.raises(InputError, match=r"HTTP 404 .* mirror folder that holds tiny/tset\.de"):
        fetch_corpus(described(tmp_path, test=server.url("tset")), tmp_path / "raw")


def test_a_broken_download_continues_where_it_stopped(tmp_path: Path, server: Server) -> None:
    text_folder(tmp_path / "data")
    body = "".join(f"{number}\n" for number in range(1000)).encode()
    server.files, server.cut = {"test.de": body, "test.en": body}, 3000
    test = {side: {"url": server.url(f"test.{side}"), "sha256": sha256(body)} for side in ("de", "en")}
    corpus = described(tmp_path, test=test)
    with pytest.raises(InputError, match=f"the connection ended after 3000 of {len(body)} bytes"):
        fetch_corpus(corpus, tmp_path / "raw")
    server.cut = None
    fetch_corpus(corpus, tmp_path / "raw")
    assert [wanted for path, wanted in server.asked if path == "/test.de"] == [None, "bytes=3000-"]
    assert (tmp_path / "raw" / "test.de").read_bytes() == body


@pytest.mark.parametrize("ranges", [True, False])
def test_download_of_a_part(tmp_path: Path, server: Server, ranges: bool) -> None:
    server.files, server.ranges = {"a": b"0123456789"}, ranges
    part = tmp_path / "a.part"
    for there in (b"", b"01234", b"0123456789"):
        part.write_bytes(there)
        download(server.url("a"), part)
        assert part.read_bytes() == b"0123456789"


def test_without_a_checksum_nothing_is_continued(tmp_path: Path, server: Server) -> None:
    text_folder(tmp_path / "data")
    server.files, server.cut = {"test.de": b"eins\nzwei\n", "test.en": b"one\ntwo\n"}, 4
    for cut in (4, None):
        server.cut = cut
        if cut:
            with pytest.raises(InputError, match="the connection ended"):
                fetch_corpus(described(tmp_path, test=server.url("test")), tmp_path / "raw")
        else:
            fetch_corpus(described(tmp_path, test=server.url("test")), tmp_path / "raw")
    assert all(wanted is None for _, wanted in server.asked)


def test_the_mirror_comes_first_and_is_verified_all_the_same(tmp_path: Path) -> None:
    text_folder(tmp_path / "data")
    folder = tmp_path / "mirror" / "tiny"
    folder.mkdir(parents=True)
    test = {}
    for side, lines in (("de", GERMAN), ("en", ENGLISH)):
        (folder / f"t.{side}").write_text("\n".join(lines), encoding="utf-8")
        digest = sha256((folder / f"t.{side}").read_bytes())
        test[side] = {"url": f"http://127.0.0.1:9/far/t.{side}", "sha256": digest}
    fetch_corpus(described(tmp_path, test=test), tmp_path / "raw", tmp_path / "mirror")
    assert lines_of(tmp_path / "raw" / "test.en") == ENGLISH

    (folder / "t.en").write_text("changed\n")
    with pytest.raises(InputError, match=f"^{folder / 't.en'}: sha256 is .*; legal: {test['en']['sha256']}$"):
        fetch_corpus(described(tmp_path, test=test), tmp_path / "raw", tmp_path / "mirror")
    assert lines_of(tmp_path / "raw" / "test.en") == ENGLISH

    (folder / "t.de").unlink()
    with pytest.raises(InputError, match=r"t\.de: download failed: .*mirror folder that holds tiny/t\.de"):
        fetch_corpus(described(tmp_path, test=test), tmp_path / "raw", tmp_path / "mirror")


def test_sides_of_different_length(tmp_path: Path) -> None:
    data = text_folder(tmp_path / "data", valid=(GERMAN, ENGLISH[:3]))
    with pytest.raises(InputError) as caught:
        fetch_corpus(described(tmp_path), tmp_path / "raw")
    assert f"{data / 'valid.de'}: 4 lines, but {data / 'valid.en'} has 3" in str(caught.value)
    assert not (tmp_path / "raw").exists()


def test_missing_file(tmp_path: Path) -> None:
    data = text_folder(tmp_path / "data")
    (data / "train.en").unlink()
    with pytest.raises(InputError) as caught:
        fetch_corpus(described(tmp_path), tmp_path / "raw")
    assert str(caught.value) == f"{data / 'train.en'}: no such file; legal: {data / 'train.en.gz'}"


def test_generated_corpora_are_not_fetched(tmp_path: Path) -> None:
    corpus = described(tmp_path, generated={}, train=None, valid=None, test=None)
    assert list(corpus.splits) == ["train", "valid", "test"]
    with pytest.raises(InputError, match="generated"):
        fetch_corpus(corpus, tmp_path / "raw")


def test_references_stand_beside_the_raw_text(tmp_path: Path) -> None:
    text_folder(tmp_path / "data")
    reference = tmp_path / "reference.txt"
    reference.write_text("a\nb\nc\nd\n")
    corpus = described(tmp_path, already_subwords=True, references={"test": str(reference)})
    fetch_corpus(corpus, tmp_path / "raw")
    assert lines_of(tmp_path / "raw" / "references" / "test.en") == ["a", "b", "c", "d"]
    reference.write_text("a\nb\n")
    with pytest.raises(InputError, match=r"4 lines, but .*reference\.txt has 2"):
        fetch_corpus(corpus, tmp_path / "raw")


def test_only_newlines_end_lines(tmp_path: Path) -> None:
    source = tmp_path / "odd"
    source.write_bytes("\ufeffa\rb\r\nc\u2028d\x0be\x85f\x1cg\n\nlast  line\u00a0".encode())
    assert unpack(source, tmp_path / "out") == 4
    text = (tmp_path / "out").read_text(encoding="utf-8")
    assert text == "a b\nc d e f g\n\nlast  line\u00a0\n"
    assert text.splitlines() == text[:-1].split("\n")


def test_bad_utf8_names_the_line(tmp_path: Path) -> None:
    source = tmp_path / "latin"
    source.write_bytes("gut\nM\u00fcller\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"latin: line 2 is not UTF-8 \(byte 2 of the line is 0xfc\)"):
        unpack(source, tmp_path / "out")


@pytest.mark.parametrize("damage", [lambda data: data[:-20], lambda data: data[:12] + b"xxxx" + data[16:]])
def test_damaged_gzip(tmp_path: Path, damage: Any) -> None:
    source = tmp_path / "damaged.gz"
    source.write_bytes(damage(gzip.compress("".join(map(str, range(1000))).encode())))
    with pytest.raises(InputError, match=r"damaged\.gz: damaged gzip file"):
        unpack(source, tmp_path / "out")
