# Thin on purpose: each target is a line or two that you could type yourself. Windows: SETUP.md has the same as uv lines.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
LOCK := 05_src/requirements.txt
READY := $(VENV)/.ready
export DO_NOT_TRACK := true
export MLFLOW_DISABLE_TELEMETRY := true

.DEFAULT_GOAL := help
.PHONY: help setup labs test lint format notebooks slides lock bench up down

help: ## show these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv and install the locked packages (the other targets do this first)

labs: setup ## run every lab on real data and write a report
	@$(BIN)/course labs $(if $(DB),--db "$(DB)")

test: setup ## run every test, against a real PostgreSQL and a real MLflow server
	@$(BIN)/python -m pytest $(ARGS)

lint: setup ## what CI checks: format, lint, types
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

format: setup ## let ruff mend format and imports
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

notebooks: setup ## rebuild the learner and solution notebooks from their sources
	@$(BIN)/course build

slides: setup ## build the decks to HTML and PDF (needs Node.js and Chromium)
	@$(BIN)/course slides

lock: setup ## resolve pyproject.toml anew into the hashed lock
	@$(UV) pip compile -q pyproject.toml --all-extras --universal --generate-hashes --no-header --upgrade -o $(LOCK)

bench: setup ## run the benchmarks, peers beside us
	@for b in 05_src/benchmarks/bench_*.py; do $(BIN)/python $$b || exit 1; done

up: setup ## start the database and the tracking server
	@$(BIN)/mlsd up

down: setup ## stop what `make up` started
	@$(BIN)/mlsd down

$(UV):
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 11) <= v <= (3, 14) or sys.exit(f"mlsd needs Python 3.11 to 3.14, this is {v[0]}.{v[1]}. Name another: make PYTHON=python3.12 ...")'
	@echo "Making $(VENV) and putting uv in it"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv

$(READY): $(UV) $(LOCK) pyproject.toml
	@echo "Installing the locked packages (about half a minute the first time)"
	@$(UV) pip install -q --compile-bytecode --python $(BIN)/python --require-hashes -r $(LOCK)
	@$(UV) pip install -q --python $(BIN)/python --no-deps -e .
	@touch $(READY)
