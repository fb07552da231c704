from __future__ import annotations

import itertools
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hat import budgets
from hat.architecture import DesignSpace, SubTransformer
from hat.budgets import Budget, as_stated, budget_ms, budget_name, budget_text
from hat.errors import InputError
from hat.files import write_json
from hat.predictor.model import reported_rmse_ms
from hat.search.limits import resolve
from hat.search.reach import latency_range
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.latency_world import SPACE

SMALL = DesignSpace(
    encoder_embed_dim=(8, 12, 16),
    encoder_layers=(1, 2),
    encoder_ffn_dim=(8, 24),
    encoder_self_heads=(1,),
    decoder_embed_dim=(8, 16),
    decoder_layers=(1, 2),
    decoder_ffn_dim=(8, 16, 24),
    decoder_self_heads=(1, 2),
    decoder_cross_heads=(1,),
    decoder_attended_layers=(1, 2),
    qkv_dim=8,
)


def resolved(texts: Sequence[str], name: str, rmse_ms: float = 1.0) -> dict[str, Any]:
    """On a device where a decoder layer takes 40 ms, all else -30 ms."""
    return resolve(texts, name, SMALL, lambda subs: [40.0 * sub.decoder_layers - 30 for sub in subs], rmse_ms)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("25%", "p25"),
        ("0%", "p0"),
        ("100%", "p100"),
        ("12.50%", "p12.5"),
        ("120ms", "120ms"),
        ("0.5 ms", "0.5ms"),
        ("1.2s", "1200ms"),
        ("0.05 s", "50ms"),
    ],
)
def test_names(text: str, name: str) -> None:
    assert budget_name(text) == name


@pytest.mark.parametrize(
    ("name", "stated"), [("p12.5", "12.5%"), ("120ms", "120ms"), ("p50-1M-0.25MB", "50%, 1M, 0.25MB")]
)
def test_names_as_they_are_read(name: str, stated: str) -> None:
    assert as_stated(name) == stated


@pytest.mark.parametrize(
    ("entry", "name", "text"),
    [
        ({"latency": "50%", "parameters": "1M"}, "p50-1M", "50%, 1M parameters"),
        ({"latency": "50%", "parameters": 1_000_000}, "p50-1M", "50%, 1M parameters"),
        ({"latency": "50%", "parameters": "1000k"}, "p50-1M", "50%, 1000k parameters"),
        ({"latency": "50%", "parameters": "1.5M"}, "p50-1.5M", "50%, 1.5M parameters"),
        ({"latency": "12.5%", "parameters": "800k"}, "p12.5-800k", "12.5%, 800k parameters"),
        ({"latency": "50%", "parameters": 1_234_567}, "p50-1.234567M", "50%, 1.234567M parameters"),
        ({"latency": "50%", "parameters": 950}, "p50-950", "50%, 950 parameters"),
        ({"latency": "120ms", "megabytes": 5}, "120ms-5MB", "120ms, 5 MB"),
        ({"latency": "120ms", "megabytes": 5.0}, "120ms-5MB", "120ms, 5 MB"),
        ({"latency": "120ms", "megabytes": 0.25}, "120ms-0.25MB", "120ms, 0.25 MB"),
        ({"megabytes": 5, "parameters": "1M", "latency": "0%"}, "p0-1M-5MB", "0%, 1M parameters, 5 MB"),
        ({"latency": "50%"}, "p50", "50%"),
    ],
)
def test_a_budget_of_latency_and_size(entry: dict[str, object], name: str, text: str) -> None:
    budget = Budget.parse(entry)
    assert (budget.name, budget_text(entry)) == (name, text)
    assert Budget.parse(text) == budget
    assert re.fullmatch(r"[A-Za-z0-9.-]+", name)


