"""The folder of a model that is shipped, as its manifest describes it, and a translator made from it.

A bundle has the graphs of encoder, decoder step and output layer for each runtime and number format, a subword model,
dictionaries, shortlists and manifest.json: the architecture, how text is prepared, scores, measured latencies, licence
and checksums. Weights stand once: ONNX graphs and embedding tables refer to those inside the TFLite file of the same
number format.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from hat.architecture import SubTransformer
from hat.engines.embeddings import Columns, Embeddings, Table
from hat.engines.factory import RUNTIMES, module_of, runtime
from hat.engines.graphs import PARTS
from hat.engines.interface import Device
from hat.errors import InputError, nearest, package
from hat.files import JsonFile, file_digest, read_text
from hat.translator.shortlist import Shortlist
from hat.translator.text import Preparation, Text
from hat.translator.translator import Translator

MANIFEST = "manifest.json"
FORMAT = 2
"""Of the manifest and what it describes; a bundle of another one is refused."""
SUBWORD_MODEL = "subwords.model"
GENERATION = ("beam", "length_penalty", "max_len_a", "max_len_b")
"""What a manifest says of beam search; of lengths, bundles before this say nothing."""
DICTIONARIES = {"source": "source.txt", "target": "target.txt"}
SHORTLIST = "shortlist.npz"


def load(
    ship: str | os.PathLike[str],
    *,
    engine: str | None = None,
    dtype: str = "float32",
    threads: int = 1,
    shortlist: bool = False,
) -> Translator:
    """The translator of a bundle, on the runtime that is named, or on the first of the bundle's that is installed.

    With `shortlist` only words come up that are likely for a sentence: quicker, and not quite the same translations.

    InputError when the folder is no bundle, when a file of it is damaged or missing, or lacks that runtime.
    """
    folder = Path(ship)
    manifest = JsonFile(folder / MANIFEST)
    if manifest["format"] != FORMAT:
        raise InputError(manifest.path, f"format {manifest['format']!r}", f"{FORMAT}, which this version reads")
    formats: Mapping[str, Any] = manifest["weights"]
    if dtype not in formats:
        raise InputError(manifest.path, f"no weights in {dtype}", nearest(dtype, formats))
    graphs: Mapping[str, Mapping[str, Any]] = formats[dtype]["graphs"]
    name = engine or _installed(graphs)
    if name not in graphs:
        raise InputError(manifest.path, f"no graphs for the engine {name!r}", nearest(name, graphs))
    tables: Mapping[str, Sequence[Mapping[str, Any]]] = formats[dtype]["tables"]
    parts = graphs[name]
    graph_names = [parts[part] for part in PARTS]
    needed = {*graph_names, *parts.get("beside", ())}
    preparation = _preparation(manifest)
    needed |= {SHORTLIST} if shortlist else set()
    _check_files(folder, manifest, needed | _files_of(tables) | _files_of_text(preparation))
    device = Device(name=str(folder), engine=name, dtype=dtype, threads=threads)
    sub = SubTransformer.from_dict(manifest["architecture"], manifest.path)
    source, target, output = (_table(folder, tables[side]) for side in ("source", "target", "output"))
    files = [folder / name for name in graph_names]
    embeddings = Embeddings(source, target, output, sub.position_dim)
    made = runtime(device).load(sub, embeddings, files, device, manifest["rows"])
    defaults = manifest["generation"]
    return Translator(
        made,
        _text(folder, preparation),
        **{name: defaults[name] for name in GENERATION if name in defaults},
        shortlist=Shortlist.load(folder / SHORTLIST) if shortlist else None,
    )


def weights_bytes(manifest: Any, dtype: str) -> int:
    """Of the files of one number format, each weight once: ONNX graphs refer to those in the others."""
    files = manifest["files"].items()
    return sum(facts["bytes"] for name, facts in files if f".{dtype}." in name and not name.endswith(".onnx"))


def _installed(graphs: Mapping[str, Any]) -> str:
    """The first engine whose runtime is here. InputError when none is."""
    for name in graphs:
        try:
            import_module(module_of(name))
        except ModuleNotFoundError:
            continue
        return name
    needed = " or ".join(package(RUNTIMES[name]) for name in graphs)
    raise InputError("engine", "no runtime of this bundle is installed", f"pip install {needed}")


def _check_files(folder: Path, manifest: JsonFile, needed: set[str]) -> None:
    """InputError for the first of these files that is missing or not what the manifest says."""
    for name in sorted(needed):
        expected = manifest["files", name]
        path = folder / name
        if not path.is_file():
            raise InputError(path, "no such file", f"a whole bundle, as {MANIFEST} lists it")
        if path.stat().st_size != expected["bytes"] or file_digest(path) != expected["sha256"]:
            raise InputError(path, f"damaged: not what {MANIFEST} lists", "the file as it was exported")


def _files_of(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> set[str]:
    places = [place for parts in tables.values() for part in parts for place in part.values() if place]
    return {place["file"] for place in places}


def _files_of_text(preparation: Preparation) -> set[str]:
    return {*DICTIONARIES.values(), *([] if preparation.already_subwords else [SUBWORD_MODEL])}


def _table(folder: Path, parts: Sequence[Mapping[str, Any]]) -> Columns:
    """An embedding table whose columns lie in one or several places."""

    def found(place: Mapping[str, Any]) -> Any:
        shape = tuple(place["shape"])
        return np.memmap(folder / place["file"], place["dtype"], "r", place["offset"], shape)

    tables = [Table(found(part["values"]), found(part["scales"]) if part["scales"] else None) for part in parts]
    return Columns(tuple(tables))


def _preparation(manifest: JsonFile) -> Preparation:
    record = manifest["text"]
    names = set(Preparation.__dataclass_fields__)
    if set(record) != names:
        raise InputError(manifest.path, f"text: {', '.join(sorted(record))}", ", ".join(sorted(names)))
    return Preparation(**record)


def _text(folder: Path, preparation: Preparation) -> Text:
    model = None if preparation.already_subwords else folder / SUBWORD_MODEL
    source, target = (read_text(folder / DICTIONARIES[side]).split("\n")[:-1] for side in ("source", "target"))
    return Text(preparation, model, source, target)
