"""One lock of exact versions; the conda environments say the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import compile_environments
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCK = {
    canonicalize_name(name): pin
    for name, pin in re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "requirements.txt").read_text(), flags=re.MULTILINE)
}
ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))
NOT_NEEDED = {"torchaudio"}


def test_the_lock_holds_exact_versions_only() -> None:
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and line[0] != "#"]
    assert len(lines) == len(LOCK) > 50
    assert LOCK["torch"] == "2.13.0"


def test_the_lock_is_what_the_tests_run_in() -> None:
    differing = {name: version(name) for name, pin in LOCK.items() if version(name).split("+")[0] != pin}
    assert not differing


def test_the_lock_is_complete() -> None:
    """Whatever a locked package asks for on any of our Pythons is locked too (but torch's own CUDA libraries)."""
    for name in LOCK:
        for text in requires(name) or []:
            wanted = Requirement(text)
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                try:
                    installed = version(wanted.name)
                except PackageNotFoundError:
                    assert wanted.name in NOT_NEEDED, f"{name} asks for {text}"
                    continue
                known = canonicalize_name(wanted.name) in LOCK
                assert known or wanted.name.startswith(("nvidia", "cuda", "triton")), f"{name} asks for {text}"
                assert wanted.specifier.contains(installed, prereleases=True), f"{name} asks for {text}"


def test_environments_are_compiled_from_the_lock(tmp_path: Path) -> None:
    """Every package that an environment brings is pinned, pip's to the lock, conda's exactly."""
    compile_environments.main(compile_environments.parser().parse_args(["--output", str(tmp_path)]))
    assert [path.name for path in ENVIRONMENTS] == sorted(path.name for path in tmp_path.iterdir())
    for path in ENVIRONMENTS:
        assert path.read_text() == (tmp_path / path.name).read_text(), "run compile_environments"
        *conda, pip = yaml.safe_load(path.read_text())["dependencies"]
        assert all(re.fullmatch(r"[\w-]+=[\d.]+", package) for package in conda)
        assert {LOCK[canonicalize_name(name)] == pin for name, pin in (line.split("==") for line in pip["pip"])} == {
            True
        }


def test_an_environment_with_an_after_step_pins_fairseq() -> None:
    assert f"fairseq-fixed=={LOCK['fairseq-fixed']}" in (ROOT / "envs" / "fairseq.post-deploy.sh").read_text()


def test_every_environment_is_used_and_every_used_one_exists() -> None:
    rules = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    assert set(re.findall(r'"\.\./envs/(\w+)\.yaml"', rules)) == {path.stem for path in ENVIRONMENTS}


def test_no_file_names_a_package_registry() -> None:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    host = re.compile(r"py" r"pi\.org|pythonhosted\.org|--(extra-)?index-url")
    named = [name for name in listed.stdout.split() if host.search((ROOT / name).read_text(errors="ignore"))]
    assert not named


@pytest.mark.slow
@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_the_packages_of_an_environment_are_all_that_its_commands_import(path: Path, tmp_path: Path) -> None:
    """Where there is no conda: a virtual environment of its list, in which each of its commands tells its options."""
    pip = yaml.safe_load(path.read_text())["dependencies"][-1]["pip"]
    python = tmp_path / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path], check=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*install, *pip], check=True)
    after = path.with_suffix(".post-deploy.sh")
    if after.exists():
        path_first = {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
        subprocess.run(["bash", after], check=True, env=os.environ | path_first)
    commands = {
        re.search(r'command=command\("(\w+)"\)', body)[1]
        for rules in (ROOT / "rules").glob("*.smk")
        for body in re.split(r"^rule ", rules.read_text(), flags=re.M)[1:]
        if f'"../envs/{path.stem}.yaml"' in body
    }
    assert commands
    for command in sorted(commands):
        told = subprocess.run(
            [python, ROOT / "workflow_scripts" / f"{command}.py", "--help"], capture_output=True, text=True
        )
        assert told.returncode == 0, command + told.stderr
