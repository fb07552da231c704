from __future__ import annotations

import random
from pathlib import Path

import pytest
from hat.architecture import SubTransformer
from hat.errors import InputError
from hat.latency.signature import Latency
from hat.search.confirmation import AT_MOST, Confirmed, confirm
from hat.search.tables import RankedCandidate, read_candidates, write_candidates

from tests.unit.latency_world import SPACE, latency

PLACE = {"task": "multi30k.de-en", "device": "bench", "budget": "p50"}
CANDIDATES = [
    RankedCandidate(rank=rank, loss=4.0 + rank / 10, predicted_ms=19.0, sub=SPACE.sample(random.Random(rank)))
    for rank in (1, 2, 3)
]


def confirmed(
    measured_ms: list[float], budget_ms: float, at_most: int = AT_MOST
) -> tuple[Confirmed, list[SubTransformer]]:
    measured: list[SubTransformer] = []

    def measure(sub: SubTransformer) -> Latency:
        measured.append(sub)
        return latency(measured_ms[len(measured) - 1], anchor_ms=9.0).at(9.0)

    return confirm(CANDIDATES, budget_ms, measure, at_most), measured


def test_the_best_is_taken_when_it_fits() -> None:
    found, measured = confirmed([20.0], 20.0)
    assert (found.candidate.rank, found.fits, len(measured)) == (1, True, 1)


def test_the_next_best_that_fits_is_taken_when_it_misses() -> None:
    found, measured = confirmed([25.0, 18.0], 20.0)
    assert measured == [CANDIDATES[0].sub, CANDIDATES[1].sub]
    assert (found.candidate, found.fits) == (CANDIDATES[1], True)
    record = found.to_dict()
    assert (record["rank"], record["latency_ms"], record["predicted_ms"], record["fits"]) == (2, 18.0, 19.0, True)
    assert record["tried"] == [
        {"rank": 1, "loss": 4.1, "predicted_ms": 19.0, "latency_ms": 25.0},
        {"rank": 2, "loss": 4.2, "predicted_ms": 19.0, "latency_ms": 18.0},
    ]
    assert record["signature"]["device"] == "bench"


def test_a_miss_within_the_uncertainty_of_the_measurement_fits() -> None:
    assert latency(20.0).uncertainty_ms == 0.05
    found, measured = confirmed([20.045], 20.0)
    assert (found.fits, len(measured)) == (True, 1)
    assert found.to_dict()["uncertainty_ms"] == 0.05
    assert confirmed([20.055, 18.0], 20.0)[0].candidate.rank == 2


def test_the_fastest_is_taken_when_none_fits_and_the_record_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    found, measured = confirmed([25.0, 22.0, 23.0], 20.0)
    assert len(measured) == 3
    assert (found.candidate.rank, found.fits, found.latency.latency_ms) == (2, False, 22.0)
    assert (found.gave_up_after, found.to_dict()["gave_up_after"]) == (None, None)
    told = capsys.readouterr().err
    assert "confirm: rank 2: 22.00 ms measured (drift 1.00), 19.00 predicted, budget 20.00" in told
    assert "none of the 3 candidates measured, of 3, is within 20.00 ms; the fastest of them is taken" in told


def test_it_gives_up_after_so_many_and_the_record_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    found, measured = confirmed([25.0, 22.0, 18.0], 20.0, at_most=2)
    assert measured == [CANDIDATES[0].sub, CANDIDATES[1].sub]
    assert (found.candidate.rank, found.fits, found.to_dict()["gave_up_after"]) == (2, False, 2)
    assert "none of the 2 candidates measured, of 3, is within" in capsys.readouterr().err


def test_the_last_one_allowed_may_fit() -> None:
    found, _ = confirmed([25.0, 18.0], 20.0, at_most=2)
    assert (found.candidate.rank, found.fits, found.gave_up_after) == (2, True, None)


def test_candidates_are_read_by_rank(tmp_path: Path) -> None:
    write_candidates(tmp_path / "candidates.csv", CANDIDATES[::-1], PLACE)
    assert read_candidates(tmp_path / "candidates.csv") == CANDIDATES


def test_broken_candidates_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "candidates.csv"
    write_candidates(path, CANDIDATES, PLACE)
    text = path.read_text()
    path.write_text(text.splitlines()[0] + "\n")
    with pytest.raises(InputError, match="no rows"):
        read_candidates(path)
    for old, new, told in (
        ("4.2", "low", "line 3: could not convert"),
        ("rank", "place", "missing column 'rank'"),
    ):
        path.write_text(text.replace(old, new, 1))
        with pytest.raises(InputError, match=told):
            read_candidates(path)
