"""The page: a template, a style sheet and a script of this folder, filled with exhibits and the explorer's data."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from hat.architecture import SubTransformer
from hat.report.exhibits import Drawn, Exhibit

HERE = Path(__file__).parent
CODE = re.compile(r"``?([^`]+)``?")


def render(
    *,
    title: str,
    facts: Mapping[str, str],
    first: Sequence[Exhibit],
    others: Sequence[Exhibit],
    panels: Sequence[Mapping[str, Any]],
    winners: Sequence[Mapping[str, Any]],
    made_by: str,
) -> str:
    """The whole page as HTML, with nothing outside of it.

    `facts` stand at its head; `first` exhibits come before the explorer, `others` after it; `winners` are models to
    draw, each with a name, what there is to say of it, and its architecture.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.filters["code"] = with_code
    environment.tests["drawn"] = lambda exhibit: isinstance(exhibit, Drawn)
    return environment.get_template("page.html.jinja").render(
        title=title,
        facts=facts,
        first=first,
        others=others,
        explored=bool(panels),
        winners=winners,
        made_by=made_by,
        style=Markup((HERE / "page.css").read_text(encoding="utf-8")),
        script=Markup((HERE / "explorer.js").read_text(encoding="utf-8")),
        data=as_script(
            {"fields": [field.name for field in fields(SubTransformer)], "panels": panels, "winners": winners}
        ),
    )


def with_code(text: str) -> Markup:
    """Text with what stands in backticks as code."""
    return Markup(CODE.sub(lambda match: f"<code>{match[1]}</code>", str(escape(text))))


def as_script(data: Any) -> Markup:
    """JSON that may stand inside of a script element."""
    written = json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return Markup(written.replace("<", "\\u003c").replace("&", "\\u0026"))
