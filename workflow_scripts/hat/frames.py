"""Tables as pandas DataFrames, read from CSV files and written to them; rooms without pandas have `hat.files`."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from hat.errors import InputError
from hat.files import read_csv, replacing

PLAIN = {"Int64": "int64", "Float64": "float64", "boolean": "bool", "string": "str"}
NO_GAPS = ("Int64", "boolean")
"""Dtypes whose plain counterpart cannot hold a missing value."""


def read_frame(
    path: str | os.PathLike[str],
    columns: Sequence[str] = (),
    *,
    numbers: Sequence[str] = (),
    at_least: float = -math.inf,
    text: Sequence[str] = (),
) -> pd.DataFrame:
    """The table of a CSV file, which must have the columns named in `columns`, `numbers` and `text`.

    A column is int64, float64, bool (true and false) or str, whatever all of its cells allow; one in `text` is str,
    also where it looks like numbers. Empty cells are missing: NaN in float64 and str; whole numbers and booleans with
    gaps are pandas's Int64 and boolean; a column without any value is float64.

    InputError when the file is missing, not UTF-8, empty, without rows, ragged, lacks a column, or has a cell in
    `numbers` that is no finite number of at least `at_least` (an empty one is none); it names the line.
    """
    rows = read_csv(path, [*dict.fromkeys((*columns, *numbers, *text))])
    for name in numbers:
        cells = pd.to_numeric(pd.Series([row[name] for row in rows]), errors="coerce")
        legal = np.isfinite(cells) & (cells >= at_least)
        if not legal.all():
            row = int(legal.argmin())
            wanted = "a finite number" if at_least == -math.inf else f"a finite number, at least {at_least:g}"
            raise InputError(f"{os.fspath(path)}: line {row + 2}", f"{name}: {rows[row][name]!r}", wanted)
    kinds = dict.fromkeys(text, "string")
    try:
        frame = pd.read_csv(path, dtype=kinds, dtype_backend="numpy_nullable", keep_default_na=False, na_values=[""])
    except (pd.errors.ParserError, OverflowError) as error:
        raise InputError(path, str(error), "CSV") from None
    return frame.astype({name: _dtype(column) for name, column in frame.items()})


def write_frame(path: str | os.PathLike[str], frame: pd.DataFrame) -> None:
    """Write the columns of `frame` (not its index): nothing for a missing value, true and false in small letters.

    Whole or not at all. Floats have as many digits as it takes to read them back equal.
    """
    cells = {name: pd.Series([*map(_cell, column)], dtype=object) for name, column in frame.items()}
    with replacing(path) as temporary:
        pd.DataFrame(cells).to_csv(temporary, index=False, lineterminator="\n")


def _dtype(column: pd.Series) -> str:
    """The plainest dtype that holds all of a column; it arrives with one of pandas's nullable dtypes."""
    name = str(column.dtype)
    if name in NO_GAPS and column.hasnans:
        return "float64" if column.isna().all() else name
    return PLAIN.get(name, name)


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool | np.bool_) else value
