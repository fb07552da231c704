"""After an update: what is listed, what is taken over, and what is left alone. Commands only pretend to work."""

from __future__ import annotations

import base64
import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hat.rolling import rolling_folder
from hat_workflow.code_hash import code_hash

from tests.workflow.conftest import EXPERIMENT, House

SCORING = "workflow_scripts/hat/scoring.py"
FILES = "workflow_scripts/hat/files.py"
"""A file that every command imports."""
CONFIG = ("--config", f"experiment={EXPERIMENT}")
RECIPE = "config/training/demo.yaml"
CORPUS = ["generate_corpus", "clean_corpus", "tokenise_corpus", "encode_bpe", "binarise_corpus"]
ALONE = "Because of code alone"
FOLLOWING = "Only because of those"
OTHERS = "For other reasons"


@pytest.fixture
def house(finished: House, tmp_path: Path) -> House:
    """A finished copy of its own: what is accepted there stays there."""
    shutil.copytree(finished.root, tmp_path / "house", symlinks=True)
    return House(tmp_path / "house", tmp_path / "house", finished.environment)


def command(house: House, *words: str, program: str = "") -> subprocess.CompletedProcess[str]:
    script = str(house.root / "workflow_scripts" / "accept_results.py")
    start = [sys.executable, "-c", program, script] if program else [sys.executable, script]
    return subprocess.run([*start, "--experiment", EXPERIMENT, *words], cwd=house.work, capture_output=True, text=True)


def told(house: House, *words: str) -> str:
    run = command(house, *words)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stderr == ""
    return run.stdout


def listed(house: House, *words: str) -> dict[str, dict[str, int]]:
    """How many jobs of each rule stand under each heading."""
    found: dict[str, dict[str, int]] = {}
    heading = ""
    for line in told(house, *words).splitlines():
        row = re.match(r"  (\w+) +(\d+)(  |$)", line)
        if row:
            jobs = found.setdefault(heading, {})
            jobs[row[1]] = jobs.get(row[1], 0) + int(row[2])
        else:
            heading = line.split(",")[0]
    return found


def planned(house: House) -> dict[str, int]:
    return house.planned(*CONFIG)


def edit_code(house: House, file: str = FILES, name: str = "CHANGED") -> None:
    house.replace(file, "from __future__ import annotations\n", f"from __future__ import annotations\n\n{name} = 1\n")


def rows(house: House, owner: str = "small") -> list[dict[str, str]]:
    with open(house.work / "results" / owner / "accepted.csv", newline="") as stream:
        return list(csv.DictReader(stream))


def hash_of(house: House, name: str) -> str:
    """The hash of a command as it stands now: in a process of its own, for files are remembered."""
    program = f"from hat_workflow.code_hash import code_hash; print(code_hash({name!r}))"
    words = [sys.executable, "-c", program]
    scripts = house.root / "workflow_scripts"
    return subprocess.run(words, cwd=scripts, capture_output=True, text=True, check=True).stdout.strip()


def test_nothing_is_listed_of_a_finished_run(house: House) -> None:
    assert told(house) == "Nothing would run.\n"
    assert told(house, "--accept", "all").startswith("Accepted: 0 jobs")
    assert not list(house.work.rglob("accepted.csv"))


def test_an_edited_library_file_is_accepted_for_exactly_the_rules_that_import_it(house: House) -> None:
    before = {rule: hash_of(house, rule) for rule in ("score_model", "gather_results", "train_model")}
    edit_code(house, SCORING)
    after = {rule: hash_of(house, rule) for rule in before}
    assert {rule for rule in before if before[rule] != after[rule]} == {"score_model"}
    found = listed(house)
    assert found == {ALONE: {"score_model": 4}, FOLLOWING: {"gather_results": 1, "make_table": 1, "draw_figure": 1}}
    assert planned(house) == found[ALONE] | found[FOLLOWING]
    times = {path: path.stat().st_mtime_ns for path in (house.work / "results").rglob("*")}

    told(house, "--accept", "score_model")
    assert planned(house) == {}
    found_rows = rows(house)
    assert len(found_rows) == 4
    assert {(row["rule"], row["made_by"], row["accepted_as"]) for row in found_rows} == {
        ("score_model", before["score_model"], after["score_model"])
    }
    assert all(row["path"].endswith("score/test.json") and row["accepted"].endswith("+00:00") for row in found_rows)
    files = {path for path in times if path.is_file()}
    assert {path: path.stat().st_mtime_ns for path in files} == {path: times[path] for path in files}


def test_everything_is_accepted_at_once_corpora_apart_and_the_first_code_stays_known(house: House) -> None:
    first = hash_of(house, "train_model")
    edit_code(house)
    found = listed(house)
    assert found == {ALONE: planned(house)}
    told(house, "--accept", "all")
    assert planned(house) == {}
    assert {row["rule"] for row in rows(house, "corpora")} == set(CORPUS)
    assert not {row["rule"] for row in rows(house)} & set(CORPUS)

    edit_code(house, name="AGAIN")
    second = hash_of(house, "train_model")
    told(house, "--accept", "all")
    assert planned(house) == {}
    path = "results/small/demo.de-en/models/transformer-depth-1/train.json"
    chain = [row for row in rows(house) if row["path"] == path]
    assert [row["made_by"] for row in chain] == [first, first]
    assert chain[1]["accepted_as"] == second != chain[0]["accepted_as"]


