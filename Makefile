# `make` alone lists the targets. Needed: Python 3.11 or newer with venv, and make.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test fuzz check format lock env-example pictures bench clean

# PYTHON=… chooses the interpreter that makes .venv; else it is the first of these that is new enough.
PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13 python3.14 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$name && break; done)
# Test processes; each has services of its own.
PROCESSES ?= 2
# TESTS=tests/storage runs these alone, and then asks for no coverage.
TESTS ?=
# Random requests for each operation, valid and invalid ones each, in `make fuzz`.
EXAMPLES ?= 200
# UPGRADE=--upgrade takes the newest versions that pyproject.toml allows; UPGRADE='--upgrade-package pillow' one of them.
UPGRADE ?=

# Where it is set, each of the many processes of a run would compile for itself what others have compiled.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --no-input
RUNTIME := .venv/installed-requirements
DEVELOPMENT := .venv/installed-requirements-dev
# Pins that are there already are kept, so that a new release of something makes no file stale.
COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-strip-extras

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(RUNTIME) ## install, migrate, and run web, worker, clock and queue at http://localhost:8000
	@$(BIN)/flask db upgrade
	@exec $(BIN)/python -m aizen.supervisor

test: $(DEVELOPMENT) ## the whole test suite, with its coverage; TESTS=tests/… for a part
	@$(BIN)/python -m pytest -n $(PROCESSES) --dist worksteal $(if $(TESTS),$(TESTS),--cov=aizen)

fuzz: $(DEVELOPMENT) ## send every operation of the API many random requests; EXAMPLES=1000 for more
	@TEST_FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -n $(PROCESSES) tests/web/test_fuzz.py

check: $(DEVELOPMENT) ## lint, format, types, imports, and whether the generated files are fresh
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@set -e; fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; cp requirements.txt requirements-dev.txt "$$fresh"; \
		$(COMPILE) --output-file "$$fresh/requirements.txt"; \
		$(COMPILE) --extra dev --constraint requirements.txt --output-file "$$fresh/requirements-dev.txt"; \
		for file in requirements.txt requirements-dev.txt; do diff -u "$$file" "$$fresh/$$file" || \
			{ echo "$$file is not what pyproject.toml gives: run make lock." >&2; exit 1; }; done
	@! grep -nE '://|index-url|find-links' requirements.txt requirements-dev.txt || \
		{ echo 'The requirements name a host: they must install from whatever index the user has.' >&2; exit 1; }
	@test ! -e uv.lock || { echo 'uv.lock names a host; requirements.txt is the lock.' >&2; exit 1; }
	@$(BIN)/flask write-openapi --check docs/openapi.json
	@$(BIN)/python -m benchmarks.report --check
	@echo 'All checks passed.'

format: $(DEVELOPMENT) ## put the code into its form
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

lock: $(DEVELOPMENT) ## compile requirements.txt and requirements-dev.txt from pyproject.toml
	@$(COMPILE) $(UPGRADE) --output-file requirements.txt
	@$(COMPILE) $(UPGRADE) --extra dev --constraint requirements.txt --output-file requirements-dev.txt

env-example: $(DEVELOPMENT) ## write .env.example from the settings
	@$(BIN)/python -m tests.workshop.env_example > .env.example.new && mv .env.example.new .env.example

pictures: $(DEVELOPMENT) ## make what code makes for docs/: pictures, tables, signatures
	@$(BIN)/python -m tests.workshop.transformations_page
	@$(BIN)/python -m tests.workshop.signed_addresses

bench: $(DEVELOPMENT) ## run every benchmark
	@for script in benchmarks/*/run.py; do echo "== $$script"; PYTHONPATH=. $(BIN)/python "$$script" || exit 1; done

clean: ## remove .venv and everything that tools left; your data in .data stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.* htmlcov
	@find . -name __pycache__ -type d -not -path './frontend/*' -prune -exec rm -rf {} +

.venv/created:
	@test -n "$(PYTHON)" || { echo 'Aizen needs Python 3.11 or newer, and found none. Install it, or name it: make PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Aizen needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo '$(PYTHON) has no venv module: install it (on Debian and Ubuntu: apt install python3-venv).' >&2; exit 1; }
	@echo 'Making .venv with $(PYTHON).'
	@$(PYTHON) -m venv .venv
	@touch $@

$(RUNTIME): requirements.txt | .venv/created
	@echo 'Installing requirements.txt into .venv: about half a minute.'
	@$(PIP) install --require-hashes -r requirements.txt
	@touch $@

# The development pins contain the runtime ones.
$(DEVELOPMENT): requirements-dev.txt | .venv/created
	@echo 'Installing requirements-dev.txt into .venv: about a minute.'
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@ $(RUNTIME)
