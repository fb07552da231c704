"""Knowledge distillation: a SubTransformer alone, and with a better one as its teacher (HAT, section 4.2)."""

import pandas as pd

from hat.paper.comparing import bleu_notes, comparison, named
from hat.paper.gathered import PLACE, Frames
from hat.paper.tables import Table


def table(frames: Frames) -> Table:
    """HAT models in the order of their budgets, and the student that was distilled from the last of them."""
    models = named(frames["models"])
    searched, distilled = models[models["family"] == "hat"], models[models["family"] == "distilled"]
    teachers = searched.groupby(PLACE, sort=False).tail(1).merge(distilled[PLACE], on=PLACE)
    students = searched.merge(distilled[[*PLACE, "base"]].rename(columns={"base": "model"}), on=[*PLACE, "model"])
    rows = [
        teachers.assign(name="Teacher: " + teachers["name"]),
        students.assign(name="Student: " + students["name"]),
        distilled.reset_index(drop=True).assign(name="Student, distilled"),
    ]
    return comparison(
        pd.concat(rows).sort_index(kind="stable"),
        ["latency_ms", "predicted_ms", "parameters", "updates", "valid_loss", "bleu", "bleu_half_width", "sacrebleu"],
        name="Distillation",
        caption="Knowledge distillation between SubTransformers",
        notes=[
            "Half of the distilled student's loss is the cross-entropy against its teacher's five most likely words.",
            *bleu_notes(frames["models"]),
        ],
    )
