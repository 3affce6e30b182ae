"""The plugin that CONTRIBUTING.md shows, as it stands there, found by its entry point and trained from outside."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text()


@pytest.fixture
def installed(tmp_path):
    """The environment of a process in which the plugin's files lie as an installer would lay them."""
    blocks = re.findall(r"```python\n# (ganzoo_mine/\w+\.py)\n(.*?)```", PAGE, re.DOTALL)
    assert [name for name, _ in blocks] == ["ganzoo_mine/plugin.py", "ganzoo_mine/loss.py"]
    for name, code in [*blocks, ("ganzoo_mine/__init__.py", "")]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(code)
    info = tmp_path / "ganzoo_mine-1.0.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text("[ganzoo]\nmine = ganzoo_mine.plugin\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ganzoo-mine\nVersion: 1.0\n")
    return os.environ | {"PYTHONPATH": str(tmp_path)}


def ganzoo_cli(env, *arguments):
    command = [sys.executable, "-m", "ganzoo", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=300).stdout


def test_the_plugin_of_the_page_works(installed, tmp_path):
    (plugin,) = json.loads(ganzoo_cli(installed, "plugin", "list", "--json"))
    assert (plugin["id"], plugin["status"]) == ("mine", "ok")
    ganzoo_cli(installed, "run", "mlp+myloss:margin=2@ring8", "--steps", "20", "--out", str(tmp_path / "run"), "-q")
    loss = json.loads((tmp_path / "run" / "result.json").read_text())["components"][1]
    assert (loss["name"], loss["plugin"], loss["distribution"]) == ("myloss", "mine", "ganzoo-mine")
    assert loss["params"] == {"margin": 2.0, "weight": 1.0}
    assert len(loss["source_sha256"]) == 64
