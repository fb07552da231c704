"""What the commands that fetch files share: a mirror that is looked up first, and where downloads are kept."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from hat.download import Files, Found, Resource


def add_arguments(p: argparse.ArgumentParser, folder: str) -> None:
    """`folder` is where a mirror holds the files."""
    p.add_argument("--mirror", help=f"folder looked up before the network: MIRROR/{folder}/<file> (or $HAT_MIRROR)")


def add_download_arguments(p: argparse.ArgumentParser, folder: str) -> None:
    """Those of commands that fetch a single file by `obtain`."""
    add_arguments(p, folder)
    p.add_argument("--downloads", type=Path, required=True, metavar="FOLDER", help="where downloads are kept")


def mirror(args: argparse.Namespace) -> Path | None:
    """The mirror that was named on the command line, or in the environment."""
    named = args.mirror or os.environ.get("HAT_MIRROR")
    return Path(named) if named else None


def obtain(args: argparse.Namespace, folder: str, resource: Resource) -> Found:
    """The file, verified, as `add_download_arguments` was answered. InputError when it cannot be had."""
    return Files(folder, mirror(args), args.downloads, args.downloads / "records.json").obtain(resource)
