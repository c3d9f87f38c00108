# make demo: two hundred simulated people are called before your eyes. make test: everything is checked.
PYTHON ?= python3
# Processes that test side by side, each with servers of its own: most tests wait more than they work. Whole stacks, of
# eight processes each, are tested two at a time, and in order: the longest file would come last, with nothing beside it.
TESTERS ?= 3
STACK_TESTERS ?= 2
PYTEST := -o cache_dir="$$PLACE/.pytest_cache" --hypothesis-profile=ci
# What make makes lies in this folder; where that cannot be written, in one of the user's cache. Quoted by the shell
# alone, which reads it from the environment: a path may have spaces.
export PLACE := $(shell test -w . && echo . || \
	echo "$${XDG_CACHE_HOME:-$$HOME/.cache}/call-orchestrator/$$(basename "$$PWD")-$$(echo "$$PWD" | cksum | tr ' ' -)")
# Python keeps what it compiles: otherwise each of the hundreds of processes of a test run compiles this code anew.
unexport PYTHONDONTWRITEBYTECODE
VENV := "$$PLACE/.venv"
BIN := $(VENV)/bin
READY := $(VENV)/.ready
IN_DATA := ORCHESTRATOR_DATA_DIR="$${ORCHESTRATOR_DATA_DIR:-$$PLACE/data}"
IN_CACHES := RUFF_CACHE_DIR="$$PLACE/.ruff_cache" MYPY_CACHE_DIR="$$PLACE/.mypy_cache" \
	HYPOTHESIS_STORAGE_DIRECTORY="$$PLACE/.hypothesis"
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.PHONY: help setup venv demo up test lint coverage docs zones chaos killings failover-test clocks load model plans contract mutations bench growth compose-test lock clean

help:  ## show this
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup:  ## make .venv from the lock file
	@test "$$PLACE" = . || echo "this folder cannot be written: .venv and data lie in $$PLACE"
	@test $(READY) -nt requirements-dev.lock && test $(READY) -nt pyproject.toml || $(MAKE) --no-print-directory venv

venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	{ echo "Python 3.11 or newer is needed; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Try it with PYTHON=python3.12" >&2; exit 1; }
	@mkdir -p "$$PLACE" || \
	{ echo "neither this folder nor $$PLACE can be written: set XDG_CACHE_HOME to one that can" >&2; exit 1; }
	@echo "1/3 a virtual environment in $$PLACE/.venv"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "2/3 $$(grep -c '^[a-z].*==' requirements-dev.lock) packages from requirements-dev.lock: one to three minutes, once"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@echo "3/3 this project itself, editable"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)
	@echo "ready: make demo shows it working, make test checks it"

demo: setup  ## run a whole campaign with a simulated carrier; STAY=1 leaves it up
	@$(IN_DATA) $(BIN)/orchestrator demo $(if $(STAY),--stay)

up: setup  ## start everything on this machine
	@$(IN_DATA) $(BIN)/orchestrator up

test: lint coverage  ## lint, types, import arrows, all tests; TESTERS=1 STACK_TESTERS=1 runs them one by one
	$(IN_CACHES) $(BIN)/python -m pytest -n $(TESTERS) --dist loadfile $(PYTEST) $(COVERED:%=--ignore=%) tests/unit tests/service
	$(IN_CACHES) $(BIN)/python -m pytest -n $(STACK_TESTERS) --dist loadfile --no-loadscope-reorder $(PYTEST) tests/e2e tests/browser

lint: setup  ## the checks that need no server
	$(IN_CACHES) $(BIN)/ruff check .
	$(IN_CACHES) $(BIN)/ruff format --check .
	$(IN_CACHES) $(BIN)/mypy
	$(BIN)/lint-imports --cache-dir "$$PLACE/.import_linter_cache"

# Decisions are made in these, without stores or network, so a line that no unit test reaches is a case nobody thought of.
LEAST_COVERED := 95
PURE := orchestrator.flow orchestrator.policy orchestrator.model orchestrator.contact_files
COVERED := $(PURE:orchestrator.%=tests/unit/%)

