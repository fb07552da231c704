"""Losses that are remembered: across searches, processes and kills."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hat.architecture import SubTransformer
from hat.rolling import rolling_folder
from hat.search.evolution import Evaluation, Settings, evolve
from hat.search.memo import Remembered
from hat.search.tables import write_history

from tests.spaces import SMALL as SPACE

SMALL = Settings(iterations=4, population=20, parents=4, mutants=8, crossovers=8)
SUBS = [SPACE.sample(random.Random(seed)) for seed in range(40)]


def predict(subs: Sequence[SubTransformer]) -> list[float]:
    return [sub.decoder_layers + sum(sub.decoder_ffn_dims) / 1000 for sub in subs]


def loss(sub: SubTransformer) -> float:
    return 1 / (sum(sub.decoder_ffn_dims) + sum(sub.encoder_ffn_dims) / 3 + 0.1 * sum(sub.decoder_self_heads))


class Counted:
    """The objective, every architecture it is asked for, and a kill after `survive` calls."""

    def __init__(self, survive: int | None = None) -> None:
        self.asked: list[SubTransformer] = []
        self.survive = survive

    def __call__(self, sub: SubTransformer) -> float:
        if len(self.asked) == self.survive:
            raise KeyboardInterrupt
        self.asked.append(sub)
        return loss(sub)


def run(folder: Path, objective: Counted, constraint_ms: float = 3.0) -> list[Evaluation]:
    with Remembered(folder, objective) as remembered:
        return list(evolve(SPACE, predict, remembered, constraint_ms, SMALL, 1))


@pytest.mark.parametrize("survive", [0, 1, 13, 20, 33, 67])
def test_a_killed_search_resumes_to_the_history_it_would_have_had(tmp_path: Path, survive: int) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    whole = Counted()
    unbroken = run(tmp_path / "whole", whole)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "killed", Counted(survive))
    rest = Counted()
    resumed = run(tmp_path / "killed", rest)
    for name, history in (("whole", unbroken), ("killed", resumed)):
        write_history(tmp_path / f"{name}.csv", history, {"task": "a-b", "device": "bench", "budget": "p50"})
    assert (tmp_path / "whole.csv").read_bytes() == (tmp_path / "killed.csv").read_bytes()
    assert rest.asked == whole.asked[survive:], "only what the killed search had not scored is scored"


def test_a_second_search_of_the_same_budget_scores_nothing(tmp_path: Path) -> None:
    first, again = Counted(), Counted()
    assert run(tmp_path, first) == run(tmp_path, again)
    assert first.asked
    assert not again.asked


def test_other_budgets_score_only_what_is_new_and_find_the_same_as_alone(tmp_path: Path) -> None:
    (tmp_path / "alone").mkdir()
    (tmp_path / "shared").mkdir()
    tight, loose = Counted(), Counted()
    run(tmp_path / "shared", tight, 2.5)
    shared = run(tmp_path / "shared", loose, 4.0)
    alone = Counted()
    assert shared == run(tmp_path / "alone", alone, 4.0)
    assert not set(tight.asked) & set(loose.asked)
    assert set(loose.asked) == set(alone.asked) - set(tight.asked)
    assert len(loose.asked) < len(alone.asked)


def test_losses_come_back_to_the_last_bit(tmp_path: Path) -> None:
    with Remembered(tmp_path, loss) as first:
        computed = [first(sub) for sub in SUBS]
    with Remembered(tmp_path, Counted(0)) as second:
        assert [second(sub) for sub in SUBS] == computed
        assert second.asked == 0


@pytest.mark.parametrize("torn", [b"", b"{", b'{"key": "x"', b'{"key": "x", "value": 1', b"\xff", b"[1]\n", b"null\n"])
def test_a_line_torn_by_a_kill_costs_that_line_only(tmp_path: Path, torn: bytes) -> None:
    with Remembered(tmp_path, loss) as memo:
        computed = [memo(sub) for sub in SUBS[:3]]
    path = tmp_path / "values.jsonl"
    path.write_bytes(path.read_bytes() + torn)
    late = Counted()
    with Remembered(tmp_path, late) as memo:
        assert [memo(sub) for sub in SUBS[:3]] == computed
        memo(SUBS[3])
    assert late.asked == [SUBS[3]]
    with Remembered(tmp_path, Counted(0)) as memo:
        assert [memo(sub) for sub in SUBS[:4]] == [*computed, loss(SUBS[3])]


def test_a_torn_line_whose_rest_is_lost_is_scored_again(tmp_path: Path) -> None:
    with Remembered(tmp_path, loss) as memo:
        memo(SUBS[0])
        memo(SUBS[1])
    path = tmp_path / "values.jsonl"
    path.write_bytes(path.read_bytes()[:-9])
    again = Counted()
    with Remembered(tmp_path, again) as memo:
        assert [memo(sub) for sub in SUBS[:2]] == [loss(SUBS[0]), loss(SUBS[1])]
    assert again.asked == [SUBS[1]]


def test_a_line_that_another_process_is_still_writing_is_read_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "values.jsonl"
    line = json.dumps({"key": SUBS[1].key, "value": loss(SUBS[1])}) + "\n"
    path.write_text(line[:20])
    asked = []

    def objective(sub: SubTransformer) -> float:
        asked.append(sub)
        with open(path, "a") as stream:
            stream.write(line[20:])
        return loss(sub)

    with Remembered(tmp_path, objective) as memo:
        assert [memo(sub) for sub in SUBS[:2]] == [loss(SUBS[0]), loss(SUBS[1])]
    assert asked == SUBS[:1]


def test_every_loss_is_on_disk_when_the_search_goes_on(tmp_path: Path) -> None:
    with Remembered(tmp_path, loss) as memo:
        for count, sub in enumerate(dict.fromkeys(SUBS), start=1):
            memo(sub)
            lines = (tmp_path / "values.jsonl").read_text().splitlines()
            assert len(lines) == count
            assert json.loads(lines[-1]) == {"key": sub.key, "value": loss(sub)}


def test_an_error_in_the_objective_releases_its_claim_and_remembers_nothing(tmp_path: Path) -> None:
    with Remembered(tmp_path, Counted(0)) as memo, pytest.raises(KeyboardInterrupt):
        memo(SUBS[0])
    assert (tmp_path / "values.jsonl").read_text() == ""
    other = multiprocessing.get_context("fork").Process(target=_score, args=(tmp_path, [0], 0.0))
    other.start()
    other.join(10)
    assert other.exitcode == 0


def _score(folder: Path, order: list[int], seconds: float, stop_at: int | None = None) -> None:
    def slow(sub: SubTransformer) -> float:
        if stop_at is not None and sub == SUBS[stop_at]:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(seconds)
        with open(folder / "asked", "a") as log:
            log.write(f"{SUBS.index(sub)}\n")
        return loss(sub)

    with Remembered(folder, slow) as memo:
        for index in order:
            assert memo(SUBS[index]) == loss(SUBS[index])


def test_processes_that_run_at_once_share_the_work_and_score_nothing_twice(tmp_path: Path) -> None:
    distinct = [index for index, sub in enumerate(SUBS) if SUBS.index(sub) == index]
    forward, backward = distinct, [*reversed(distinct)]
    context = multiprocessing.get_context("fork")
    processes = [
        context.Process(target=_score, args=(tmp_path, order, 0.005)) for order in (forward, forward, backward, forward)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0] * 4
    assert sorted(map(int, (tmp_path / "asked").read_text().split())) == distinct


def test_a_process_that_is_killed_while_scoring_gives_its_claim_back(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    killed = context.Process(target=_score, args=(tmp_path, [0, 1, 2], 0.0, 2))
    killed.start()
    killed.join(10)
    assert killed.exitcode == -signal.SIGKILL
    other = context.Process(target=_score, args=(tmp_path, [0, 1, 2], 0.0))
    other.start()
    other.join(10)
    assert other.exitcode == 0
    assert list(map(int, (tmp_path / "asked").read_text().split())) == [0, 1, 2]


def _hold(root: Path, shared: bool, held: object, release: object) -> None:
    with rolling_folder(root, "search", {"of": "one task"}, shared=shared):
        held.set()  # type: ignore[attr-defined]
        release.wait(10)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("first", "second", "together"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_shared_folders_are_held_together_and_exclude_exclusive_ones(
    tmp_path: Path, first: bool, second: bool, together: bool
) -> None:
    context = multiprocessing.get_context("fork")
    held, also_held, release = context.Event(), context.Event(), context.Event()
    holders = [
        context.Process(target=_hold, args=(tmp_path, first, held, release)),
        context.Process(target=_hold, args=(tmp_path, second, also_held, release)),
    ]
    holders[0].start()
    assert held.wait(10)
    holders[1].start()
    assert also_held.wait(10 if together else 0.3) is together
    release.set()
    for holder in holders:
        holder.join(10)
    assert also_held.is_set()
