# Everything is set up on demand in .venv; a second run only does what has changed.

PYTHON      ?= python3
VENV        := .venv
BIN         := $(VENV)/bin
CONSTRAINTS := scripts/constraints.txt
PIP         := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS)
PYTEST_ARGS ?=
FUZZ_ARGS   ?=
# names of benchmarks, such as ingest scrape; empty for all
BENCH       ?=
# further extras to install for the tests, such as torch
EXTRAS      ?=

comma       := ,

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check generate docs bench bench-peers fuzz simulate faults soak image k8s-test screenshots lock sbom audit tools setup clean

help: ## list the targets
	@echo "Usage: make TARGET [PYTHON=python3.12] [PYTEST_ARGS='-k drift']"
	@echo
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.demo ## run the demo: a model, its exporter and drift, on this machine
	$(BIN)/driftgauge demo

test: $(VENV)/.dev tools check ## check, then run the tests
	@echo "==> tests"
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -m "not slow and not podman" -n auto --dist loadfile $(PYTEST_ARGS)

check: $(VENV)/.dev ## lint, formatting, types, and whether rendered files are current
	@echo "==> lint"
	@$(BIN)/ruff check .
	@echo "==> formatting"
	@$(BIN)/ruff format --check .
	@echo "==> types"
	@$(BIN)/mypy
	@echo "==> rendered files"
	@PATH="$(CURDIR)/$(BIN):$$PATH" scripts/render.sh --check

generate: $(VENV)/.dev ## render the files that are made from code, such as docs/metrics.md
	@PATH="$(CURDIR)/$(BIN):$$PATH" scripts/render.sh

docs: $(VENV)/.docs ## build the documentation's site into build/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	@echo "==> build/site/index.html"

bench: $(VENV)/.dev ## run the benchmarks and write docs/benchmarks.md (BENCH='ingest scrape' for some)
	@$(BIN)/python benchmarks/all.py $(BENCH)

bench-peers: $(VENV)/.dev ## the same for the comparison with other libraries, which it installs in ~/.cache/driftgauge
	@$(BIN)/python benchmarks/peers.py --install
	@$(BIN)/python benchmarks/all.py peers

fuzz: $(VENV)/.dev ## fuzz the decoders with atheris, for ten minutes
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(PIP) atheris || \
		{ echo "atheris has no build for $$($(BIN)/python --version); use another Python: make clean fuzz PYTHON=python3.11" >&2; exit 1; }
	@$(BIN)/python fuzz/decoders.py -max_total_time=600 $(FUZZ_ARGS)

simulate: $(VENV)/.dev ## run the long simulations that back the statistics
	@echo "==> simulations"
	@$(BIN)/python -m pytest -m slow --timeout 3600 --ignore tests/faults $(PYTEST_ARGS)

faults: $(VENV)/.dev ## run the long faults: fifty kills, ten thousand connections, wide and many models; some ten minutes
	@echo "==> faults"
	@$(BIN)/python -m pytest -m slow --ignore tests/faults/test_soak.py tests/faults $(PYTEST_ARGS)

soak: $(VENV)/.dev ## run three weeks of traffic on a fast clock, and measure the memory; some five minutes
	@echo "==> soak"
	@$(BIN)/python -m pytest -m slow tests/faults/test_soak.py $(PYTEST_ARGS)

image: ## build the container image (with podman or docker; BASE=... to build on another base)
	@scripts/image.sh exporter

k8s-test: $(VENV)/.dev ## build the images and really run the example's pod, with podman
	@scripts/setup-kubernetes.sh
	@PATH="$(CURDIR)/$(BIN):$$PATH" scripts/k8s-test.sh

screenshots: $(VENV)/.dev tools ## write pictures of the exporter's page to build/screenshots
	@$(BIN)/python -m scripts.screenshots build/screenshots

lock: ## renew the lock files of the images
	@PYTHON=$(PYTHON) scripts/lock.sh

sbom: ## list what is in the image, with licences, as CycloneDX
	@PYTHON=$(PYTHON) scripts/sbom.sh sbom

audit: ## ask for known vulnerabilities of what is in the image; needs the internet
	@PYTHON=$(PYTHON) scripts/sbom.sh audit

tools: ## install Prometheus, Alertmanager, Chromium, kubectl and helm for the tests, where this is allowed
	@scripts/setup-tools.sh
	@scripts/setup-kubernetes.sh

setup: $(VENV)/.dev ## set .venv up for development

clean: ## remove .venv, .tools, caches and build results
	@echo "==> removing .venv, .tools, caches and build results"
	@rm -rf $(VENV) .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "driftgauge needs Python 3.11 or newer, found: $$($(PYTHON) --version 2>&1 || true)." \
			"Choose one with: make PYTHON=python3.12" >&2; exit 1; }
	@echo "==> creating .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml $(CONSTRAINTS) | $(BIN)/python
	@echo "==> installing driftgauge with what the demo needs"
	@$(PIP) --editable '.[demo]'
	@touch $@

$(VENV)/.docs: pyproject.toml $(CONSTRAINTS) | $(BIN)/python
	@echo "==> installing what the documentation's site needs"
	@$(PIP) --editable '.[docs]'
	@touch $@

$(VENV)/.dev: pyproject.toml $(CONSTRAINTS) | $(BIN)/python
	@echo "==> installing driftgauge with what development needs"
	@$(PIP) --editable '.[dev$(if $(EXTRAS),$(comma)$(EXTRAS))]'
	@touch $(VENV)/.demo $(VENV)/.docs $@
