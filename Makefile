# Everything a contributor needs; `make help` lists it. Only Python 3.12 or newer and make must be there.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
# The tests start some hundred processes: each would compile the product anew.
unexport PYTHONDONTWRITEBYTECODE

# A name on the path may be a shim that fails, or an older version: each candidate is asked.
fits = $(1) -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1
PYTHON ?= $(shell for p in python3.13 python3.12 python3; do if $(call fits,$$p); then echo $$p; break; fi; done)
VERSIONS := 3.12 3.13

BIN := .venv/bin
TESTS ?= tests
PYTEST_ARGS ?=
WORKERS ?= 3
# Locked with their extras: with hashes, pip 23.2 takes coverage[toml] for something that is not locked.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.12 --generate-hashes --no-strip-extras --no-header $(LOCK_FLAGS)
LOCK_FLAGS ?=

# make_venv <directory> <python> <requirement files>: from the lock files alone, then the project itself.
define make_venv
	@if [ -z "$(2)" ] || ! $(call fits,$(2)); then \
	  echo "Discarr needs Python 3.12 or newer with its venv module: no python3.13, python3.12 or python3 here fits." >&2; \
	  echo "Install one (Debian: python3 python3-venv; pyenv: pyenv install), or name it: make PYTHON=/path/to/python3.12" >&2; \
	  exit 1; fi
	@echo "Preparing $(1) with $$($(2) --version)"
	@$(2) -m venv --clear $(1)
	@$(1)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes $(foreach file,$(3),-r requirements/$(file).txt)
	@$(1)/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
endef

.PHONY: help demo screenshot test coverage test-all check format lint types layers security fix bench lock upgrade clean
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.demo: requirements/demo.txt requirements/build.txt
	$(call make_venv,.venv,$(PYTHON),demo build)
	@touch $@

.venv/.dev: requirements/dev.txt
	$(call make_venv,.venv,$(PYTHON),dev)
	@touch .venv/.demo $@

.venv-bench/.ready: requirements/bench.txt
	$(call make_venv,.venv-bench,$(PYTHON),bench)
	@touch $@

.venv-3.%/.ready: requirements/dev.txt
	$(call make_venv,.venv-3.$*,python3.$*,dev)
	@touch $@

demo: .venv/.demo ## the bot at work in a browser: no token, no servers
	@$(BIN)/discarr demo $(DEMO_ARGS)

screenshot: .venv/.dev ## renew docs/screenshot.png from the demo (needs Chromium)
	@$(BIN)/python -m scripts.screenshot

test: .venv/.dev ## all tests, with coverage
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --cov=discarr --cov-report= --cov-fail-under=0 $(PYTEST_ARGS) $(TESTS)
	@$(BIN)/coverage report

coverage: .venv/.dev ## all tests with all their random examples, measuring branches as well: takes long
	@TEST_EFFORT=1 COVERAGE_CORE=ctrace $(BIN)/python -m pytest -n $(WORKERS) --cov=discarr --cov-branch $(PYTEST_ARGS) $(TESTS)

test-all: ## all tests on every supported Python that is here
	@tested=""; for version in $(VERSIONS); do \
	  if $(call fits,python$$version); then \
	    $(MAKE) .venv-$$version/.ready; \
	    echo "Testing on Python $$version"; \
	    TEST_EFFORT=1 .venv-$$version/bin/python -m pytest -n $(WORKERS) --cov=discarr $(PYTEST_ARGS) $(TESTS); \
	    tested="$$tested $$version"; \
	  else echo "NOT TESTED on Python $$version: python$$version is not here" >&2; fi; \
	done; \
	if [ -z "$$tested" ]; then echo "No supported Python is here: $(VERSIONS)" >&2; exit 1; fi; \
	echo "Tested on Python$$tested"

check: format lint types layers security ## everything that reads the code instead of running it

format: .venv/.dev ## is the code formatted? (make fix does it)
	@$(BIN)/ruff format --check .

lint: .venv/.dev ## ruff and flake8
	@$(BIN)/ruff check .
	@$(BIN)/flake8

types: .venv/.dev ## mypy --strict
	@$(BIN)/mypy

layers: .venv/.dev ## who may import whom
	@$(BIN)/lint-imports

security: .venv/.dev ## bandit, and the locked packages against the advisories
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive src
	@$(BIN)/python -m scripts.audit

fix: .venv/.dev ## format the code and mend what ruff can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: .venv-bench/.ready ## speed and memory, side by side with other clients
	@.venv-bench/bin/python -m benchmarks $(BENCH_ARGS)

lock: .venv/.dev ## renew requirements/*.txt after a change of dependencies
	@$(COMPILE) pyproject.toml -o requirements/base.txt
	@$(COMPILE) pyproject.toml --extra demo -c requirements/base.txt -o requirements/demo.txt
	@$(COMPILE) pyproject.toml --extra demo requirements/dev.in -c requirements/demo.txt -o requirements/dev.txt
	@$(COMPILE) pyproject.toml requirements/bench.in -c requirements/dev.txt -o requirements/bench.txt
	@$(COMPILE) requirements/build.in -c requirements/dev.txt -o requirements/build.txt

upgrade: ## the same, with the newest versions
	@$(MAKE) lock LOCK_FLAGS=--upgrade

clean: ## remove everything that make made
	rm -rf .venv .venv-* build dist .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
