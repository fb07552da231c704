"""Figure 8: Figure 7 for the tasks with one device."""

from pathlib import Path

from pandas import DataFrame

from hat.paper.gathered import Frames
from hat.paper.tradeoff import draw_tradeoff


def draw(frames: Frames, stem: Path) -> None:
    draw_tradeoff(on_one_device(frames["models"]), stem)


def on_one_device(models: DataFrame) -> DataFrame:
    """The models of tasks that were measured on one device; if all were on more, those on the first device of each."""
    measured = models[models["latency_ms"].notna()]
    devices = measured.groupby("task")["device"]
    first, single = measured["device"] == devices.transform("first"), devices.transform("nunique") == 1
    return measured[single if single.any() else first]
