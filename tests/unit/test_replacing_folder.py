"""Folders are replaced whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from hat.files import replacing_folder


def test_replaces_the_old_folder_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    final = tmp_path / "parent" / "final"
    for word in ("first", "second"):
        with replacing_folder(final) as folder:
            (folder / word).write_text(word)
        assert [path.name for path in final.iterdir()] == [word]
    assert [path.name for path in final.parent.iterdir()] == ["final"]


def test_a_failure_keeps_the_old_folder(tmp_path: Path) -> None:
    final = tmp_path / "final"
    with replacing_folder(final) as folder:
        (folder / "old").touch()
    with pytest.raises(FileNotFoundError), replacing_folder(final) as folder:
        (folder / "absent" / "new").touch()
    assert [path.name for path in final.iterdir()] == ["old"]
    assert list(tmp_path.iterdir()) == [final]
