"""A hash of what a command or a module does: its code and that of the project modules it imports, without comments."""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

from hat.errors import InputError, nearest

SCRIPTS = Path(__file__).resolve().parents[1]
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
        total.update(f"{path} {_digest(scripts / path)}\n".encode())
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


@functools.cache
def _digest(path: Path) -> str:
    content = repr(_essence(_tree(path))).encode() if path.suffix == ".py" else path.read_bytes()
    return hashlib.sha256(content).hexdigest()


@functools.cache
def _tree(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
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
    for node in _statements(_tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found.update(_files(tuple(alias.name.split(".")), scripts))
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            base += tuple(node.module.split(".")) if node.module else ()
            for alias in node.names:
                found.update(_files((*base, alias.name), scripts))
    return frozenset(found)


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
