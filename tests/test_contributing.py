"""The plugins of CONTRIBUTING.md: its files as they stand there, its commands as a reader would type them."""

import json
import os
import re
import shlex
import subprocess
import sys
import sysconfig
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

import ganzoo
from ganzoo.cli import main
from ganzoo.registry import registry

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
def type_(tmp_path, monkeypatch):
    """type_("ganzoo list") is the command, typed in tmp_path with what lies there installed; gives what it says."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delenv("GANZOO_PLUGINS", raising=False)
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "GANZOO_RUNS"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    before = set(sys.modules)

    def call(line, *more):
        registry._process_registry.cache_clear()
        program, *arguments = shlex.split(line)
        assert program == "ganzoo"
        done = CliRunner().invoke(main, [*arguments, *more])
        assert done.exit_code == 0, done.output
        return done.output

    monkeypatch.chdir(tmp_path)
    yield call
    registry._process_registry.cache_clear()
    for name in [name for name in set(sys.modules) - before if name.startswith(("ganzoo_mine", "my_loss"))]:
        del sys.modules[name]


def test_the_page_shows_these_files():
    package = ["ganzoo_mine/plugin.py", "ganzoo_mine/loss.py"]
    assert list(FILES) == ["my_loss.py", *package, "tests/test_conformance.py"]


def test_the_plugin_of_the_page_works_in_a_process_of_its_own(tmp_path):
    write(tmp_path, ["ganzoo_mine/plugin.py", "ganzoo_mine/loss.py"])
    (tmp_path / "ganzoo_mine" / "__init__.py").write_text("")
    lay(tmp_path, "ganzoo_mine", "mine")
    environ = os.environ | {"PYTHONPATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    command = ["run", "mlp+myloss:margin=2@ring8", "--steps", "20", "--out", str(tmp_path / "run"), "-q"]
    subprocess.run([sys.executable, "-m", "ganzoo", *command], env=environ, check=True, timeout=300)
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    loss = result["components"][1]
    assert (loss["name"], loss["plugin"], loss["distribution"]) == ("myloss", "mine", "ganzoo-mine")
    assert loss["params"] == {"margin": 2.0, "weight": 1.0}
    assert len(loss["source_sha256"]) == 64
    assert result["unpublished"] is False


def test_one_file_is_enough(type_, tmp_path):
    write(tmp_path, ["my_loss.py"])
    run, check = ONE_FILE.splitlines()
    type_(run, "-q")
    (record,) = (tmp_path / "ganzoo_runs").rglob("result.json")
    assert json.loads(record.read_text())["unpublished"] is True
    assert "\n0 of " in type_(check)


def test_the_first_plugin_in_ten_minutes(type_, tmp_path, monkeypatch):
    """Every command but two: pip is tested in test_plugin_new.py, and learning takes minutes."""
    new, change, install, check, tests, run = PACKAGE.splitlines()
    type_(new)
    assert (change, install, tests) == ("cd ganzoo-mine", 'pip install -e ".[test]"', "pytest")
    monkeypatch.chdir(tmp_path / "ganzoo-mine")
    monkeypatch.syspath_prepend(str(tmp_path / "ganzoo-mine"))
    lay(tmp_path / "ganzoo-mine", "ganzoo_mine", "mine")
    assert "\n0 of " in type_(check, "--tier", "static")
    assert Path("tests/test_conformance.py").read_text().endswith(FILES["tests/test_conformance.py"])
    type_(run, "-q")
    (record,) = (tmp_path / "ganzoo_runs").rglob("result.json")
    assert json.loads(record.read_text())["components"][1]["distribution"] == "ganzoo-mine"


@pytest.mark.slow
def test_the_first_plugin_as_a_reader_types_it(tmp_path):
    """Word for word in a shell, where nothing is downloaded: what pip would fetch is here already."""
    pytest.importorskip("hatchling")
    pytest.importorskip("editables")  # what hatchling asks for where pip is told -e
    call = partial(subprocess.run, cwd=tmp_path, check=True, timeout=1200)
    call([sys.executable, "-m", "venv", "--without-pip", "venv"])
    (site,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    here = [sysconfig.get_path("purelib"), str(Path(ganzoo.__file__).parents[1])]
    (site / "shared.pth").write_text("import site; " + "; ".join(f"site.addsitedir({path!r})" for path in here) + "\n")
    for name in ("pip", "ganzoo", "pytest"):
        program = tmp_path / "venv" / "bin" / name
        program.write_text(f'#!/bin/sh\nexec "{tmp_path}/venv/bin/python" -m {name} "$@"\n')
        program.chmod(0o755)
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    own = {name: str(tmp_path / name.lower()) for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    path = f"{tmp_path}/venv/bin{os.pathsep}{os.environ['PATH']}"
    environ = {name: value for name, value in os.environ.items() if name != "GANZOO_PLUGINS"}
    call(["bash", "-ec", PACKAGE], env=environ | offline | own | {"PATH": path, "OMP_NUM_THREADS": "1"})
    assert [*(tmp_path / "ganzoo-mine" / "runs").rglob("result.json")]
