# The front door. `make demo` and `make test` work on a bare machine:
# python3.11+, pip, git, make and a package registry are all they ask for.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
# Terminals and databases are waited for half of the time: more workers than cores.
TEST_WORKERS ?= 4

.DEFAULT_GOAL := help
.PHONY: help setup demo test coverage lint types house bench snapshots fix clean fault trainable

help: ## show what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml constraints.txt
	@echo "setting up $(VENV) (once; a few minutes on a fresh machine)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[postgres,parquet]" --group test --group lint
	@# Compiled once, or each start does it anew where Python may keep nothing.
	@$(BIN)/python -m compileall -q src
	@touch $@

setup: $(STAMP) ## make the virtual environment

demo: $(STAMP) ## run the sample campaign (in a terminal: opens the workbench)
	@$(BIN)/adjudge demo

test: $(STAMP) ## every check: format, lint, types, house, tests on SQLite and PostgreSQL
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist worksteal -m "not slow" -q

coverage: $(STAMP) ## the same tests with branch coverage; fails under 90 %
	@$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist worksteal -m "not slow" --cov --cov-report=term-missing:skip-covered -q

lint: $(STAMP) ## ruff
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(STAMP) ## mypy --strict
	@$(BIN)/mypy

house: $(STAMP) ## import contracts
	@$(BIN)/lint-imports

fix: $(STAMP) ## format and mend what ruff can mend
	@$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format .

snapshots: $(STAMP) ## accept the screens as they are now (look at them first)
	@$(BIN)/python -m pytest tests/tui -q --snapshot-update

fault: $(STAMP) ## the long fault tests: kills, lost connections, a killed server (minutes)
	@HYPOTHESIS_PROFILE=wide $(BIN)/python -m pytest tests/faults tests/services/work/test_queue_machine.py -q -m "slow or not slow" --durations=0

bench: $(STAMP) ## all benchmarks (see docs/benchmarks.md)
	@for f in benchmarks/bench_*.py; do echo "== $$f"; $(BIN)/python $$f || exit 1; done

TRAIN := .venv-train
$(TRAIN)/.ready:
	@$(PYTHON) -m venv $(TRAIN)
	@$(TRAIN)/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0 trl==1.16.0 datasets pyarrow
	@# Compiled once, or each start does it anew where Python may keep nothing.
	@$(BIN)/python -m compileall -q src
	@touch $@

trainable: $(STAMP) $(TRAIN)/.ready ## train TRL's trainers on an export (CPU; see docs/trainable.md)
	@place=$$(mktemp -d) && trap 'rm -rf "$$place"' EXIT && \
	  $(BIN)/adjudge demo --dir "$$place" </dev/null >/dev/null && \
	  $(BIN)/adjudge --db "$$place/adjudge.db" import rewrites fixtures/sample/rewrites.jsonl --queue rewrites >/dev/null && \
	  for format in jsonl parquet; do \
	    $(BIN)/adjudge --db "$$place/adjudge.db" export "$$place/$$format" --format $$format --sft-from-upvotes --kto-from-thumbs >/dev/null && \
	    $(TRAIN)/bin/python -W ignore benchmarks/trainable.py "$$place/$$format" || exit 1; \
	  done

clean: ## remove what was built
	@rm -rf $(VENV) $(TRAIN) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .coverage .coverage.* .hypothesis
