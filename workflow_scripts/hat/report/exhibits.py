"""Tables and figures as they were made, ready for the page."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from pathlib import Path

from hat.errors import InputError
from hat.files import read_text

CELL = re.compile(r"(?<!\\)\|")
SIGNATURE = re.compile(r"signature", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """A table or a figure with its caption: what the paper shows there, and what stands in it here."""

    name: str
    """As its files are called, such as table8."""
    title: str
    caption: str


@dataclass(frozen=True, kw_only=True)
class Shown(Exhibit):
    """A table: the cells of its rows, of which `numbers` are aligned right."""

    head: list[str]
    numbers: list[bool]
    rows: list[list[str]]
    notes: list[str] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    """Notes that few people read."""


@dataclass(frozen=True, kw_only=True)
class Drawn(Exhibit):
    """A figure, its picture inside the page."""

    picture: str
    """A data URI."""


def read_table(path: Path, caption: str) -> Shown:
    """The Markdown file of a table. InputError when it is none of this project's."""
    title, *lines = read_text(path).splitlines()
    rows = [[cell.strip().replace("\\|", "|") for cell in CELL.split(line)[1:-1]] for line in lines if line[:1] == "|"]
    if not title.startswith("**") or len(rows) < 2:
        raise InputError(path, "no table in Markdown", "the file as make_table wrote it")
    head, rule, *cells = rows
    notes = [line.removeprefix("- ") for line in lines if line.startswith("- ")]
    return Shown(
        name=path.stem,
        title=title.strip("*"),
        caption=caption.removeprefix(f"{title.strip('*').partition(':')[0]}. "),
        head=head,
        numbers=[mark.endswith(":") for mark in rule],
        rows=cells,
        notes=[note for note in notes if not SIGNATURE.search(note)],
        signatures=[note for note in notes if SIGNATURE.search(note)],
    )


def read_figure(path: Path, caption: str) -> Drawn:
    """The PNG file of a figure; its title is that of its caption."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(path, error.strerror or "cannot be read", "a figure of draw_figure") from None
    title, _, rest = caption.partition(". ")
    return Drawn(
        name=path.stem,
        title=title,
        caption=rest,
        picture=f"data:image/png;base64,{base64.b64encode(content).decode()}",
    )
