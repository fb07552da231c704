"""What follows from the declarations of studies: the manual, the exhibits' modules, the kinds that are gathered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hat.engines.torch_eager import ENGINE
from hat.paper.gathered import KINDS as COLUMNS_OF_KINDS
from hat_workflow.artifacts import KINDS
from hat_workflow.models import MAKERS
from hat_workflow.studies import EXHIBITS, FIGURES, HOLDING_RIVALS, OPTIONAL, STUDIES, TABLES, Study

ROOT = Path(__file__).resolve().parents[2]


def test_the_manual_says_what_each_study_shows() -> None:
    manual = (ROOT / "config" / "README.md").read_text()
    told = re.findall(r"^- \*\*(\w+)\*\*: ((?:.*\n)(?:  .*\n)*)", manual, flags=re.MULTILINE)
    assert {name: " ".join(words.split()) for name, words in told} == {
        study.name: study.says for study in STUDIES.values()
    }


def test_an_exhibit_belongs_to_one_study() -> None:
    exhibits = [exhibit for study in STUDIES.values() for exhibit in study.exhibits]
    assert len(exhibits) == len(set(exhibits)) == len(EXHIBITS)
    assert set(TABLES).isdisjoint(FIGURES)


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_a_study_speaks_of_what_there_is(study: Study) -> None:
    assert set(study.reads) <= {"models", *KINDS}
    assert set(study.families) <= set(MAKERS)
    assert study.gathered("models") in STUDIES
    if "models" in study.reads:
        assert STUDIES[study.gathered("models")].families


def test_a_study_of_rivals_looks_at_devices_that_hold_them() -> None:
    rivals = {family for family, command in MAKERS.items() if command == "train_rival"}
    studies = [study for study in STUDIES.values() if rivals & set(study.families)]
    assert studies
    assert {study.engine for study in studies} == {ENGINE}
    assert all(HOLDING_RIVALS in study.needs for study in studies)


def test_every_kind_has_its_columns() -> None:
    assert {"models", *KINDS} == set(COLUMNS_OF_KINDS)


def test_what_may_be_asked_for_is_not_made_always() -> None:
    assert "table8" not in OPTIONAL
    assert "table5" in OPTIONAL


def test_every_family_is_compared_somewhere() -> None:
    assert set(MAKERS) == {family for study in STUDIES.values() for family in study.families}
