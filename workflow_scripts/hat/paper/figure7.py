"""Figure 7: BLEU against measured latency, of HAT models and of Transformers scaled by depth and width."""

from pathlib import Path

from hat.paper.gathered import Frames
from hat.paper.tradeoff import draw_tradeoff


def draw(frames: Frames, stem: Path) -> None:
    draw_tradeoff(frames["models"], stem)
