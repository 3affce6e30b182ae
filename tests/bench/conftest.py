import sys

import pytest
from helpers.grids import IMAGES, InProcess, cells, records, run_grid


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """Records of the grid of `start_command`."""
    root = tmp_path_factory.mktemp("undisturbed")
    run_grid(cells(root, "mlp+{bce,hinge}@ring8", images=IMAGES), InProcess(), root)
    return records(root / "records.jsonl")


@pytest.fixture
def python(tmp_path, monkeypatch):
    """Replaces the interpreter of a worker by a shell script."""

    def write(text):
        script = tmp_path / "python"
        script.write_text(f"#!/bin/sh\n{text}\n")
        script.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(script))

    return write
