"""The page of an experiment: whole in one file, and its explorer picks the best model within a budget."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hat.errors import InputError
from hat.files import write_csv
from hat.report.exhibits import read_figure, read_table
from hat.report.explorer import Point, front, panel, read_points, thinned
from hat.report.page import as_script, render
from hat_workflow.hours import MODEL

from tests.unit.latency_world import SPACE

TABLE = """**Table 8: Latency**

| Model         |   Latency |
|:--------------|----------:|
| a<b \\| `c`  |   9.12 ms |
| d             |      – |

- A note with `code`.
- Latency signature: `device:x`
"""
CHROMIUM = shutil.which("chromium")
browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here (apt-get install chromium)")


def points(count: int = 300) -> list[Point]:
    rng = random.Random(4)
    subs = dict.fromkeys(SPACE.sample(rng) for _ in range(10 * count))
    return [Point(rng.uniform(5, 20), rng.uniform(3, 6), sub) for sub in [*subs][:count]]


def page(found: list[Point], most: int = 1000) -> str:
    budgets = [{"text": "25%", "ms": 8.0}, {"text": "75%", "ms": 16.0}]
    winner = {"name": "</script><b>", "says": "9 ms", "architecture": SPACE.largest.to_dict()}
    return render(
        title="HAT: <test>",
        facts={"Task": "de to en"},
        first=[],
        others=[],
        panels=[panel("de-en", "cpu", found, budgets, most)],
        winners=[winner],
        made_by="by a test",
    )


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "table8.md").write_text(TABLE)
    table = read_table(tmp_path / "table8.md", "Table 8. What it shows.")
    assert (table.name, table.title, table.caption) == ("table8", "Table 8: Latency", "What it shows.")
    assert (table.head, table.numbers) == (["Model", "Latency"], [False, True])
    assert table.rows == [["a<b | `c`", "9.12 ms"], ["d", "–"]]
    assert (table.notes, table.signatures) == (["A note with `code`."], ["Latency signature: `device:x`"])
    (tmp_path / "table8.md").write_text("nothing\n")
    with pytest.raises(InputError, match="no table in Markdown"):
        read_table(tmp_path / "table8.md", "")


def test_a_figure_lies_inside_the_page(tmp_path: Path) -> None:
    (tmp_path / "figure7.png").write_bytes(b"picture")
    figure = read_figure(tmp_path / "figure7.png", "Figure 7. BLEU. More.")
    assert (figure.title, figure.caption, figure.picture) == (
        "Figure 7",
        "BLEU. More.",
        "data:image/png;base64,cGljdHVyZQ==",
    )


def test_the_front_is_what_no_point_beats() -> None:
    found = points()
    best = front(found)
    assert [point.ms for point in best] == sorted(point.ms for point in best)
    assert all(not (o.ms <= p.ms and o.loss < p.loss) for p in best for o in found)
    assert all(any(o.ms <= p.ms and o.loss <= p.loss for o in best) for p in found)


def test_thinning_keeps_the_front_and_the_number() -> None:
    found = points()
    for most in (len(front(found)), 60, 299, 1000):
        few = thinned(found, most)
        assert {point.sub.key for point in front(found)} <= {point.sub.key for point in few}
        assert len(few) <= most
        assert len({point.sub.key for point in few}) == len(few)
    assert len(thinned(found, 1000)) > 250
    assert thinned([], 10) == []


def test_points_come_once_from_all_histories(tmp_path: Path) -> None:
    subs = [SPACE.sample(random.Random(n)) for n in range(3)]
    rows = [{"loss": 3.5 + n, "predicted_ms": 9.0, **sub.to_row()} for n, sub in enumerate(subs)]
    write_csv(tmp_path / "a.csv", rows[:2])
    write_csv(tmp_path / "b.csv", rows[1:])
    found = read_points([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert [(point.loss, point.sub) for point in found] == [(3.5 + n, sub) for n, sub in enumerate(subs)]
    for loss in ("nan", "inf", "good"):
        write_csv(tmp_path / "b.csv", [rows[0], rows[1] | {"loss": loss}])
        with pytest.raises(InputError, match=f"b.csv: line 3: .*{loss}.*; legal: numbers"):
            read_points([tmp_path / "b.csv"])


class Links(HTMLParser):
    """What a page would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [f"{tag} {name}={value}" for name, value in attributes if name in ("src", "href")]


def test_nothing_lies_outside_of_the_page() -> None:
    text = page(points())
    assert Links(text).found == []
    assert set(re.findall(r"https?://[^\"' ]+", text)) == {"http://www.w3.org/2000/svg"}
    assert "<title>HAT: &lt;test&gt;</title>" in text
    assert text.count("</script>") == 2


def test_data_cannot_end_its_element() -> None:
    assert json.loads(as_script({"a": "</script>&"})) == {"a": "</script>&"}
    assert "<" not in as_script({"a": "</script>"})


def test_energy_says_by_which_model() -> None:
    assert "12 W a busy core" in MODEL


def opened(path: Path, place: str) -> tuple[str, str]:
    """The page after its script has run, and what the browser said."""
    quiet = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
    profile = f"--user-data-dir={path.parent / 'profile'}"
    command = [str(CHROMIUM), *quiet, "--disable-quic", "--disable-sync", profile, "--enable-logging=stderr"]
    run = subprocess.run(
        [*command, "--dump-dom", f"file://{path}#{place}"], capture_output=True, text=True, timeout=120
    )
    return run.stdout, run.stderr


@browser
@pytest.mark.parametrize("budget", [7.0, 12.5, 19.0])
def test_the_slider_picks_the_best_model_within_the_budget(budget: float, tmp_path: Path) -> None:
    found = points()
    path = tmp_path / "page.html"
    path.write_text(page(found), encoding="utf-8")
    shown, said = opened(path, f"panel=0&budget={budget}")
    assert "CONSOLE" not in said
    best = min((point for point in found if point.ms <= budget), key=lambda point: point.loss)
    (yaml,) = re.findall(r'<pre id="yaml">(.*?)</pre>', shown, flags=re.DOTALL)
    told = dict(line.split(": ", 1) for line in yaml.strip().splitlines())
    assert {name: json.loads(value) for name, value in told.items()} == best.sub.to_dict()
    assert f"loss {best.loss:.3f}" in shown
    assert shown.count('class="drawing"') == 2
    assert shown.count('class="layer"') == sum(
        sub.encoder_layers + sub.decoder_layers for sub in (SPACE.largest, best.sub)
    )
