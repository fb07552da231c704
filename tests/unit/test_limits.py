"""Budgets that limit size: what is counted is what is shipped, and no search scores or measures what exceeds it."""

from __future__ import annotations

import random
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import resolve_budgets
from hat.architecture import DesignSpace, SubTransformer
from hat.budgets import Budget
from hat.cost import count_bytes, count_parameters
from hat.engines.factory import DTYPES
from hat.engines.graphs import PARTS
from hat.engines.interface import Vocabularies
from hat.engines.weights import random_weights, shapes
from hat.errors import InputError
from hat.files import write_csv, write_json
from hat.paper import results
from hat.search.evolution import Settings, evolve, random_settings
from hat.search.limits import SizeLimit, resolve
from hat.search.tables import ranked
from hat.translator.export import write_bundle
from hat.translator.shortlist import Shortlist
from hat.translator.text import Preparation

from tests.spaces import SMALL, TINY, WMT

LIMITED = SizeLimit(Budget.parse("50%, 70k parameters"))
WIDE = DesignSpace.from_dict(
    WMT.to_dict() | {"encoder_embed_dim": [256, 320], "decoder_embed_dim": [256, 320], "qkv_dim": 256}
)
PREPARATION = Preparation(source="de", target="en", normalise_punctuation=True, already_subwords=True)
WORDS = [f"word{number}" for number in range(7996)]


def predict(subs: Sequence[SubTransformer]) -> list[float]:
    return [float(sub.decoder_layers + sub.encoder_embed_dim / 1000) for sub in subs]


def loss(sub: SubTransformer) -> float:
    """The larger, the better: a search goes where the limit is."""
    return 1e6 / count_parameters(sub)


def vocabularies_of(sizes: Sequence[int]) -> Vocabularies:
    return Vocabularies(source_vocabulary=sizes[0], target_vocabulary=sizes[-1], share_embeddings=len(sizes) == 1)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sizes", [(8000,), (8000, 8000)], ids=["joint", "separate"])
def test_megabytes_are_those_of_a_bundle(tmp_path: Path, sizes: tuple[int, ...], seed: int) -> None:
    sub = WIDE.sample(random.Random(seed))
    write_bundle(
        tmp_path,
        sub,
        random_weights(sub, vocabularies_of(sizes)),
        rows=5,
        preparation=PREPARATION,
        subword_model=None,
        dictionaries={"source": WORDS, "target": WORDS},
        shortlist=Shortlist(np.arange(4), np.zeros((8000, 1), np.int32)),
        facts={},
    )
    for dtype in DTYPES:
        names = (*(f"{part}.{dtype}.tflite" for part in PARTS), f"tables.{dtype}.bin")
        written = sum(path.stat().st_size for name in names if (path := tmp_path / name).exists())
        assert count_bytes(sub, dtype, sizes) == pytest.approx(written, rel=0.02)


@pytest.mark.parametrize("sizes", [(60,), (60, 50)], ids=["joint", "separate"])
def test_bytes_of_fp32_are_those_of_every_weight(sizes: tuple[int, ...]) -> None:
    for seed in range(20):
        sub = SMALL.sample(random.Random(seed))
        weights = random_weights(sub, vocabularies_of(sizes))
        assert set(weights) == set(shapes(sub, vocabularies_of(sizes)))
        assert count_bytes(sub, "float32", sizes) == sum(weight.nbytes for weight in weights.values())


@pytest.mark.parametrize(
    "settings",
    [Settings(iterations=4, population=20, parents=4, mutants=8, crossovers=8), random_settings(40)],
    ids=["evolution", "random"],
)
@pytest.mark.parametrize(
    "limit",
    [LIMITED, SizeLimit(Budget.parse("50%, 80k parameters, 0.25 MB"), "int8", (500,))],
    ids=["parameters", "both"],
)
def test_nothing_beyond_the_limit_is_scored(settings: Settings, limit: SizeLimit) -> None:
    history = list(evolve(SMALL, limit.applied(predict), loss, 2.0, settings, 1))
    assert len(history) >= settings.population
    assert all(limit.kept_by(member.candidate.sub) for member in history)
    assert all(member.candidate.predicted_ms <= 2.0 for member in history)
    everything = evolve(SMALL, predict, loss, 2.0, settings, 1)
    assert ranked(history)[0].loss > ranked(everything)[0].loss, "without the limit there is better"


def test_a_handful_within_the_limit_is_found() -> None:
    """The smallest architecture and its neighbours; no random draw is as small."""
    smallest = count_parameters(WMT.smallest)
    limit = SizeLimit(Budget(100, "ms", smallest + 1_200_000))
    draws = random.Random(1)
    assert not any(limit.kept_by(WMT.sample(draws)) for _ in range(500))
    settings = Settings(iterations=2, population=10, parents=2, mutants=4, crossovers=4)
    found = list(evolve(WMT, limit.applied(predict), loss, 100.0, settings, 1))
    assert len({member.candidate.sub for member in found}) == settings.planned_evaluations
    assert all(limit.kept_by(member.candidate.sub) for member in found)


