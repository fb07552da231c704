"""Archives that run on a device: what one module or command imports of this project, and nothing else."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from hat.engines.factory import SHIPPED, module_of
from hat.latency.serve import COMPARISON, LINES

from hat_workflow.code_hash import SCRIPTS, hashed_files

TIMES = "hat.latency.serve"
TRANSLATES = "translate"
MAIN = """\
try:
    {main}
except ModuleNotFoundError as error:
    from hat.errors import package
    raise SystemExit(f"error: this Python has no {{error.name}}: pip install {{package(error.name)}}") from None
"""
WRITTEN = (1980, 1, 1, 0, 0, 0)
"""The date of every file in it, so that equal code makes equal archives."""


def timing_kit(engine: str) -> bytes:
    """A zip archive that times models on this engine."""
    return _timing((engine,))


def comparing_kit(engine: str) -> bytes:
    """A zip archive that compares this engine with others."""
    return _timing((engine, *SHIPPED))


def kit_by_hand(engine: str, lines: Sequence[Any], comparison: Any) -> bytes:
    """A zip archive that times what these lines tell (JSON), and nothing else; or compares this engine with others."""
    told = {LINES: "".join(f"{json.dumps(line)}\n" for line in lines), COMPARISON: json.dumps(comparison)}
    return _timing((engine, *SHIPPED), told)


def translating_kit(engines: Sequence[str]) -> bytes:
    """A zip archive that is the command `translate` on these engines."""
    main = f"from {TRANSLATES} import command, main, parser; command.run(parser(), main)"
    return _archive((TRANSLATES, *map(module_of, engines)), main)


def _timing(engines: Sequence[str], beside: Mapping[str, str] = {}) -> bytes:
    return _archive((TIMES, *map(module_of, engines)), f"from {TIMES} import main; main()", beside)


def _archive(modules: Sequence[str], main: str, beside: Mapping[str, str] = {}) -> bytes:
    """What a Python of 3.11 or later runs: these modules with what they import, started by the line `main`."""
    files = {name: (SCRIPTS / name).read_bytes() for name in hashed_files(*modules, speaking=True)}
    files |= {name: text.encode() for name, text in {"__main__.py": MAIN.format(main=main), **beside}.items()}
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, WRITTEN), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()
