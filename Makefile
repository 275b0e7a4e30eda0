# The commands of the README. An install step runs again only when its requirements file changes.
# To use another Python: make test PYTHON=python3.13 VENV=.venv313
# test-python and test-lowest test only the numerics, with a Python of your choice and with the lowest
# versions that requirements.txt allows. Each of them uses its own environment, which is kept.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# A test process that crashes ends the tests, which might otherwise never end.
PYTEST := $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --max-worker-restart 0
PIP := $(BIN)/pip install --quiet --disable-pip-version-check

# The core tests that depend on the versions of Python and of the packages. If these pass, so do the
# other core tests.
CORE_TESTS := $(addprefix tests/core/test_,$(addsuffix .py,\
  batches csv_file grid_file model post_numbers settings step training))

.PHONY: run test lint format bench bench-app load soak clean ground-truth test-python test-lowest test-core

run: $(VENV)/app.installed
	$(BIN)/streamlit run streamlit_app.py

test: lint
	$(BIN)/python -m tests.browser.chromium
	$(PYTEST) --no-loadscope-reorder

test-python:
	$(MAKE) test-core VENV=.venv-$(notdir $(PYTHON))

test-lowest:
	$(MAKE) test-core VENV=.venv-lowest CONSTRAINTS=.venv-lowest/lowest.txt

test-core: $(VENV)/core.installed
	$(PYTEST) $(CORE_TESTS)

# Tests every program and planted bug of tests/doctor; `make test` runs a sample of them.
ground-truth: $(VENV)/doctor.installed
	DOCTOR=all $(PYTEST) tests/doctor tests/core/test_doctor.py

lint: $(VENV)/dev.installed
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

format: $(VENV)/dev.installed
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: $(VENV)/bench.installed
	$(BIN)/python -m benchmarks.engine
	$(BIN)/python -m benchmarks.sweep
	$(BIN)/python -m benchmarks.forms

bench-app: $(VENV)/dev.installed
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m benchmarks.app

load: $(VENV)/dev.installed
	$(BIN)/python -m benchmarks.load

soak: $(VENV)/dev.installed
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m benchmarks.soak

clean:
	rm -rf $(VENV)

$(VENV)/app.installed: requirements.txt | $(BIN)/pip
	$(PIP) --requirement requirements.txt
	touch $@

$(VENV)/dev.installed: requirements.txt requirements-core.txt requirements-dev.txt | $(BIN)/pip
	$(PIP) --requirement requirements-dev.txt
	touch $@

$(VENV)/doctor.installed: requirements.txt requirements-core.txt requirements-doctor.txt | $(BIN)/pip
	$(PIP) --requirement requirements-doctor.txt
	touch $@

$(VENV)/bench.installed: requirements.txt requirements-bench.txt | $(BIN)/pip
	$(PIP) --requirement requirements-bench.txt
	touch $@

# Installs what the core tests import, without a browser. CONSTRAINTS may name lowest.txt, made here.
$(VENV)/core.installed: requirements.txt requirements-core.txt | $(BIN)/pip
	sed -nE 's/^([A-Za-z-]+)>=([0-9.]+),.*/\1==\2/p' requirements.txt > $(VENV)/lowest.txt
	$(PIP) --requirement requirements-core.txt $(addprefix --constraint ,$(CONSTRAINTS))
	touch $@

# venv installs pip last, so if pip is missing, an earlier attempt has failed halfway.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
