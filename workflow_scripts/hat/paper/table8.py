"""Table 8: latency, size, FLOPs and BLEU of the searched HAT models, the baselines below them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from hat.paper.models import ModelRow, latency_unit, panels
from hat.paper.tables import Table

COLUMNS = ("Task", "Hardware", "Model", "Latency", "#Params", "FLOPs", "BLEU", "SacreBLEU")
MISSED, NEXT_BEST = "†", "‡"


def table8(rows: Sequence[ModelRow]) -> Table:
    """The table to read. HAT models come first in each group; marks tell which missed budgets when measured."""
    groups = panels(rows)
    return Table(
        name="Table 8",
        caption="Latency, size and translation quality of the searched HAT models and of ordinary Transformers",
        columns=COLUMNS,
        text_columns=3,
        groups=[_cells(group) for *_, group in groups],
        notes=list(_notes([row for *_, group in groups for row in group])),
    )


def table8_records(rows: Sequence[ModelRow]) -> list[dict[str, object]]:
    """The rows of the CSV: full numbers with their signatures and files, in the table's order."""
    return [{"bleu": row.bleu, **asdict(row)} for *_, group in panels(rows) for row in group]


def _cells(group: Sequence[ModelRow]) -> list[tuple[str, ...]]:
    unit, scale = latency_unit(max(row.latency_ms for row in group))
    digits = 2 if min(row.latency_ms for row in group) * scale < 10 else 1
    return [
        (
            row.task,
            row.hardware,
            f"{_name(row)}{NEXT_BEST if _is_next_best(row) else ''}",
            f"{row.latency_ms * scale:.{digits}f} {unit}{MISSED if row.fits is False else ''}",
            f"{row.parameters / 1e6:.2f}M",
            f"{row.flops / 1e9:.2f}G" if row.flops >= 1e9 else f"{row.flops / 1e6:.2f}M",
            f"{row.bleu:.1f}",
            f"{row.sacrebleu:.1f} ± {row.sacrebleu_half_width:.1f}",
        )
        for row in group
    ]


def _name(row: ModelRow) -> str:
    if row.family == "hat":
        return f"HAT, budget {row.budget}"
    return f"Transformer, {'decoder layers' if row.family == 'depth' else 'width'} {row.size}"


def _is_next_best(row: ModelRow) -> bool:
    return row.rank is not None and row.rank > 1


def _notes(rows: Sequence[ModelRow]) -> list[str]:
    lengths = _listed(str(row.sentence_length) for row in rows)
    kinds = dict.fromkeys(row.bleu_kind for row in rows)
    signatures = {"BLEU": "bleu_signature", "SacreBLEU": "sacrebleu_signature", "Latency": "latency_signature"}
    taken = [f"{_name(row)} ({row.task}, {row.hardware}): rank {row.rank}" for row in rows if _is_next_best(row)]
    next_best = "Better candidates of the search missed the budget when measured. Taken"
    return [
        "Latency: trimmed mean of the encoder's pass plus that of the decoder's steps, "
        "brought by an anchor timed in turn to the device's own speed.",
        "#Params and FLOPs leave out embeddings and the output layer; "
        f"FLOPs are those of one sentence pair with {lengths} tokens a side.",
        *[
            f"{MISSED} No candidate measured kept the budget when this one was chosen: it was the fastest of them."
            for row in rows
            if row.fits is False
        ][:1],
        *[f"{NEXT_BEST} {next_best}: {'; '.join(taken)}." for _ in taken[:1]],
        *[f"BLEU of {_listed(row.task for row in rows if row.bleu_kind == kind)}: {kind}." for kind in kinds],
        "SacreBLEU: detokenised, against the raw reference, ± half of the 95% bootstrap interval.",
        *[
            f"{name} signature: `{signature}`"
            for name, column in signatures.items()
            for signature in dict.fromkeys(getattr(row, column) for row in rows)
        ],
    ]


def _listed(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))
