"""What every command shares: named arguments in, one clear line and exit status 2 on bad input."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from hat.errors import InputError


def run(parser: argparse.ArgumentParser, main: Callable[[argparse.Namespace], None]) -> None:
    """Parse the command line, run `main`, and turn an InputError into its one line and exit status 2.

    A full disk or a missing permission ends the same way: the line names the file.
    """
    args = parser.parse_args()
    try:
        main(args)
    except InputError as error:
        _fail(str(error))
    except OSError as error:
        if error.filename is None and error.errno is None:
            raise
        _fail(f"{error.filename or 'disk'}: {os.strerror(error.errno) if error.errno else error}")


def _fail(line: str) -> None:
    print(f"error: {line}", file=sys.stderr, flush=True)
    raise SystemExit(2)
