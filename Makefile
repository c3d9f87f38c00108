# make demo: two hundred simulated people are called before your eyes. make test: everything is checked.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.PHONY: help setup demo up test lint docs chaos mutations bench compose-test lock clean

help:  ## show this
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: $(READY)  ## make .venv from the lock file

$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	{ echo "Python 3.11 or newer is needed; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Try: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)  ## run a whole campaign with a simulated carrier; STAY=1 leaves it up
	@$(BIN)/orchestrator demo $(if $(STAY),--stay)

up: $(READY)  ## start everything on this machine
	@$(BIN)/orchestrator up

test: lint  ## lint, types, import arrows, all tests
	$(BIN)/python -m pytest

lint: $(READY)  ## the checks that need no server
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(READY)  ## write the pages that are made from the code
	$(BIN)/python -m tests.support.command_table

chaos: $(READY)  ## half an hour of killing and freezing processes in mid-campaign
	$(BIN)/python -m pytest tests/fault -m long -x

mutations: $(READY)  ## break each line that keeps a promise; a test must turn red
	$(BIN)/python -m tests.mutations.run

bench: $(READY)  ## measure, each number as a ratio to the bare parts
	$(BIN)/python -m benchmarks --full

compose-test: $(READY)  ## run a campaign on docker compose, scaled too
	$(BIN)/python tests/compose/run.py

lock: $(READY)  ## write the lock files anew from pyproject.toml
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(VENV)/lock/bin/uv pip compile $(LOCK) -o requirements.lock pyproject.toml
	$(VENV)/lock/bin/uv pip compile $(LOCK) --extra dev -o requirements-dev.lock pyproject.toml
	grep -o 'hatchling==[0-9.]*' pyproject.toml | head -1 | $(VENV)/lock/bin/uv pip compile $(LOCK) -o requirements-build.lock -

clean:  ## remove what make made, but never data/
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
