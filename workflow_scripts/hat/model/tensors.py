"""Files of tensors: written whole or not at all, read only if they are what was written."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from hat.errors import InputError
from hat.files import replacing


def write_tensors(path: str | os.PathLike[str], record: dict[str, Any]) -> None:
    """Write tensors and plain values to `path` in torch's format, whole or not at all."""
    written = io.BytesIO()  # torch would store the temporary file's name, and tell of a full disk in riddles
    torch.save(record, written)
    with replacing(path) as temporary:
        temporary.write_bytes(written.getbuffer())


def read_tensors(path: str | os.PathLike[str]) -> Any:
    """Tensors and plain values of a file in torch's format, and nothing else of it; to be called while `refusing`.

    The file is a zip archive with a checksum for each tensor, which torch writes but does not read.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        if damaged is not None:
            raise ValueError(f"{damaged} is not as it was written")
    return torch.load(path, map_location="cpu", weights_only=True)


@contextmanager
def refusing(path: str | os.PathLike[str], legal: str) -> Iterator[None]:
    """Turn whatever broken bytes lead to into an InputError; `legal` is what the file should be."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise InputError(path, error.strerror or "cannot be read", legal) from None
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise InputError(path, f"corrupt ({reason})", legal) from error