def test_a_rule_is_accepted_with_those_before_it_and_the_rest_stays_planned(house: House) -> None:
    edit_code(house)
    before = planned(house)
    refused = command(house, "--accept", "binarise_corpus")
    assert refused.returncode == 2
    assert "follows from clean_corpus, encode_bpe, generate_corpus, tokenise_corpus: accept that, too" in refused.stderr
    told(house, "--accept", *CORPUS)
    assert planned(house) == {rule: jobs for rule, jobs in before.items() if rule not in CORPUS}
    assert not (house.work / "results" / "small" / "accepted.csv").exists()


@pytest.mark.parametrize("code_too", [False, True], ids=["setting", "setting and code"])
def test_an_edited_setting_is_refused_with_its_old_and_new_value(house: House, code_too: bool) -> None:
    house.replace(RECIPE, "subtransformer:\n  updates: ", "subtransformer:\n  updates: 1")
    if code_too:
        edit_code(house)
    refused = command(house, "--accept", "train_model")
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1
    said = "setting changed: training > subtransformer > updates: 800 is now 1800"
    assert refused.stderr.startswith("error: --accept train_model: ")
    assert said in refused.stderr
    assert ("and code" in refused.stderr) == code_too
    accepted = listed(house, "--accept", "all")
    assert accepted["Not accepted"]["train_model"] == 4
    assert said in told(house)
    paper = {"gather_results": 1, "make_table": 1, "draw_figure": 1}
    assert planned(house) == {"train_model": 4, "translate_model": 4, "score_model": 4, **paper}


def test_two_settings_that_changed_places_are_not_taken_for_unchanged(house: House) -> None:
    """Snakemake keeps no names of params and plans nothing: only code lets the jobs run, and they must."""
    text = (house.root / EXPERIMENT).read_text()
    search = "    search: {{mutants: {}, crossovers: {}}}\n"
    (house.root / EXPERIMENT).write_text(text + search.format(60, 40))
    assert house.snakemake("--quiet", "all", *CONFIG).returncode == 0
    (house.root / EXPERIMENT).write_text(text + search.format(40, 60))
    if "search_subtransformer" in planned(house):
        pytest.skip("Snakemake tells them apart")
    edit_code(house)
    refused = command(house, "--accept", *CORPUS, "search_subtransformer")
    assert refused.returncode == 2
    assert "setting changed: crossovers: 40 is now 60; setting changed: mutants: 60 is now 40" in refused.stderr


@pytest.mark.parametrize("as_input", [True, False], ids=["as an input", "as a digest"])
def test_a_changed_own_corpus_is_refused(house: House, as_input: bool) -> None:
    """Whether the rule names the file as an input or its contents as a param."""
    own = house.work / "own.de"
    own.write_text("eins\n")
    if as_input:
        rule = "rule generate_corpus:\n"
        house.replace("rules/corpus.smk", rule, rule + '    input:\n        "own.de",\n')
    else:
        made = '        code=code("generate_corpus"),\n'
        digest = '        contents=__import__("hat.files").files.file_digest("own.de"),\n'
        house.replace("rules/corpus.smk", made, made + digest)
    assert house.snakemake("--quiet", "all", *CONFIG).returncode == 0
    own.write_text("eins\nzwei\n")
    edit_code(house)
    refused = command(house, "--accept", "generate_corpus")
    assert refused.returncode == 2
    said = "input changed: own.de is not what was read" if as_input else "setting added: contents: "
    assert said in refused.stderr
    assert "Accepted: 0 jobs" not in told(house, "--accept", "all")  # baselines read no corpus
    assert set(CORPUS) | {"train_model", "translate_model"} <= set(planned(house))
    assert not (house.work / "results" / "corpora" / "accepted.csv").exists()


def test_what_has_no_record_or_is_gone_or_was_interrupted_is_not_accepted(house: House) -> None:
    edit_code(house)
    models = "results/small/demo.de-en/models"
    names = ("transformer-depth-1", "transformer-width-32", "hat-this-cpu-p25", "hat-this-cpu-p75")
    unknown, gone, half, fine = (f"{models}/{name}/score/test.json" for name in names)
    assert house.snakemake("--cleanup-metadata", unknown, *CONFIG).returncode == 0
    (house.work / gone).unlink()
    marker = house.work / ".snakemake" / "incomplete" / base64.urlsafe_b64encode(half.encode()).decode()
    marker.write_text('{"external_jobid": null}')
    text = told(house, "--verbose")
    assert f"no record of how it was made: {unknown}\n      {unknown}" in text
    assert f"made once, but gone; and code\n      {gone}" in text
    assert f"left incomplete by a run that was interrupted: {half}; and code\n      {half}" in text
    told(house, "--accept", "all")
    assert planned(house)["score_model"] == 2  # what has no record, Snakemake itself leaves as it is
    assert {row["path"] for row in rows(house) if row["rule"] == "score_model"} == {fine}


