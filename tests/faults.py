"""Every other kind of bad input and fault that the tests bring about, as the table of docs/reliability.md.

`python -m tests.faults` runs them: a test is one fault with one right answer.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
FAULTS = {
    "workflow/test_bad_input.py": "configurations, files and full disks, before a run and in it",
    "unit/test_contents.py": "files that are missing or changed",
    "unit/test_fetch.py": "files of a corpus that are not what they should be",
    "unit/test_download.py": "servers that fail, break off or send something else",
    "unit/test_unpack.py": "archives, tables and marked-up test sets",
    "unit/test_languages.py": "languages, scripts and characters",
    "unit/test_budgets.py": "budgets",
    "unit/test_samples.py": "latency data",
    "unit/test_busy.py": "busy machines",
    "unit/test_anchor.py": "devices that were busy when their own speed was measured",
    "unit/test_remote.py": "devices that cannot be reached, or answer something else",
    "unit/test_checkpoint.py": "checkpoints",
    "unit/test_saving.py": "trainings that are killed, diverge, or find damage",
    "unit/test_memo.py": "searches that are killed",
    "unit/test_collection.py": "collections that are killed",
    "unit/test_replacing_folder.py": "folders that are replaced when something ends",
}


class Answers:
    """Counts the tests of each file that passed, and that did not."""

    def __init__(self) -> None:
        self.passed: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        file = report.nodeid.partition("::")[0].removeprefix("tests/")
        if report.failed:
            self.lost[file] += 1
        elif report.when == "call" and report.passed:
            self.passed[file] += 1


def main() -> int:
    answers = Answers()
    status = pytest.main(["-q", "--no-header", *(str(TESTS / file) for file in FAULTS)], plugins=[answers])
    print(f"\n| {'what is wrong':<62} | tests | tried | lost |\n|---|---|--:|--:|")
    for file, what in FAULTS.items():
        tried = answers.passed[file] + answers.lost[file]
        print(f"| {what:<62} | `{file}` | {tried} | {answers.lost[file]} |")
    return int(status)


if __name__ == "__main__":
    raise SystemExit(main())
