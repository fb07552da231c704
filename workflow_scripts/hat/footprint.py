"""What computing costs: GPU-hours of trainings and searches in closed form; their energy, CO2e and cloud cost.

The cost model is that of Strubell et al. (2019), with which the paper makes its Table 2. Nothing is measured here.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

from hat.architecture import DesignSpace, SubTransformer, sampled_subtransformer
from hat.cost import count_flops

PUE = 1.58
"""Energy that a data centre draws for each unit that its computers draw (Strubell et al. 2019, section 2)."""
CO2_LB_PER_KWH = 0.954
"""CO2e of the average kWh in the United States, in pounds (Strubell et al. 2019, section 2)."""
KG_PER_LB = 0.45359237
WATTS_PER_GPU = 1515.43 / 8
"""A GPU with its share of CPU and memory: 189.4 W, an eighth of a machine with eight (Strubell et al. 2019)."""
PREEMPTIBLE_USD, ON_DEMAND_USD = 0.74, 2.48
"""Cloud cost of a GPU-hour (Strubell et al. 2019; HAT, section 4.1)."""

V100_FLOPS_PER_SECOND = 23.2e12
"""Effective training throughput of a V100 (fp16), as the paper's own GPU-hours imply it.

FLOPs are those of this module, tokens those of the WMT recipe: 40,000 updates x 128 batches x 4,096 tokens. Table 2
then implies, in TFLOP/s, for HAT (SuperTransformer and SubTransformer together) 23.0 (184 h), 22.1 (200 h), 22.8
(216 h) and 23.3 (224 h), for Transformer-Big 39.9 (184 h) and 31.7 (240 h). This is the median of the six. It returns
the hours of the HAT rows within 5%, those of Transformer-Big 72% and 37% too high: the paper does not say for how many
updates it was trained. Other precisions, other GPUs and models too small to fill one have other throughputs.
"""
SECONDS_PER_HOUR = 3600
DRAWS = 1000
"""SubTransformers over which the mean cost of a design space is taken: its standard error is 0.6% in the WMT space."""


def energy_kwh(hours: float, *, cpu_w: float, ram_w: float, gpu_w: float, gpus: int) -> float:
    """Energy in kWh of a machine's `hours` from the mean power in W of its processor, memory and each of its GPUs."""
    return PUE * hours * (cpu_w + ram_w + gpus * gpu_w) / 1000


@dataclass(frozen=True)
class Footprint:
    """GPU-hours, and what follows from them."""

    gpu_hours: float

    def __add__(self, other: Footprint) -> Footprint:
        return Footprint(self.gpu_hours + other.gpu_hours)

    @property
    def kwh(self) -> float:
        return energy_kwh(self.gpu_hours, cpu_w=0, ram_w=0, gpu_w=WATTS_PER_GPU, gpus=1)

    @property
    def co2_lb(self) -> float:
        return CO2_LB_PER_KWH * self.kwh

    @property
    def co2_kg(self) -> float:
        return KG_PER_LB * self.co2_lb

    @property
    def cost_preemptible_usd(self) -> float:
        return PREEMPTIBLE_USD * self.gpu_hours

    @property
    def cost_on_demand_usd(self) -> float:
        return ON_DEMAND_USD * self.gpu_hours


def flops_per_token(sub: SubTransformer, sentence_length: int, vocabulary: int) -> float:
    """FLOPs of a forward pass for each target token, with the vocabulary projection that `hat.cost` leaves out."""
    return count_flops(sub, sentence_length) / sentence_length + projection_flops(sub.decoder_embed_dim, vocabulary)


def projection_flops(embed_dim: int, vocabulary: int) -> int:
    """FLOPs of the output layer for each target token."""
    return 2 * embed_dim * vocabulary


def mean_flops_per_token(space: DesignSpace, sentence_length: int, vocabulary: int, seed: int = 1) -> float:
    """`flops_per_token` of the mean SubTransformer that the first updates of a SuperTransformer draw."""
    drawn = (sampled_subtransformer(space, seed, update) for update in range(DRAWS))
    return fmean(flops_per_token(sub, sentence_length, vocabulary) for sub in drawn)


def training(forward_flops: float, tokens: float) -> Footprint:
    """Forward and backward pass over `tokens` target tokens: three times the FLOPs of the forward pass alone."""
    return forward(3 * forward_flops, tokens)


def forward(forward_flops: float, tokens: float) -> Footprint:
    """A forward pass over `tokens` target tokens, at the throughput of training."""
    return Footprint(forward_flops * tokens / V100_FLOPS_PER_SECOND / SECONDS_PER_HOUR)
