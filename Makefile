# make demo: a first study in minutes.  make test: format, lint, types, contracts and tests.  make gate: all that is
# checked before a change is taken. Each target sets up what it needs by itself.
# PYTHON=… chooses an interpreter; otherwise the first of those named here that works is taken.
RECENT := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	$$name -c "$(RECENT)" >/dev/null 2>&1 && { echo $$name; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
QUIET_PIP := -m pip --disable-pip-version-check --quiet install
PIP_INSTALL = PIP_CONSTRAINT=constraints.txt $(BIN)/python $(QUIET_PIP)

# An interpreter that has PyTorch, for the benchmark alone.
TORCH_PYTHON ?= $(BIN)/python

# The newest Python on this machine that the newest JAX runs on; pyenv's are found although they are not on the PATH.
NEWER := import sys; sys.exit(sys.version_info < (3, 12))
NEWEST ?= $(shell for name in python3.14 python3.13 python3.12 \
	$$(ls -d "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python 2>/dev/null | sort -rV); do \
	"$$name" -c "$(NEWER)" >/dev/null 2>&1 && { echo "$$name"; break; }; done)
NEWEST_VENV := .venv-newest
NEWEST_TESTS := tests/bijections tests/config tests/golden tests/metrics tests/nn tests/statistics tests/store \
	tests/training/test_optimizer.py tests/training/test_seed_identity.py tests/test_api.py

.PHONY: demo gate test format lint types contracts pytest test-newest wheel-test docs benchmark clean

demo: $(VENV)/installed
	$(BIN)/genconv demo --output runs

gate: docs wheel-test test-newest test

test: lint types contracts pytest

lint: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/installed-dev
	$(BIN)/mypy

contracts: $(VENV)/installed-dev
	$(BIN)/lint-imports

pytest: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder --durations 60 --durations-min 5

test-newest:
	@if [ -n "$(NEWEST)" ]; then $(MAKE) --no-print-directory $(NEWEST_VENV)/tested; \
	else echo "test-newest is left out: this machine has no Python 3.12 or newer"; fi

wheel-test: $(VENV)/python
	BASE_PYTHON=$(BIN)/python PIP_CONSTRAINT=$(CURDIR)/constraints.txt sh tests/wheel.sh

format: $(VENV)/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/installed-docs
	$(BIN)/mkdocs build --strict

benchmark: $(VENV)/installed-dev
	$(BIN)/python benchmarks/against_torch.py --torch-python $(TORCH_PYTHON)

clean:
	rm -rf $(VENV) $(NEWEST_VENV) build dist site .mypy_cache .pytest_cache .ruff_cache

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

$(NEWEST_VENV)/installed-dev: pyproject.toml constraints-newest.txt
	@echo "installing into $(NEWEST_VENV) (once)"
	@"$(NEWEST)" -m venv $(NEWEST_VENV)
	PIP_CONSTRAINT=constraints-newest.txt $(NEWEST_VENV)/bin/python $(QUIET_PIP) --editable '.[dev]'
	@touch $@

.PHONY: $(NEWEST_VENV)/tested
$(NEWEST_VENV)/tested: $(NEWEST_VENV)/installed-dev
	@$(NEWEST_VENV)/bin/python -c "import jax, sys; print('Python', sys.version.split()[0], 'with JAX', jax.__version__)"
	$(NEWEST_VENV)/bin/python -m pytest -n auto --dist loadfile --no-loadscope-reorder --durations 60 --durations-min 5 $(NEWEST_TESTS)
