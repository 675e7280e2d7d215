# Two commands matter: `make run` starts Encore, `make test` proves it. Both set up all they need.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
export PYTHONDONTWRITEBYTECODE := 1
# One thread of linear algebra: the matrices are small, and two cores have better to do.
export OMP_NUM_THREADS := 1

.PHONY: run test setup setup-run fix check docs catalogues bench fuzz fuzz-api chaos lock browser clean
.DEFAULT_GOAL := run

run: setup-run ## start Encore with a demo household, or with the library it already has
	@$(BIN)/encore serve --demo

setup-run: .venv/.run

setup: .venv/.dev browser ## everything a developer needs

test: setup ## every check and every test
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: .venv/.dev ## changes nothing: lint, format, types, architecture
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --config .importlinter

fix: .venv/.dev ## lets the tools mend what they can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: setup ## writes the reference pages that are generated from the code
	@$(BIN)/python -m docs.examples
	@$(BIN)/python -m docs.generate
	@mkdir -p docs/images
	@KEEP_SCREENSHOTS_IN=docs/images $(BIN)/python -m pytest -q tests/browser/test_every_page.py

catalogues: .venv/.dev ## finds every message of the pages; says what is left to translate
	@$(BIN)/python -m docs.catalogues

bench: .venv/.dev ## the comparisons behind the figures in the docs, in their short form
	@$(BIN)/python -m benchmarks.learning_curves --short
	@$(BIN)/python -m benchmarks.promotion_gate --short
	@$(BIN)/python -m benchmarks.feature_groups --short
	@$(BIN)/python -m benchmarks.imported_histories --short
	@$(BIN)/python -m benchmarks.ratings_without_context --short
	@$(BIN)/python -m benchmarks.training_cost --short
	@$(BIN)/python -m benchmarks.real_data --short
	@$(BIN)/python -m benchmarks.data_preparation --short
	@$(BIN)/python -m benchmarks.serving_while_training --short
	@$(BIN)/python -m benchmarks.interval_coverage --short
	@$(BIN)/python -m benchmarks.serving --short
	@$(BIN)/python -m benchmarks.page_times --short
	@$(BIN)/python -m benchmarks.library_sync --short

fuzz: .venv/.dev ## the long forms: 20 000 dirty databases, 200 000 damaged model files; half an hour
	@DIRTY_DATABASES=20000 $(BIN)/python -m pytest -q tests/properties
	@$(BIN)/python -m tests.fuzz --mutants 200000

fuzz-api: .venv/.dev ## the long form of the interface's fuzzing: 50 000 cases, a quarter of an hour
	@$(BIN)/python -m tests.api.fuzzing --cases 50000

chaos: .venv/.dev ## the long form of the kills: 3 000, some twenty minutes
	@$(BIN)/python -m tests.chaos --kills 3000

lock: ## renews the locks; needs uv
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --extra postgres --extra onnx --extra skops --extra mlflow --extra otel --group build --group dev -o locks/dev.txt
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url -c locks/dev.txt --group build -o locks/run.txt
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url -c locks/dev.txt --extra postgres --extra otel --group build -o locks/container.txt

browser: .venv/.dev ## a Chromium for the browser tests, where this machine allows one
	@$(BIN)/python -m tests.browser.chromium

clean: ## removes what set-up made; data and models stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Encore needs Python 3.11 or newer with its venv module (Debian: apt install python3-venv)." >&2; exit 1; }
	@echo "Making .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv

.venv/.run: locks/run.txt pyproject.toml | .venv/bin/python
	@echo "Installing what Encore needs to run"
	@test -e .venv/.dev || $(PIP) install --require-hashes -r locks/run.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: locks/dev.txt pyproject.toml | .venv/bin/python
	@echo "Installing what Encore needs to be developed"
	@$(PIP) install --require-hashes -r locks/dev.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@
