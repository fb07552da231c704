"""The table of predicted against measured latencies, from the candidates of two searches."""

from __future__ import annotations

import pandas as pd
import pytest
from hat.paper.gaps import table

from tests.unit.paper_world import gathered

PLACE = {"task": "t", "device": "d"}


def test_a_row_for_each_search_with_its_best_candidate() -> None:
    timed = [("p25", 1, 10.0, 12.0), ("p25", 2, 11.0, 11.0), ("p25", 3, 9.0, 9.9), ("p50", 1, 20.0, 19.0)]
    measured = [
        {**PLACE, "budget": budget, "rank": rank, "predicted_ms": predicted, "latency_ms": latency}
        for budget, rank, predicted, latency in reversed(timed)
    ]
    budgets = [
        {**PLACE, "budget": "p25", "text": "25%", "latency_ms": 11.5},
        {**PLACE, "budget": "p50", "text": "50%", "latency_ms": 21.0},
    ]
    made = table({"measured": gathered("measured", measured), "budgets": gathered("budgets", budgets)})
    first, second = made.frame.to_dict("records")
    assert (first["model"], first["budget_ms"], first["measured"]) == ("HAT, budget 25%", 11.5, 3)
    assert (first["predicted_ms"], first["latency_ms"]) == (10.0, 12.0)
    assert first["gap"] == pytest.approx(0.2)
    assert first["mean_gap"] == pytest.approx((0.2 + 0 + 0.1) / 3)
    assert first["tau"] == pytest.approx(1 / 3)
    assert second["gap"] == pytest.approx(-0.05)
    assert pd.isna(second["tau"])
    assert "25%" in made.markdown()
