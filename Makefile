# The commands of the README. An install step runs again only when its list changes.
# Another Python: make test PYTHON=python3.13 VENV=.venv313

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: run test lint format bench bench-app clean

run: $(VENV)/app.installed
	$(BIN)/streamlit run streamlit_app.py

test: lint
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup

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

bench-app: $(VENV)/dev.installed
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m benchmarks.app

clean:
	rm -rf $(VENV)

$(VENV)/app.installed: requirements.txt | $(BIN)/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.txt
	touch $@

$(VENV)/dev.installed: requirements.txt requirements-dev.txt | $(BIN)/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	touch $@

$(VENV)/bench.installed: requirements.txt requirements-bench.txt | $(BIN)/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-bench.txt
	touch $@

# pip is the last thing that venv makes: where it is missing, an earlier try has failed half-way.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
