# Everything sets itself up in .venv; nothing needs root.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.owlab-installed
SHELL := /bin/bash

.DEFAULT_GOAL := help
.PHONY: help run lab test test-vm fuzz lint format bench goldens pictures clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "owlab needs Python 3.11 or later; this is $$($(PYTHON) -V)."; \
	      echo "Name another one: make run PYTHON=python3.12"; exit 1; }
	@echo "Setting up .venv (once; a few minutes) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
	@$(VENV)/bin/python -m pip install -qq --disable-pip-version-check --editable '.[dev]'
	@touch $(STAMP)

run: $(STAMP) ## the whole course on a new pocket lab: notebooks 00 to 07, and a report
	@$(BIN)/python -m owlab run --lab course --new
	@$(BIN)/python -m owlab status --lab course
	@echo
	@echo "Look around:  $(BIN)/owlab shell --lab course master"
	@echo "Learn:        $(BIN)/owlab lab --lab mine    (a new lab, in which nothing is done yet)"

.PHONY: chaos
chaos: $(STAMP) ## kill, stop and starve a lab under its clients: make chaos SEED=7 COUNT=1000
	@$(BIN)/python -m tests.chaos "$(SEED)" "$(COUNT)"

lab: $(STAMP) ## open the course in JupyterLab
	@$(BIN)/python -m owlab lab

test: $(STAMP) ## all tests that need no virtual machine
	@$(BIN)/python -m ruff check
	@$(BIN)/python -m ruff format --check
	@$(BIN)/python -m mypy
	@$(BIN)/python -m pytest -rs -n auto --maxprocesses 4 --dist loadfile

test-vm: $(STAMP) ## boot four QEMU machines and run sections 1 to 3 on them
	@$(BIN)/python -m pytest -m vm tests/vm -rs

fuzz: $(STAMP) ## send hostile requests to every API: make fuzz SEED=7 COUNT=20000
	@$(BIN)/python -m tests.fuzz "$(SEED)" "$(COUNT)"

lint: $(STAMP) ## ruff and mypy only
	@$(BIN)/python -m ruff check && $(BIN)/python -m ruff format --check && $(BIN)/python -m mypy

format: $(STAMP) ## put the code in order
	@$(BIN)/python -m ruff check --fix && $(BIN)/python -m ruff format

bench: $(STAMP) ## measure speed and memory; prints figures
	@for file in $$(ls bench/*.py | grep -v memory); do echo "== $$file"; $(BIN)/python "$$file" || exit 1; done

goldens: $(STAMP) ## rewrite the golden files; review the difference
	@OWLAB_REWRITE_GOLDENS=1 $(BIN)/python -m pytest -q tests/golden

pictures: $(STAMP) ## draw the course's pictures again
	@$(BIN)/python -m owlab.notebook.pictures notebooks/pictures

clean: ## remove .venv and the runs
	rm -rf $(VENV) runs
