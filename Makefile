# Everything starts here. Needs Python 3.11 or newer and make; the rest is fetched on the first run.
.DEFAULT_GOAL := help
.PHONY: help setup browser partners demo test check fuzz install bench fmt migration clean

PYTHON ?= python3
BIN := .venv/bin
SOURCES := federation instance web tests
# Not chromium-browser: on Ubuntu that is a script which asks for a snap.
CHROMIUM ?= $(shell command -v chromium || command -v google-chrome || ls .tools/browsers/chromium-*/chrome-linux*/chrome 2>/dev/null)
PREFIX ?= /opt/cordee
BINDIR ?= /usr/local/bin
UV = uv=$$(command -v uv || echo .tools/bin/uv); { test -x "$$uv" || .ci/fetch-uv $(PYTHON); } && UV_PYTHON_DOWNLOADS=never "$$uv"
# On one machine with two cores, more workers only wait for each other.
WORKERS ?= 2

help: ## print this
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready ## fetch the locked dependencies into .venv (every other target does it by itself)

demo: setup ## three companies on this machine, in your browser
	@$(BIN)/cordee demo

test: setup browser partners ## everything that must pass: check, then all tests
	@status=0; \
	$(MAKE) --no-print-directory check || status=$$?; \
	CHROMIUM="$(CHROMIUM)" $(BIN)/pytest -n $(WORKERS) $(if $(filter no,$(CHROMIUM)),-m "not browser") || status=$$?; \
	exit $$status

check: setup ## the fast half: ruff, mypy, the direction of imports
	@status=0; \
	for step in "ruff check --quiet $(SOURCES)" "ruff format --quiet --check $(SOURCES)" "mypy" "lint-imports --no-logo"; do \
		$(BIN)/$$step || { status=1; echo "make check: $$step failed"; }; \
	done; \
	exit $$status

fuzz: setup ## look for bytes that break what reads them, guided by coverage, for as many seconds: make fuzz s=600
	@$(UV) run --quiet --frozen --group fuzz python -m tests.fuzz -max_total_time=$(or $(s),60) $(CASE)

install: ## the command cordee, from this clone, into PREFIX (/opt/cordee), linked from BINDIR (/usr/local/bin)
	@export UV_PROJECT_ENVIRONMENT="$(PREFIX)" UV_LINK_MODE=copy; $(UV) sync --quiet --frozen --python $(PYTHON) \
		--no-dev --no-editable --reinstall-package cordee --compile-bytecode
	@cp deploy/backup.sh "$(PREFIX)/bin/cordee-backup"
	@ln -sf "$(PREFIX)/bin/cordee" "$(BINDIR)/cordee"
	@echo "Installed $(BINDIR)/cordee. Next: deploy/cordee.service says how to run it"

bench: setup ## measure what one machine holds
	@$(BIN)/python -m tests.bench

fmt: setup ## format the code and sort its imports
	@$(BIN)/ruff format --quiet $(SOURCES)
	@$(BIN)/ruff check --quiet --fix $(SOURCES)

migration: setup ## draft a database revision after a change of the declared tables: make migration m="why"
	@test -n "$(m)" || { echo 'Say why: make migration m="Remember the time zone of a person"'; exit 2; }
	@$(BIN)/python -c 'import sys; from instance.storage.migrate import draft; draft(sys.argv[1])' "$(m)"
	@$(BIN)/ruff format --quiet instance/storage/migrations

clean: ## remove what the other targets made
	rm -rf .venv .tools tests/third_party/node_modules .demo .fuzz .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.ready: uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		found=$$($(PYTHON) --version 2>/dev/null) && found="this is $$found" || found="there is no $(PYTHON)"; \
		echo "Cordée needs Python 3.11 or newer; $$found. Name another: make PYTHON=python3.12"; exit 1; }
	@echo "Fetching the locked dependencies into .venv …"
	@$(UV) sync --quiet --frozen --python $(PYTHON)
	@touch $@

partners: setup ## the servers of others that the tests speak with, from the npm registry
	@uv=$$(command -v uv || echo .tools/bin/uv); .ci/fetch-partners "$$uv"

browser: setup ## what the browser tests need, from the distribution; CHROMIUM=no leaves those tests out
	@.ci/fetch-browser "$(CHROMIUM)"
