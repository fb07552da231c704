"""What the paper says of cost, checked: its Table 2 recomputed from its GPU-hours, its headline ratios from Table 2."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from hat.files import read_csv
from hat.footprint import Footprint
from hat.paper.published.files import FOLDER, STRUBELL_NAS_LB

from hat_workflow.listing import Listing, readable

AGREES = 0.015
"""Relative difference that rounding and cutting of the printed figures explains: 61 for 61.7 lb, $1.6M for $1.62M."""
TEXT = ("task", "model")
COSTS = {"co2_lb": "CO2e lb", "cost_preemptible_usd": "$ preemptible", "cost_on_demand_usd": "$ on demand"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of Table 2. Latency is that of the Raspberry Pi; costs and CO2e are those of `gpu_hours` on V100s."""

    task: str
    model: str
    latency_ms: float
    parameters: float
    flops: float
    """Without the vocabulary projection, for a sentence of 30 tokens a side (IWSLT: 23)."""
    bleu: float
    gpu_hours: float
    co2_lb: float
    cost_preemptible_usd: float
    cost_on_demand_usd: float

    @property
    def recomputed(self) -> Footprint:
        return Footprint(self.gpu_hours)

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """CO2e and both costs, each as printed and recomputed."""
        return [(getattr(self, name), getattr(self.recomputed, name)) for name in COSTS]

    @property
    def agrees(self) -> bool:
        """Whether CO2e and both costs as printed follow from the GPU-hours as printed."""
        return all(abs(recomputed / printed - 1) <= AGREES for printed, recomputed in self.pairs)

    @property
    def hours_that_fit(self) -> float:
        """GPU-hours from which the printed cost on demand would follow."""
        return self.gpu_hours * self.cost_on_demand_usd / self.recomputed.cost_on_demand_usd


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """A ratio that the paper or its slides headline, and the two numbers behind it."""

    claim: str
    printed: float
    numerator: float
    denominator: float

    @property
    def recomputed(self) -> float:
        return self.numerator / self.denominator


def table2() -> list[Row]:
    names = [field.name for field in fields(Row)]
    return [
        Row(**{name: row[name] if name in TEXT else float(row[name]) for name in names})  # type: ignore[arg-type]
        for row in read_csv(FOLDER / "table2.csv", names)
    ]


def headline_ratios(rows: Sequence[Row]) -> list[Ratio]:
    """The ratios of the abstract, of Table 7 and of the slides, each from the rows of Table 2 that it speaks of.

    Latencies in seconds, parameters in millions.
    """

    def only(task: str, model: str) -> list[Row]:
        return [row for row in rows if (row.task, row.model) == (task, model)]

    def seconds(one: Row, other: Row) -> tuple[float, float]:
        return one.latency_ms / 1000, other.latency_ms / 1000

    def millions(one: Row, other: Row) -> tuple[float, float]:
        return one.parameters / 1e6, other.parameters / 1e6

    (big_de,), (small_de, best_de) = only("WMT'14 En-De", "Transformer"), only("WMT'14 En-De", "HAT")
    (big_fr,), (small_fr, best_fr) = only("WMT'14 En-Fr", "Transformer"), only("WMT'14 En-Fr", "HAT")
    (evolved_fr,) = only("WMT'14 En-Fr", "Evolved Transformer")
    over_big, over_evolved = "than Transformer-Big (En-De)", "than the Evolved Transformer (En-Fr)"
    big_m, best_m = millions(big_fr, best_fr)
    ratios: list[tuple[str, float, float, float]] = [
        (f"faster {over_big}", 3, *seconds(big_de, best_de)),
        (f"smaller {over_big}", 3.7, *millions(big_de, best_de)),
        (f"faster {over_evolved}", 2.7, *seconds(evolved_fr, small_fr)),
        (f"smaller {over_evolved}", 3.6, *millions(evolved_fr, small_fr)),
        ("less CO2e than the Evolved Transformer (En-De)", 12041, STRUBELL_NAS_LB, small_de.co2_lb),
        (f"fewer GPU-hours {over_evolved}", 10148, evolved_fr.gpu_hours, small_fr.gpu_hours),
        ("smaller at 4 bits than Transformer-Big at 32 (En-Fr)", 25, 32 * big_m, 4 * best_m),
    ]
    return [Ratio(claim=c, printed=p, numerator=n, denominator=d) for c, p, n, d in ratios]


def costs_table() -> Listing:
    """GPU-hours, CO2e and cloud cost of Table 2, as printed and recomputed; contradictions are marked and explained."""
    rows = table2()
    wrong = [row for row in rows if not row.agrees]
    return Listing(
        name="Table 2",
        caption="GPU-hours, CO2e and cloud cost as the paper prints them, and recomputed from the GPU-hours",
        columns=("task", "model", "GPU-hours", *(title for name in COSTS.values() for title in (name, "recomputed"))),
        text_columns=2,
        groups=[[_cells(row) for row in rows if row.task == task] for task in dict.fromkeys(row.task for row in rows)],
        notes=[
            f"! CO2e and cost contradict the GPU-hours: printed are {_listed(row.gpu_hours for row in wrong)}, "
            f"the costs fit {_listed(row.hours_that_fit for row in wrong)}, "
            "as if each were an hour of a machine with eight GPUs.",
        ],
    )


def ratios_table() -> Listing:
    """The headline ratios, as printed and recomputed."""
    return Listing(
        name="Headlines",
        caption="ratios of the paper and its slides, recomputed from Table 2",
        columns=("HAT is", "printed", "recomputed", "from"),
        text_columns=1,
        groups=[
            [
                (
                    ratio.claim,
                    f"{ratio.printed:,.12g}x",
                    f"{readable(ratio.recomputed)}x",
                    f"{ratio.numerator:,.12g} / {ratio.denominator:,g}",
                )
                for ratio in headline_ratios(table2())
            ]
        ],
    )


def _cells(row: Row) -> tuple[str, ...]:
    name = row.model if row.agrees else f"{row.model} !"
    return (row.task, name, readable(row.gpu_hours), *(readable(value) for pair in row.pairs for value in pair))


def _listed(values: Iterable[float]) -> str:
    return " and ".join(f"{value:.0f}" for value in values)
