# What rules ask of a machine: cores, GPUs, memory and time. What the machine has, a profile says (profiles/README.md).
import shutil

from hat.parallel import processes
from hat_workflow.estimates import Estimates, minutes

# Rules that time something claim the whole machine, so that nothing runs beside them. They have the highest priority, so
# that they need not wait until every training is over; then comes what the searches wait for. Snakemake compares the sums
# of what it could start together: one of these outweighs a machine full of others.
ALL_CORES = workflow.resource_settings.cores or 1
TIMED_FIRST = 1000

ESTIMATES = {task: Estimates(ASKED, task) for task in TASKS}


# The GPUs that a profile has for a rule (`gpus`); where it says nothing, one if this machine has any.
def gpus(rule):
    asked = workflow.resource_settings
    given = (asked._parsed_overwrite_resources.get(rule, {}), asked._parsed_default_resources)
    found = [resources["gpus"].value for resources in given if "gpus" in resources]
    return int(found[0]) if found else int(shutil.which("nvidia-smi") is not None)


# For resources: of those, as many as an update's batches can be divided among.
def training_gpus(rule, section):
    def divided(wildcards):
        file, _ = FILES["training"][TASKS[wildcards.task]["training"]]
        return gpus(rule) and processes(configuration.recipe(file, section)["update_freq"], gpus(rule))

    return divided


# For resources: MB of memory or minutes, more of them at each attempt.
def scaled(base):
    return lambda wildcards, attempt: base * attempt


# For resources: the minutes of a job that takes `hours(wildcards)` on a V100, if it has `used(wildcards)` of them.
def estimated(hours, used=lambda wildcards: 1):
    return lambda wildcards, attempt: attempt * minutes(hours(wildcards), used(wildcards))
