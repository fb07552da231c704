"""Reading and writing small files: whole or not at all, and errors that name the file."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from hat import strict_yaml
from hat.errors import InputError


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` when the block ends well.

    Nobody ever sees a half-written `path`: after an exception the temporary file is gone and an older `path` stays.
    """
    final = Path(path)
    _make_folder(final)
    handle, name = tempfile.mkstemp(dir=final.parent, prefix=f".{final.stem}.", suffix=final.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        with _naming(final):
            yield temporary
            with open(temporary, "rb") as written:
                os.fsync(written.fileno())
        temporary.chmod(0o644)
        temporary.replace(final)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a new, empty folder beside `path`; it takes the place of `path` when the block ends well.

    After an exception the new folder is gone and the old one, if any, stays.
    """
    final = Path(path)
    _make_folder(final)
    room = Path(tempfile.mkdtemp(dir=final.parent, prefix=f".{final.name}."))
    try:
        new, old = room / "new", room / "old"
        new.mkdir()
        with _naming(final):
            yield new
        if final.exists():
            final.rename(old)
        new.rename(final)
    finally:
        shutil.rmtree(room, ignore_errors=True)


def read_text(path: str | os.PathLike[str]) -> str:
    """The file as UTF-8 text. InputError when it is missing, unreadable or not UTF-8."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(path, error.strerror or "cannot be read", "a readable file") from None
    except UnicodeDecodeError as error:
        raise InputError(path, f"not UTF-8 at byte {error.start}", "UTF-8 text") from None


def read_json(path: str | os.PathLike[str]) -> Any:
    """The parsed JSON file. InputError when it is missing or malformed."""
    try:
        return json.loads(read_text(path), parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise InputError(path, f"line {error.lineno}: {error.msg}", "JSON") from None
    except (ValueError, RecursionError) as error:
        raise InputError(path, str(error), "JSON") from None


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def read_yaml(path: str | os.PathLike[str]) -> Any:
    """The parsed YAML file. InputError when it is missing or malformed."""
    try:
        return strict_yaml.load(read_text(path))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or error
        raise InputError(path, f"{line}{problem}", "YAML") from None


class JsonFile:
    """A JSON file of which every missing key and misplaced value is an InputError that names the file."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path, self._content = path, read_json(path)

    def __getitem__(self, keys: str | tuple[str, ...]) -> Any:
        """The value under a key, or under several, the outermost first."""
        value = self._content
        for key in (keys,) if isinstance(keys, str) else keys:
            if not isinstance(value, dict) or key not in value:
                raise InputError(self.path, f"missing key {key!r}", "the file as its command wrote it")
            value = value[key]
        return value

    def __contains__(self, key: str) -> bool:
        """Whether there is such a key, outermost."""
        return isinstance(self._content, dict) and key in self._content

    def get(self, key: str) -> Any:
        """The value under a key, None where it is absent."""
        return self._content.get(key) if isinstance(self._content, dict) else None

    def number(self, *keys: str) -> float:
        value = self[keys]
        if type(value) not in (int, float):
            raise InputError(self.path, f"{'.'.join(keys)}: {value!r}", "a number")
        return float(value)

    def positive(self, *keys: str) -> float:
        if (value := self.number(*keys)) <= 0:
            raise InputError(self.path, f"{'.'.join(keys)}: {value!r}", "above zero")
        return value


def write_text(path: str | os.PathLike[str], text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write `value` as indented JSON; NaN and infinities are refused (they are not JSON)."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_yaml(path: str | os.PathLike[str], value: Any) -> None:
    write_text(path, yaml.safe_dump(value, sort_keys=False, allow_unicode=True, default_flow_style=None))


def digest(value: Any) -> str:
    """SHA-256 of a JSON value, independent of the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def file_digest(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file's bytes."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_csv(path: str | os.PathLike[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write `rows` under the names of the first; nothing for None, true and false in small letters."""
    with replacing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(rows[0])
        writer.writerows([_cell(row[name]) for name in rows[0]] for row in rows)


def finite(cell: str) -> float:
    """The number in a cell. ValueError where there is none, or one without end."""
    number = float(cell)
    if not math.isfinite(number):
        raise ValueError(f"{cell!r} is not finite")
    return number


def read_csv(path: str | os.PathLike[str], columns: Iterable[str] = ()) -> list[dict[str, str]]:
    """The rows of a CSV file. InputError when it is missing, empty, ragged, or lacks one of `columns`."""
    try:
        reader = csv.DictReader(read_text(path).splitlines(keepends=True))
        rows, names = list(reader), reader.fieldnames or []
    except csv.Error as error:
        raise InputError(path, str(error), "CSV") from None
    missing = [name for name in columns if name not in names]
    if missing:
        raise InputError(path, f"missing column {missing[0]!r}", ", ".join(columns))
    if not rows:
        raise InputError(path, "no rows", "at least one")
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise InputError(path, f"line {number}: not {len(names)} cells", "as many cells as the header has")
    return rows


def _make_folder(path: Path) -> None:
    """Make the folder of `path`. InputError when a file stands where a folder should."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        taken = next(parent for parent in path.parents if parent.exists())
        raise InputError(path, f"{taken} is not a folder", "a path below a folder") from None


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """The system tells of a full disk without a name: `path` is what was being written."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = str(path)
        raise


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
