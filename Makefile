# make run    train dcgan+wgangp on handwritten digits, evaluate it, show the results
# make test   run linters, type checks and tests (at most 10 minutes on two cores, after the install)
# make gpu    on a machine with a CUDA GPU: run its tests, and write its measurements to benchmarks/results
# Each command makes a virtual environment in VENV, once.
VENV ?= .venv
PYTHON ?= python3
BIN = $(VENV)/bin
READY = $(VENV)/.ganzoo-ready

.PHONY: run test test-all gpu lint clean
.DELETE_ON_ERROR:

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
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

gpu: $(READY)
	$(BIN)/python -m pytest -m gpu
	$(BIN)/python benchmarks/speed/gpu.py --write
	$(BIN)/python benchmarks/speed/ladder.py --device cuda --write

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
