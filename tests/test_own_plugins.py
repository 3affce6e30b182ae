"""The packages in plugins/ pass the conformance kit as source trees, without being installed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ganzoo.testing import cases

NARROW = {"ganzoo-translate": {"rrdb": {"width": 8, "blocks": 2, "growth": 4}}}
"""Options of networks that take minutes to build in every shape otherwise."""
FOLDERS = sorted((Path(__file__).parents[1] / "plugins").glob("ganzoo-*"))


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def folder(request, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield request.param
    package = request.param.name.replace("-", "_")
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]


def test_it_conforms(folder):
    results = [(case, case.run()) for case in cases(folder, ["static", "build"], options=NARROW.get(folder.name))]
    assert len(results) > 5
    failures = [case.explain(outcome) for case, outcome in results if outcome.status == "failed"]
    assert not failures, "\n".join(failures)


def test_it_uses_public_names_only(folder):
    for path in folder.glob("ganzoo_*/*.py"):
        names = set(re.findall(r"^\s*(?:from|import)\s+(ganzoo[\w.]*)", path.read_text(), re.MULTILINE))
        assert {name for name in names if name.partition(".")[0] == "ganzoo"} <= {"ganzoo"}, path


@pytest.mark.slow
def test_it_passes_its_own_tests(folder):
    environ = {**os.environ, "OMP_NUM_THREADS": "1", "GANZOO_CONFORMANCE": "1"}  # with every combination
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    process = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)
    assert process.returncode == 0, process.stdout + process.stderr
