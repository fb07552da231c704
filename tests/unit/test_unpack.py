"""Sentences out of plain and compressed text, archives, tables and marked-up test sets."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hat.corpus.description import Side
from hat.corpus.unpack import unpack
from hat.download import Resource
from hat.errors import InputError

SGML = """<refset setid="t" srclang="any" trglang="de">
<doc docid="a"><hl>
<seg id="1"> A &amp; B &quot;c&quot; </seg>
</hl><p>
<seg id="2">one <i>two</i></seg> <SEG id="3">three
four</SEG>
</p></doc></refset>
"""
IWSLT = """<url>http://talks/1</url>
<keywords>talks, things</keywords>
<talkid>1</talkid>
<title>A title</title>
<description>What it is about.</description>
A sentence.
 <reviewer>Some One</reviewer>
Two < three, urls <b>too</b>.
"""


def sides(path: Path, *wanted: dict[str, object]) -> list[Side]:
    return [Side(resource=Resource(candidates=(str(path),)), **side) for side in wanted]  # type: ignore[arg-type]


def unpacked(path: Path, *wanted: dict[str, object]) -> list[str]:
    outputs = [io.StringIO() for _ in wanted or [{}]]
    counts = unpack(path, sides(path, *(wanted or [{}])), outputs)
    texts = [output.getvalue() for output in outputs]
    assert counts == [text.count("\n") for text in texts]
    return texts


def tar(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz" if path.suffix == ".tgz" else "w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_only_newlines_end_lines(tmp_path: Path) -> None:
    source = tmp_path / "odd"
    source.write_bytes("\ufeffa\rb\r\nc\u2028d\x0be\x85f\x1cg\n\nlast  line\u00a0".encode())
    (text,) = unpacked(source)
    assert text == "a b\nc d e f g\n\nlast  line\u00a0\n"
    assert text.splitlines() == text[:-1].split("\n")


def test_bad_utf8_names_the_line(tmp_path: Path) -> None:
    source = tmp_path / "latin"
    source.write_bytes("gut\nM\u00fcller\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"latin: line 2 is not UTF-8 \(byte 2 of the line is 0xfc\)"):
        unpacked(source)


@pytest.mark.parametrize("damage", [lambda data: data[:-20], lambda data: data[:12] + b"xxxx" + data[16:]])
def test_damaged_gzip(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    source = tmp_path / "damaged.gz"
    source.write_bytes(damage(gzip.compress("".join(map(str, range(1000))).encode())))
    with pytest.raises(InputError, match=r"damaged\.gz: damaged, or no archive \("):
        unpacked(source)


@pytest.mark.parametrize(("name", "pack"), [("a.tgz", tar), ("a.tar", tar), ("a.zip", zipped)])
def test_members_of_an_archive_in_any_order(
    tmp_path: Path, name: str, pack: Callable[[Path, dict[str, bytes]], Path]
) -> None:
    files = {"x/other": b"no\n", "x/b.gz": gzip.compress("zw\u00f6lf\nb2\n".encode()), "x/a": b"a1\na2"}
    archive = pack(tmp_path / name, files)
    assert unpacked(archive, {"member": "x/a"}, {"member": "x/b.gz"}) == ["a1\na2\n", "zw\u00f6lf\nb2\n"]
    with pytest.raises(InputError) as caught:
        unpacked(archive, {"member": "x/a"}, {"member": "x/b"})
    line = f"{archive}: no member 'x/b'; legal: one of its 3, such as "
    assert str(caught.value).startswith(line)
    assert "x/b.gz" in str(caught.value).removeprefix(line)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_is_no_archive(tmp_path: Path) -> None:
    page = tmp_path / "page.tgz"
    page.write_text("<html>gone</html>")
    with pytest.raises(InputError, match=r"page\.tgz: damaged, or no archive"):
        unpacked(page, {"member": "a"})


def test_an_archive_that_ends_early(tmp_path: Path) -> None:
    text = "".join(f"{number * 7919}\n" for number in range(20000)).encode()
    archive = tar(tmp_path / "a.tgz", {"a": text})
    archive.write_bytes(archive.read_bytes()[:-5000])
    with pytest.raises(InputError, match=r"a\.tgz: a: damaged"):
        unpacked(archive, {"member": "a"})


@pytest.mark.parametrize("left", [1024, 1300, 1536])
def test_an_archive_that_ends_early_between_two_members(tmp_path: Path, left: int) -> None:
    archive = tar(tmp_path / "a.tar", {"a": b"one\n", "b": b"two\n"})
    archive.write_bytes(archive.read_bytes()[:left])
    with pytest.raises(InputError, match=r"a\.tar: (b: )?damaged"):
        unpacked(archive, {"member": "b"})


@pytest.mark.parametrize("left", [1, 3, 9, 12])
def test_an_archive_that_ends_within_its_first_bytes(tmp_path: Path, left: int) -> None:
    archive = tar(tmp_path / "a.tgz", {"a": b"one\n"})
    archive.write_bytes(archive.read_bytes()[:left])
    with pytest.raises(InputError, match=r"a\.tgz: damaged"):
        unpacked(archive, {"member": "a"})


def test_columns_of_a_table(tmp_path: Path) -> None:
    table = tmp_path / "t.tsv.gz"
    table.write_bytes(gzip.compress(b"one\teins\tx\n\n\tzwei\nthree\tdrei\n"))
    assert unpacked(table, {"column": 2}, {"column": 1}) == ["eins\n\nzwei\ndrei\n", "one\n\n\nthree\n"]
    with pytest.raises(InputError, match=r"t\.tsv\.gz: line 3 has 2 columns; legal: a column 3, after a tab"):
        unpacked(table, {"column": 3})


def test_segments(tmp_path: Path) -> None:
    archive = tar(tmp_path / "test.tgz", {"t.sgm": SGML.encode()})
    (text,) = unpacked(archive, {"member": "t.sgm", "format": "sgml"})
    assert text == 'A & B "c"\none <i>two</i>\nthree four\n'


XML = """<dataset id="newstest"><doc id="1" origlang="en">
<src lang="en"><p><seg id="1">Caf&#233; &#8211; 3&#xa0;&euro; &copy it</seg></p></src>
<ref lang="de" translator="A"><p><seg id="1">erstens</seg></p></ref>
<hyp system="X" lang="de"><p><seg id="1">falsch</seg></p></hyp>
</doc></dataset>
"""


def test_a_test_set_with_both_sides_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "t.xml"
    path.write_text(XML, encoding="utf-8")
    sides = ({"format": "sgml", "language": "en"}, {"format": "sgml", "language": "de_DE"})
    assert unpacked(path, *sides) == ["Café – 3\u00a0€ &copy it\n", "erstens\n"]
    with pytest.raises(InputError, match="no <seg> in fr;"):
        unpacked(path, {"format": "sgml", "language": "fr"})


def test_one_of_several_references(tmp_path: Path) -> None:
    path = tmp_path / "t.xml"
    second = '<ref lang="de" translator="B"><p><seg id="1">zweitens</seg></p></ref>'
    path.write_text(XML.replace("<hyp", second + "<hyp"), encoding="utf-8")
    side = {"format": "sgml", "language": "de"}
    with pytest.raises(InputError, match="references of the translators A and B; legal: translator: A, say"):
        unpacked(path, side)
    assert unpacked(path, side | {"translator": "B"}) == ["zweitens\n"]
    with pytest.raises(InputError, match="no <seg> in de by translator C;"):
        unpacked(path, side | {"translator": "C"})


@pytest.mark.parametrize(
    ("text", "problem"),
    [("<doc>\nplain\n</doc>\n", "no <seg>"), ("<seg>a</seg>\n<seg>b\n", "the last <seg> has no end")],
)
def test_text_without_segments(tmp_path: Path, text: str, problem: str) -> None:
    source = tmp_path / "t.sgm"
    source.write_text(text)
    with pytest.raises(InputError, match=f"t.sgm: {problem}; legal: .*format: sgml"):
        unpacked(source, {"format": "sgml"})


def test_training_text_of_iwslt(tmp_path: Path) -> None:
    source = tmp_path / "train.tags"
    source.write_text(IWSLT)
    (text,) = unpacked(source, {"format": "iwslt"})
    assert text == "A title\nWhat it is about.\nA sentence.\nTwo < three, urls <b>too</b>.\n"


def test_text_is_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("eins\n", encoding="utf-16")
    with pytest.raises(InputError, match=r"t\.txt: is UTF-16; legal: UTF-8 text"):
        unpacked(path)


def test_a_file_that_unpacks_to_a_disk_full_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.gz"
    path.write_bytes(gzip.compress(b"a" * 2_000_000 + b"\n"))
    with pytest.raises(InputError, match="line 1 is longer than 1,000,000 bytes; legal: a sentence on every line"):
        unpacked(path)
    path.write_bytes(gzip.compress(b"a b c\n" * 1_000_000))
    monkeypatch.setattr("hat.corpus.unpack.MOST_BYTES", 1_000_000)
    with pytest.raises(InputError, match=r"unpacks to more than [0-9,]+ bytes, 200 times its size; legal: a text file"):
        unpacked(path)
