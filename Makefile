# make demo: a first study in minutes.  make test: the whole gate.  Both set up what they need by themselves.
# PYTHON=… chooses an interpreter; otherwise the first of those named here that works is taken.
RECENT := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	$$name -c "$(RECENT)" >/dev/null 2>&1 && { echo $$name; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP_INSTALL = PIP_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet

.PHONY: demo test format lint types contracts pytest docs benchmark clean

demo: $(VENV)/installed
	$(BIN)/genconv run quickstart --output runs

test: lint types contracts pytest

lint: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/installed-dev
	$(BIN)/mypy

contracts: $(VENV)/installed-dev
	$(BIN)/lint-imports

pytest: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n auto --dist loadfile

format: $(VENV)/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/installed-docs
	$(BIN)/mkdocs build --strict

benchmark: $(VENV)/installed-dev
	$(BIN)/python benchmarks/toy_flow.py

clean:
	rm -rf $(VENV) build dist site .mypy_cache .pytest_cache .ruff_cache

$(VENV)/python:
	@$(or $(PYTHON),false) -c "$(RECENT)" || { echo "Python 3.11 or newer is needed: name one, as in make demo PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) cannot make a virtual environment: on Debian, install python3-venv" >&2; exit 2; }
	@touch $@

$(VENV)/installed: $(VENV)/python pyproject.toml constraints.txt
	@echo "installing into $(VENV) (once)"
	$(PIP_INSTALL) --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(PIP_INSTALL) --editable '.[dev]'
	@touch $@

$(VENV)/installed-docs: $(VENV)/installed
	$(PIP_INSTALL) --editable '.[docs]'
	@touch $@
