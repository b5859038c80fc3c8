# Everything needs only Python 3.11 or later, pip and make. `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SNAKEMAKE := $(BIN)/snakemake --cores all
SCALE ?= quick
SEED ?= 20
SEEDS ?= 20 21 22 23 24 25 26 27

.DEFAULT_GOAL := help
.PHONY: help install reproduce full variants checkpoints verify gold reference figures_sheet test check bench docs schema lock clean

help: ## list the targets
	@grep -hE '^[a-z_-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15
	@echo
	@echo "With the environment active, snakemake's own targets (snakemake --cores all TARGET):"
	@echo "  all, figures, tables, claims, paper, verify, report; one per study: disks, mnist, cifar10, crops, metrics,"
	@echo "  naitzat; one per variant: disks_relu, cifar10_h0, cifar10_retrained, ... (or NAME_variants for all);"
	@echo "  one per figure: snakemake --list-rules, or its file, e.g. figures/quick/disks/landscapes_h1.pdf"

$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --editable ".[dev]"
	touch $@

install: $(VENV)/installed ## make .venv and install the locked environment

reproduce: install ## make every figure, table and verdict, the paper and the report (SCALE=quick)
	$(BIN)/python -m topolens unlock
	$(SNAKEMAKE) --config scale=$(SCALE) seed=$(SEED)
	@$(BIN)/python -m topolens summary $(SCALE)

full: ## the same at the published sizes
	$(MAKE) reproduce SCALE=full

variants: install ## the variants of the disks study (other activations and metrics)
	$(SNAKEMAKE) --config scale=$(SCALE) -- disks_variants

checkpoints: install ## train all networks of images from nothing (hours) and keep them as the committed ones
	$(SNAKEMAKE) --config scale=full -- \
		cifar10_retrained cifar10_retrained_family crops_retrained metrics_retrained
	for run in cifar10/retrained cifar10/retrained_family crops/retrained metrics/retrained; do \
		kept=results/checkpoints/$${run%/*}; mkdir -p $$kept; \
		cp results/full/$$run/checkpoints/*-[0-9]*.safetensors $$kept/; \
		for card in results/full/$$run/checkpoints/*.json; do case $$card in *.provenance.json) ;; \
		*) cp $$card $$kept/ ;; esac; done; done

verify: install ## compare the last run with results/reference; `make reproduce verify SEED=11` takes another seed
	$(SNAKEMAKE) --config scale=$(SCALE) seed=$(SEED) -- verify

gold: install ## run SCALE from each of SEEDS, tables and claims only, to learn how far honest runs lie apart
	$(BIN)/python -m topolens gold $(SCALE) $(SEEDS)

reference: install ## make the reference of SCALE from its gold runs
	$(BIN)/python -m topolens reference $(SCALE)

figures_sheet: install ## put all figures of SCALE on one sheet, figures/SCALE/sheet.png
	$(BIN)/python -m topolens sheet $(SCALE)

test: install ## run the tests, a smoke run of the whole workflow included
	$(BIN)/python -m pytest

check: install ## formats, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/mypy
	$(BIN)/mypy --strict tests/typing/public.py

bench: install ## ours against the published pipelines, side by side; how often intervals cover what they estimate
	$(BIN)/python tests/benchmarks/run.py
	$(BIN)/python tests/benchmarks/interval_coverage.py

docs: install ## write the pages of the public functions to docs/api
	$(BIN)/pdoc --docformat google --output-directory docs/api topolens '!topolens.'

schema: install ## write the JSON schemas of the configuration
	$(BIN)/python -m topolens schema

lock: install ## pin the newest versions that fit pyproject.toml
	$(BIN)/pip-compile --quiet --extra dev --strip-extras --no-annotate --no-header --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --output-file requirements.lock pyproject.toml
	sed -i -e 's/+cpu$$//' -e '/^#/d' requirements.lock
	$(BIN)/python -m topolens conda

clean: ## remove results of runs, not the references
	rm -rf results/smoke results/quick results/full figures/smoke figures/quick figures/full paper/generated
