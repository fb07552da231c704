# The experiment, and what rules look up in it. No rule stands here.
import json
import os
import re
import sys
from pathlib import Path

SCRIPTS = Path(workflow.basedir) / "workflow_scripts"
sys.path.insert(0, str(SCRIPTS))

import configuration
from code_hash import code_hash
from configuration import GENES
from hat.corpus.description import Corpus
from hat.errors import InputError, nearest
from hat.latency.budgets import budget_name

CONFIG_KEYS = ("experiment", "mirror")
EMPTY = "(?!)"  # a pattern that nothing matches

# Commands run in the Python that runs Snakemake; an activated conda environment still goes before it.
os.environ.update(PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]))


def models_of(task):
    """Every model of a task: where its architecture stands (below the task's folder) and the devices it is timed on."""
    found = {}
    for device, wanted in task["devices"].items():
        for budget in map(budget_name, wanted["budgets"]):
            architecture = f"search/{device}/{budget}/subtransformer.yaml"
            found[f"hat-{device}-{budget}"] = {
                "architecture": architecture,
                "devices": [],  # timed when its search is confirmed
            }
    for kind, values in task["baselines"].items():
        for value in values:
            model = f"transformer-{kind}-{value}"
            found[model] = {
                "architecture": f"baselines/{model}.yaml",
                "devices": list(task["devices"]),
            }
    return found


def read_file(kind, name, place):
    """A configuration file, named at that place: its path and its contents, which make sense together."""
    path = configuration.find(kind, name, place)
    contents = configuration.load(kind, path)
    if kind == "space":
        configuration.design_space(path)
    if kind == "corpus":
        Corpus.from_settings(contents, configuration.shown(path))
    return path, contents


def read_experiment():
    """The experiment, its path, every file that it names as files[kind][name] = (path, contents), and its models."""
    for key in config:
        if key not in CONFIG_KEYS:
            raise InputError("--config", f"unknown key {key!r}", nearest(key, CONFIG_KEYS))
    path = configuration.find("experiment", str(config.setdefault("experiment", "demo")), "--config experiment")
    experiment = configuration.load("experiment", path)
    files = {"corpus": {}, "space": {}, "training": {}, "device": {}}

    def named(kind, name, key):
        found, contents = read_file(kind, name, f"{configuration.shown(path)}: {key}")
        known, _ = files[kind].setdefault(found.stem, (found, contents))
        if known != found:
            same = f"has the name of {configuration.shown(known)}"
            raise InputError(configuration.shown(found), same, "one name, one file")
        return found.stem

    for name, task in experiment["tasks"].items():
        where = f"tasks > {name}"
        for kind in ("corpus", "space", "training"):
            task[kind] = named(kind, task[kind] or name, f"{where} > {kind}")
        devices = task["devices"].items()
        task["devices"] = {named("device", device, f"{where} > devices"): wanted for device, wanted in devices}
        tests = {"test", *files["corpus"][task["corpus"]][1]["tests"]}
        for split in task["generation"]["splits"]:
            if split not in tests:
                problem = f"{where} > generation > splits: {split!r}"
                raise InputError(configuration.shown(path), problem, nearest(split, tests))
    models = {name: models_of(task) for name, task in experiment["tasks"].items()}
    return experiment, configuration.shown(path), files, models


def stop(error):
    """End with the one line of an InputError and exit status 2."""
    print(f"error: {error}", file=sys.stderr, flush=True)
    sys.exit(2)


try:
    EXPERIMENT, EXPERIMENT_FILE, FILES, MODELS = read_experiment()
except InputError as error:
    stop(error)

TASKS = EXPERIMENT["tasks"]
NAME = EXPERIMENT["experiment"]
SEED = EXPERIMENT["seed"]
PAPER = f"results/{NAME}/paper"

# Rules that time something claim the whole machine, so that nothing runs beside them. They have the highest priority, so
# that they need not wait until every training is over; then comes what the searches wait for.
ALL_CORES = workflow.cores or 1

# The folder in which downloads are looked up first. It goes by the environment: where a file came from changes no result.
if "mirror" in config:
    os.environ.update(HAT_MIRROR=str(config["mirror"]))


