# make run    train dcgan+wgangp on handwritten digits, evaluate it, show the results
# make test   run linters, type checks and tests (at most 10 minutes on two cores, after the install)
# make gpu    on a machine with a CUDA GPU: run its tests, and write all measurements to OUT, in eight minutes
#             (where nothing can be installed: make gpu PYTHON=python3, a Python that has torch)
# Each command makes a virtual environment in VENV, once; `make gpu` only where no PYTHON is given.
VENV ?= .venv
OUT ?= measured
BIN = $(VENV)/bin
READY = $(VENV)/.ganzoo-ready

.PHONY: run test test-all gpu lint clean
.DELETE_ON_ERROR:

$(READY): pyproject.toml
	$(or $(PYTHON),python3) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch torchvision -e '.[dev]'
	@touch $@

run: $(READY)
	$(BIN)/ganzoo run dcgan+wgangp

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(READY) lint
	$(BIN)/python -m pytest --numprocesses auto -m "not slow and not gpu"

# The tests that train for minutes, which `make test` leaves out (at most 40 minutes).
test-all: $(READY)
	$(BIN)/python -m pytest --numprocesses auto -m slow

gpu: $(if $(PYTHON),,$(READY))
	$(or $(PYTHON),$(BIN)/python) benchmarks/speed/measure.py main --out $(OUT)

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