coverage: setup  ## lines of flow, policy, model and contact_files that unit tests reach; ALL=1 for everything by all tests
	@COVERAGE_FILE="$$PLACE/.coverage" $(IN_CACHES) \
	COVERAGE_CORE=$$($(BIN)/python -c 'import sys; print("sysmon" if sys.version_info >= (3, 12) else "ctrace")') \
	$(BIN)/python -m pytest -q -n $(TESTERS) --dist loadfile $(PYTEST) --durations 0 --durations-min 60 $(if $(ALL),\
	--cov=api --cov=orchestrator --cov=orchestrator_client --cov=simulator --cov=workers --cov-report=term tests/unit tests/service,\
	$(PURE:%=--cov=%) --cov-report=term --cov-fail-under=$(LEAST_COVERED) $(COVERED))

docs: setup  ## write the pages, and the parts of the Python client, that are made from the code
	$(BIN)/python -m tools.make_client
	$(BIN)/python -m tests.support.command_table
	$(BIN)/python -m tests.support.explained_reasons
	$(BIN)/python -m tests.support.rule_tests
	$(BIN)/python -m tests.support.state_tables

zones: setup  ## write the zones of numbers and regions anew, after phonenumbers, tzdata or tools/number_*.toml changed
	$(BIN)/python -m tools.make_number_zones
	$(BIN)/python -m tools.make_number_regions
	$(BIN)/python -m tools.make_region_zones

# What each seed comes to is printed; a broken promise with its seed and the timeline of its call.
SEEDS ?= 1..10
CONTACTS ?= 2000

chaos: setup  ## campaigns under a monkey that kills, freezes and breaks the network; SEEDS=1..10 CONTACTS=2000 OUTLAST=1
	$(BIN)/python -m tests.fault.chaos --seeds $(SEEDS) --contacts $(CONTACTS) $(if $(OUTLAST),--outlast)

killings: setup  ## half an hour of killing and freezing processes in mid-campaign, each run for one kind of fault
	$(BIN)/python -m pytest tests/fault tests/e2e/test_processes_lost.py --ignore tests/fault/test_clocks.py -m long -x

clocks: setup  ## set the clocks of stores and programs in mid-campaign, by minutes and by an hour (a quarter of an hour)
	$(BIN)/python -m pytest tests/fault/test_clocks.py -m long

load: setup  ## dial for HOURS=24 at 29 calls/s and watch what grows; RATE=10 dials slower
	$(BIN)/python -m tests.fault.load --hours $(or $(HOURS),24) --rate $(or $(RATE),29)

failover-test: setup  ## stores that fail over, and an upgrade, in mid-campaign (a quarter of an hour); UPGRADE_FROM=COMMIT
	UPGRADE_FROM=$(UPGRADE_FROM) $(BIN)/python -m pytest tests/failover -m long -rPs

plans: setup  ## read the plans of what loops and polls ask, at two million contacts (half an hour)
	PLANS_CONTACTS=2000000 $(BIN)/python -m pytest --timeout 3600 $(PYTEST) tests/service/store/test_plans.py

SCHEDULES ?= 3000
model: setup  ## draw thousands of schedules of deaths and lost answers; SCHEDULES=3000 says how many
	SCHEDULES=$(SCHEDULES) $(BIN)/python -m pytest tests/service/engine/test_schedules.py -m long -x --hypothesis-show-statistics

contract: setup  ## ask every operation of the REST API hundreds of questions, and hold the answers against its document
	CONTRACT_EXAMPLES=200 $(BIN)/python -m pytest tests/service/api/test_api_contract.py

mutations: setup  ## break each line that keeps a promise; a test must turn red
	$(BIN)/python -m tests.mutations.run

bench: setup  ## measure, each number as a ratio to its base
	$(BIN)/python -m benchmarks --full

growth: setup  ## measure how the cost of a call grows with contacts, live calls and workers (half an hour)
	$(BIN)/python -m benchmarks --only growth

compose-test: setup  ## run campaigns on docker compose: scaled, stopped half-way, watched by Prometheus
	$(BIN)/python -m tests.compose.run

lock: setup  ## write the lock files anew from pyproject.toml
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(VENV)/lock/bin/uv pip compile $(LOCK) -o requirements.lock pyproject.toml
	$(VENV)/lock/bin/uv pip compile $(LOCK) --extra traces -o requirements-traces.lock pyproject.toml
	$(VENV)/lock/bin/uv pip compile $(LOCK) --extra dev -o requirements-dev.lock pyproject.toml
	grep -o 'hatchling==[0-9.]*' pyproject.toml | head -1 | $(VENV)/lock/bin/uv pip compile $(LOCK) -o requirements-build.lock -

clean:  ## remove what make made, but never data/
	cd "$$PLACE" && rm -rf .venv dist .coverage .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
