# What people run. CI runs the same targets: see .ci/run.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
PY := .venv/bin/python
STACK ?= dev prod

.PHONY: help setup tools check policies format test test-fast test-scripts rehearse bench clean

help:
	@echo "make setup      the environment in .venv/"
	@echo "make rehearse   deploy the dev and the prod stack to an emulated AWS on this machine; one: make rehearse STACK=dev;"
	@echo "                with BOOT=1 also what happens to a host that meets faults, and how it ends"
	@echo "make check      format, lint, types, shellcheck"
	@echo "make policies   what must not ship, looked for in the graphs of the dev and the prod stack; Checkov on the same"
	@echo "make test       every test that this machine can run; test-fast: those under a minute,"
	@echo "                test-scripts: those of the scripts that run on a host"
	@echo "make bench      the measurements of docs/benchmarks.md"

setup: .venv/.ready

.venv/.ready: requirements.txt requirements-dev.txt
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) not found: install Python 3.11 or newer, or name one: make setup PYTHON=..." >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --no-compile --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# The Pulumi CLI, where it is not installed: built from tools/go.mod, kept outside the checkout.
tools: setup
	@tools/install_pulumi.sh

check: setup
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy .
	@if command -v shellcheck >/dev/null; then git ls-files '*.sh' .ci/run | xargs shellcheck; \
	 elif [ -n "$${CI:-}" ]; then echo "shellcheck is missing, and this is CI" >&2; exit 1; \
	 else echo "shellcheck is not installed: scripts not checked (apt-get install shellcheck)"; fi

policies: setup
	@$(foreach stack,$(STACK),$(PY) -m ops graph --stack $(stack) --policies;)
	@$(PY) -m tools.scan $(addprefix --stack ,$(STACK))

format: setup
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

test-fast: setup
	$(PY) -m pytest -q -n auto --dist loadscope -m "not e2e and not scripts"

# What runs on a host, with fakes of aws, docker, nvidia-smi and systemctl on PATH.
test-scripts: setup
	$(PY) -m pytest -q -n auto --dist loadscope -m "scripts and not e2e" tests/userdata

# Two workers: most of the time of engines and booted hosts is waiting.
test: tools test-fast test-scripts
	$(PY) -m pytest -v -n 2 --dist loadscope --durations 25 -m e2e

rehearse: tools
	$(PY) -m ops rehearse $(addprefix --stack ,$(STACK)) --boot
	$(if $(BOOT),$(PY) -m pytest -q -n 0 tests/e2e/host)

bench: tools
	$(PY) -m tools.bench $(ARGS)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