def test_nothing_beyond_the_limit_is_measured() -> None:
    measured: list[SubTransformer] = []

    def one_by_one(subs: Sequence[SubTransformer]) -> Iterator[float]:
        for sub in subs:
            measured.append(sub)
            yield 1.0

    subs = [SMALL.sample(random.Random(seed)) for seed in range(30)]
    latencies = LIMITED.applied(one_by_one)(subs)
    assert not measured, "none before it is asked for"
    assert [latency == 1.0 for latency in latencies] == [LIMITED.kept_by(sub) for sub in subs]
    assert measured == [sub for sub in subs if LIMITED.kept_by(sub)] != []
    assert list(LIMITED.applied(one_by_one)([SMALL.maximum])) == [float("inf")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("100%, 29k parameters", r"at least 29920 parameters, the smallest of this space$"),
        ("100%, 0.1 MB", r"at least 0\.184 megabytes, the smallest of this space$"),
        ("100%, 1M parameters, 0.1 MB", r"at least 29920 parameters and 0\.184 megabytes, the smallest"),
    ],
)
def test_a_size_that_nothing_reaches_names_the_smallest(text: str, told: str) -> None:
    name = Budget.parse(text).name
    with pytest.raises(InputError, match=f"^budget {text}: cannot be reached; legal: {told}"):
        resolve([text], name, SMALL, predict, 0.1, vocabularies=[500])
    assert count_bytes(SMALL.smallest, "float32", [500]) <= 184_000
    reached = {"parameters": 29_920, "megabytes": 0.184}
    assert SizeLimit(Budget(100, "%", **reached), "float32", (500,)).kept_by(SMALL.smallest)  # type: ignore[arg-type]


def test_a_latency_that_nothing_of_its_size_reaches_names_the_fastest_that_does() -> None:
    """Here the small are the slow."""

    def slow(subs: Sequence[SubTransformer]) -> list[float]:
        return [1e6 / count_parameters(sub) for sub in subs]

    texts = ["10ms, 40k parameters", "10ms"]
    with pytest.raises(
        InputError, match=r"^budget 10ms, 40k .*: cannot be reached; legal: at least 2[5-9].* that size"
    ):
        resolve(texts, "10ms-40k", SMALL, slow, 0.1)
    assert resolve(texts, "10ms", SMALL, slow, 0.1)["budgets"]["10ms"]["latency_ms"] == 10


def test_budgets_of_one_latency_and_different_sizes_are_different() -> None:
    texts = ["50%", "50%, 100k parameters", "51%, 1000M parameters", "50%, 1000M parameters, 1000 MB"]
    for text in texts:
        name = Budget.parse(text).name
        found = resolve(texts, name, SMALL, predict, 0.5, dtype="int8", vocabularies=[500])
        assert found["budgets"][name]["text"] == text
    with pytest.raises(InputError, match=r"^budgets 50%, 100k parameters and 51%, 100k parameters: .* apart by predic"):
        resolve([*texts, "51%, 100k parameters"], "p50", SMALL, predict, 0.5)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    texts = {"p50": "50%", "p50-1M": "50%, 1M parameters", "p50-5MB": "50%, 5 MB"}
    for name, text in texts.items():
        found = resolve([*texts.values()], name, SMALL, predict, 0.1, dtype="int8", vocabularies=[500, 400])
        write_json(tmp_path / f"{name}.json", found)
        counted = ("int8", (500, 400)) if name == "p50-5MB" else ()
        assert SizeLimit.load(tmp_path / f"{name}.json", name) == SizeLimit(Budget.parse(text), *counted)
    assert set(found["budgets"]["p50-5MB"]) == {"text", "latency_ms", "dtype", "vocabularies"}
    with pytest.raises(
        InputError, match=r"budget p50-5MB: megabytes in float32 with vocabularies .*a binarised corpus"
    ):
        resolve([*texts.values()], "p50-5MB", SMALL, predict, 0.1)


@pytest.mark.parametrize(("dictionary", "sizes"), [("joint", [60]), ("separate", [60, 50])])
def test_the_command_counts_the_vocabularies_of_the_corpus(tmp_path: Path, dictionary: str, sizes: list[int]) -> None:
    facts = {"dictionary": dictionary, "source_vocabulary": sizes[0], "target_vocabulary": sizes[-1]}
    write_json(tmp_path / "statistics.json", facts)
    assert resolve_budgets.vocabularies(tmp_path) == sizes
    words = "--task a-b --device-name bench --predictor p --report r --space s --budget p5 --output o --budgets 5%"
    args: Namespace = resolve_budgets.parser().parse_args([*words.split(), "--corpus"])
    assert args.corpus is None


def test_the_menu_has_what_keeps_latency_and_size(tmp_path: Path) -> None:
    """The best by loss is too slow, the next one too large; of the front's search, whether on the front or not."""
    subs = [TINY.maximum, TINY.maximum, TINY.smallest, TINY.smallest]
    scored = zip([9.0, 2.0, 2.5, 2.0], [1.0, 2.0, 3.0, 4.0], subs, strict=True)
    rows = [{"predicted_ms": ms, "loss": value, **sub.to_row()} for ms, value, sub in scored]
    write_csv(tmp_path / "history.csv", rows)
    small = count_parameters(TINY.smallest)
    texts = ["3ms", f"3ms, {small} parameters", "1ms"]
    offered = {}
    for text in texts:
        name, latency_ms = Budget.parse(text).name, float(text.split("ms")[0])
        write_json(tmp_path / "budget.json", {"budgets": {name: {"text": text, "latency_ms": latency_ms}}})
        asked = {"task": "a-b", "device": "bench", "budget": name}
        found = results.read("offers", asked, tmp_path / "history.csv", tmp_path / "budget.json")
        offered[text] = found[["predicted_ms", "loss"]].to_numpy().tolist()
    assert list(offered.values()) == [[[2.0, 2.0]], [[2.5, 3.0]], []]
