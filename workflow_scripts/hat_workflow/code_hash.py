"""A hash of what a command does: its code and that of every project module it imports, comments and layout aside."""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

from hat.errors import InputError, nearest

SCRIPTS = Path(__file__).resolve().parents[1]
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def code_hash(command: str, scripts: Path = SCRIPTS) -> str:
    """SHA-256 of `<command>.py` and of the project modules it imports, directly or through others.

    Comments, docstrings and layout do not count; data files beside an imported module of a package do.
    The hash is the same for every Python version that can parse the code.
    """
    if not (scripts / f"{command}.py").is_file():
        known = (path.stem for path in scripts.glob("*.py"))
        raise InputError(scripts.name, f"no command {command!r}", nearest(command, known))
    files: set[Path] = set()
    waiting = [scripts / f"{command}.py"]
    while waiting:
        path = waiting.pop()
        if path not in files:
            files.add(path)
            waiting += _imports(path, scripts)
    total = hashlib.sha256()
    data = {file for path in files for file in _data_beside(path, scripts)}
    for path in sorted(files | data):
        total.update(f"{path.relative_to(scripts).as_posix()} {_digest(path)}\n".encode())
    return total.hexdigest()


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
    if isinstance(node, ast.AST):
        values = dict(ast.iter_fields(node))
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            values["body"] = node.body[1:]
        present = {name: value for name, value in values.items() if value not in (None, [])}
        return type(node).__name__, [(name, _essence(value)) for name, value in present.items()]
    if isinstance(node, list):
        return [_essence(part) for part in node]
    return node


@functools.cache
def _imports(path: Path, scripts: Path) -> frozenset[Path]:
    """The project files that a module imports, wherever in the module it does."""
    package = path.relative_to(scripts).parent.parts
    found: set[Path] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found.update(_files(tuple(alias.name.split(".")), scripts))
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            base += tuple(node.module.split(".")) if node.module else ()
            for alias in node.names:
                found.update(_files((*base, alias.name), scripts))
    return frozenset(found)


def _files(name: tuple[str, ...], scripts: Path) -> Iterator[Path]:
    """The files that run when `name` is imported: each package on the way and the module itself, if ours."""
    for length in range(1, len(name) + 1):
        target = scripts.joinpath(*name[:length])
        yield from (file for file in (target / "__init__.py", target.with_suffix(".py")) if file.is_file())
