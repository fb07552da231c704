"""Writes a bundle: graphs, tables, text tools and the manifest, from an architecture and its weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hat.architecture import SubTransformer
from hat.engines.factory import DTYPES
from hat.engines.graphs import OUTPUT_TABLE, PARTS, output_table, write_graph
from hat.engines.onnx_file import OnnxWriter
from hat.engines.quantised import quantise_rows
from hat.engines.tflite import TfliteWriter
from hat.engines.weights import Floats, Weights
from hat.files import file_digest, write_json, write_text
from hat.translator.bundle import DICTIONARIES, FORMAT, MANIFEST, SHORTLIST, SUBWORD_MODEL
from hat.translator.shortlist import Shortlist
from hat.translator.text import Preparation


def write_bundle(
    folder: Path,
    sub: SubTransformer,
    weights: Weights,
    *,
    rows: int,
    preparation: Preparation,
    subword_model: Path | None,
    dictionaries: Mapping[str, Sequence[str]],
    shortlist: Shortlist,
    facts: Mapping[str, Any],
) -> None:
    """Write a bundle into an existing, empty `folder`.

    Its graphs have `rows` hypotheses a sentence: the widest beam. `dictionaries` are symbols without the special ones,
    of source and target. `facts` join the manifest as they are; "generation" among them has the keys of `GENERATION`.
    """
    formats = {dtype: _write_weights(folder, sub, weights, dtype, rows) for dtype in DTYPES}
    for side, name in DICTIONARIES.items():
        write_text(folder / name, "".join(f"{symbol}\n" for symbol in dictionaries[side]))
    shortlist.save(folder / SHORTLIST)
    if subword_model is not None:
        (folder / SUBWORD_MODEL).write_bytes(subword_model.read_bytes())
    write_manifest(
        folder,
        {
            "format": FORMAT,
            "architecture": sub.to_dict(),
            "rows": rows,
            "text": preparation.to_dict(),
            "weights": formats,
            **facts,
        },
    )


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write manifest.json with the sizes and checksums of all other files of the folder."""
    files = sorted(path for path in folder.iterdir() if path.name != MANIFEST)
    listed = {path.name: {"bytes": path.stat().st_size, "sha256": file_digest(path)} for path in files}
    write_json(folder / MANIFEST, {**manifest, "files": listed})


def _write_weights(folder: Path, sub: SubTransformer, weights: Weights, dtype: str, rows: int) -> dict[str, Any]:
    """Write graphs and tables of one number format; what the manifest says of them."""
    graphs: dict[str, dict[str, Any]] = {"litert": {}, "onnxruntime": {"beside": []}}
    stored: dict[str, int] = {}
    for part in PARTS:
        names = {"litert": f"{part}.{dtype}.tflite", "onnxruntime": f"{part}.{dtype}.onnx"}
        tflite = TfliteWriter(dtype)
        write_graph(part, tflite, sub, weights, rows)
        stored = tflite.stored()
        onnx = OnnxWriter(dtype, stored, names["litert"])
        write_graph(part, onnx, sub, weights, rows)
        (folder / names["litert"]).write_bytes(tflite.content())
        (folder / names["onnxruntime"]).write_bytes(onnx.content())
        for engine, name in names.items():
            graphs[engine][part] = name
        graphs["onnxruntime"]["beside"].append(names["litert"])
    tables = _Tables(folder, dtype)
    output = tables.part(output_table(sub, weights), (graphs["litert"]["output"], stored[OUTPUT_TABLE]))
    source = weights["embeddings.source_table"]
    own = weights.get("embeddings.target_table")
    if own is None:
        wider = source[:, sub.decoder_embed_dim :]
        sides = {"source": [output, *([tables.part(wider)] if wider.size else [])], "target": [output]}
    else:
        sides = {"source": [tables.part(source)], "target": [tables.part(own)]}
    tables.close()
    return {"graphs": graphs, "tables": {**sides, "output": [output]}}


class _Tables:
    """What of the embedding tables no graph has, in a file of its own."""

    def __init__(self, folder: Path, dtype: str) -> None:
        self._path, self._int8 = folder / f"tables.{dtype}.bin", dtype == "int8"
        self._content = bytearray()

    def part(self, table: Floats, lies: tuple[str, int] | None = None) -> dict[str, Any]:
        """Some columns of a table; `lies` names the file and the offset where they are already."""
        values: NDArray[Any] = table
        scales = None
        if self._int8:
            values, found = quantise_rows(table)
            scales = self._place(found, self._append(found))
        return {"values": self._place(values, lies or self._append(values)), "scales": scales}

    def close(self) -> None:
        if self._content:
            self._path.write_bytes(self._content)

    def _append(self, values: NDArray[Any]) -> tuple[str, int]:
        offset = len(self._content)
        self._content += np.ascontiguousarray(values).tobytes()
        return self._path.name, offset

    @staticmethod
    def _place(values: NDArray[Any], lies: tuple[str, int]) -> dict[str, Any]:
        return {"file": lies[0], "offset": lies[1], "shape": list(values.shape), "dtype": str(values.dtype)}
