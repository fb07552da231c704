"""An experiment with recorded latencies: nothing is timed, so that two runs of it must agree to the bit."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from hat.architecture import DesignSpace
from hat.files import file_digest, read_yaml, write_yaml

from tests.unit.published_world import published_rows, write_published
from tests.workflow.conftest import ROOT

TINY = ROOT / "tests" / "workflow" / "tiny"
WORDS = {"hund": "dog", "katze": "cat", "sieht": "sees", "haus": "house", "rot": "red", "klein": "small", "und": "and"}
SIX_LINES = "source: de\ntarget: en\ntrain: text/train\nvalid: text/valid\ntest: text/test\nbpe: 48\n"
EXPERIMENT = ("--config", "experiment=recorded.yaml")


def write_text(folder: Path) -> None:
    """A corpus of one's own: six files and a corpus file of six lines."""
    folder.mkdir()
    rng = random.Random(3)
    for split, pairs in {"train": 200, "valid": 12, "test": 12}.items():
        sentences = [rng.choices(list(WORDS), k=rng.randint(3, 7)) for _ in range(pairs)]
        (folder / f"{split}.de").write_text("".join(f"{' '.join(words)}.\n" for words in sentences))
        translated = [[WORDS[word] for word in words] for words in sentences]
        (folder / f"{split}.en").write_text("".join(f"{' '.join(words)}.\n" for words in translated))
    (folder / "tiny.de-en.yaml").write_text(SIX_LINES)


def write_recorded(work: Path, **changes: Any) -> None:
    """`recorded.yaml` in `work` and all that it names; `changes` are settings of its task."""
    write_text(work / "text")
    shape = read_yaml(TINY / "space.yaml")
    space = DesignSpace.from_dict({name: shape[name] for name in (*DesignSpace.choice_names(), "qkv_dim")})
    data_set = write_published(work / "data.csv", published_rows(space, 200))
    # the same in every folder: a path is part of what Snakemake compares
    write_yaml(work / "pi.yaml", {"published": {"tiny.de-en": {"url": "data.csv", "sha256": file_digest(data_set)}}})
    task = {
        "corpus": "text/tiny.de-en.yaml",
        "space": str(TINY / "space.yaml"),
        "training": str(TINY / "training.yaml"),
        "devices": {"./pi.yaml": {"budgets": ["40%", "90%"]}},
        "baselines": {"depth": [1]},
        "search": {"iterations": 2, "population": 8, "parents": 3, "mutants": 3, "crossovers": 2},
        "generation": {"beam": 2, "splits": ["test"]},
        "studies": ["table4", "table5", "table6", "table7", "distillation", "figure9", "pareto"],
    }
    write_yaml(work / "recorded.yaml", {"tasks": {"tiny.de-en": task | changes}})
