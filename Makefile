# What people and CI run. `make` alone lists it; every target sets up what it needs, once.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# a test run starts about a hundred programs; each would compile its modules anew
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps
# two for each core of the small machine that this was tried on: stories wait for databases and for each other's locks
WORKERS ?= 4
# what part of the full size `make torture` runs
TORTURE ?= 1
ARGS ?=

.PHONY: help setup demo test test-demo test-postgresql test-peers test-bench test-browser torture security audit mutants lint format bench docs lock clean npm chromium

help:  ## This list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1 @\2/' | column -t -s@

setup: $(READY)  ## A virtual environment in .venv with the locked packages and the project itself; done once.

$(READY): requirements/build.txt requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else f"Signalbox takes Python 3.11 or newer; this is {v.major}.{v.minor}. Try: make PYTHON=python3.12")'
	@echo "setting up .venv with the packages of requirements/dev.txt"
	$(PYTHON) -m venv .venv
	$(PIP) --require-hashes --only-binary :all: -r requirements/build.txt -r requirements/dev.txt
	$(PIP) --no-build-isolation --editable .
	touch $@

demo: setup  ## A page and a prompt to play with on this machine; ARGS=--once tells its stories (a release, a train, a Friday, an emergency) and exits; POLICY=FILE plays your own policy.
	$(BIN)/signalbox demo $(if $(POLICY),--policy $(POLICY)) $(ARGS)

TESTS := $(BIN)/pytest -q -m "not postgresql and not peers and not browser and not demo and not bench and not torture and not security" -n $(WORKERS) --dist worksteal

test: setup  ## Unit tests, stories on SQLite, races and all that is about the database on PostgreSQL too; COVERAGE=1 holds the coverage that we ask for, and takes longer.
ifdef COVERAGE
	$(BIN)/coverage erase
	$(TESTS) --cov --cov-report=
	$(BIN)/coverage report --skip-covered --fail-under=90
	$(BIN)/coverage report --skip-covered --fail-under=100 --include='guards/*'
else
	$(TESTS)
endif

test-postgresql: setup  ## The stories that `make test` plays on SQLite alone, on PostgreSQL.
	$(BIN)/pytest -q -m postgresql -n $(WORKERS) --dist worksteal

test-demo: setup  ## The demo, played from its first release to its last story and stopped at every step; `make demo ARGS=--once` plays it once.
	$(BIN)/pytest -q -m demo -n $(WORKERS) --dist worksteal

test-peers: setup npm  ## Tests against what others publish: GitHub's recorded webhooks and API description, Slack's manifest schema.
	scripts/peers.sh
	$(BIN)/pytest -q -m peers

test-bench: setup  ## The benchmark's short form: all of it runs and reports; what its figures say is never tested.
	$(BIN)/pytest -q -m bench

npm:
	@command -v npm >/dev/null || { \
		[ "$$(id -u)" = 0 ] || { echo "npm is needed: install Debian's packages nodejs and npm, or run this as root" >&2; exit 1; }; \
		apt-get update && apt-get install --yes --no-install-recommends nodejs npm; }

torture: setup  ## The promises under load, faults and kills, for an hour or more; TORTURE=0.01 is a hundredth of that, ARGS=FILE one part.
	TORTURE=$(TORTURE) $(BIN)/pytest -q -m torture -n 0 --timeout 0 $(ARGS)

test-browser: setup chromium  ## The workspace's page, played in Chromium; its pictures are kept in build/browser.
	$(PIP) --require-hashes --only-binary :all: -r requirements/browser.txt
	$(BIN)/pytest -q -m browser

chromium:
	@command -v chromium >/dev/null || { \
		[ "$$(id -u)" = 0 ] || { echo "Chromium is needed: install Debian's packages chromium and fonts-noto-color-emoji, or run this as root" >&2; exit 1; }; \
		apt-get update && apt-get install --yes --no-install-recommends chromium fonts-noto-color-emoji; }

security: setup  ## Scan code, tracked files, licences and the Dockerfile, write the SBOM to build/; nothing here asks the network.
	$(PIP) --require-hashes --only-binary :all: -r requirements/security.txt -r requirements/mutants.txt
	scripts/security.sh
	$(BIN)/pytest -q -m security -n 0

audit: setup  ## Known vulnerabilities of the locked packages; ADVISORIES=FILE is a copy of OSV's zip for PyPI, without it the zip is fetched.
ifndef ADVISORIES
	mkdir -p build
	curl --fail --silent --show-error --location --output build/advisories.zip https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip
endif
	$(BIN)/python -m scripts.checks.advisories $(or $(ADVISORIES),build/advisories.zip)

mutants: setup  ## Mutation tests of the guards and of claims, inbox, outbox and ledger; ARGS=guards/freeze.py one module, ARGS=--report docs/mutants.md. Goes on where it stopped.
	$(PIP) --require-hashes --only-binary :all: -r requirements/mutants.txt
	$(BIN)/python -m scripts.mutants $(ARGS)

lint: setup  ## Style, types, the import rule, stale pages, the example policy, and what no file may name.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/signalbox docs --check
	$(BIN)/signalbox check --policy-only --policy examples/signalbox.yaml
	scripts/tracked.sh

format: setup  ## Rewrite the files in our style.
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: setup  ## Write the pages that are made from the code.
	$(BIN)/signalbox docs

bench: setup  ## The figures of docs/benchmarks.md, measured here; ARGS=--quick for a short run.
	$(BIN)/signalbox bench $(ARGS)

lock: setup  ## Lock the packages that pyproject.toml asks for; ARGS=--upgrade takes newer ones.
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(ARGS) pyproject.toml --extra otel --extra sigstore -o requirements/runtime.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(ARGS) pyproject.toml --extra otel --extra sigstore --extra dev -c requirements/runtime.txt -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(ARGS) --group browser -c requirements/dev.txt -o requirements/browser.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(ARGS) --group build -c requirements/dev.txt -o requirements/build.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(ARGS) --group security -c requirements/dev.txt -o requirements/security.txt
	@# yattag is no wheel, and writes a page of cosmic-ray's that nobody asks for
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(ARGS) --group mutants --no-emit-package yattag -c requirements/dev.txt -o requirements/mutants.txt

clean:  ## Remove everything that these targets made.
	rm -rf .venv .peers .coverage .coverage.* htmlcov dist build .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
