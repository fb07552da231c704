# The experiment, and what rules look up in it. No rule stands here.
import json
import os
import re
import shutil
import sys
from pathlib import Path

SCRIPTS = Path(workflow.basedir) / "workflow_scripts"
sys.path.insert(0, str(SCRIPTS))

from hat_workflow import settings
from hat_workflow import experiment
from hat_workflow.code_hash import code_hash
from hat_workflow.settings import GENES
from hat.errors import InputError, nearest
from hat.interop.architectures import read_architecture
from hat.budgets import budget_name
from hat_workflow.models import FAMILIES, FIGURES, MAIN, devices_of

CONFIG_KEYS = ("experiment", "mirror")
EMPTY = "(?!)"  # a pattern that nothing matches

# Commands run in the Python that runs Snakemake; an activated conda environment still goes before it.
os.environ.update(PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]))


def stop(error):
    """End with the one line of an InputError and exit status 2."""
    print(f"error: {error}", file=sys.stderr, flush=True)
    sys.exit(2)


try:
    for key in config:
        if key not in CONFIG_KEYS:
            raise InputError("--config", f"unknown key {key!r}", nearest(key, CONFIG_KEYS))
    ASKED = experiment.read(str(config.setdefault("experiment", "demo")), "--config experiment")
except InputError as error:
    stop(error)

FILES, MODELS = ASKED.files, ASKED.models
TASKS = ASKED.settings["tasks"]
NAME = ASKED.settings["experiment"]
SEED = ASKED.settings["seed"]
PAPER = f"results/{NAME}/paper"

# Rules that time something claim the whole machine, so that nothing runs beside them. They have the highest priority, so
# that they need not wait until every training is over; then comes what the searches wait for. Snakemake compares the sums
# of what it could start together: one of these outweighs a machine full of others.
ALL_CORES = workflow.resource_settings.cores or 1
TIMED_FIRST = 1000

# Training, search and translation use a GPU where there is one; the default profile lets one job at a time have it.
GPU = int(shutil.which("nvidia-smi") is not None)

# The folder in which downloads are looked up first. It goes by the environment: where a file came from changes no result.
if "mirror" in config:
    os.environ.update(HAT_MIRROR=str(config["mirror"]))


# Tasks of which models are trained, devices that can be measured, and the others, of which published latencies are known.
TRAINED = [task for task in TASKS if TASKS[task]["training"] is not None]
AT_HAND = [device for device in FILES["device"] if ASKED.at_hand(device)]
REMOTE = [device for device in FILES["device"] if device not in AT_HAND]

EVERY_MODEL = [(task, model) for task, models in MODELS.items() for model in models]
NAMES = {model for _, model in EVERY_MODEL}
OTHERS = {model.name for models in MODELS.values() for model in models.values() if model.kind != "transformer"}
EVERY_DEVICE = [(task, device) for task in TASKS for device in TASKS[task]["devices"]]
EVERY_BUDGET = [
    (task, device, budget_name(text))
    for task, device in EVERY_DEVICE
    for text in TASKS[task]["devices"][device]["budgets"]
]
EVERY_SEARCH = [(task, *place) for task, *place in EVERY_BUDGET if task in TRAINED]
EVERY_STAND_IN = [(task, *place) for task, *place in EVERY_BUDGET if "stand_in" in TASKS[task]["studies"]]
EVERY_TRAINED_MODEL = [(task, model) for task, model in EVERY_MODEL if task in TRAINED]
EVERY_REMOTE_DEVICE = [(task, device) for task, device in EVERY_DEVICE if device in REMOTE]
COMPARED = [(task, model) for task in TASKS for model in TASKS[task]["compared"]]
STUDIES = sorted({study for task in TASKS for study in TASKS[task]["studies"]})


def studied(study, devices=FILES["device"]):
    """The devices of tasks that ask for a study, as far as they are among `devices`."""
    return [place for place in EVERY_DEVICE if study in TASKS[place[0]]["studies"] and place[1] in devices]


def first_devices(study):
    """The first device of each task that asks for a study: many studies look at no other."""
    return [(task, next(iter(TASKS[task]["devices"]))) for task in TASKS if study in TASKS[task]["studies"]]


def of_first_devices(study):
    """Every search for those."""
    places = first_devices(study)
    return [(task, device, budget) for task, device, budget in EVERY_SEARCH if (task, device) in places]


