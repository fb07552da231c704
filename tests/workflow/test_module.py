"""Other workflows use this one as a module: of a checkout, or of a git repository that Snakemake fetches."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.workflow.conftest import ROOT, House

MODULE = """module hat:
    snakefile: {source}
    config: {{"experiment": "demo"}}

use rule * from hat as hat_*
"""


def other_workflow(folder: Path, source: str, environment: dict[str, str] | None = None) -> House:
    folder.mkdir(exist_ok=True)
    (folder / "Snakefile").write_text(MODULE.format(source=source))
    return House(folder, folder, environment or {})


def git(*words: str | Path) -> str:
    return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout.strip()


def test_of_a_checkout(tmp_path: Path, repository: House) -> None:
    house = other_workflow(tmp_path, repr(str(ROOT / "Snakefile")))
    assert house.planned() == {f"hat_{rule}": jobs for rule, jobs in (repository.planned() | {"all": 1}).items()}
    run = house.snakemake("results/corpora/demo.de-en/raw")
    assert run.returncode == 0, run.stdout + run.stderr
    assert (tmp_path / "results/corpora/demo.de-en/raw/test.de").exists()


@pytest.mark.parametrize("path", ["Snakefile", "workflow/Snakefile"])
def test_of_a_repository_at_a_tag(path: str, tmp_path: Path) -> None:
    """A clone lies where Snakemake would put one; the workflow is written out of it."""
    cached = tmp_path / "cache/snakemake/snakemake/source-cache/snakemake-git-cache/github.com/someone/hat"
    git("clone", "-q", "--bare", ROOT, cached)
    git("-C", cached, "tag", "v1")
    source = f'github("someone/hat", path="{path}", tag="v1")'
    house = other_workflow(tmp_path / "work", source, {"XDG_CACHE_HOME": str(tmp_path / "cache")})
    run = house.snakemake("results/corpora/demo.de-en/raw")
    assert run.returncode == 0, run.stdout + run.stderr
    assert (tmp_path / "work/results/corpora/demo.de-en/raw/test.de").exists()
    (checkout,) = (tmp_path / "work/.snakemake/checkouts").iterdir()
    assert checkout.name == git("-C", cached, "rev-parse", "HEAD")
    assert (checkout / "workflow_scripts" / "commit.txt").read_text() == f"{checkout.name}\n"
