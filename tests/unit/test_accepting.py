"""What counts as a change of code alone, who made what, and which rolling folder goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hat.errors import InputError
from hat.rolling import rolling_folder
from hat_workflow.accepting import acceptable, judge
from hat_workflow.provenance import Provenance, Row
from hat_workflow.records import Made, Planned, Record
from hat_workflow.rolling_folders import found, successors

OLD, NEW, OTHER = "a" * 64, "b" * 64, "c" * 64
TEMPLATE = (
    "\n  python {params.command:q}   --beam {params.beam}   {params.length}   --text {input.text:q}   > {output:q}\n"
)
PATHS = ("results/small/a.pt", "results/small/a.json")
INPUTS = ("text.de", "text.en")
VALUES: dict[str, Any] = {"code": OLD, "beam": 4, "length": ["--length", 30], "settings": {"x": {"lr": 1, "seed": 2}}}


def made(*, template: str = TEMPLATE, rule: str = "train", inputs: tuple[str, ...] = INPUTS, **values: Any) -> Made:
    values = VALUES | values
    command = template.replace("{params.command:q}", "train.py").replace("{params.beam}", str(values["beam"]))
    command = command.replace("{params.length}", " ".join(map(str, values["length"]))).replace(
        "{input.text:q}", "'t.de'"
    )
    texts = [json.dumps(value) if isinstance(value, dict) else value for value in values.values() if value is not None]
    return Made(rule, tuple(sorted(map(repr, texts))), template, command.replace("{output:q}", "a.pt"), inputs)


def record(before: Made | None = None, **changes: Any) -> Record:
    before = before or made()
    facts: dict[str, Any] = {"run": 1, "ended": 10.0, "software": "", "current": True}
    return Record(**vars(before), **facts | changes)


def planned(now: Made, records: Mapping[str, Record | None] | None = None, **changes: Any) -> Planned:
    facts: dict[str, Any] = {
        "code": NEW,
        "names": {repr(4): "beam", repr(5): "beam", repr(NEW): "code"},
        "derived": frozenset({"command"}),
        **dict.fromkeys(("missing", "incomplete", "missing_inputs", "newer_inputs", "changed_inputs"), ()),
        "software": "",
        "job": None,
    }
    return Planned(now=now, records=dict.fromkeys(PATHS, record()) if records is None else records, **facts | changes)


NOW = made(code=NEW)
SHORTER = made(code=NEW, beam=None, template=TEMPLATE.replace("--beam {params.beam}", ""))
LR = {"x": {"lr": 3, "seed": 2}}


def told(job: Planned) -> str:
    return judge([job])[0].told


@pytest.mark.parametrize(
    "job",
    [
        planned(made(code=NEW)),
        planned(made(code=NEW, template=TEMPLATE.replace("--beam", "--width"))),
        planned(made(code=OLD, template=TEMPLATE.replace("--beam", "--width")), code=OLD),
        planned(made(code=NEW, rule="train_rival")),
        planned(made(code=NEW), {PATHS[0]: record(), PATHS[1]: record(made(code=NEW))}),
    ],
    ids=["hash", "hash and shell command", "shell command", "renamed rule", "half accepted before a kill"],
)
def test_a_change_of_code_alone(job: Planned) -> None:
    verdict = judge([job])[0]
    assert verdict.by_code
    assert set(verdict.made_by.values()) == {OLD}
    assert verdict.told == ""


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        (planned(made(code=NEW, beam=5)), "setting changed: beam: 4 is now 5; and code"),
        (planned(made(code=OLD, beam=5), code=OLD), "setting changed: beam: 4 is now 5"),
        (planned(made(code=NEW, length=[])), "setting changed: length: --length 30 is now nothing; and code"),
        (planned(made(code=NEW, settings=LR)), "setting changed: x > lr: 1 is now 3; and code"),
        (
            planned(made(code=NEW, settings={"x": {"lr": 1, "warmup": 5}})),
            "setting removed: x > seed: 2; setting added: x > warmup: 5; and code",
        ),
        (planned(made(code=NEW, more="word"), names={"'word'": "more"}), "setting added: more: word; and code"),
        (planned(NOW, {PATHS[0]: record(made(old="word"))}), "setting removed: word; and code"),
        (planned(SHORTER), "setting removed: beam: 4; and code"),
        (planned(made(code=NEW, text=OTHER), names={repr(OTHER): "text"}), f"setting added: text: {OTHER}; and code"),
        (planned(NOW, {PATHS[0]: record(made(code=None))}), f"setting added: code: {NEW}"),
        (planned(made(code=NEW, inputs=("text.de",))), "input no longer read: text.en; and code"),
        (planned(made(code=NEW, inputs=(*INPUTS, "more"))), "input added: more; and code"),
        (planned(NOW, newer_inputs=("t",)), "input changed: t is newer than what was made from it; and code"),
        (planned(NOW, changed_inputs=("t",)), "input changed: t is not what was read; and code"),
        (planned(NOW, missing_inputs=("t",)), "input missing: t; and code"),
        (planned(NOW, missing=(PATHS[1],)), f"output missing: {PATHS[1]}; and code"),
        (planned(NOW, missing=PATHS), "made once, but gone; and code"),
        (planned(NOW, dict.fromkeys(PATHS), missing=PATHS), "never made"),
        (planned(NOW, {"a": None, "b": record()}), "no record of how it was made: a; and code"),
        (planned(NOW, incomplete=("a",)), "left incomplete by a run that was interrupted: a; and code"),
        (planned(NOW, {"a": record(), "b": record(run=2)}), "its outputs were made in different runs; and code"),
        (planned(NOW, {PATHS[0]: record(current=False)}), "record of another version of Snakemake; and code"),
        (planned(NOW, software="conda"), "software environment changed (called with --sdm conda?); and code"),
        (planned(made(code=OLD), {}, code=OLD), "has no output: it runs each time"),
        (planned(made(), code=OLD), "Snakemake has a reason of its own"),
    ],
)  # fmt: skip
def test_what_else_differs_is_told_and_never_accepted(job: Planned, reason: str) -> None:
    assert told(job) == reason
    accepted, refused = acceptable(judge([job]), {"train"})
    assert not accepted
    assert list(refused.values()) == [reason]


def test_contents_that_changed_with_the_code_are_not_taken_for_code() -> None:
    """Digests of inputs look like hashes of code."""
    before, names = record(made(text=OLD.replace("a", "d"))), {repr(OTHER): "text"}
    job = planned(made(code=NEW, text=OTHER), {PATHS[0]: before}, names=names)
    assert "setting added: text: " + OTHER in told(job)
    job = planned(made(code=OLD, text=OTHER), {PATHS[0]: before}, names=names, code=OLD)
    assert told(job) == f"setting changed: text: {'d' * 64} is now {OTHER}"


def test_values_that_changed_places_are_told_apart() -> None:
    template = TEMPLATE.replace("{params.length}", "--beam {params.beam} {params.length}")
    before = record(made(template=template, length=[5]))
    now = replace(made(template=template, code=NEW, beam=5, length=[4]), params=(repr(NEW), *before.params[1:]))
    assert "beam: 4 is now 5" in told(planned(now, {PATHS[0]: before}))


def test_an_input_that_only_looks_younger_is_left_to_snakemake_where_no_code_changed() -> None:
    first = planned(made(code=NEW))
    second = planned(made(rule="score"), code=OLD, changed_inputs=("old",))
    second.needs.append(first)
    verdicts = judge([first, second])
    assert (verdicts[1].told, verdicts[1].by_code) == ("", False)
    assert acceptable(verdicts, {"train", "score"}) == ([verdicts[0]], {})


def test_what_follows_waits_for_what_is_before_it() -> None:
    """train -> score (its code is as it was) -> table."""
    train = planned(made(code=NEW))
    score = planned(made(rule="score"), code=OLD)
    table = planned(made(rule="table", code=NEW))
    score.needs.append(train)
    table.needs.append(score)
    verdicts = judge([train, score, table])
    assert acceptable(verdicts, {"table"}) == ([], {verdicts[2]: "follows from train: accept that, too"})
    assert acceptable(verdicts, {"train", "table"}) == ([verdicts[0], verdicts[2]], {})
    train.records = dict.fromkeys(PATHS, record(made(beam=5)))
    verdicts = judge([train, score, table])
    assert [verdict.told for verdict in verdicts[1:]] == ["follows from train", "follows from train"]
    assert acceptable(verdicts, {"train", "score", "table"})[0] == []


def row(path: str, made_by: str, accepted_as: str, **changes: str) -> Row:
    facts = {"rule": "train", "commit": "1234", "accepted": "1970-01-01T00:00:20+00:00"}
    return Row(path=path, made_by=made_by, accepted_as=accepted_as, **facts | changes)


def test_the_first_code_is_remembered_until_the_artifact_is_made_again(tmp_path: Path) -> None:
    Provenance(tmp_path / "small" / "accepted.csv").append([row("a", OLD, NEW)], 10.0)
    ledger = Provenance(tmp_path / "small" / "accepted.csv")
    assert ledger.made_by("a", NEW, 10.0) == OLD
    assert ledger.made_by("a", OTHER, 10.0) == OTHER
    assert ledger.made_by("a", NEW, 30.0) == NEW
    assert ledger.made_by("b", NEW, 10.0) == NEW


def test_a_row_torn_by_a_kill_is_replaced_and_none_is_repeated(tmp_path: Path) -> None:
    path = tmp_path / "accepted.csv"
    Provenance(path).append([row("a", OLD, NEW)], 10.0)
    whole = path.read_bytes()
    path.write_bytes(whole + b"b,train,aaa")
    Provenance(path).append([row("a", OLD, NEW), row("b", OLD, NEW)], 10.0)
    assert [found_row.path for found_row in Provenance(path).rows] == ["a", "b"]
    assert path.read_bytes().startswith(whole)
    path.write_bytes(b"path,ru")
    Provenance(path).append([row("a", OLD, NEW)], 10.0)
    assert path.read_bytes() == whole
    path.write_text("path,rule\na,b\n")
    with pytest.raises(InputError, match="other columns"):
        Provenance(path)


def test_a_param_that_the_update_took_away_is_no_reason_once_it_is_named() -> None:
    verdict = judge([planned(SHORTER)], dropped=["beam"])[0]
    assert (verdict.by_code, verdict.told) == (True, "")
    changed = planned(SHORTER, dict.fromkeys(PATHS, record(made(settings=LR))))
    assert judge([changed], dropped=["beam"])[0].told == "setting changed: x > lr: 3 is now 1; and code"
    assert judge([planned(made(code=NEW, beam=5))], dropped=["beam"])[0].told.startswith("setting changed: beam")


def test_rolling_folders_of_one_older_code_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rolling = Path("results/small/task/rolling")
    for stage, code in [("train_model", OLD), ("latency-cpu-0", OTHER), ("search", OLD)]:
        with rolling_folder(rolling, stage, {"code": code, "seed": 1}):
            pass
    (rolling / "downloads").mkdir()
    folders = {each.rule: each for each in found("small")}
    assert set(folders) == {"train_model", "collect_latency", "search_subtransformer"}
    every = list(folders.values())
    assert successors(every, {}) == ({}, [])
    assert successors(every, {"train_model": NEW}) == ({folders["train_model"]: NEW}, [])
    assert successors(every, {"collect_latency": OTHER}) == ({}, [])
    with rolling_folder(rolling, "train_model", {"code": OTHER, "seed": 1}):
        pass
    moved, left = successors(list(found("small")), {"train_model": NEW})
    assert (moved, len(left)) == ({}, 2)
