"""The benchmarks compare what they say they compare; how fast anything is, is no test's business."""

from __future__ import annotations

import os
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import benchmark_corpus
import benchmark_workflow
import check_gpu
import pytest
import torch
from hat.architecture import DesignSpace
from hat.errors import InputError
from hat.files import read_text
from hat.model.checkpoint import save_checkpoint
from hat.model.transformer import Transformer
from hat_fairseq.benchmark import compare_search, compare_training
from hat_fairseq.training import Training

from tests.conftest import VOCABULARY
from tests.unit.test_training import RECIPE


@pytest.fixture
def job(tiny_corpus: Path, tiny_space: DesignSpace) -> Training:
    return Training(
        label="benchmark",
        corpus=tiny_corpus,
        architecture=tiny_space.maximum,
        recipe=RECIPE,
        seed=1,
        threads=1,
        space=tiny_space.to_dict(),
    )


def test_contestants_have_the_same_number_of_weights(job: Training, tiny_space: DesignSpace, tmp_path: Path) -> None:
    # fairseq's own Transformer knows no Q: the comparison needs a space whose Q is its width
    space = replace(tiny_space, encoder_embed_dim=(8,), decoder_embed_dim=(8,))
    largest = replace(space.maximum, decoder_attended_layers=(1, 1, 1))
    job = replace(job, architecture=space.maximum, space=space.to_dict())
    rows = compare_training(job, largest, turns=2, folder=tmp_path)
    assert [row["training"] for row in rows] == [
        "fairseq transformer, fp32",
        "SuperTransformer, fp32",
        "largest SubTransformer, fp32",
        "SuperTransformer, bf16",
        "largest SubTransformer, bf16",
    ]
    assert len({row["parameters"] for row in rows}) == 1
    assert rows[0]["ratio"] == 1.0
    assert all(row["tokens_per_second"] > 0 for row in rows)
    (tmp_path / "bf16").mkdir()
    rows = compare_training(job, largest, turns=1, folder=tmp_path / "bf16", plain="bf16", precisions=[])
    assert [row["training"] for row in rows] == ["fairseq transformer, bf16"]


def test_all_ways_of_scoring_agree(job: Training, tiny_space: DesignSpace, tmp_path: Path) -> None:
    torch.manual_seed(2)
    model = Transformer(
        tiny_space.maximum, source_vocabulary=VOCABULARY, target_vocabulary=VOCABULARY, share_embeddings=True
    )
    save_checkpoint(tmp_path / "super.pt", model, label_smoothing=RECIPE["label_smoothing"])
    subs = [tiny_space.smallest, tiny_space.largest, tiny_space.smallest]
    rows = compare_search(replace(job, space=None), tmp_path / "super.pt", subs, 100, tmp_path)
    assert [(row["SubTransformers"], row["distinct"]) for row in rows] == [(3, 2)] * 3
    assert rows[0]["ratio"] == 1.0


def test_generated_text_is_seeded_parallel_and_keeps_growing(tmp_path: Path) -> None:
    for name in ("one", "two"):
        benchmark_corpus.write_raw(tmp_path / name, pairs=2000, seed=3)
    english, german = (read_text(tmp_path / "one" / f"train.{language}").splitlines() for language in ("en", "de"))
    assert read_text(tmp_path / "two" / "train.de").splitlines() == german
    assert [len(line.split()) for line in english] == [len(line.split()) for line in german]
    assert len(english) == 2000
    words = [word for line in english for word in line.lower().strip(".").split()]
    frequent = Counter(words).most_common(100)
    assert sum(count for _, count in frequent) > len(words) / 4
    assert len(set(words)) > 1.5 * len(set(words[: len(words) // 2]))
    assert not {word for word, _ in frequent} & set(" ".join(german).split())


def test_what_a_command_takes(tmp_path: Path) -> None:
    """A child's memory and time count."""
    child = "import time; held = b'x' * 100_000_000; time.sleep(2); sum(range(3_000_000))"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    used = benchmark_corpus.measured([sys.executable, "-c", parent], tmp_path)
    assert used.seconds > 2
    assert 0 < used.cpu_seconds < used.seconds + 1
    assert 100 < used.peak_mb < 300
    row = benchmark_corpus.row("clean_corpus", 1000, 2, benchmark_corpus.Used(10.0, 4.0, 99.6))
    assert (row["pairs_per_second"], row["pairs_per_cpu_second"], row["peak_memory_mb"]) == (100, 250, 100)
    assert row["cpu_hours_for_43M_pairs"] == round(43_000_000 / 250 / 3600, 2)
    with pytest.raises(InputError, match=r"no_such: .*No such file"):
        benchmark_corpus.measured([sys.executable, "no_such.py"], tmp_path)


def test_time_outside_of_jobs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run of 10 s with jobs from 1 to 4 and from 3 to 6: half of it lies outside."""
    log = tmp_path / "2026-01-02T030405.000000.snakemake.log"
    log.write_text("")
    begin = benchmark_workflow.begin_of(log)
    os.utime(log, (begin + 10, begin + 10))
    for name, end, seconds in (("a", 4, 3.0), ("b", 6, 3.0), ("other run", -50, 9.0)):
        path = tmp_path / f"{name}.jsonl"
        path.write_text(f'{{"s": {seconds}}}\n')
        os.utime(path, (begin + end, begin + end))
    args: Any = benchmark_workflow.parser().parse_args(["--benchmarks", str(tmp_path), "--log", str(log)])
    benchmark_workflow.main(args)
    assert capsys.readouterr().out == "2 jobs; wall 10.0 s; some job running 5.0 s; outside of jobs 50.0%\n"


def test_no_run_to_speak_of(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no log of a run"):
        benchmark_workflow.newest(tmp_path)


@pytest.mark.slow
def test_the_gpu_check_ends_in_its_table(tmp_path: Path) -> None:
    words = ["--space", "demo", "--device", "this-cpu-torch", "--precisions", "fp32", "--vocabulary", "200"]
    small = ["--max-tokens", "300", "--turns", "1", "--samples", "10", "--runs", "2"]
    table = tmp_path / "table.md"
    check_gpu.main(check_gpu.parser().parse_args([*words, *small, "--output", str(table)]))
    lines = read_text(table).splitlines()
    for row in ("fairseq transformer, fp32", "latency of the largest SubTransformer", "error of the latency predictor"):
        assert len([line for line in lines if row in line]) == 1