@pytest.mark.parametrize(
    "size",
    [
        {"parameters": size}
        for size in ("1Q", "1 M", "-1M", "1.5", 0, -5, "0M", "1.2345678M", "1.2345k", True, "1e6", "", "1M, 2M")
    ]
    + [{"megabytes": size} for size in (0, -1, float("nan"), 1e-9, "5MB", "5, 5")],
)
def test_what_is_no_size_is_refused(size: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"budget '50%, .*': no size: .*; legal: parameters above 0 .*1M.* megabytes"):
        Budget.parse({"latency": "50%", **size})
    with pytest.raises(InputError, match="a size twice; legal: one of each"):
        Budget.parse("50%, 1M parameters, 2M parameters")
    with pytest.raises(InputError, match=r"budget 'None, .*': not a budget"):
        Budget.parse(size)


sizes = st.one_of(st.none(), st.integers(1, 10**9))


@given(st.integers(0, 100), sizes, sizes)
def test_budgets_differ_by_name(percent: int, parameters: int | None, kilobytes: int | None) -> None:
    """A name tells the whole budget: it can be read back."""
    megabytes = None if kilobytes is None else kilobytes / 1000
    given = {"latency": f"{percent}%", "parameters": parameters, "megabytes": megabytes}
    name = budget_name({key: value for key, value in given.items() if value is not None})
    found = re.fullmatch(r"p(\d+)(?:-([\d.]+[Mk]?))?(?:-([\d.]+)MB)?", name)
    assert found is not None
    scale = {"M": 10**6, "k": 10**3}
    count = found[2] and round(float(found[2].rstrip("Mk")) * scale.get(found[2][-1], 1))
    assert (int(found[1]), count, found[3] and float(found[3])) == (percent, parameters, megabytes)


def test_which_budget_is_the_wider() -> None:
    narrow, sized, wide = map(Budget.parse, ("25%", "50%, 1M parameters", "50%"))
    assert sized.within(wide)
    assert narrow.within(wide)
    assert not wide.within(sized)
    assert not narrow.within(sized), "faster, and of any size"
    assert not Budget.parse("1ms").within(wide)
    assert Budget.parse("50%, 1M parameters, 4 MB").within(Budget.parse("50%, 1M parameters, 5 MB"))


@given(st.decimals(0, 100, places=3), st.sampled_from(["%", "ms"]))
def test_one_budget_has_one_name(number: object, unit: str) -> None:
    text = f"{number}{unit}"
    name = budget_name(text)
    again = f"{name[1:]}%" if unit == "%" else name
    assert Budget.parse(again) == Budget.parse(text)
    assert budget_name(again) == name


@pytest.mark.parametrize(
    "text", ["25", 25, 0.25, None, "", "fast", "25 percent", "-5%", "1e3ms", "120h", "25%ms", ["25%"]]
)
def test_what_is_no_budget_is_refused(text: object) -> None:
    with pytest.raises(InputError, match=r"not a budget; legal: .*25%.*120ms"):
        budget_name(text)


def test_more_than_all_is_refused() -> None:
    with pytest.raises(InputError, match="budget '101%': beyond the slowest model"):
        budget_name("101%")


def test_resolved_budgets() -> None:
    texts = ["50%", "25%", "45ms", "70ms"]
    latencies = {"p50": 30.0, "p25": 20.0, "45ms": 45.0, "70ms": 70.0}
    for text, (name, latency_ms) in zip(texts, latencies.items(), strict=True):
        assert resolved(texts, name) == {
            "fastest_ms": 10.0,
            "slowest_ms": 50.0,
            "budgets": {name: {"text": text, "latency_ms": latency_ms}},
        }
    with pytest.raises(InputError, match=r"--budget: unknown budget 'p26'; legal: .*did you mean 'p25'"):
        resolved(texts, "p26")


def test_a_budget_that_cannot_be_reached_names_the_fastest_latency() -> None:
    with pytest.raises(InputError, match=r"budget 9\.9ms: cannot be reached; legal: at least 10ms, the fastest"):
        resolved(["25%", "9.9ms"], "9.9ms")
    assert resolved(["10ms"], "10ms")["budgets"]["10ms"]["latency_ms"] == 10.0


