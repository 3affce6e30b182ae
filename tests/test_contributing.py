"""The plugins of CONTRIBUTING.md: its files as they stand there, its commands as a reader would type them."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text()
FILES = dict(re.findall(r"```python\n# ([\w/]+\.py)\n(.*?)```", PAGE, re.DOTALL))
ONE_FILE, PACKAGE = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def write(folder, names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(FILES[name])


def lay(folder, package, plugin):
    """What an installer leaves beside the code."""
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text(f"[ganzoo]\n{plugin} = {package}.plugin\n")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package.replace('_', '-')}\nVersion: 1.0\n")


@pytest.fixture
def environ(tmp_path):
    own = {"OMP_NUM_THREADS": "1", "XDG_CACHE_HOME": str(tmp_path / "cache"), "GANZOO_RUNS": str(tmp_path / "runs")}
    return os.environ | own | {"PYTHONPATH": str(tmp_path)}


def call(command, environ, cwd=None):
    done = subprocess.run(command, env=environ, cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ganzoo(environ, *arguments, cwd=None):
    return call([sys.executable, "-m", "ganzoo", *arguments], environ, cwd)


def test_the_page_shows_these_files():
    package = ["ganzoo_mine/plugin.py", "ganzoo_mine/loss.py"]
    assert list(FILES) == ["my_loss.py", *package, "tests/test_conformance.py"]


def test_the_plugin_of_the_page_works(environ, tmp_path):
    write(tmp_path, ["ganzoo_mine/plugin.py", "ganzoo_mine/loss.py"])
    (tmp_path / "ganzoo_mine" / "__init__.py").write_text("")
    lay(tmp_path, "ganzoo_mine", "mine")
    (plugin,) = json.loads(ganzoo(environ, "plugin", "list", "--json"))
    assert (plugin["id"], plugin["status"]) == ("mine", "ok")
    ganzoo(environ, "run", "mlp+myloss:margin=2@ring8", "--steps", "20", "--out", str(tmp_path / "run"), "-q")
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    loss = result["components"][1]
    assert (loss["name"], loss["plugin"], loss["distribution"]) == ("myloss", "mine", "ganzoo-mine")
    assert loss["params"] == {"margin": 2.0, "weight": 1.0}
    assert len(loss["source_sha256"]) == 64
    assert result["unpublished"] is False


def test_one_file_is_enough(environ, tmp_path):
    write(tmp_path, ["my_loss.py"])
    lines = ONE_FILE.splitlines()
    assert [line.split()[1] for line in lines] == ["run", "plugin"]
    for line in lines:
        ganzoo(environ, *shlex.split(line)[1:], cwd=tmp_path)


def test_the_first_plugin_in_ten_minutes(environ, tmp_path):
    """Every command but two: pip is tested in test_plugin_new.py, and learning takes minutes."""
    lines = PACKAGE.splitlines()
    assert lines[:3] == ["ganzoo plugin new mine --kind loss", "cd ganzoo-mine", "pip install -e .[test]"]
    ganzoo(environ, *shlex.split(lines[0])[1:], cwd=tmp_path)
    folder = tmp_path / "ganzoo-mine"
    lay(folder, "ganzoo_mine", "mine")
    environ = environ | {"PYTHONPATH": str(folder)}
    check, tests, run = lines[3:]
    assert check == "ganzoo plugin check ."
    ganzoo(environ, *shlex.split(check)[1:], "--tier", "static", cwd=folder)
    assert tests == "pytest"
    assert (folder / "tests" / "test_conformance.py").read_text().endswith(FILES["tests/test_conformance.py"])
    ganzoo(environ, *shlex.split(run)[1:], "-q", cwd=folder)
    (record,) = (tmp_path / "runs").rglob("result.json")
    assert json.loads(record.read_text())["components"][1]["distribution"] == "ganzoo-mine"