EVERY_MODEL = [(task, model) for task, models in MODELS.items() for model in models]
EVERY_DEVICE = [(task, device) for task in TASKS for device in TASKS[task]["devices"]]
EVERY_BUDGET = [
    (task, device, budget_name(text))
    for task, device in EVERY_DEVICE
    for text in TASKS[task]["devices"][device]["budgets"]
]
EVERY_TIMED_MODEL = [(task, model, device) for task, model in EVERY_MODEL for device in MODELS[task][model]["devices"]]
EVERY_SCORE = [(task, model, split) for task, model in EVERY_MODEL for split in TASKS[task]["generation"]["splits"]]

GENERATED = [name for name, (_, contents) in FILES["corpus"].items() if contents["generated"] is not None]
FETCHED = [name for name in FILES["corpus"] if name not in GENERATED]


def any_of(names):
    return "|".join(re.escape(name) for name in sorted(set(names))) or EMPTY


wildcard_constraints:
    experiment=any_of([NAME]),
    task=any_of(TASKS),
    corpus=any_of(FILES["corpus"]),
    device=any_of(FILES["device"]),
    budget=any_of(budget for _, _, budget in EVERY_BUDGET),
    model=any_of(model for _, model in EVERY_MODEL),
    kind="depth|width",
    value=r"\d+",
    shard=r"\d+",
    split=r"[A-Za-z0-9_-]+",


def code(command):
    """What the command does, as a hash: an edited command or library file rebuilds its artifacts, a touched one does not."""
    try:
        return code_hash(command)
    except InputError as error:
        stop(error)


def command(name):
    """For params: the path of a command. It depends on where people work, so it is derived and never tracked."""
    path = SCRIPTS / f"{name}.py"
    return lambda wildcards, input: str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def name_of(kind, wildcards):
    if kind in wildcards.keys():
        return wildcards[kind]
    return TASKS[wildcards.task][kind]


def file_of(kind):
    """For params: the path of the configuration file of this kind."""
    return lambda wildcards: configuration.shown(FILES[kind][name_of(kind, wildcards)][0])


def settings(**parts):
    """For params: what a command reads from its configuration files, as text; a change of anything else rebuilds nothing.

    One argument for each kind of file: the keys that count.
    """

    def resolved(wildcards):
        chosen = {}
        for kind, keys in parts.items():
            contents = FILES[kind][name_of(kind, wildcards)][1]
            chosen[kind] = {key: contents[key] for key in keys}
        return json.dumps(chosen, sort_keys=True)

    return resolved


# The keys of a device file that change a measurement.
MACHINE = [key for key in configuration.schema("device")["properties"] if key != "description"]


def of_task(*keys):
    """For params: one value of the task, such as of_task("search", "iterations")."""

    def value(wildcards):
        found = TASKS[wildcards.task]
        for key in keys:
            found = found[key]
        return found

    return value


def option(flag, *keys):
    """For params: a value of the task with its flag, or nothing where the task leaves it open (null)."""

    def words(wildcards):
        value = of_task(*keys)(wildcards)
        return [] if value is None else [flag, value]

    return words


def every_budget(wildcards, input):
    """For params: all budgets of a device, which must differ from each other. Derived: each has a file of its own."""
    return TASKS[wildcards.task]["devices"][wildcards.device]["budgets"]


def of_corpus(stage):
    """For input: a stage of the task's corpus, such as of_corpus("binary")."""
    return lambda wildcards: f"results/corpora/{TASKS[wildcards.task]['corpus']}/{stage}"


def shards(suffix):
    """For input: the latency shards of a device."""
    return lambda wildcards: expand(
        "results/{experiment}/{task}/latency/{device}/shards/{shard}.{suffix}",
        **wildcards,
        shard=range(TASKS[wildcards.task]["latency"]["shards"]),
        suffix=suffix,
    )


def architecture(wildcards):
    """For input: where the architecture of a model comes from, a search or a baseline's design."""
    source = MODELS[wildcards.task][wildcards.model]["architecture"]
    return f"results/{wildcards.experiment}/{wildcards.task}/{source}"


def of_every(groups, pattern):
    """For input: one file for each of EVERY_MODEL, EVERY_SCORE and so on; {0} is the task, {1} what comes next."""
    return [f"results/{NAME}/{pattern.format(*group)}" for group in groups]


def scaled(base):
    """For resources: memory in MB, more of it at each attempt."""
    return lambda wildcards, attempt: base * attempt
