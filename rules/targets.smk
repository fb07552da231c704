# What can be asked for by name, such as `snakemake --cores all table8`. The default is `all` in the Snakefile.
localrules:
    table8,
    figure6,
    figure7,
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


rule models:
    input:
        of_every(EVERY_MODEL, "{0}/models/{1}/checkpoint.pt"),
