"""Knowledge distillation: a SubTransformer alone, and with a better one as its teacher (HAT, section 4.2)."""

from __future__ import annotations

from collections.abc import Sequence

from hat.paper.comparison import Comparison, bleu_notes, facts, named
from hat.paper.models import ModelRow


def distillation(rows: Sequence[ModelRow]) -> Comparison:
    """`rows`: HAT models, by budget; and by name of its base the student that was distilled from the last of them."""
    groups = []
    for distilled in (row for row in rows if row.family == "distilled"):
        searched = [
            row for row in rows if (row.task, row.hardware, row.family) == (distilled.task, distilled.hardware, "hat")
        ]
        student = next(row for row in searched if row.model == distilled.base)
        groups.append(
            [
                facts(searched[-1], f"Teacher: {named(searched[-1])}"),
                facts(student, f"Student: {named(student)}"),
                facts(distilled, "Student, distilled"),
            ]
        )
    return Comparison(
        name="Distillation",
        caption="Knowledge distillation between SubTransformers",
        columns=(
            "latency_ms",
            "predicted_ms",
            "parameters",
            "updates",
            "valid_loss",
            "bleu",
            "bleu_half_width",
            "sacrebleu",
        ),
        groups=groups,
        notes=[
            "Half of the distilled student's loss is the cross-entropy against its teacher's five most likely words.",
            *bleu_notes(rows),
        ],
        published="distillation",
    )
