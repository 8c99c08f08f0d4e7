# `make` alone lists the targets. Needed: Python 3.11 or newer with venv, and make; Node.js 20.19 or newer for whoever changes the page.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test fuzz check check-python check-frontend frontend format lock env-example pictures screenshots bench clean

# PYTHON=… chooses the interpreter that makes .venv; else it is the first of these that is new enough.
PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13 python3.14 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$name && break; done)
# Test processes, each with services of its own: one more than most machines of CI have cores, as tests wait a part of their time.
PROCESSES ?= 3
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

# The page is built and checked with it; who only runs Aizen needs none, for what is built lies in aizen/static.
HAS_NODE := node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' >/dev/null 2>&1
NEEDS_NODE := $(HAS_NODE) || { echo "The page needs Node.js 20.19 or newer with npm; here is $$(node --version 2>/dev/null || echo none). See https://nodejs.org." >&2; exit 1; }
# npm writes it last, so it tells whether what it installed is what is locked.
NODE_MODULES := frontend/node_modules/.package-lock.json

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(RUNTIME) ## install, migrate, and run web, worker, clock and queue at http://localhost:8000
	@$(BIN)/flask db upgrade
	@exec $(BIN)/python -m aizen.supervisor

test: $(DEVELOPMENT) ## the whole test suite, with its coverage; TESTS=tests/… for a part
	@$(BIN)/python -m pytest -n $(PROCESSES) --dist worksteal $(if $(TESTS),$(TESTS),--cov=aizen)

fuzz: $(DEVELOPMENT) ## send every operation of the API many random requests; EXAMPLES=1000 for more
	@TEST_FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -n $(PROCESSES) tests/web/test_fuzz.py

check: check-python check-frontend ## everything but the tests of the API: both of the following
	@$(HAS_NODE) && echo 'All checks passed.' || echo 'Passed, but not all of it: what needs Node.js was SKIPPED.'

check-python: $(DEVELOPMENT) ## lint, format, types, imports, and whether the generated files are fresh
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

check-frontend: $(DEVELOPMENT) ## types, lint, format and tests of the page, and whether the built one is fresh
	@$(BIN)/python -m tests.workshop.frontend_build
	@if test -n "$$CI" || $(HAS_NODE); then $(MAKE) --no-print-directory .check-with-node; else \
		echo '************************************************************************' >&2; \
		echo '* SKIPPED: types, lint, format and tests of the page, and whether a    *' >&2; \
		echo '* new build of it is the one in aizen/static. That needs Node.js 20.19 *' >&2; \
		echo '* or newer. Only the digests of its sources were compared.             *' >&2; \
		echo '************************************************************************' >&2; fi

.PHONY: .check-with-node
.check-with-node: $(NODE_MODULES)
	@$(NEEDS_NODE)
	@cd frontend && npm run --silent check && npm run --silent test
	@set -e; fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
		(cd frontend && npm run --silent build -- --outDir "$$fresh/static" --logLevel warn); \
		$(BIN)/python -m tests.workshop.frontend_build "$$fresh/static"

frontend: $(NODE_MODULES) ## build the page into aizen/static; needs Node.js
	@$(NEEDS_NODE)
	@cd frontend && npm run --silent build

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

screenshots: $(DEVELOPMENT) ## take the pictures of the page for README.md and docs/; needs chromium
	@$(BIN)/python -m tests.workshop.screenshots

bench: $(DEVELOPMENT) ## run every benchmark
	@for script in benchmarks/*/run.py; do echo "== $$script"; PYTHONPATH=. $(BIN)/python "$$script" || exit 1; done

clean: ## remove .venv and everything that tools left; your data in .data stays
	@rm -rf .venv frontend/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.* htmlcov
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

$(NODE_MODULES): frontend/package-lock.json
	@$(NEEDS_NODE)
	@cd frontend && npm ci --no-audit --no-fund
	@touch $@

# The development pins contain the runtime ones.
$(DEVELOPMENT): requirements-dev.txt | .venv/created
	@echo 'Installing requirements-dev.txt into .venv: about a minute.'
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@ $(RUNTIME)
