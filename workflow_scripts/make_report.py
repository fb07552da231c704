"""Make one page of an experiment's tables, figures and searches, to be read and sent. It shows what is there.

Nothing is computed or measured for it, and nothing lies outside of the page.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hat.errors import InputError
from hat.files import JsonFile, read_text, write_text
from hat.latency.signature import checkout_commit
from hat.paper.comparing import all_marks, arranged, facts
from hat.paper.gathered import read_gathered
from hat.report.exhibits import Exhibit, Shown, read_figure, read_table
from hat.report.explorer import MOST_POINTS, panel, read_budgets, read_points
from hat.report.page import render
from hat_workflow import command, experiment, paths, settings
from hat_workflow.experiment import Experiment
from hat_workflow.hours import MODEL, hours
from hat_workflow.inventory import software_version
from hat_workflow.studies import STUDIES

FIRST = ("figure7", "table8")
"""They stand above everything else."""
CAPTIONS = settings.ROOT / "report"


def main(args: argparse.Namespace) -> None:
    asked = experiment.read(args.experiment)
    exhibits = {exhibit.name: exhibit for exhibit in _exhibits(asked)}
    if not exhibits:
        raise InputError(args.output, "no table and no figure is there yet", "a finished run")
    took = hours(args.benchmarks, asked)
    page = render(
        title=f"HAT: {asked.name}",
        facts=_facts(asked),
        first=[exhibits[name] for name in FIRST if name in exhibits],
        others=[
            *(exhibit for name, exhibit in exhibits.items() if name not in FIRST),
            *([_cost(took)] if took else []),
        ],
        panels=_panels(asked),
        winners=[*_winners(asked)],
        made_by=f"Made by HAT as a pipeline {software_version()}, commit {checkout_commit(settings.ROOT)}, "
        f"from results/{asked.name}.",
    )
    write_text(args.output, page)
    print(f"{args.output}: {len(exhibits)} tables and figures, {len(page) / 1e6:.1f} MB")


def _exhibits(asked: Experiment) -> Iterator[Exhibit]:
    for study in STUDIES.values():
        for name in study.exhibits:
            stem = Path(paths.EXHIBIT.format(experiment=asked.name, exhibit=name))
            caption = " ".join(read_text(CAPTIONS / f"{name}.rst").split())
            if name in study.tables and stem.with_suffix(".md").exists():
                yield read_table(stem.with_suffix(".md"), caption)
            elif name in study.figures and stem.with_suffix(".png").exists():
                yield read_figure(stem.with_suffix(".png"), caption)


def _facts(asked: Experiment) -> dict[str, str]:
    facts = {}
    for name, task in asked.tasks.items():
        corpus = asked.files["corpus"][task["corpus"]][1]
        told = f"{corpus['source']} to {corpus['target']}, design space {task['space']}"
        statistics = Path(paths.STATISTICS.format(corpus=task["corpus"]))
        if statistics.exists():
            record = JsonFile(statistics)
            told += f", {record['lines', 'train']:,} training pairs, {record['target_vocabulary']:,} subwords"
        facts[f"Task {name}"] = told
    for device, (_, contents) in asked.files["device"].items():
        runs = f"{contents['engine']}, {contents['dtype']}, {contents['threads']} threads"
        theirs = "not at hand; latencies published by the authors" if contents["published"] else runs
        facts[f"Device {device}"] = contents["description"] or theirs
    return facts


def _panels(asked: Experiment) -> list[dict[str, Any]]:
    """One for each device of each task that was searched."""
    found = []
    for task, settings_of_task in asked.tasks.items():
        for device in settings_of_task["devices"]:
            known = {"experiment": asked.name, "task": task, "device": device}
            budgets = asked.budgets(task, device)
            searched = [Path(paths.HISTORY.format(**known, budget=budget)) for budget in budgets]
            histories = [path for path in (*searched, Path(paths.PARETO_HISTORY.format(**known))) if path.exists()]
            limits = {budget: Path(paths.LATENCY_BUDGET.format(**known, budget=budget)) for budget in budgets}
            if histories:
                stated = read_budgets({budget: path for budget, path in limits.items() if path.exists()})
                found.append((task, device, read_points(histories), stated))
    return [panel(*each, MOST_POINTS // len(found)) for each in found]


def _winners(asked: Experiment) -> Iterator[dict[str, Any]]:
    """HAT's models of Table 8."""
    path = Path(paths.GATHERED.format(experiment=asked.name, study="table8", kind="models"))
    models = read_gathered(path, "models") if path.exists() else None
    if models is None:
        return
    found = arranged(models, ("hat",))
    for (_, model), marks in zip(found.iterrows(), all_marks(found), strict=True):
        yield {
            "name": f"{model['task']} on {model['device']}: {model['name']}{marks}",
            "says": facts(model),
            "architecture": json.loads(model["architecture"]),
        }


def _cost(took: dict[str, dict[str, float]]) -> Shown:
    rows = [
        [
            rule,
            f"{each['jobs']:.0f}",
            f"{each['hours']:.3f}",
            f"{each['cpu_hours']:.3f}",
            f"{each['peak_mb'] / 1000:.2f}",
            f"{1000 * each['kwh']:.1f}",
        ]
        for rule, each in sorted(took.items(), key=lambda item: -item[1]["cpu_hours"])
    ]
    total = {key: sum(each[key] for each in took.values()) for key in ("jobs", "hours", "cpu_hours", "kwh")}
    peak = max(each["peak_mb"] for each in took.values())
    sums = f"{total['jobs']:.0f}", f"{total['hours']:.3f}", f"{total['cpu_hours']:.3f}", f"{peak / 1000:.2f}"
    return Shown(
        name="cost",
        title="What the run took",
        caption="",
        head=["Stage", "Jobs", "Hours", "CPU hours", "Peak memory (GB)", "Energy (Wh)"],
        numbers=[False, True, True, True, True, True],
        rows=[*rows, ["all", *sums, f"{1000 * total['kwh']:.1f}"]],
        notes=[f"Hours, memory and CPU hours: as Snakemake measured each job. Energy: {MODEL}."],
    )


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--experiment", required=True, help="its name or its file")
    p.add_argument("--benchmarks", type=Path, default=Path("benchmarks"), metavar="FOLDER", help="of its jobs")
    p.add_argument("--output", required=True, type=Path, metavar="HTML", help="the page")
    return p


if __name__ == "__main__":
    command.run(parser(), main)