@pytest.mark.parametrize("texts", [["25%", "30%"], ["25%", "50%", "21ms"], ["25%", "25.0%"], ["25%", "25%"]])
def test_budgets_that_predictions_cannot_tell_apart_are_refused(texts: list[str]) -> None:
    with pytest.raises(
        InputError, match=r"^budgets .* cannot be told apart by predictions; legal: .* at least 3 ms apart"
    ):
        resolved(texts, "p25", rmse_ms=3.0)


def by_features(weights: Sequence[float], products: float = 0.0) -> budgets.Predict:
    """A latency that is linear in each feature, as the ridge predictor's; products of depth and means if wanted."""

    def predict(subs: Sequence[SubTransformer]) -> list[float]:
        return [
            sum(w * x for w, x in zip(weights, f, strict=True)) + products * f[5] * (f[6] - 16) * (f[4] - 12)
            for f in (sub.features() for sub in subs)
        ]

    return predict


@pytest.mark.parametrize("products", [0.0, 0.3, -0.3])
@pytest.mark.parametrize("weights", [(1,) * 10, (-1, 2, -3, 1, 5, -40, 2, -1, 0, 3), (0,) * 9 + (-1,)])
def test_the_range_is_that_of_all_architectures(weights: tuple[int, ...], products: float) -> None:
    predict = by_features(weights, products)
    everything = predict([SMALL.decode(genes) for genes in itertools.product(*SMALL.genes())])
    found = latency_range(SMALL, predict)
    assert (found.fastest_ms, found.slowest_ms) == pytest.approx((min(everything), max(everything)))


def test_single_changes_find_what_no_uniform_architecture_has() -> None:
    def predict(subs: Sequence[SubTransformer]) -> list[float]:
        return [10.0 - abs(sub.features()[6] - 8) + (sub.features()[6] > 16) * 50 for sub in subs]

    assert latency_range(SPACE, predict).fastest_ms == pytest.approx(2.0)


def test_reading_back(tmp_path: Path) -> None:
    texts = {"p25": "25%", "45ms": "45ms"}
    both = {name: resolved([*texts.values()], name)["budgets"][name] for name in texts}
    write_json(tmp_path / "budgets.json", {"budgets": both})
    assert budget_ms(tmp_path / "budgets.json", "p25") == 20.0
    with pytest.raises(InputError, match=r"budgets\.json: unknown budget 'p26'; legal: 45ms, p25 \(did you mean 'p25'"):
        budget_ms(tmp_path / "budgets.json", "p26")
    for content, told in (
        ([], "missing key 'budgets'"),
        ({"budgets": 5}, "missing key 'p25'"),
        ({"budgets": {"p25": {}}}, "missing key 'latency_ms'"),
        ({"budgets": {"p25": {"latency_ms": None}}}, "budgets.p25.latency_ms: None; legal: a number"),
    ):
        write_json(tmp_path / "budgets.json", content)
        with pytest.raises(InputError, match=rf"budgets\.json: {told}"):
            budget_ms(tmp_path / "budgets.json", "p25")


def test_the_error_in_a_report(tmp_path: Path) -> None:
    write_json(tmp_path / "p.json", {"chosen": "mlp", "models": {"mlp": {"test": {"rmse_ms": 1.5}}}})
    assert reported_rmse_ms(tmp_path / "p.json") == 1.5
    write_json(tmp_path / "p.json", {"chosen": "ridge", "models": {"mlp": {"test": {"rmse_ms": 1.5}}}})
    with pytest.raises(InputError, match=r"p\.json: missing key 'ridge'"):
        reported_rmse_ms(tmp_path / "p.json")


def test_budgets_are_read_without_torch() -> None:
    code = "import sys, hat.budgets; sys.exit(bool({'torch', 'numpy'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(budgets.__file__).parents[1])
