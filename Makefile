PYTHON ?= python3
DEVICE ?= cpu
VENV := .venv
BIN := $(VENV)/bin
TOOLS := orthanc orthanc-dicomweb dcmtk chromium
PIP := $(BIN)/python -m pip

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test lint bench tools clean

run: $(VENV)/.serve-$(DEVICE)
	$(BIN)/radiograde serve --data-dir var

test: lint tools
	$(BIN)/pytest --numprocesses auto --dist loadgroup

# A real PACS, DCMTK and a browser. Tests that need them are skipped where they are absent.
tools:
	@if command -v storescu >/dev/null && command -v chromium >/dev/null && test -x /usr/sbin/Orthanc; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		{ apt-get update -qq || true; } && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(TOOLS); \
	else \
		echo 'Not installed, their tests are skipped: $(TOOLS)'; \
	fi

lint: $(VENV)/.develop
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

bench: $(VENV)/.develop
	$(BIN)/python -m benchmarks.decode
	$(BIN)/python -m benchmarks.intake
	$(BIN)/python -m benchmarks.latency
	$(BIN)/python -m benchmarks.page
	$(BIN)/python -m benchmarks.training
	$(BIN)/python -m benchmarks.viewer

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# Debian parts python3 from ensurepip: the system's pip then brings pip into the environment.
$(BIN)/python:
	$(PYTHON) -m venv $(VENV) || { \
		$(PYTHON) -m venv --clear --without-pip $(VENV) && \
		$(PYTHON) -m pip --python $@ install pip; }

$(VENV)/.serve-cpu: pyproject.toml | $(BIN)/python
	$(PIP) install --editable .
	touch $@

# onnxruntime and onnxruntime-gpu are one module in two packages. Taking one out also takes files
# of the other: both go before the one comes in.
$(VENV)/.serve-cuda: $(VENV)/.serve-cpu
	$(PIP) uninstall --yes onnxruntime onnxruntime-gpu
	$(PIP) install 'onnxruntime-gpu[cuda,cudnn]>=1.21'
	touch $@

# It holds what serving needs, and onnxruntime again: the GPU's package is due anew.
$(VENV)/.develop: pyproject.toml | $(BIN)/python
	$(PIP) install --editable '.[train,dev]'
	touch $@ $(VENV)/.serve-cpu
