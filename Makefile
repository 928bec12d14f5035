# Lamplighter. `make` alone lists what can be made; each target says what it does.
#
# Overrides: PYTHON=python3.12 (which interpreter), ARGS="--minutes 3" (for demo and test),
# BENCH=decode (one family), WORKERS=1 (test processes), ALL=1 (clean takes .venv too).

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:

ROOMS := vocabulary firmware_bridge processing edge ingest dashboards simulators lamplighter
BIN := .venv/bin
ARGS ?=
BENCH ?=
WORKERS ?= 2

# A shim may be on the PATH and still refuse to run, so each candidate is tried, not looked up.
HAS_UV := $(shell uv --version >/dev/null 2>&1 && echo yes)
FIT := import struct, sys; sys.exit(sys.version_info < (3, 11) or struct.calcsize("P") < 8)
PYTHON ?= $(shell for one in python3.13 python3.12 python3.11 python3; do \
	"$$one" -c '$(FIT)' >/dev/null 2>&1 && { echo "$$one"; break; }; done)

# uv where present, else venv and pip. $(1) is the extra.
ifeq ($(HAS_UV),yes)
define venv
	@$(BIN)/python -c '$(FIT)' >/dev/null 2>&1 \
		|| uv venv --quiet --clear --python "$(or $(PYTHON),>=3.11)" .venv
endef
define install
	@uv pip install --quiet --python .venv --constraints constraints.txt --editable '.[$(1)]'
endef
else
define venv
	@test -n "$(PYTHON)" || { \
		echo "make: no 64-bit Python 3.11 or newer was found (tried python3.13, python3.12,"; \
		echo "      python3.11 and python3)."; \
		echo "what to do: install one (Debian 12 and newer: apt install python3 python3-venv), or"; \
		echo "      name yours: make PYTHON=/path/to/python3"; exit 1; } >&2
	@$(BIN)/python -c '$(FIT)' >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear .venv || { \
		echo "make: $(PYTHON) cannot make a virtual environment."; \
		echo "what to do: on Debian, apt install python3-venv, then run make again"; exit 1; } >&2
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
endef
define install
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[$(1)]'
endef
endif

help: ## list what can be made
	@echo "Lamplighter: what can be made"
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1|/p' Makefile | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

demo: .venv/.installed-simulators ## watch a neighbourhood go dark and come back (ARGS="--minutes 3")
	@echo "==> demo: real agents and a real host on a simulated neighbourhood"
	@$(BIN)/lamplighter demo $(ARGS)

test: check servers peers wheel ## everything: check, servers, peers, wheel, all tests (ARGS="-k spool")
	@echo "==> test: all tests, on a real broker and a real database"
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

check: .venv/.installed-dev ## format, lint, types, import contracts; cheapest first
	@echo "==> check: format"
	@$(BIN)/ruff format --check .
	@echo "==> check: lint"
	@$(BIN)/ruff check .
	@echo "==> check: weaknesses"
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive \
		$(filter-out simulators,$(ROOMS))
	@echo "==> check: types"
	@$(BIN)/mypy
	@echo "==> check: import contracts"
	@$(BIN)/lint-imports

audit: .venv/.installed-dev ## known weaknesses of what we install (asks a service on the network)
	@echo "==> audit: pip-audit on constraints.txt"
	@$(BIN)/pip-audit --strict --no-deps --disable-pip --requirement constraints.txt

bench: .venv/.installed-dev ## measure what we promise (BENCH=decode for one family)
	@echo "==> bench: $(or $(BENCH),every family), report in bench-out/report.json"
	@$(BIN)/python -m bench $(BENCH)

kernels: .venv/.installed-dev ## processing's tests three times: compiled, bounds-checked, plain
	@echo "==> kernels: compiled"
	@$(BIN)/python -m pytest tests/processing
	@echo "==> kernels: every index checked (its own cache, or it would load unchecked code)"
	@NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=.cache/bounds $(BIN)/python -m pytest tests/processing
	@echo "==> kernels: not compiled"
	@NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest tests/processing

conformance: servers .venv/.installed-dev ## our gateway and host by every assertion of Sparkplug B
	@echo "==> conformance: the real programs and a real broker, every packet looked at"
	@$(BIN)/lamplighter simulate conformance $(ARGS)

wheel: .venv/.installed-dev ## build the wheel and try it alone in a fresh environment
	@echo "==> wheel: build, install alone, look for missing rooms"
	@rm -rf dist .cache/wheel
ifeq ($(HAS_UV),yes)
	@uv build --quiet --wheel --out-dir dist
	@uv venv --quiet --clear --python $(BIN)/python .cache/wheel
	@uv pip install --quiet --python .cache/wheel --constraints constraints.txt dist/*.whl
else
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	@$(BIN)/python -m venv --clear .cache/wheel
	@.cache/wheel/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt dist/*.whl
endif
	@.cache/wheel/bin/python -I tests/house/wheel_guard.py .

proto: .venv/.installed-dev ## generate the Sparkplug modules from their .proto
	@echo "==> proto: the product's payload, and the whole one for conformance"
	@$(BIN)/python -m grpc_tools.protoc --proto_path=. --python_out=. --pyi_out=. \
		vocabulary/sparkplug_b.proto simulators/conformance/whole_payload.proto

pins: ## write constraints.txt anew from pyproject.toml (needs uv)
	@echo "==> pins: constraints.txt, exact versions and no addresses"
	@uv pip compile --quiet pyproject.toml --all-extras --universal --python-version 3.11 \
		--upgrade --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		--output-file constraints.txt

servers: ## servers, cross compilers, emulator for the tests: installs as root, else says how
	@echo "==> servers: the programs that the tests use: broker, database, compilers, emulator"
	@tests/install_servers.sh

peers: .venv/.installed-dev ## foreign Sparkplug libraries for the tests, each in its own place
	@echo "==> peers: pysparkplug, mqtt-spb-wrapper and two from npm, in .cache/peers"
	@tests/install_peers.sh $(BIN)/python

clean: ## remove what was made here (ALL=1: also .venv)
	@echo "==> clean: caches, dist, bench-out, demo-out$(if $(ALL), and .venv)"
	@rm -rf .cache dist build bench-out demo-out .mypy_cache .ruff_cache .pytest_cache \
		.hypothesis .import_linter_cache
	@find $(ROOMS) bench tests -name __pycache__ -type d -prune -exec rm -rf {} +
	@$(if $(ALL),rm -rf .venv)

.venv/.installed-simulators: pyproject.toml constraints.txt
	@echo "==> install: .venv with what the demo needs (a minute the first time)"
	$(venv)
	$(call install,simulators)
	@touch $@

.venv/.installed-dev: pyproject.toml constraints.txt
	@echo "==> install: .venv with everything for development (a minute the first time)"
	$(venv)
	$(call install,dev)
	@touch .venv/.installed-simulators $@

.PHONY: help demo test check audit bench kernels conformance wheel proto pins servers peers clean
