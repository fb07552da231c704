"""What every command shares: named arguments in, one clear line and exit status 2 on bad input."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import NoReturn, ParamSpec, TypeVar

from hat.errors import InputError
from hat.progress import speak_of

P = ParamSpec("P")
T = TypeVar("T")

FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def run(parser: argparse.ArgumentParser, main: Callable[[argparse.Namespace], None]) -> None:
    """Parse the command line, run `main`, and turn an InputError into its one line and exit status 2.

    A full disk or a missing permission ends the same way: the line names the file.
    """
    args = parser.parse_args()
    speak_of(*_about(args))
    try:
        main(args)
    except InputError as error:
        _fail(str(error))
    except Exception as error:
        failure = _system_failure(error)
        if failure is None:
            raise
        _fail(f"{failure.filename or 'disk'}: {os.strerror(failure.errno) if failure.errno else failure}")
    finally:
        speak_of()


def _about(args: argparse.Namespace) -> Iterator[str]:
    """What a command works for, by the names that people gave."""
    for name in ("task", "device", "device_name", "budget", "model"):
        value = getattr(args, name, None)
        if isinstance(value, str):
            yield PurePath(value).name.removesuffix(".yaml")


def stopping(function: Callable[P, T]) -> Callable[P, T]:
    """The function, whose InputErrors end the process in the same way."""

    def checked(*args: P.args, **named: P.kwargs) -> T:
        try:
            return function(*args, **named)
        except InputError as error:
            _fail(str(error))

    return checked


def positive(text: str) -> int:
    """For `type=` of an argument: a whole number above zero."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _system_failure(error: BaseException | None) -> OSError | None:
    """The refusal of the system that `error` is; or the full disk that led to it, for torch raises one of its own."""
    if isinstance(error, OSError) and (error.filename is not None or error.errno is not None):
        return error
    while error is not None and not (isinstance(error, OSError) and error.errno in FULL_DISK):
        error = error.__context__
    return error


def _fail(line: str) -> NoReturn:
    told(line)
    raise SystemExit(2)


def told(lines: str) -> None:
    """Say what is wrong, a fault a line, each marked as an error."""
    for line in lines.splitlines():
        print(f"error: {line}", file=sys.stderr, flush=True)
