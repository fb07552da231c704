"""A hash of what a command or a module does: its code and that of the project modules it imports, without comments."""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from hat.errors import InputError, nearest
from hat.files import read_json, write_json

SCRIPTS = Path(__file__).resolve().parents[1]
Found = list[Any]
"""Of a Python file: the hash of what it does, and what it imports (`_imported`)."""
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
SPEAKING = (
    "hat/errors.py",
    "hat/latency/recorded.py",
    "hat/latency/remote.py",
    "hat/latency/serve.py",
    "hat/progress.py",
    "hat_workflow/checks.py",
    "hat_workflow/code_hash.py",
    "hat_workflow/command.py",
    "hat_workflow/kit.py",
)
"""Modules that only speak: they word errors and progress, name code, or carry measurements from another machine.

No result depends on them, so no hash does.
"""


def code_hash(name: str, *modules: str, scripts: Path = SCRIPTS) -> str:
    """SHA-256 of the files behind `name`, a command or a dotted module of the project, and behind further `modules`.

    A command that imports a module by its name at run time gives it as a further one. Comments, docstrings and layout
    do not count; data files beside an imported module of a package do. The hash is the same for every Python version
    that can parse the code. InputError when there is no such command or module.
    """
    total = hashlib.sha256()
    for path in hashed_files(name, *modules, scripts=scripts):
        total.update(f"{path} {_digest(scripts / path, scripts)}\n".encode())
    _memory(scripts).write()
    return total.hexdigest()


def hashed_files(name: str, *modules: str, scripts: Path = SCRIPTS, speaking: bool = False) -> list[str]:
    """The files behind `code_hash`, as paths below `scripts`, sorted: what is imported, directly or through others.

    With what only speaks if `speaking`: that runs, too.
    """
    files: set[Path] = set()
    waiting = [path for wanted in (name, *modules) for path in _named(wanted, scripts)]
    while waiting:
        path = waiting.pop()
        if path not in files and (speaking or path.relative_to(scripts).as_posix() not in SPEAKING):
            files.add(path)
            waiting += _imports(path, scripts)
    data = {file for path in files for file in _data_beside(path, scripts)}
    return sorted(path.relative_to(scripts).as_posix() for path in files | data)


def _named(name: str, scripts: Path) -> list[Path]:
    """The file of a command, or those that run when a module is imported."""
    parts = tuple(name.split("."))
    found = list(_files(parts, scripts))
    target = scripts.joinpath(*parts)
    if not {target.with_suffix(".py"), target / "__init__.py"} & set(found):
        known = (path.stem for path in scripts.glob("*.py"))
        raise InputError(scripts.name, f"no command or module {name!r}", nearest(name, known))
    return found


def _data_beside(path: Path, scripts: Path) -> Iterator[Path]:
    if path.parent != scripts:
        for file in path.parent.iterdir():
            if file.is_file() and file.suffix != ".py" and not file.name.startswith("."):
                yield file


class Memory:
    """What was found in Python files before, by their bytes: parsing them all is a third of a plan."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._by = _sha256(Path(__file__).read_bytes())  # another way of hashing remembers nothing
        self._found: dict[str, Found] = {}
        self._new = False
        with suppress(InputError, LookupError, TypeError):
            record = read_json(file)
            self._found = record["found"] if record["by"] == self._by else {}

    def of(self, path: Path) -> Found:
        content = path.read_bytes()
        key = _sha256(content)
        if key not in self._found:
            tree = _tree(path, content)
            self._found[key] = [_sha256(repr(_essence(tree)).encode()), [*map(list, _imported(tree))]]
            self._new = True
        return self._found[key]

    def write(self) -> None:
        """Keep what is new beside Python's own bytecode, where that can be."""
        if self._new:
            with suppress(OSError):
                write_json(self._file, {"by": self._by, "found": self._found})
            self._new = False


@functools.cache
def _memory(scripts: Path) -> Memory:
    return Memory(scripts / "__pycache__" / "code_hash.json")


@functools.cache
def _of(path: Path, scripts: Path) -> Found:
    return _memory(scripts).of(path)


def _digest(path: Path, scripts: Path) -> str:
    return str(_of(path, scripts)[0]) if path.suffix == ".py" else _sha256(path.read_bytes())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _tree(path: Path, content: bytes) -> ast.Module:
    try:
        return ast.parse(content)
    except SyntaxError as error:
        raise InputError(path, f"line {error.lineno}: {error.msg}", "Python") from None


def _essence(node: object) -> object:
    """A syntax tree as plain values, without docstrings and without what is empty (fields differ between Pythons)."""
    if isinstance(node, list):
        return [_essence(part) for part in node]
    if not isinstance(node, ast.AST):
        return node
    present = []
    for name in node._fields:
        value = getattr(node, name, None)
        if name == "body" and isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            value = node.body[1:]
        if value is not None and value != []:
            present.append((name, _essence(value)))
    return type(node).__name__, present


@functools.cache
def _imports(path: Path, scripts: Path) -> frozenset[Path]:
    """The project files that a module imports, wherever in the module it does."""
    package = path.relative_to(scripts).parent.parts
    found: set[Path] = set()
    for level, *names in _of(path, scripts)[1]:
        base = package[: len(package) - level + 1] if level else ()
        found.update(_files((*base, *names), scripts))
    return frozenset(found)


def _imported(tree: ast.Module) -> Iterator[tuple[Any, ...]]:
    """What a module imports, wherever in it: how many dots come first, and the names between dots."""
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            yield from ((0, *alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module.split(".") if node.module else []
            yield from ((node.level, *base, alias.name) for alias in node.names)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements inside `node`. Expressions hold none, so they are passed over: most of a tree."""
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        inner = getattr(node, field, None)
        for statement in inner if isinstance(inner, list) else ():
            yield statement
            yield from _statements(statement)


def _files(name: tuple[str, ...], scripts: Path) -> Iterator[Path]:
    """The files that run when `name` is imported: each package on the way and the module itself, if ours."""
    for length in range(1, len(name) + 1):
        target = scripts.joinpath(*name[:length])
        yield from (file for file in (target / "__init__.py", target.with_suffix(".py")) if file.is_file())
