"""Finding, downloading, verifying and unpacking the files of a corpus."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hat.corpus.fetch import fetch_corpus
from hat.errors import InputError
from hat.files import read_json

from tests.unit.corpus_files import ENGLISH, GERMAN, described, lines_of, text_folder
from tests.unit.file_server import Server


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
    assert sources["test.en"][0]["from"] == str(data / "test.en.gz")
    assert sources["test.en"][0]["sha256"] == sha256((data / "test.en.gz").read_bytes())
    assert not sources["test.en"][0]["pinned"]


def test_download_and_checksum(tmp_path: Path, server: Server) -> None:
    text_folder(tmp_path / "data")
    packed = {side: gzip.compress("\n".join(lines).encode()) for side, lines in (("de", GERMAN), ("en", ENGLISH))}
    server.files = {f"test.{side}.gz": data for side, data in packed.items()}
    test = {side: {"url": server.url(f"test.{side}.gz"), "sha256": sha256(data)} for side, data in packed.items()}
    fetch_corpus(described(tmp_path, test=test), tmp_path / "raw")
    assert lines_of(tmp_path / "raw" / "test.de") == GERMAN
    assert read_json(tmp_path / "raw" / "sources.json")["files"]["test.de"][0]["pinned"]
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


def test_a_page_is_no_file(tmp_path: Path, server: Server) -> None:
    text_folder(tmp_path / "data")
    server.files = {"test.de": b"\n <!DOCTYPE HTML>\n<html>Please log in</html>\n", "test.en": b"one\n"}
    with pytest.raises(InputError, match=r"test\.de: is a page of HTML; legal: the address of the file itself"):
        fetch_corpus(
            described(tmp_path, test={side: server.url(f"test.{side}") for side in ("de", "en")}), tmp_path / "raw"
        )


@pytest.mark.parametrize("url", ["http://[a/test.txt", f"http://{'a' * 70}.b/test.txt", "http://a b/test.txt"])
def test_bad_hosts_are_one_line(tmp_path: Path, url: str) -> None:
    text_folder(tmp_path / "data")
    with pytest.raises(InputError, match="legal: "):
        fetch_corpus(described(tmp_path, test={side: {"url": url} for side in ("de", "en")}), tmp_path / "raw")


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
    assert (
        str(caught.value) == f"{data / 'train.en'}: no such file; legal: {data / 'train.en.gz'} or {data / 'train.de'}"
    )


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
    twice = described(tmp_path, already_subwords=True, references={"test": [str(reference)] * 2})
    with pytest.raises(
        InputError, match="references: test: 2 files of 4 lines each, references of the same 4 sentences"
    ):
        fetch_corpus(twice, tmp_path / "raw")
    reference.write_text("a\nb\n")
    with pytest.raises(InputError, match=r"4 lines, but .*reference\.txt has 2"):
        fetch_corpus(corpus, tmp_path / "raw")


def tgz(files: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return data.getvalue()


def test_parts_are_joined_in_their_order(tmp_path: Path, server: Server) -> None:
    text_folder(tmp_path / "data")
    server.files = {
        "a.tgz": tgz({"other": "no\n", "t/x.en": "one\ntwo\n", "t/x.de": "eins\nzwei\n", "t.sgm": "<seg>five</seg>"}),
        "b.tsv.gz": gzip.compress(b"three\tdrei\n"),
        "c.de": b"<seg>f\xc3\xbcnf</seg>\n",
    }
    archive, table = ({"url": server.url(name)} for name in ("a.tgz", "b.tsv.gz"))
    train = [
        archive | {"md5": hashlib.md5(server.files["a.tgz"]).hexdigest(), "members": {"de": "t/x.de", "en": "t/x.en"}},
        table | {"columns": {"en": 1, "de": 2}},
        str(tmp_path / "data" / "valid"),
        {"de": {"url": server.url("c.de"), "format": "sgml"}, "en": archive | {"member": "t.sgm", "format": "sgml"}},
    ]
    fetch_corpus(described(tmp_path, train=train), tmp_path / "raw")
    assert lines_of(tmp_path / "raw" / "train.de") == ["eins", "zwei", "drei", *GERMAN, "fünf"]
    assert lines_of(tmp_path / "raw" / "train.en") == ["one", "two", "three", *ENGLISH, "five"]
    notes = read_json(tmp_path / "raw" / "sources.json")["files"]["train.de"]
    assert [(note["from"].rsplit("/", 1)[-1], note["lines"], note["pinned"]) for note in notes] == [
        ("x.de", 2, True),
        ("b.tsv.gz", 1, False),
        ("valid.de", 4, False),
        ("c.de", 1, False),
    ]
    assert notes[0]["from"] == f"{server.url('a.tgz')}: t/x.de"

    server.files["a.tgz"] = tgz({"t/x.en": "one\n", "t/x.de": "eins\nzwei\n"})
    train[0] = archive | {"members": {"de": "t/x.de", "en": "t/x.en"}}
    with pytest.raises(InputError) as caught:
        fetch_corpus(described(tmp_path, train=train[:1]), tmp_path / "other")
    assert str(caught.value) == (
        f"{server.url('a.tgz')}: t/x.de: 2 lines, but {server.url('a.tgz')}: t/x.en has 1; legal: sides of equal length"
    )


def test_a_file_is_downloaded_once_for_all_its_parts(tmp_path: Path, server: Server) -> None:
    text_folder(tmp_path / "data")
    server.files = {"a.tgz": tgz({f"{split}.{side}": "x\n" for split in ("valid", "test") for side in ("de", "en")})}
    parts = {
        split: {"url": server.url("a.tgz"), "members": {side: f"{split}.{side}" for side in ("de", "en")}}
        for split in ("valid", "test")
    }
    fetch_corpus(described(tmp_path, **parts), tmp_path / "raw")
    assert [path for path, _ in server.asked] == ["/a.tgz"]
    assert lines_of(tmp_path / "raw" / "valid.de") == ["x"]


def test_md5_mismatch(tmp_path: Path, server: Server) -> None:
    text_folder(tmp_path / "data")
    server.files = {"a.tsv": b"eins\tone\n"}
    found, stated = hashlib.md5(server.files["a.tsv"]).hexdigest(), "0" * 32
    test = {"url": server.url("a.tsv"), "md5": stated, "columns": {"de": 1, "en": 2}}
    with pytest.raises(InputError) as caught:
        fetch_corpus(described(tmp_path, test=test), tmp_path / "raw")
    assert str(caught.value) == f"{server.url('a.tsv')}: md5 is {found}; legal: {stated}"


def test_other_urls_where_the_first_is_dead(tmp_path: Path, server: Server) -> None:
    text_folder(tmp_path / "data")
    server.files = {"page": b"<html>gone</html>", "a.tsv": b"eins\tone\n"}
    pin = {"md5": hashlib.md5(server.files["a.tsv"]).hexdigest(), "columns": {"de": 1, "en": 2}}
    urls = ["http://127.0.0.1:9/a.tsv", server.url("none"), server.url("page"), server.url("a.tsv")]
    fetch_corpus(described(tmp_path, test={"url": urls} | pin), tmp_path / "raw")
    assert lines_of(tmp_path / "raw" / "test.en") == ["one"]
    with pytest.raises(InputError) as caught:
        fetch_corpus(described(tmp_path, test={"url": urls[:3]} | pin), tmp_path / "raw")
    for problem in (
        f"{urls[0]}: download failed: ",
        f"{urls[1]}: HTTP 404",
        f"{urls[2]}: is a page of HTML",
        "tiny/a.tsv",
    ):
        assert problem in str(caught.value)

    folder = tmp_path / "mirror" / "tiny"
    folder.mkdir(parents=True)
    (folder / "page").write_bytes(server.files["a.tsv"])
    fetch_corpus(described(tmp_path, test={"url": urls[:3]} | pin), tmp_path / "raw", tmp_path / "mirror")
    assert lines_of(tmp_path / "raw" / "test.de") == ["eins"]


def test_a_name_in_the_mirror(tmp_path: Path) -> None:
    data = text_folder(tmp_path / "data")
    columns = {"columns": {"de": 1, "en": 2}}
    test = {"url": "http://127.0.0.1:9/13/test.tsv"} | columns
    valid = {"url": "http://127.0.0.1:9/12/test.tsv"} | columns
    with pytest.raises(InputError) as caught:
        described(tmp_path, test=test, valid=valid)
    assert f"{valid['url']} and {test['url']} would be one file in a mirror; legal: a key file" in str(caught.value)
    folder = tmp_path / "mirror" / "tiny"
    folder.mkdir(parents=True)
    (folder / "test.tsv").write_text("dreizehn\tthirteen\n")
    (folder / "test12.tsv").write_text("zw\u00f6lf\ttwelve\n")
    corpus = described(tmp_path, train=str(data / "train"), test=test, valid=valid | {"file": "test12.tsv"})
    fetch_corpus(corpus, tmp_path / "raw", tmp_path / "mirror")
    assert [lines_of(tmp_path / "raw" / f"{split}.en") for split in ("valid", "test")] == [["twelve"], ["thirteen"]]


def test_an_unpinned_file_that_has_changed_is_noticed(tmp_path: Path, server: Server) -> None:
    text_folder(tmp_path / "data")
    server.files = {"a.tsv": b"eins\tone\n"}
    corpus = described(tmp_path, test={"url": server.url("a.tsv"), "columns": {"de": 1, "en": 2}})
    fetch_corpus(corpus, tmp_path / "raw")
    first = sha256(server.files["a.tsv"])
    assert read_json(tmp_path / "raw.sha256.json") == {server.url("a.tsv"): first}
    fetch_corpus(corpus, tmp_path / "raw")
    server.files["a.tsv"] = b"zwei\ttwo\n"
    with pytest.raises(InputError) as caught:
        fetch_corpus(corpus, tmp_path / "raw")
    now = sha256(server.files["a.tsv"])
    assert str(caught.value).startswith(
        f"{server.url('a.tsv')}: sha256 is {now}, but the first fetch had another file; legal: {first}, as "
    )
    (tmp_path / "raw.sha256.json").unlink()
    fetch_corpus(corpus, tmp_path / "raw")
    assert lines_of(tmp_path / "raw" / "test.en") == ["two"]


def test_a_held_out_split_is_not_fetched(tmp_path: Path) -> None:
    text_folder(tmp_path / "data")
    fetch_corpus(described(tmp_path, valid={"every": 2}), tmp_path / "raw")
    assert sorted(path.name for path in (tmp_path / "raw").glob("*.de")) == ["test.de", "train.de"]


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"url": "a.tgz"}, "test: url with no sides; legal: url with members or columns"),
        (
            {"url": "a.tgz", "members": {"de": "x", "en": "y"}, "columns": {"de": 1, "en": 2}},
            "test: url with members and columns; legal: url with",
        ),
        ({"url": "a.tgz", "members": {"de": "x", "fr": "y"}}, "test: sides de, fr; legal: de and en"),
        ({"url": "a.tsv", "columns": {"de": 0, "en": 1}}, "test"),
        ([], "test"),
        ({"every": 23}, "test"),
    ],
)
def test_bad_parts_are_refused_in_one_line(tmp_path: Path, entry: Any, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        described(tmp_path, test=entry)
    assert problem in str(caught.value)
    assert "tiny.de-en.yaml: test" in str(caught.value)
