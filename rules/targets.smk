# What can be asked for by name, such as `snakemake --cores all table5`: each study, and all of them.


def exhibits(study):
    """The files of a study's tables and figures."""
    paper = {"experiment": NAME}
    return [
        *[f"{paths.EXHIBIT.format(exhibit=table, **paper)}.{end}" for table in study.tables for end in TABLE_FILES],
        *[f"{paths.EXHIBIT.format(exhibit=figure, **paper)}.{end}" for figure in study.figures for end in FIGURE_FILES],
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
