"""DataFrames from CSV files and back, and the one line that tells what is wrong with a file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hat.errors import InputError
from hat.files import write_csv
from hat.frames import read_frame, write_frame
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1).map(lambda word: f"w{word}")
CELLS: dict[str, st.SearchStrategy[Any]] = {
    "whole": st.integers(-(2**63), 2**63 - 1),
    "real": st.floats(allow_nan=False),
    "flag": st.booleans(),
    "word": WORDS,
}
TABLES = st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=9)
GAPPY = st.lists(st.fixed_dictionaries({name: st.none() | cell for name, cell in CELLS.items()}), min_size=1)


def stored(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("frames")


@given(rows=TABLES)
def test_a_full_table_reads_back_equal_in_plain_dtypes(shared: Path, rows: list[dict[str, Any]]) -> None:
    frame = pd.DataFrame(rows)
    write_frame(shared / "full.csv", frame)
    found = read_frame(shared / "full.csv")
    assert found.dtypes.to_dict() == {"whole": "int64", "real": "float64", "flag": "bool", "word": "str"}
    pd.testing.assert_frame_equal(found, frame, check_exact=True)


@given(rows=GAPPY)
def test_the_text_is_that_of_write_csv(shared: Path, rows: list[dict[str, Any]]) -> None:
    """Whether plain objects or pandas's nullable dtypes hold the values."""
    write_csv(shared / "rows.csv", rows)
    objects = pd.DataFrame(rows, dtype=object)
    nullable = objects.astype({"whole": "Int64", "real": "Float64", "flag": "boolean", "word": "string"})
    for frame in (objects, nullable):
        write_frame(shared / "frame.csv", frame)
        assert (shared / "frame.csv").read_bytes() == (shared / "rows.csv").read_bytes()


def test_gaps_are_missing_and_the_rest_keeps_its_kind(tmp_path: Path) -> None:
    text = "whole,real,flag,word,none\n1,1.0,true,NA,\n,,,,\n3,2.5,false,nan,\n"
    frame = read_frame(stored(tmp_path, text))
    assert [str(dtype) for dtype in frame.dtypes] == ["Int64", "float64", "boolean", "str", "float64"]
    assert frame.isna().to_numpy().tolist() == [[False] * 4 + [True], [True] * 5, [False] * 4 + [True]]
    assert frame["word"].tolist()[::2] == ["NA", "nan"]
    assert math.isnan(frame["none"].mean())
    write_frame(tmp_path / "again.csv", frame)
    assert (tmp_path / "again.csv").read_text() == text


def test_missing_is_an_empty_cell_whichever_way_it_is_said(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [None, np.nan, pd.NA, "x"], "b": [True, np.True_, None, 1.5]}, dtype=object)
    write_frame(tmp_path / "a.csv", frame.set_index(pd.Index([4, 3, 2, 1])))
    assert (tmp_path / "a.csv").read_bytes() == b"a,b\n,true\n,true\n,\nx,1.5\n"


def test_text_that_looks_like_numbers_stays_text_where_told(tmp_path: Path) -> None:
    path = stored(tmp_path, "commit,task,size\n007,true,007\n1e5,,2\n")
    frame = read_frame(path, text=("commit", "task"))
    assert frame["commit"].tolist() == ["007", "1e5"]
    assert frame["task"].tolist()[0] == "true"
    assert frame.isna().to_numpy().tolist() == [[False] * 3, [False, True, False]]
    assert frame["size"].tolist() == [7, 2]
    assert read_frame(path)["commit"].tolist() == [7.0, 100000.0]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", ": missing column 'a'; legal: a, b"),
        (b"a,b\n", ": no rows; legal: at least one"),
        (b"a,c\n1,2\n", ": missing column 'b'; legal: a, b"),
        (b"a,b\n1,2\n1\n", ": line 3: not 2 cells; legal: as many cells as the header has"),
        (b"a,b\n1,2,3\n", ": line 2: not 2 cells; legal: as many cells as the header has"),
        (b"a,b\n1,\xff\n", ": not UTF-8 at byte 6; legal: UTF-8 text"),
        (b'a,b\n1,2\n3,"4\n', ": Error tokenizing data. C error: EOF inside string starting at row 2; legal: CSV"),
        (None, ": No such file or directory; legal: a readable file"),
    ],
)
def test_what_is_no_table_is_told_in_one_line(tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / "table.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_frame(path, ("a", "b"))
    assert str(caught.value) == f"{path}{told}"


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no rows"):
        read_frame(stored(tmp_path, ""))


@pytest.mark.parametrize("cell", ["", "fast", "nan", "inf", "-inf", "1e999", "true", "1_000", "0x1f", "1,5"])
def test_a_cell_that_is_no_finite_number_is_named(tmp_path: Path, cell: str) -> None:
    path = stored(tmp_path, f'name,ms\na,1.5\nb,"{cell}"\nc,fast\n')
    with pytest.raises(InputError) as caught:
        read_frame(path, numbers=("ms",))
    assert str(caught.value) == f"{path}: line 3: ms: {cell!r}; legal: a finite number"
    assert len(read_frame(path, ("ms",))) == 3


def test_a_number_below_its_bound_is_named(tmp_path: Path) -> None:
    path = stored(tmp_path, "ms\n0\n-0.5\n")
    assert read_frame(path, numbers=("ms",))["ms"].tolist() == [0, -0.5]
    with pytest.raises(InputError, match=r"line 3: ms: '-0\.5'; legal: a finite number, at least 0$"):
        read_frame(path, numbers=("ms",), at_least=0)


@pytest.mark.parametrize("named", [{"numbers": ("b",)}, {"text": ("b",)}])
def test_columns_named_for_their_kind_must_be_there(tmp_path: Path, named: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="missing column 'b'; legal: a, b"):
        read_frame(stored(tmp_path, "a\n1\n"), ("a",), **named)


class Unwritable:
    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = stored(tmp_path, "a\n1\n")
    with pytest.raises(RuntimeError, match="no text"):
        write_frame(path, pd.DataFrame({"a": [1, Unwritable()]}))
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text() == "a\n1\n"
