"""The tidy tables between an experiment's artifacts and its exhibits. columns.csv lists their kinds and columns.

A row names its task and its device or, where it is of no device, its model; and its budget or model where it has
one. Times are milliseconds. Whatever is not known, or does not apply, is missing.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from hat.errors import InputError
from hat.files import read_csv
from hat.frames import read_frame, write_frame

Frames = Mapping[str, pd.DataFrame]
"""By kind: what an exhibit is made of."""
PLACE = ["task", "device"]
"""What every row names whose latency is that of a device."""
DTYPES = {"text": "str", "number": "float64", "count": "Int64", "flag": "boolean"}
LEGAL = {"number": "a number", "count": "a whole number", "flag": "true, false"}
COLUMNS = read_csv(Path(__file__).with_name("columns.csv"), ["kind", "column", "type", "meaning"])
KINDS = {
    row["kind"]: {each["column"]: each["type"] for each in COLUMNS if each["kind"] == row["kind"]} for row in COLUMNS
}


def tidy(kind: str, frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all `frames` with the columns of their kind; what a frame lacks is missing."""
    rows = pd.concat([frame.astype(object) for frame in frames], ignore_index=True)
    return _typed(rows.reindex(columns=[*KINDS[kind]]), KINDS[kind])


def write_gathered(path: str | os.PathLike[str], kind: str, frames: Iterable[pd.DataFrame]) -> None:
    write_frame(path, tidy(kind, frames))


def read_gathered(path: str | os.PathLike[str], kind: str) -> pd.DataFrame:
    """The inverse of `write_gathered`."""
    return read_columns(path, KINDS[kind])


def read_columns(path: str | os.PathLike[str], columns: Mapping[str, str]) -> pd.DataFrame:
    """The columns of a CSV file as their types have them. InputError names the line and column of an illegal cell."""
    frame = read_frame(path, [*columns], text=[name for name, word in columns.items() if word == "text"])[[*columns]]
    for name, word in columns.items():
        legal = frame[name].isna() | _legal(frame[name], word)
        if not legal.all():
            row = int(legal.argmin())
            cell = str(frame[name].iloc[row])
            raise InputError(f"{os.fspath(path)}: line {row + 2}: {name}", repr(cell), LEGAL[word])
    return _typed(frame, columns)


def _typed(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    return frame.astype({name: DTYPES[word] for name, word in columns.items()})


def _legal(cells: pd.Series, word: str) -> pd.Series:
    if word in ("number", "count"):
        numbers = pd.to_numeric(cells, errors="coerce")
        return np.isfinite(numbers) & ((numbers % 1 == 0) | (word == "number"))
    return cells.astype(str).str.lower().isin(["true", "false"]) | (word == "text")
