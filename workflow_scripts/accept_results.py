"""After an update: tell what would be made again because of code alone, and take over what is finished.

Run by hand where Snakemake runs, with the targets that it would get. See docs/updating.md.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from hat.errors import InputError, nearest
from hat.latency.signature import checkout_commit
from hat_workflow import command, rolling_folders, settings
from hat_workflow.accepting import Verdict, acceptable, judge
from hat_workflow.provenance import Provenance, Row, file_for, files, now
from hat_workflow.records import Records, records
from hat_workflow.rolling_folders import Rolling

ALL = "all"


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("targets", nargs="*", metavar="TARGET", help="rules or files (default: all of the experiment)")
    options.add_argument("--experiment", default="demo", help="experiment: its name or its file")
    options.add_argument("--mirror", metavar="FOLDER", help="as in snakemake --config mirror=FOLDER")
    options.add_argument("--conda", action="store_true", help="Snakemake is called with --sdm conda")
    options.add_argument("--verbose", action="store_true", help="name every artifact")
    options.add_argument(
        "--accept", nargs="+", metavar="RULE", help=f"take over what these rules finished; {ALL}: of every rule"
    )
    options.add_argument("--but", nargs="+", default=[], metavar="RULE", help="not of these")
    options.add_argument(
        "--dropped", nargs="+", default=[], metavar="PARAM", help="params that the update took away from rules"
    )
    return options


def main(args: argparse.Namespace) -> None:
    name = settings.load("experiment", args.experiment)["experiment"]
    config = {"experiment": args.experiment} | ({"mirror": args.mirror} if args.mirror else {})
    with records(settings.ROOT / "Snakefile", config, args.targets, conda=args.conda) as plan:
        if args.accept is None:
            show(judge(plan.planned(), args.dropped), name, args.verbose)
        else:
            with plan.locked():
                accept(plan, name, args)


def show(verdicts: Sequence[Verdict], experiment: str, verbose: bool) -> None:
    """Print why each job would run."""
    by_code = [verdict for verdict in verdicts if verdict.by_code]
    others = {verdict: verdict.told for verdict in verdicts if verdict.told}
    following = [verdict for verdict in verdicts if not verdict.made_by and not verdict.told]
    if not verdicts:
        print("Nothing would run.")
    if by_code:
        print(f"Because of code alone, {jobs(by_code)} would run again; --accept takes over what they made:")
        show_rules({verdict: part_changed(verdict) for verdict in by_code}, verbose)
    if following:
        print(f"Only because of those, {jobs(following)} would run; they need not be accepted:")
        show_rules(dict.fromkeys(following, ""), verbose)
    if others:
        print(f"For other reasons, {jobs(others)} would run; --accept leaves them alone:")
        show_rules(others, verbose)
    rules = rolling_folders.codes({verdict.job.rule for verdict in verdicts})
    moved, _ = rolling_folders.successors(list(rolling_folders.found(experiment)), rules)
    along = Counter(rolling.rule for rolling in moved)
    if along:
        print("Rolling folders that go along: " + ", ".join(f"{rule} {n}" for rule, n in sorted(along.items())))


def accept(plan: Records, experiment: str, args: argparse.Namespace) -> None:
    """Take over what is acceptable of these rules, and tell what is not. To be called while the plan is locked.

    InputError, and nothing is written, when a rule that is named has jobs to run, but nothing to take over.
    """
    verdicts, named = judge(plan.planned(), args.dropped), args.accept
    for option, rules in (("--accept", set(named) - {ALL}), ("--but", set(args.but))):
        for rule in rules - plan.rules:
            raise InputError(option, f"no rule {rule!r}", nearest(rule, plan.rules))
    rules = (plan.rules if ALL in named else set(named)) - set(args.but)
    accepted, refused = acceptable(verdicts, rules)
    moved, left = rolling_folders.successors(list(rolling_folders.found(experiment)), rolling_folders.codes(rules))
    known = {verdict.job.rule for verdict in accepted} | {rolling.rule for rolling in moved}
    for verdict, reason in refused.items():
        if verdict.job.rule in named and verdict.job.rule not in known:
            place, problem = f"--accept {verdict.job.rule}", f"{verdict.job.outputs[0]}: {reason}"
            raise InputError(place, problem, "artifacts of which code alone differs")

    take_over(plan, experiment, accepted)
    print(f"Accepted: {jobs(accepted)}" + (":" if accepted else "; nothing is to be made again because of code alone."))
    show_rules({verdict: part_changed(verdict) for verdict in accepted}, args.verbose)
    if refused:
        print(f"Not accepted, {jobs(refused)}:")
        show_rules(refused, args.verbose)
    move(moved, left)


def take_over(plan: Records, experiment: str, accepted: Iterable[Verdict]) -> None:
    """Write provenance, then Snakemake's records, job by job.

    After a kill in between, the same command does the rest: what lacks its record is still to be accepted.
    """
    ledgers = {path: Provenance(path) for path in files(experiment)}
    commit, time = checkout_commit(settings.ROOT) or "", now()
    for verdict in accepted:
        job = verdict.job
        ended = {path: record.ended for path, record in job.records.items() if record is not None}
        ledger = ledgers[file_for(job.outputs[0], experiment)]
        rows = [
            Row(
                path=path,
                rule=job.rule,
                made_by=ledger.made_by(path, code, ended[path]),
                accepted_as=job.code or code,
                commit=commit,
                accepted=time,
            )
            for path, code in verdict.made_by.items()
        ]
        ledger.append(rows, max(ended.values()))
        plan.accept(job)


def move(successors: Mapping[Rolling, str], left: list[str]) -> None:
    """Rename the rolling folders that go on, and tell about those that do not."""
    moved = Counter[str]()
    for rolling, code in successors.items():
        problem = rolling_folders.move(rolling, code)
        if problem is None:
            moved[rolling.rule] += 1
        else:
            left.append(f"{rolling.folder}: {problem}")
    if moved:
        print("Rolling folders taken over: " + ", ".join(f"{rule} {count}" for rule, count in sorted(moved.items())))
    if left:
        print("Rolling folders left alone:")
        print("\n".join(f"  {line}" for line in left))


def show_rules(told: Mapping[Verdict, str], verbose: bool) -> None:
    """One line for all jobs of a rule of which the same is told."""
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for verdict, words in told.items():
        groups.setdefault((verdict.job.rule, words), []).append(verdict)
    width = max((len(rule) for rule, _ in groups), default=0)
    for (rule, words), group in groups.items():
        print(f"  {rule:{width}}  {len(group):>5}  {words}".rstrip())
        if verbose:
            for path in (path for verdict in group for path in verdict.job.outputs):
                print(f"      {path}")


def part_changed(verdict: Verdict) -> str:
    """What of the code is another, by the hashes that made it."""
    today = verdict.job.now
    shell = any(record is not None and record.template != today.template for record in verdict.job.records.values())
    older = sorted({code[:8] for code in verdict.made_by.values() if code != verdict.job.code})
    parts = [f"code {', '.join(older)} is now {(verdict.job.code or '')[:8]}"] if older else []
    return "; ".join([*parts, *(["the shell command changed"] if shell else [])])


def jobs(found: Collection[Verdict]) -> str:
    return f"{len(found)} job{'' if len(found) == 1 else 's'}"


if __name__ == "__main__":
    command.run(parser(), main)
