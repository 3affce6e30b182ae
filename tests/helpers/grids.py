"""Small grids on ring8, run in this process or by the command in another."""

import json
import os
import subprocess
import sys
import time

from click.testing import CliRunner

import ganzoo
from ganzoo.bench.grid import grid_from
from ganzoo.bench.grid_run import GridRun
from ganzoo.bench.launcher import Outcome
from ganzoo.bench.plan import plan_grid
from ganzoo.bench.record_file import RecordFile
from ganzoo.cli import main

IMAGES = 1600
TINY = ["-s", "batch=16", "-s", "latent=4", "--device", "cpu"]


def command(*arguments):
    """The result of a command that ended without a traceback."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def cells(root, *specs, seeds=1, images=160, **settings):
    values = {"name": "test", "specs": specs or ["mlp+bce@ring8"], "images": images, "seeds": seeds}
    return plan_grid(grid_from(values | {"settings": {"batch": 16, "latent": 4, **settings}}), root, "cpu").cells


def records(path):
    """Without what no two runs have in common: times, and the commit of a checkout that others may be changing."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for record in lines:
        del record["created"], record["budget"]["wall_s"], record["budget"]["core_s"]
        del record["env"]["git"], record["env"]["dirty"]
    return sorted(lines, key=lambda record: (record["run_id"], record["status"]))


class InProcess:
    """A launcher that runs cells in this process, or does what `instead` does."""

    def __init__(self, instead=None):
        self.instead, self.started = instead or (lambda cell: None), []

    def at_once(self, device):
        return 1

    def run(self, cells):
        for cell in cells:
            self.started.append(cell)
            outcome = self.instead(cell)
            if outcome is None:
                ganzoo.run(**cell.arguments)
            yield outcome or Outcome(cell, 0)


def run_grid(cells, launcher, root, on_end=lambda cell, state: None):
    grid_run = GridRun(cells, launcher, RecordFile(root / "records.jsonl"), on_end)
    grid_run.run()
    return grid_run


def start_command(root, *more, jobs=2, env=None):
    """`ganzoo bench` of two cells, in another process."""
    more = [*more, *([f"--jobs={jobs}"] if jobs else [])]
    command = ["bench", "mlp+{bce,hinge}@ring8", "--seeds=1", f"--out={root}", *TINY, *more]
    return subprocess.Popen(
        [sys.executable, "-m", "ganzoo", *command, f"--images={IMAGES}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=env,
    )


def count_log_lines(root):
    return sum(len(path.read_text().splitlines()) for path in root.glob("*/*/log.jsonl"))


def wait_for_log_lines(root, lines, process=None):
    deadline = time.monotonic() + 120
    while count_log_lines(root) < lines and time.monotonic() < deadline and (not process or process.poll() is None):
        time.sleep(0.005)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


HAS_PROC = os.path.exists("/proc/self/task")
