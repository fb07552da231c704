# make demo: everything from a fresh clone to the demo's table and figures. make test: the whole test suite.
PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: demo test test-cluster rehearsal gpu-check benchmark environment

demo: environment
	snakemake table8 figure6 figure7 --cores all
	snakemake make_report --cores all
	@echo
	@echo "Done. Open results/demo/report.html: all of it on one page. The files are in results/demo/paper: table8.md, figure7.png, figure6.png."

# A file of tests at a time on each core.
test: environment
	python -m pytest -n auto --dist loadfile

# A real Slurm on this machine, as root (apt-get install slurm-wlm munge): see docs/cluster.md.
test-cluster: environment
	python -m pytest -m cluster tests/cluster

# The paper's experiment at full width with a few updates of each model, from made-up downloads, in a folder of its own.
rehearsal: environment
	test -d rehearsal || python workflow_scripts/make_rehearsal.py --output rehearsal
	snakemake --directory rehearsal --cores all --config experiment=rehearsal.yaml mirror=mirror

# What a GPU machine is worth trying for a few minutes; tells what it skips without one.
gpu-check: environment
	python -m pytest -m gpu
	python workflow_scripts/check_gpu.py --output gpu-check.md

# Speed beside plain fairseq, and what the workflow costs beside its jobs: see docs/benchmarks.md.
benchmark: environment
	snakemake benchmark --cores all
	python workflow_scripts/benchmark_workflow.py

# The lock that was installed lies beside what was installed: nothing is done twice, and a changed lock is installed.
environment:
	@cmp -s requirements.txt .venv/requirements.txt || $(MAKE) --no-print-directory .venv/requirements.txt

.PHONY: .venv/requirements.txt
.venv/requirements.txt:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)) and "Python 3.11 or 3.12 is needed: make PYTHON=...")'
	$(PYTHON) -m venv .venv
	grep -v '^fairseq-fixed' requirements.txt > .venv/without-fairseq.txt
	python -m pip install --disable-pip-version-check -r .venv/without-fairseq.txt
	python -m pip install --disable-pip-version-check --no-deps --no-build-isolation "$$(grep '^fairseq-fixed' requirements.txt)"
	cp requirements.txt $@
