"""The hash of a command follows what it does, and nothing else."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from hat.errors import InputError
from hat_workflow import code_hash as module
from hat_workflow.code_hash import SCRIPTS, code_hash, hashed_files

FILES = {
    "train_model.py": "import argparse\nimport lib.model as model\nfrom lib import data\n\n\ndef main():\n    pass\n",
    "score_model.py": "def main():\n    from lib.scores import bleu\n    return bleu\n",
    "lib/__init__.py": "",
    "lib/model.py": "from .layers import Layer\n",
    "lib/layers.py": "class Layer:\n    '''One layer.'''\n\n    width = 4\n",
    "lib/data/__init__.py": "",
    "lib/data/words.py": "WORDS = 3\n",
    "lib/scores.py": "bleu = 1\n",
}
folders = count()


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    return write(tmp_path, {})


def write(root: Path, changes: dict[str, str]) -> Path:
    """The files of a small project, some changed, in a folder of their own (syntax trees are cached by path)."""
    folder = root / str(next(folders))
    for name, text in (FILES | changes).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def same(command: str, scripts: Path, changes: dict[str, str]) -> bool:
    return code_hash(command, scripts=scripts) == code_hash(command, scripts=write(scripts, changes))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"lib/layers.py": "# a remark\nclass Layer:\n    '''Another description.'''\n    width = 4  # so narrow\n"},
        {"lib/layers.py": "'''What it is.'''\n\nclass Layer: width = 4\n"},
        {"lib/scores.py": "bleu = 2\n"},
        {"lib/data/words.py": "WORDS = 4\n"},
    ],
    ids=["same", "comments", "layout", "another command's module", "a module that is not imported"],
)
def test_what_does_not_count(scripts: Path, changes: dict[str, str]) -> None:
    assert same("train_model", scripts, changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"train_model.py": FILES["train_model.py"].replace("pass", "return 1")},
        {"lib/model.py": "from .layers import Layer\n\nwidth = 5\n"},
        {"lib/layers.py": FILES["lib/layers.py"].replace("4", "5")},
        {"lib/data/__init__.py": "from lib.data import words\n"},
        {"lib/__init__.py": "name = 1\n"},
        {"lib/table.csv": "a,b\n"},
    ],
    ids=["command", "module", "module of a module", "package", "package above", "data beside a module"],
)
def test_what_counts(scripts: Path, changes: dict[str, str]) -> None:
    assert not same("train_model", scripts, changes)


def test_an_import_inside_a_function_counts(scripts: Path) -> None:
    assert not same("score_model", scripts, {"lib/scores.py": "bleu = 2\n"})


def test_a_string_that_is_no_docstring_counts(scripts: Path) -> None:
    changed = FILES["lib/layers.py"].replace("width = 4", "width = 4\n    '''text'''")
    assert not same("train_model", scripts, {"lib/layers.py": changed})


def test_an_unknown_command_is_told(scripts: Path) -> None:
    with pytest.raises(InputError, match=r"no command or module 'train_modle'.*did you mean 'train_model'\?"):
        code_hash("train_modle", scripts=scripts)


def test_broken_code_is_told(scripts: Path) -> None:
    with pytest.raises(InputError, match=r"model\.py: line 2"):
        code_hash("train_model", scripts=write(scripts, {"lib/model.py": "a = 1\nb = = 2\n"}))


def test_what_was_parsed_is_remembered_by_its_bytes(scripts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(scripts, {})
    before, memory = code_hash("train_model", scripts=folder), folder / "__pycache__" / "code_hash.json"
    parsed: list[Path] = []
    parse = module._tree
    monkeypatch.setattr(module, "_tree", lambda path, content: parsed.append(path) or parse(path, content))

    def again() -> str:
        for known in (module._memory, module._of, module._imports):
            known.cache_clear()
        parsed.clear()
        return code_hash("train_model", scripts=folder)

    assert (again(), parsed) == (before, [])
    (folder / "lib" / "layers.py").write_text("class Layer:\n    width = 9\n")
    assert again() != before
    assert parsed == [folder / "lib" / "layers.py"]
    (folder / "lib" / "layers.py").write_text(FILES["lib/layers.py"])
    for damaged in ("{", "[]", '{"by": 1}', memory.read_text().replace('"by":', '"other":')):
        memory.write_text(damaged)
        assert (again(), len(parsed) > 2) == (before, True)


def test_a_module_has_a_hash_of_its_own(scripts: Path) -> None:
    assert hashed_files("lib.model", scripts=scripts) == ["lib/__init__.py", "lib/layers.py", "lib/model.py"]
    assert same("lib.model", scripts, {"train_model.py": "value = 1\n", "lib/scores.py": "bleu = 2\n"})
    assert not same("lib.model", scripts, {"lib/layers.py": "class Layer: width = 5\n"})
    with pytest.raises(InputError, match=r"no command or module 'lib\.modle'"):
        code_hash("lib.modle", scripts=scripts)


def test_what_is_imported_by_name_is_given_as_a_further_module(scripts: Path) -> None:
    changed = write(scripts, {"lib/scores.py": "bleu = 2\n"})
    assert code_hash("train_model", scripts=scripts) == code_hash("train_model", scripts=changed)
    further = ("train_model", "lib.scores")
    assert code_hash(*further, scripts=scripts) != code_hash(*further, scripts=changed)


def test_what_only_speaks_does_not_count_nor_what_it_imports(scripts: Path) -> None:
    speaking = {"train_model.py": "import hat.progress\nimport lib.model\n", "hat/__init__.py": ""}
    before = write(scripts, speaking | {"hat/progress.py": "import lib.scores\nSECONDS = 5\n"})
    after = write(scripts, speaking | {"hat/progress.py": "import lib.data\nSECONDS = 9\n", "lib/scores.py": "b = 2\n"})
    assert hashed_files("train_model", scripts=before) == [
        *("hat/__init__.py", "lib/__init__.py", "lib/layers.py", "lib/model.py", "train_model.py"),
    ]
    assert code_hash("train_model", scripts=before) == code_hash("train_model", scripts=after)


def test_scoring_and_training_do_not_share_their_hash() -> None:
    assert code_hash("train_supertransformer") != code_hash("score_model")


def test_packages_of_the_project_are_empty_at_the_top() -> None:
    """Code in `__init__.py` would count for every command that imports anything of the package."""
    for path in (SCRIPTS / "hat").rglob("__init__.py"):
        assert path.read_text() == "", path