def searched(study):
    """One search for each of those: that with the middle budget, the wider of two."""
    budgets = [
        (place, [budget for *found, budget in EVERY_SEARCH if tuple(found) == place]) for place in first_devices(study)
    ]
    return [(*place, found[len(found) // 2]) for place, found in budgets]


GENERATED = [name for name, (_, contents) in FILES["corpus"].items() if contents["generated"] is not None]
FETCHED = [name for name in FILES["corpus"] if name not in GENERATED]


def made_by(command):
    """The names of the models whose checkpoints a command writes."""
    return [model.name for models in MODELS.values() for model in models.values() if model.made_by == command]


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
    table=any_of(FAMILIES),
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
    return lambda wildcards: settings.shown(FILES[kind][name_of(kind, wildcards)][0])


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


def recipe(wildcards):
    """For params: what the model is trained by, as text."""
    sections = ["subtransformer"]
    if MODELS[wildcards.task][wildcards.model].family == "finetuned":
        sections.append("finetuning")
    return settings(training=sections)(wildcards)


# The keys of a device file that change a measurement.
MACHINE = [key for key in settings.schema("device")["properties"] if key not in ("description", "published")]


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

    return lambda wildcards: flagged(flag, of_task(*keys)(wildcards))


def flagged(flag, value):
    """The words of a command line for a value that may be None."""
    return [] if value is None else [flag, value]


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
    """For input: where the architecture of a model comes from: a search, a baseline's design, a given file."""
    source = MODELS[wildcards.task][wildcards.model].architecture
    return f"results/{wildcards.experiment}/{wildcards.task}/{source}"


def of_model(key):
    """For input: the checkpoint of the model that this one is made from, such as of_model("initial"), if any."""

    def checkpoint(wildcards):
        name = getattr(MODELS[wildcards.task][wildcards.model], key)
        folder = f"results/{wildcards.experiment}/{wildcards.task}/models"
        return [] if name is None else [f"{folder}/{name}/checkpoint.pt"]

    return checkpoint


def models_on(device, task):
    """The models of a task whose latency on a device is asked for."""
    return ASKED.measured_on(task, device)


def compared(table):
    """What a table compares: task, model and device."""
    return [
        (task, model, device)
        for task in TASKS
        for model in ASKED.compared(task, table)
        for device in devices_of(model, table, TASKS[task])
    ]


def drawn_against_latency(table):
    """Whether a figure can show what a table compares: something is trained, and some device is at hand."""
    return any(task in TRAINED and device in AT_HAND for task, _, device in compared(table))


def given_file(wildcards):
    """For params: the configuration file of a given architecture."""
    return settings.shown(given_path(wildcards))


def given_architecture(wildcards):
    """For params: what stands in that file."""
    return read_architecture(given_path(wildcards)).key


def given_path(wildcards):
    return settings.find("architecture", MODELS[wildcards.task][wildcards.model].given)


def rows_of(wildcards):
    """For input, unpacked: all that the rows of a table are made of."""
    rows = compared(wildcards.table)
    models = list(dict.fromkeys((task, model) for task, model, _ in rows))
    families = {(task, model.family) for task, model in models}
    trained = [(task, model.name) for task, model in models if task in TRAINED]
    timed = [(task, model.timed_as, device) for task, model, device in rows if device in AT_HAND]
    splits = {task: TASKS[task]["generation"]["splits"] for task in TRAINED}
    places = {(task, device) for task, _, device in rows}
    return {
        "architectures": of_every([(task, model.architecture) for task, model in models], "{0}/{1}"),
        "latencies": of_every(timed, "{0}/models/{1}/latency/{2}.json"),
        "predictions": of_every(
            [place for place in EVERY_REMOTE_DEVICE if place in places], "{0}/latency/{1}/models.csv"
        ),
        "reports": of_every(trained, "{0}/models/{1}/train.json"),
        "scores": of_every(
            [(*row, split) for row in trained for split in splits[row[0]]], "{0}/models/{1}/score/{2}.json"
        ),
        "supertransformers": of_every(
            [(task,) for task in TASKS if wildcards.table == "table2" and (task, "hat") in families],
            "{0}/supertransformer/metrics.json",
        ),
        "confirmed": of_every([(task, model.confirmed) for task, model in models if model.confirmed], "{0}/{1}"),
    }


def of_every(groups, pattern):
    """For input: one file for each of EVERY_MODEL, EVERY_SCORE and so on; {0} is the task, {1} what comes next."""
    return [f"results/{NAME}/{pattern.format(*group)}" for group in groups]


def scaled(base):
    """For resources: memory in MB, more of it at each attempt."""
    return lambda wildcards, attempt: base * attempt


def gpu_of_device(wildcards):
    """For resources: whether what is timed on a device runs on a GPU."""
    return int(FILES["device"][wildcards.device][1]["processor"] == "cuda")
