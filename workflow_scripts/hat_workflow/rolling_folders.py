"""Rolling folders of older code, and their move to the names that today's code looks for (see `hat.rolling`)."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hat.errors import InputError
from hat.files import digest, read_json, write_json

from hat_workflow import paths
from hat_workflow.code_hash import code_hash

RULES = {"search": "search_subtransformer", "latency": "collect_latency"}
"""The rule of a stage; other stages have the names of their rules."""
MODULES = {
    "train_supertransformer": ("hat_fairseq.training",),
    "train_model": ("hat_fairseq.training",),
    "distil_model": ("hat_fairseq.distillation",),
    "train_rival": ("hat_fairseq.rivals.training",),
    "search_subtransformer": ("hat_fairseq.inherited",),
    "search_online": ("hat.latency.protocol",),
    "collect_latency": ("hat.latency.collection", "hat.latency.protocol", "hat.latency.samples"),
}
"""By rule, the modules whose code its fingerprints hold, in the order in which they are hashed."""
NAME = re.compile(r"(?P<stage>.+)-(?P<digest>[0-9a-f]{16})")


@dataclass(frozen=True, eq=False)
class Rolling:
    """A folder of work that the fingerprint beside it names."""

    folder: Path
    stage: str
    fingerprint: dict[str, Any]

    @property
    def code(self) -> str:
        return str(self.fingerprint["code"])

    @property
    def rule(self) -> str:
        """The rule that wrote it; those that share its work aside."""
        first = self.stage.split("-")[0]
        return RULES.get(first, first)

    def under(self, code: str) -> tuple[Path, dict[str, Any]]:
        """The folder in which other code would look for the same work, and its fingerprint."""
        fingerprint = self.fingerprint | {"code": code}
        return self.folder.with_name(f"{self.stage}-{digest(fingerprint)[:16]}"), fingerprint


def found(experiment: str) -> Iterator[Rolling]:
    """The rolling folders of an experiment's tasks that are named by their fingerprints."""
    everywhere = paths.ROLLING.format(experiment=experiment, task="*")
    for path in sorted(Path().glob(f"{everywhere}/*/fingerprint.json")):
        name = NAME.fullmatch(path.parent.name)
        try:
            fingerprint = read_json(path)
        except InputError:
            continue
        known = isinstance(fingerprint, dict) and "code" in fingerprint
        if known and name is not None and digest(fingerprint)[:16] == name["digest"]:
            yield Rolling(path.parent, name["stage"], fingerprint)


def codes(rules: Collection[str]) -> dict[str, str]:
    """The code that fingerprints of these rules hold today; of those that have rolling folders."""
    return {rule: code_hash(*modules) for rule, modules in MODULES.items() if rule in rules}


def successors(folders: Collection[Rolling], codes: Mapping[str, str]) -> tuple[dict[Rolling, str], list[str]]:
    """The code under which folders of older code go on, and which are left alone and why.

    `codes`: that of today by rule. Nothing tells which of several older codes had today's results, so the folders of a
    rule go on if all that are not of today's code are of one.
    """
    moved: dict[Rolling, str] = {}
    left = []
    for rule, code in codes.items():
        older = [rolling for rolling in folders if rolling.rule == rule and rolling.code != code]
        if len({rolling.code for rolling in older}) > 1:
            left += [f"{rolling.folder}: of one of several older codes" for rolling in older]
        else:
            moved |= dict.fromkeys(older, code)
    return moved, left


def move(rolling: Rolling, code: str) -> str | None:
    """Rename a folder to where `code` looks for it. Why not, where it stays as it is.

    The fingerprint inside is rewritten last; the job that finds the folder would do so as well.
    """
    target, fingerprint = rolling.under(code)
    if target.exists():
        return f"{target} exists already"
    with open(rolling.folder / "lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return "a process works in it"
        rolling.folder.rename(target)
        write_json(target / "fingerprint.json", fingerprint)
    return None
