"""Table 2: latency, size, quality and what training costs, of the Transformer, the Evolved Transformer and HAT."""

from hat.paper.comparing import bleu_notes, comparison, costed
from hat.paper.gathered import Frames
from hat.paper.tables import Table

COSTS = ("gpu_hours", "co2_lb", "cost_preemptible_usd", "cost_on_demand_usd")


def table(frames: Frames) -> Table:
    models = costed(frames["models"])
    return comparison(
        models.assign(hours=models["training_seconds"] / 3600),
        ["latency_ms", "parameters", "flops", "bleu", "bleu_half_width", "hours", *COSTS],
        name="Table 2",
        caption="Latency, size, quality and cost of training",
        notes=[
            "Hours: computing of the training, measured on whatever machine it ran on; of HAT, the SuperTransformer's "
            "and its own. What each stage of this run took in kWh, by a stated model, is in `snakemake make_report`.",
            "GPU-hours, CO2e and cost: what the same training would take on a V100 at the throughput that the paper's "
            "GPU-hours imply (snakemake budget says more). Small models would not fill it. No search is counted.",
            *bleu_notes(frames["models"]),
        ],
    )
