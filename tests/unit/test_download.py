"""Downloading a file: what is continued, asked for again, and not taken for the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hat.download import Resource, download
from hat.errors import InputError

from tests.unit.file_server import Server


@pytest.mark.parametrize("ranges", [True, False])
def test_download_of_a_part(tmp_path: Path, server: Server, ranges: bool) -> None:
    server.files, server.ranges = {"a": b"0123456789"}, ranges
    part = tmp_path / "a.part"
    for there in (b"", b"01234", b"0123456789"):
        part.write_bytes(there)
        download(server.url("a"), part)
        assert part.read_bytes() == b"0123456789"


def test_a_busy_server_is_asked_again(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.files, server.busy = {"a": b"0123456789"}, 2
    monkeypatch.setattr("hat.download.WAITS_SECONDS", (0, 0, 0))
    download(server.url("a"), tmp_path / "a.part")
    assert (tmp_path / "a.part").read_bytes() == b"0123456789"
    assert capsys.readouterr().err.count("HTTP Error 503: Service Unavailable; again in 0 s") == 2
    server.asked.clear()
    with pytest.raises(OSError, match="404"):
        download(server.url("b"), tmp_path / "b.part")
    assert len(server.asked) == 1


def test_a_connection_that_breaks_is_made_again(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hat.download.WAITS_SECONDS", (0, 0, 0))
    server.files, server.cut = {"a": b"0123456789"}, 4
    download(server.url("a"), tmp_path / "a.part", whole=True)
    assert (tmp_path / "a.part").read_bytes() == b"0123456789"
    assert [wanted for _, wanted in server.asked] == [None, "bytes=4-", "bytes=8-"]


def test_a_file_of_unknown_length_needs_a_checksum(tmp_path: Path, server: Server) -> None:
    server.files, server.measured = {"a": b"0123456789"}, False
    with pytest.raises(InputError, match="the server does not say how long the file is"):
        download(server.url("a"), tmp_path / "a.part")
    download(server.url("a"), tmp_path / "a.part", whole=True)
    assert (tmp_path / "a.part").read_bytes() == b"0123456789"


@pytest.mark.parametrize("end", ["", "%2e%2e", "a/%2e%2e%2f%2e%2e"])
def test_a_url_names_a_file_below_the_mirror(end: str) -> None:
    with pytest.raises(InputError, match="names no file"):
        _ = Resource(candidates=(f"https://a.org/{end}",)).names
    assert Resource(candidates=("https://a.org/%2e%2e%2fb.txt",)).names == ("b.txt",)
