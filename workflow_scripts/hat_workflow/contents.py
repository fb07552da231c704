"""What local files hold, as a hash: a file that an experiment names counts by its contents, not by its time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from hat.corpus.description import Corpus
from hat.errors import Faults, InputError
from hat.files import digest, file_digest, read_json, write_json

Stamp = list[int]
"""Size, time of the last change in ns, inode: as long as these stay, so do the contents."""


class Contents:
    """Hashes of files, each computed once and remembered in the JSON file `memory` as long as its stamp stays."""

    def __init__(self, memory: str | os.PathLike[str]) -> None:
        self._memory = Path(memory)
        self._known: dict[str, tuple[Stamp, str]] = {}
        with suppress(InputError):  # a damaged memory is forgotten
            self._known |= read_json(memory)

    def of(self, groups: Iterable[Sequence[str]]) -> str:
        """One hash of the first file of each group that is there, as text; nothing for no group.

        A group of which no file is there counts as absent.
        """
        found = [next((self.sha256(path) for path in group if Path(path).is_file()), None) for group in groups]
        return f" contents {digest(found)}" if found else ""

    def of_corpus(self, corpus: Corpus, made: Path) -> str:
        """That of the files that a corpus names on this machine.

        InputErrors for those that are missing, as long as `made`, what is made of them, is missing as well.
        """
        local = [resource for resource in corpus.resources if not resource.remote]
        faults = Faults()
        for resource in local if not made.exists() else ():
            with faults.collect():
                resource.local_file()
        faults.tell()
        return self.of(resource.candidates for resource in local)

    def sha256(self, file: str) -> str:
        """The hash of a file."""
        path = Path(file)
        name, stat = str(path.absolute()), path.stat()
        stamp = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
        known, found = self._known.get(name, ([], ""))
        if known != stamp:
            found = file_digest(path)
            self._known[name] = (stamp, found)
            with suppress(OSError):  # planning needs no permission to write
                write_json(self._memory, self._known)
        return found
