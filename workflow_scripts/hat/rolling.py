"""Folders in which long work keeps its progress, so that a killed job loses minutes.

A rolling folder is named by the fingerprint of everything that determines the work: code, settings, inputs. The same
work always finds its own folder again; changed work never meets an old one. One process at a time holds a folder.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hat.errors import InputError
from hat.files import digest, write_json
from hat.progress import say


@contextmanager
def rolling_folder(
    root: str | os.PathLike[str], stage: str, fingerprint: dict[str, Any], *, shared: bool = False
) -> Iterator[Path]:
    """Yield the folder `root/stage-<fingerprint>`, locked until the block ends.

    `fingerprint` is a JSON value; it is stored beside the work, for people. A second process that wants the same folder
    waits: when its turn comes it finds the work done. The lock dies with its process. Processes that ask for a `shared`
    folder hold it together; what they write inside is theirs to keep in order.
    """
    folder = Path(root) / f"{stage}-{digest(fingerprint)[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    with open(folder / "lock", "w") as lock:
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{stage}: waiting for another process that does the same work in {folder}")
            fcntl.flock(lock, kind)
        except OSError as error:
            reason = f"this file system has no locks ({error.strerror})"
            advice = "a results folder on a file system with flock, such as a local disk; it may be a symbolic link"
            raise InputError(folder / "lock", reason, advice) from None
        write_json(folder / "fingerprint.json", fingerprint)
        yield folder
