# Two commands matter: `make demo` and `make test`. Both install what they need into .venv.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help demo test lint types unit format bench release completions screens docs clean

help:
	@echo "make demo         redrive dead letters in three accounts of the embedded sandbox"
	@echo "make test         lint, types and every test"
	@echo "make bench        speed and memory against plain boto3, in one run"
	@echo "make format       format the code"
	@echo "make release      sdist, wheel, single file, bill of materials: the same bytes every time"
	@echo "make completions  write completions/ anew"
	@echo "make screens      draw the README's pictures anew"
	@echo "make docs         write anew what the manual shows: outputs, and the actions of docs/iam.md"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "awsops needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# A stamp for each set of packages, so that nothing is installed twice.
$(VENV)/.demo: pyproject.toml setup.py constraints.txt | $(VENV)/bin/python
	$(PIP) install -q -c constraints.txt -e '.[sandbox]'
	@touch $@

$(VENV)/.test: pyproject.toml setup.py constraints.txt | $(VENV)/bin/python
	$(PIP) install -q -c constraints.txt -e '.[test]'
	@touch $@ $(VENV)/.demo

$(VENV)/.bench: $(VENV)/.test
	$(PIP) install -q -c constraints.txt -e '.[test,bench]'
	@touch $@

demo: $(VENV)/.demo
	@sh demo.sh $(BIN)/awsops

test: lint types unit

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

unit: $(VENV)/.test
	$(BIN)/python -m pytest -n auto --dist loadgroup

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.bench
	$(BIN)/python -m tests.bench

release: $(VENV)/.test
	$(PIP) install -q -c constraints.txt -e '.[release]'
	$(BIN)/python -m release

screens: $(VENV)/.test
	$(BIN)/python -m release.screens docs/screens

docs: $(VENV)/.test
	$(BIN)/python -m tests.cli.shown_outputs
	$(BIN)/python -m release.iam

completions: $(VENV)/.demo
	$(BIN)/python -m awsops.completion completions

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
