"""The launcher ray."""

import contextlib
import importlib.util
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time

import pytest
from helpers.grids import TINY, cells, command, records, start_command, wait_for_log_lines

from ganzoo.bench.launcher import run_cell


def test_the_launcher_ray_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    done = command("bench", "mlp+bce@ring8", "--launcher", "ray", "--out", tmp_path, *TINY)
    assert done.exit_code == 1
    assert "pip install 'ganzoo-core[ray]'" in done.output


def test_a_task_runs_its_cell_or_returns_what_went_wrong(tmp_path, monkeypatch):
    (cell,) = cells(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.chdir("/")
    assert run_cell(cell.arguments, str(tmp_path), {"OMP_NUM_THREADS": "1"}) == (0, "")
    assert cell.final_result()
    assert os.environ["OMP_NUM_THREADS"] == "1"
    assert run_cell({**cell.arguments, "device": "cuda:99"}, "/nowhere", {}) == (0, "")  # done, whatever the device
    code, output = run_cell({**cell.arguments, "seed": 1}, "/nowhere", {})
    assert code == 1
    assert "holds another run" in output


def ray_node(name, folder, environ, *options):
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--node-ip-address=127.0.0.1", *options]
    with open(folder / f"{name}.log", "w") as log:
        return subprocess.Popen([*command, "--num-cpus=1"], env=environ, stdout=log, stderr=log)


def tasks_below(parents):
    """Processes that run a task of ours on one of these nodes."""
    found = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    pids = [int(line.split()[0]) for line in found.splitlines() if line.split()[1] == "ray::run_cell"]
    return [pid for pid in pids if parents & set(ancestors(pid))]


def ancestors(pid):
    while pid > 1:
        with open(f"/proc/{pid}/stat") as file:
            pid = int(file.read().rpartition(")")[2].split()[1])
        yield pid


@pytest.mark.slow
@pytest.mark.skipif(not importlib.util.find_spec("ray"), reason="ray is not installed: pip install 'ganzoo-core[ray]'")
def test_a_ray_cluster_of_two_nodes_gives_the_same_records_although_a_worker_is_killed(tmp_path, undisturbed):
    environ = {**os.environ, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    environ |= {"RAY_USAGE_STATS_ENABLED": "0"}
    port = 20_000 + os.getpid() % 10_000
    address = f"127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="ray-") as short, contextlib.ExitStack() as stack:
        head = ["--head", f"--port={port}", "--include-dashboard=false", f"--temp-dir={short}"]
        nodes = []
        for name, options in (("head", head), ("node", [f"--address={address}"])):
            node = ray_node(name, tmp_path, environ, *options)
            nodes.append(node)
            stack.callback(node.wait, 60)
            stack.callback(node.terminate)
            log, deadline = tmp_path / f"{name}.log", time.monotonic() + 120
            while "runtime started" not in log.read_text():
                assert node.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
        root = tmp_path / "runs"
        process = start_command(root, f"--launcher=ray:{address}", jobs=None, env=environ)
        wait_for_log_lines(root, 4, process)
        killed = tasks_below({node.pid for node in nodes})
        assert len(killed) == 2  # one on each node
        os.kill(killed[0], signal.SIGKILL)
        output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert "2 of 2 done (2 ok)" in output
    assert records(root / "records.jsonl") == undisturbed
