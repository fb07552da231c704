"""The archive that times models on a device: what `hat.latency.serve` imports of this project, and nothing else."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

from hat.engines.factory import module_of
from hat.latency.serve import LINES

from hat_workflow.code_hash import SCRIPTS, hashed_files

ENTRY = "hat.latency.serve"
MAIN = f"from {ENTRY} import main\nmain()\n"
WRITTEN = (1980, 1, 1, 0, 0, 0)
"""The date of every file in it, so that equal code makes equal archives."""


def kit(engine: str, lines: Sequence[Any] = ()) -> bytes:
    """A zip archive that a Python of 3.11 or later runs, with this engine; given `lines` (JSON), on these alone."""
    files = {name: (SCRIPTS / name).read_bytes() for name in hashed_files(ENTRY, module_of(engine), speaking=True)}
    if lines:
        files[LINES] = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"__main__.py": MAIN.encode(), **files}.items():
            archive.writestr(zipfile.ZipInfo(name, WRITTEN), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()
