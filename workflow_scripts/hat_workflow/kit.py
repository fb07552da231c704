"""The archive that times models on a device: what `hat.latency.serve` imports of this project, and nothing else."""

from __future__ import annotations

import io
import zipfile

from hat_workflow.code_hash import SCRIPTS, hashed_files

ENTRY = "hat.latency.serve"
MAIN = f"from {ENTRY} import main\nmain()\n"
WRITTEN = (1980, 1, 1, 0, 0, 0)
"""The date of every file in it, so that equal code makes equal archives."""


def kit() -> bytes:
    """A zip archive that a Python of 3.11 or later runs."""
    files = {name: (SCRIPTS / name).read_bytes() for name in hashed_files(ENTRY, speaking=True)}
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"__main__.py": MAIN.encode(), **files}.items():
            archive.writestr(zipfile.ZipInfo(name, WRITTEN), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()
