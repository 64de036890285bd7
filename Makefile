# One word for each thing to do with this checkout; .ci/run uses the same words.
# Needs make and a Python 3.11 or later with venv; everything else goes to .venv.

PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
BIN := .venv/bin
INSTALLED := .venv/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help install demo test soak check format bench test-deps lock clean

help: ## Show these words
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

install: $(INSTALLED) ## Put the sbyt command with all it needs into .venv

$(INSTALLED): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "sbyt needs Python 3.11 or later; none was found" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
		{ echo "no virtual environment could be made; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Installing into .venv; the first time this takes a minute or two"
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(INSTALLED)

demo: $(INSTALLED) ## See it work: a made-up town sends its readings and gets its bills
	@$(BIN)/sbyt demo $(ARGS)

test: $(INSTALLED) ## Run the tests
	@# A file's tests stay in one process: what its fixtures make is made once.
	$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

soak: $(INSTALLED) ## Play 10,000 seeded runs with faults in them. make soak ARGS="--seed 123" repeats one
	@$(BIN)/python -m tests.simulation $(ARGS)

check: $(INSTALLED) ## Read the code: style, types, layers, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@# A database in memory: the check must not leave a file behind.
	DATABASE_URL=sqlite:///:memory: SBYT_CONFIG=/dev/null \
		$(BIN)/python -m django makemigrations --check --dry-run --settings sbyt.config.settings
	$(BIN)/python .ci/long_pieces.py

format: $(INSTALLED) ## Let ruff lay out the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(INSTALLED) ## Measure; what it prints belongs in docs/performance.md
	@for benchmark in benchmarks/*.py; do $(BIN)/python "$$benchmark" || exit 1; done

test-deps: ## Install the system packages that some tests run against (apt; as root or by sudo)
	@.ci/test-deps

# The locks are for every platform at once, with hashes and without the address of any package index.
lock: ## Bring both requirements locks up to date with pyproject.toml
	@test -n "$(PYTHON)" || { echo "sbyt needs Python 3.11 or later; none was found" >&2; exit 1; }
	@test -x var/lock/bin/uv || { $(PYTHON) -m venv var/lock && var/lock/bin/pip install --quiet uv; }
	var/lock/bin/uv pip compile $(LOCK_OPTIONS) pyproject.toml --output-file requirements.lock
	var/lock/bin/uv pip compile $(LOCK_OPTIONS) --group dev pyproject.toml --output-file requirements-dev.lock

LOCK_OPTIONS := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-header --quiet $(UV_OPTIONS)

clean: ## Remove what these words made, but no data in var
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
