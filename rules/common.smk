# The experiment, its constraints, and what rules take from it. No rule stands here; what serves one file stands there.
import json
import os
import re
import subprocess
import sys
from functools import cache, reduce
from operator import getitem
from pathlib import Path


def checkout():
    """The folder of this workflow. As a module that Snakemake reads out of a git repository, it is written out once."""
    rules = workflow.current_basedir
    if not hasattr(rules, "ref"):
        return Path(rules.get_path_or_uri(secret_free=False)).parent
    git = ["git", "-C", rules.repo_path if hasattr(rules, "repo_path") else rules.hosted_repo.repo_clone]
    commit = subprocess.check_output([*git, "rev-parse", f"{rules.ref}^{{commit}}"], text=True).strip()
    folder, new = Path(".snakemake/checkouts", commit).absolute(), Path(f".snakemake/checkouts/new.{os.getpid()}")
    if not folder.exists():
        new.mkdir(parents=True)
        subprocess.run(["tar", "-x", "-C", new], input=subprocess.check_output([*git, "archive", commit]), check=True)
        new.rename(folder)
    return folder / Path(rules.path).parent


SCRIPTS = checkout() / "workflow_scripts"
sys.path.insert(0, str(SCRIPTS))

from hat_workflow import console, experiment, paths
from hat_workflow import settings as configuration
from hat_workflow.code_hash import code_hash
from hat_workflow.command import stopping
from hat_workflow.contents import Contents
from hat_workflow.settings import GENES
from hat_workflow.timed_where import where

# Commands run in the Python that runs Snakemake; an activated conda environment still goes before it.
os.environ.update(PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]))


ASKED = stopping(experiment.asked_by)(config)
FILES, MODELS, TASKS, NAME, SEED = ASKED.files, ASKED.models, ASKED.tasks, ASKED.name, ASKED.settings["seed"]

if "mirror" in config:  # by the environment: where a file came from changes no result
    os.environ.update(HAT_MIRROR=str(config["mirror"]))

AT_HAND = [device for device in FILES["device"] if ASKED.at_hand(device)]
REMOTE = [device for device in FILES["device"] if device not in AT_HAND]
EVERY_MODEL = [model for models in MODELS.values() for model in models.values()]
CONTENTS = Contents(paths.CONTENTS)


def any_of(names):
    return "|".join(re.escape(name) for name in sorted(set(names))) or "(?!)"  # matches nothing


wildcard_constraints:
    experiment=any_of([NAME]),
    task=any_of(TASKS),
    corpus=any_of(FILES["corpus"]),
    device=any_of(FILES["device"]),
    budget=any_of(known["budget"] for known in ASKED.wildcards(budgets=True)),
    model=any_of(model.name for model in EVERY_MODEL),
    kind="[a-z_]+",
    value=r"\d+",
    shard=r"\d+",
    split=r"[A-Za-z0-9_-]+",


def each(pattern, wildcards):
    """For input: the path of each of several dictionaries of wildcards."""
    return [pattern.format(experiment=NAME, **known) for known in wildcards]


# What a command does, as a hash: an edited command or library file rebuilds its artifacts, a touched one does not.
hash_of = cache(stopping(code_hash))


def code(command, *modules):
    """For params: the hash, computed for the jobs that there are; a job of a cluster reads all rules and runs one."""
    return lambda wildcards: hash_of(command, *modules)


def command(name):
    """For params: the path of a command. It depends on where people work, so it is derived and never tracked."""
    path = SCRIPTS / f"{name}.py"
    return lambda wildcards, input: str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def name_of(kind, wildcards):
    return wildcards[kind] if kind in wildcards.keys() else TASKS[wildcards.task][kind]


def file_of(kind):
    """For params: the path of the configuration file of this kind."""
    return lambda wildcards: configuration.shown(FILES[kind][name_of(kind, wildcards)][0])


def settings(**parts):
    """For params: what a command reads from its configuration files, as text; a change of anything else rebuilds nothing.

    One argument for each kind of file: the keys that count. Of a device, where it is timed always does.
    """

    def resolved(wildcards):
        found = {kind: FILES[kind][name_of(kind, wildcards)][1] for kind in parts}
        chosen = {kind: {key: found[kind][key] for key in keys} for kind, keys in parts.items()}
        return json.dumps(chosen, sort_keys=True) + (where(found["device"]) if "device" in found else "")

    return resolved


def of_task(*keys):
    """For params: one value of the task, such as of_task("search", "iterations")."""
    return lambda wildcards: reduce(getitem, keys, TASKS[wildcards.task])


def option(flag, *keys):
    """For params: a value of the task with its flag, or nothing where the task leaves it open (null)."""
    return lambda wildcards: flagged(flag, of_task(*keys)(wildcards))


def flagged(flag, value):
    """The words of a command line for a value that may be None."""
    return [] if value is None else [flag, value]


def of_corpus(pattern):
    """For input: a stage of the task's corpus, such as of_corpus(paths.BINARY)."""
    return lambda wildcards: pattern.format(corpus=TASKS[wildcards.task]["corpus"])
