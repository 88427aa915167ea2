# `make` alone explains itself. Needs Python 3.11, pip and git; everything else goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PACKAGES := audit broker consent keys policies

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench pictures lock clean

help: ## Say what each target does
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(STAMP) ## Make .venv with izin and everything that it needs in it

# Where Python comes without venv (Debian without python3-venv), virtualenv stands in; it goes into
# a folder of its own, since such a Python also refuses installs beside the system's packages.
$(STAMP): requirements/dev.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) 2>/dev/null || { \
	  rm -rf $(VENV) && $(PYTHON) -m pip install --quiet --target .bootstrap virtualenv \
	  && PYTHONPATH=.bootstrap $(PYTHON) -m virtualenv --quiet $(VENV) && rm -rf .bootstrap; }
	@echo "Installing the locked packages into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: setup ## The whole story on this machine: applicants, agencies, a programme, a verified log
	@$(BIN)/izin demo $(ARGS)

test: setup ## Every test that this machine can run; a skipped one says what it lacks
	@$(BIN)/python -m pytest $(ARGS)

check: setup ## Style, types and the import contract
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup ## The figures, each beside its baseline in the same run
	@$(BIN)/python -m tests.bench $(ARGS)

pictures: setup ## The pictures in docs/pictures, from the running program; needs Chromium
	@$(BIN)/python -m tests.pages.pictures

lock: setup ## Lock the dependencies again, with hashes, after a change of pyproject.toml
	@$(BIN)/uv pip compile --quiet pyproject.toml --generate-hashes --no-emit-index-url --no-header \
	  --python-version 3.11 --universal -o requirements/base.lock
	@$(BIN)/uv pip compile --quiet pyproject.toml --all-extras --group dev --generate-hashes --no-emit-index-url \
	  --no-header --python-version 3.11 --universal -o requirements/dev.lock

clean: ## Remove what setup and the tests made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
