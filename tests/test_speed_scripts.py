"""What is measured only now and then must still run: the script for a GPU is tried without one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SPEED = Path(__file__).parents[1] / "benchmarks" / "speed"


@pytest.mark.slow
def test_the_contests_of_a_gpu_can_be_tried_without_one():
    command = [sys.executable, SPEED / "gpu.py", "ring8", "--device", "cpu", "--blocks", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["case"] for row in rows] == ["ring8"]
    assert all(row["device"].startswith("CPU") and row["ratio"] > 0 for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize("case", ["dcgan32", "dcgan32-wgangp", "resnet32", "ring8"])
def test_the_hand_written_loop_plays_the_same_game(case, monkeypatch):
    monkeypatch.syspath_prepend(SPEED)
    import gpu

    assert gpu.CASES.keys() == {"dcgan32", "dcgan32-wgangp", "resnet32", "ring8"}
    gpu.checked(case, "cpu")
