"""Where a device is timed is part of what its latencies are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hat.errors import InputError
from hat_workflow.timed_where import check_where, where


def device(measured: Path | None = None, host: str | None = None) -> dict[str, object]:
    return {"measured": str(measured) if measured else None, "ssh": {"host": host} if host else None}


def test_each_place_is_another() -> None:
    assert where(device()) == ""
    places = [device(), device(host="pi"), device(host="other"), device(Path("absent"))]
    assert len({where(place) for place in places}) == len(places)


def test_a_file_that_grows_is_the_same_by_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "measured.jsonl"
    absent = where(device(path))
    path.write_text("how\nfirst\n")
    first = where(device(path))
    path.write_text("how\nfirst\nsecond\n")
    assert where(device(path)) == first != absent
    path.write_text("how\nother\nsecond\n")
    assert where(device(path)) != first


def test_two_places_are_refused() -> None:
    with pytest.raises(InputError, match=r"^mine\.yaml: both ssh and measured; legal: one of them"):
        check_where(device(Path("measured.jsonl"), "pi"), "mine.yaml")
