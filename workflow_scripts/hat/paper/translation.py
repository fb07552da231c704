"""How long shipped models take for real sentences, in every runtime and number format."""

from hat.paper.comparing import count, names_with_device
from hat.paper.gathered import Frames
from hat.paper.tables import Column, Table, significant

COLUMNS = {
    "task": Column("Task"),
    "name": Column("Model"),
    "way": Column("Runs on"),
    "weights_mb": Column("Weights (MB)", significant),
    "sacrebleu": Column("SacreBLEU", "{:.1f}".format),
    "p50_ms": Column("Median (ms)", significant, measured=True),
    "p90_ms": Column("90% (ms)", significant, measured=True),
    "of_eager": Column("Of torch", "{:.2f}".format),
    "sentences": Column("Sentences", count),
}
NAMES = {"litert": "LiteRT", "onnxruntime": "ONNX Runtime", "torch_eager": "eager torch", "float32": "fp32"}


def table(frames: Frames) -> Table:
    found = frames["translations"].merge(names_with_device(frames["models"]), on=["task", "model"], how="left")
    found["name"] = found["name"].fillna(found["model"])  # where no device is, no model is shown on one
    eager = found[found["engine"] == "torch_eager"].set_index(["task", "model"])["p50_ms"]
    way = found["engine"].replace(NAMES) + ", " + found["dtype"].replace(NAMES)
    return Table(
        name="Translation",
        caption="Shipped models on real sentences, by runtime and number format",
        frame=found.assign(
            way=way + found["shortlist"].map({True: ", shortlist", False: ""}),
            of_eager=found["p50_ms"] / eager.loc[found[["task", "model"]].itertuples(index=False)].to_numpy(),
        )[[*COLUMNS, "model", "doubtful"]],
        columns=COLUMNS,
        groups=["task", "name"],
        notes=[
            "Median and 90%: of sentences of the test set, raw text to raw text with beam search, all ways in turn "
            f"in one process; threads: {', '.join(map(str, found['threads'].unique()))}. Of torch: median over that of "
            "eager torch, of the same model.",
            "SacreBLEU: of the shipped files on the whole test set; eager torch: of the trained model.",
            "Shortlist: only words that are likely for the sentence come up.",
        ],
    )
