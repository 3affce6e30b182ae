"""Commands that a signal stops at any moment: no traceback, nothing half written, and they can be run again."""

import json
import random
import signal
import subprocess
import sys
import time

import pytest

import ganzoo

SIGNALS = [signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGKILL]
GRID = 'name = "g"\nspecs = ["mlp:width=8+{bce,hinge}"]\ndata = ["ring8"]\nseeds = 2\nimages = "2k"\n'


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return ganzoo.run("mlp:width=8+bce@ring8", steps=20, out=tmp_path_factory.mktemp("runs") / "run", device="cpu").path


def commands(run, folder):
    (folder / "grid.toml").write_text(GRID)
    return {
        "eval": ["eval", str(run), "--json"],
        "sample": ["sample", str(run), "-n", "64", "--npz", str(folder / "s.npz")],
        "board": ["board", str(run), "--html", str(folder / "page")],
        "bench": ["bench", str(folder / "grid.toml"), "--out", str(folder / "grid")],
    }


def start(arguments, folder):
    return subprocess.Popen(
        [sys.executable, "-m", "ganzoo", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # as a command of a terminal has: a signal reaches it alone
    )


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize("name", ["eval", "sample", "board", "bench"])
def test_a_command_can_be_stopped_at_any_moment_and_run_again(run, tmp_path, name, number):
    arguments = commands(run, tmp_path)[name]
    chance = random.Random(f"{name} {number}")
    for _ in range(3):
        process = start(arguments, tmp_path)
        time.sleep(chance.uniform(0.05, 8 if name == "bench" else 4))
        process.send_signal(number)
        _, errors = process.communicate(timeout=120)
        assert process.returncode in (0, -number, 128 + number), errors
        assert "Traceback" not in errors
        half_written = [path for path in tmp_path.rglob(".*.tmp") if number != signal.SIGKILL]
        assert half_written == []
    process = start(arguments, tmp_path)
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    if name == "eval":
        assert json.loads(output)["n"] == 2500
    elif name == "bench":
        results = list((tmp_path / "grid").rglob("result.json"))
        assert sorted(json.loads(path.read_text())["status"] for path in results) == ["ok"] * 4
    else:
        assert (tmp_path / {"sample": "s.npz", "board": "page/index.html"}[name]).stat().st_size > 0
