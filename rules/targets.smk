# What can be asked for by name, such as `snakemake --cores all table8`. The default is `all` in the Snakefile.
localrules:
    table8,
    figure6,
    figure7,
    figure12,
    predictors,
    insights,
    stand_in,
    table1,
    table2,
    table3,
    table4,
    table5,
    table6,
    table7,
    distillation,
    figure2,
    figure8,
    figure9,
    pareto,
    online,
    models,


rule table8:
    input:
        multiext(f"{PAPER}/table8", ".csv", ".md", ".tex"),


rule figure6:
    input:
        multiext(f"{PAPER}/figure6", ".pdf", ".png", ".csv"),


rule figure7:
    input:
        multiext(f"{PAPER}/figure7", ".pdf", ".png", ".csv"),


rule figure12:
    input:
        multiext(f"{PAPER}/figure12", ".pdf", ".png", ".csv"),


rule predictors:
    input:
        multiext(f"{PAPER}/predictors", ".csv", ".md", ".tex"),
        multiext(f"{PAPER}/learning_curves", ".pdf", ".png", ".csv"),


rule insights:
    input:
        multiext(f"{PAPER}/insights", ".pdf", ".png", ".csv"),


rule stand_in:
    input:
        multiext(f"{PAPER}/stand_in", ".pdf", ".png", ".csv"),


rule table1:
    input:
        multiext(f"{PAPER}/table1", ".csv", ".md", ".tex"),


rule table2:
    input:
        multiext(f"{PAPER}/table2", ".csv", ".md", ".tex"),
        multiext(f"{PAPER}/figure10", ".pdf", ".png", ".csv"),


rule table3:
    input:
        multiext(f"{PAPER}/table3", ".csv", ".md", ".tex"),


rule table4:
    input:
        multiext(f"{PAPER}/table4", ".csv", ".md", ".tex"),


rule table5:
    input:
        multiext(f"{PAPER}/table5", ".csv", ".md", ".tex"),
        multiext(f"{PAPER}/figure11", ".pdf", ".png", ".csv"),


rule table6:
    input:
        multiext(f"{PAPER}/table6", ".csv", ".md", ".tex"),


rule table7:
    input:
        multiext(f"{PAPER}/table7", ".csv", ".md", ".tex"),


rule distillation:
    input:
        multiext(f"{PAPER}/distillation", ".csv", ".md", ".tex"),


rule figure2:
    input:
        multiext(f"{PAPER}/figure2", ".pdf", ".png", ".csv"),


rule figure8:
    input:
        multiext(f"{PAPER}/figure8", ".pdf", ".png", ".csv"),


rule figure9:
    input:
        multiext(f"{PAPER}/figure9", ".pdf", ".png", ".csv"),


rule pareto:
    input:
        multiext(f"{PAPER}/pareto", ".pdf", ".png", ".csv"),
        multiext(f"{PAPER}/menu", ".csv", ".md", ".tex"),


rule online:
    input:
        multiext(f"{PAPER}/online", ".csv", ".md", ".tex"),


rule models:
    input:
        of_every(EVERY_TRAINED_MODEL, "{0}/models/{1}/checkpoint.pt"),