def test_a_renamed_rule_is_known_by_what_it_makes(house: House) -> None:
    scripts = house.root / "workflow_scripts"
    (scripts / "score_model.py").rename(scripts / "score_text.py")
    rules = house.root / "rules" / "scores.smk"
    rules.write_text(rules.read_text().replace("score_model", "score_text"))
    assert listed(house)[ALONE] == {"score_text": 4}
    told(house, "--accept", "score_text")
    assert planned(house) == {}
    assert {row["rule"] for row in rows(house)} == {"score_text"}


def test_rolling_folders_go_along_but_not_those_at_work(house: House) -> None:
    rolling = house.work / "results" / "small" / "demo.de-en" / "rolling"
    old = code_hash("hat_fairseq.training", scripts=house.root / "workflow_scripts")
    fingerprints = [{"code": old, "seed": seed} for seed in (1, 2, 3)]
    for fingerprint in fingerprints:
        with rolling_folder(rolling, "train_model", fingerprint) as folder:
            (folder / "work").write_text(str(fingerprint["seed"]))
    edit_code(house)
    new = hash_of(house, "hat_fairseq.training")
    with rolling_folder(rolling, "train_model", {"code": new, "seed": 3}) as started:
        pass
    assert "Rolling folders that go along: train_model 3" in told(house)
    with rolling_folder(rolling, "train_model", fingerprints[1]) as busy:
        text = told(house, "--accept", "all")
    assert "Rolling folders taken over: train_model 1" in text
    assert f"{busy.relative_to(house.work)}: a process works in it" in text
    assert f"{started.relative_to(house.work)} exists already" in text
    assert "taken over: train_model 1" in told(house, "--accept", "all")  # the one that was at work
    left = {}
    for seed in (1, 2):
        with rolling_folder(rolling, "train_model", {"code": new, "seed": seed}) as folder:
            left[seed] = (folder / "work").read_text()
    assert left == {1: "1", 2: "2"}


def test_work_without_anything_finished_goes_on_when_its_rule_is_named(house: House) -> None:
    task = house.work / "results" / "small" / "demo.de-en"
    with rolling_folder(task / "rolling", "train_supertransformer", {"code": "0" * 64, "seed": 1}) as folder:
        (folder / "work").write_text("half")
    for path in (task / "supertransformer").iterdir():
        path.unlink()
    edit_code(house)
    assert "Rolling folders taken over: train_supertransformer 1" in told(house, "--accept", "train_supertransformer")
    code = hash_of(house, "hat_fairseq.training")
    with rolling_folder(task / "rolling", "train_supertransformer", {"code": code, "seed": 1}) as folder:
        assert (folder / "work").read_text() == "half"


def test_a_kill_in_between_loses_nothing_and_the_same_command_does_the_rest(house: House) -> None:
    edit_code(house, SCORING)
    program = """
import os, runpy, sys
sys.argv.pop(0)
sys.path.insert(0, os.path.dirname(sys.argv[0]))
from hat_workflow import records
write, written = records.Records._write, []
def dying(self, path, record):
    if len(written) == 2:
        os._exit(9)
    written.append(path)
    write(self, path, record)
records.Records._write = dying
runpy.run_path(sys.argv[0], run_name="__main__")
"""
    assert command(house, "--accept", "all", program=program).returncode == 9
    assert len(rows(house)) == 3  # provenance comes first
    again = command(house, "--accept", "all")
    assert again.returncode == 2
    assert again.stderr.startswith("error: .snakemake: Snakemake works in this folder")
    assert house.snakemake("--unlock", *CONFIG).returncode == 0
    assert planned(house)["score_model"] == 2
    told(house, "--accept", "all")
    assert planned(house) == {}
    assert len(rows(house)) == len({row["path"] for row in rows(house)}) == 4


def test_nothing_is_accepted_while_snakemake_works(house: House) -> None:
    edit_code(house, SCORING)
    locks = house.work / ".snakemake" / "locks"
    locks.mkdir(exist_ok=True)
    (locks / "0.output.lock").write_text("results/small/paper/table8.csv\n")
    refused = command(house, "--accept", "all")
    assert refused.returncode == 2
    assert "Snakemake works in this folder" in refused.stderr
    assert listed(house)[ALONE] == {"score_model": 4}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--accept", "score_modle"], "error: --accept: no rule 'score_modle'; legal: "),
        (["tabel8"], "error: snakemake: No rule to produce tabel8"),
        (["--accept", "all", "--experiment", "smal"], "error: config/smal.yaml: unknown experiment 'smal'; legal: "),
    ],
)
def test_bad_input_is_one_line(house: House, words: list[str], line: str) -> None:
    run = command(house, *words)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith(line)
    assert len(run.stderr.splitlines()) == 1
