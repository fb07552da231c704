"""Whatever a file holds, its reader gives an InputError or a value (`python -m tests.fuzz` tries many more)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.__main__ import outcome, tried
from tests.fuzz.readers import readers


def test_right_files_are_accepted(tmp_path: Path) -> None:
    answers = {name: outcome(reader, reader.content, tmp_path) for name, reader in readers(tmp_path).items()}
    assert {name: answer for name, answer in answers.items() if answer != "accepted"} == {}


@pytest.mark.parametrize("seed", [1, 2])
def test_broken_files_are_refused_or_right(seed: int, tmp_path: Path) -> None:
    answers = [(name, answer) for name, _, answer in tried(810, seed, tmp_path)]
    assert [found for found in answers if found[1] not in ("accepted", "refused")] == []
    assert sum(answer == "refused" for _, answer in answers) > 400
