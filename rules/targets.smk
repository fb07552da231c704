# What can be asked for by name, such as `snakemake --cores all table5`: each study, and all of them.
from hat_workflow.models import main_models

# The files of a study's tables and figures.
exhibits = lambda study: [
    f"{paths.EXHIBIT.format(experiment=NAME, exhibit=name)}.{ending}"
    for names, endings in ((study.tables, TABLE_FILES), (study.figures, FIGURE_FILES))
    for name in names
    for ending in endings
]


for each_study in STUDIES.values():

    rule:
        name:
            each_study.name
        input:
            exhibits(each_study),
        localrule: True


# The models alone, without their scores and latencies.
rule models:
    input:
        each(
            paths.CHECKPOINT,
            [
                {"task": task, "model": model}
                for task, found in MODELS.items()
                if ASKED.trained(task)
                for model in found
            ],
        ),
    localrule: True


# The models of the main table as folders to ship: what searches found, and what they are compared with.
rule ship:
    input:
        each(
            paths.SHIP,
            [
                {"task": task, "model": model.name}
                for task, wanted in TASKS.items()
                if ASKED.trained(task)
                for model in main_models(wanted)
                if not model.is_rival
            ],
        ),
    localrule: True


# What a predictor of one device needs, and no more: of --config device=FILE, or of all devices at hand.
rule device:
    input:
        [
            paths.PREDICTOR_REPORT.format(experiment=NAME, task=task, device=device)
            for task in TASKS
            for device in TASKS[task]["devices"]
            if device in ([configuration.find("device", config["device"]).stem] if "device" in config else AT_HAND)
        ],
    localrule: True
