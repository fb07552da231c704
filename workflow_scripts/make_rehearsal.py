"""Make the paper's experiment small enough for a laptop: its tasks, formats, spaces and studies, with few updates.

Everything lies in one folder, made-up downloads included; what was rehearsed there is removed with it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from hat.files import read_yaml, write_yaml
from hat_workflow import command, settings
from hat_workflow.stand_ins import Archives, add_archives, without_checksums, write_archives, write_latencies

PAIRS = {"train": 12000, "valid": 12, "test": 4}
"""Of each part: enough for the paper's vocabularies, and for nothing else."""
SAMPLES = 300
SCALES_MS = {"raspberrypi": 800, "xeon": 40, "titanxp": 25}
RECIPE = {"updates": 2, "warmup_updates": 1, "max_tokens": 600, "precision": "fp32", "validate_every_updates": 1}
SMALLER = {
    "search": {"iterations": 2, "population": 4, "parents": 2, "mutants": 1, "crossovers": 1},
    "latency": {"samples": 12, "runs": 2, "shards": 1},
    "measurement": {"runs": 3},
}
LONGEST = 20
"""Subwords of a translation: models that know nothing end none of their own accord."""
HERE = "this-cpu-torch"
"""In place of a GPU."""


def main(args: argparse.Namespace) -> None:
    paper = read_yaml(settings.CONFIG / "paper.yaml")
    rehearsal: dict[str, Any] = {"experiment": "rehearsal", "seed": paper["seed"], "tasks": {}}
    sources: dict[str, Archives] = {}
    for name, task in paper["tasks"].items():
        space = settings.design_space(task["space"])
        corpus = read_yaml(settings.find("corpus", name))
        add_archives(sources.setdefault(name.split(".")[0], {}), corpus, PAIRS, paper["seed"])
        write_yaml(args.output / "corpora" / f"{name}.yaml", without_checksums(corpus))
        recipe(task["training"], args.output)
        for device in set(task["devices"]) & set(SCALES_MS):
            write_latencies(args.output / "latencies" / f"{name}-{device}.csv", space, SAMPLES, SCALES_MS[device], 1)
        rehearsal["tasks"][name] = smaller(name, task)
    for source, archives in sources.items():
        write_archives(archives, args.output / "mirror" / source)
    for device in SCALES_MS:
        published = {
            name: {"url": f"latencies/{name}-{device}.csv"}
            for name, task in paper["tasks"].items()
            if device in task["devices"]
        }
        write_yaml(args.output / "devices" / f"{device}.yaml", {"published": published})
    write_yaml(args.output / "rehearsal.yaml", rehearsal)
    print(f"snakemake --directory {args.output} --cores all --config experiment=rehearsal.yaml mirror=mirror")


def smaller(name: str, task: dict[str, Any]) -> dict[str, Any]:
    """One budget a device, one baseline of each kind; every study."""
    devices = {f"./devices/{device}.yaml": {"budgets": ["50%"]} for device in task["devices"] if device in SCALES_MS}
    first = next(iter(devices))
    if "distillation" in task["studies"]:
        devices[first] = {"budgets": ["30%", "70%"]}
    return task | {
        "corpus": f"corpora/{name}.yaml",
        "training": f"training/{task['training']}.yaml",
        "devices": devices | {HERE: {"budgets": ["50%"]}},
        "baselines": {"depth": [6], "width": [256], "given": task["baselines"]["given"]},
        "compared": [f"hat-{HERE}-p50"],
        "generation": task["generation"] | {"max_len_b": LONGEST},
        **SMALLER,
    }


def recipe(name: str, folder: Path) -> None:
    """The recipe of a training file with few updates of few tokens, in a precision that every processor has."""
    sections = read_yaml(settings.find("training", name))
    for known in sections.values():
        known |= {**RECIPE, "update_freq": min(2, known["update_freq"])}
        known |= {"average_last": 2} if known["checkpoint"] == "average" else {}
    write_yaml(folder / "training" / f"{name}.yaml", sections)


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="a new folder for all of it")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
