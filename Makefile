.PHONY: install demo test lock bench check model ship

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MODEL_VENV := .venv-model

install: $(VENV)/.installed

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

demo: install
	@$(BIN)/aftercare demo

test: $(VENV)/.installed-dev
	@sh tests/browser.sh
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/aftercare check
	$(BIN)/python -m pytest -n 2 --dist worksteal -q

$(MODEL_VENV)/.installed: training/requirements.lock
	@test -x $(MODEL_VENV)/bin/python || $(PYTHON) -m venv $(MODEL_VENV)
	$(MODEL_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r training/requirements.lock
	@touch $@

model: $(MODEL_VENV)/.installed
	$(MODEL_VENV)/bin/python -m training.make

ship: $(MODEL_VENV)/.installed
	$(MODEL_VENV)/bin/python -m training.make --ship

lock: $(VENV)/.installed-dev
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --upgrade pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --upgrade --extra dev pyproject.toml -o requirements-dev.lock

bench: install
	@for name in enrolment wakeup outgoing paced incoming flood understanding; do $(BIN)/python -m bench.$$name || exit 1; done
