"""The launcher local: processes that end, fail, or are killed at any moment."""

import json
import os
import random
import signal
import threading
import time

import pytest
from helpers.grids import (
    HAS_PROC,
    cells,
    children,
    count_log_lines,
    records,
    start_command,
    wait_for_log_lines,
)

from ganzoo.bench import local_processes
from ganzoo.bench.local_processes import Local

# ---------------------------------------------------------------- workers


def test_workers_get_the_arguments_the_threads_and_at_most_the_room_there_is(tmp_path, python):
    python(f'echo "$OMP_NUM_THREADS $@" >> {tmp_path}/calls; sleep 0.2')
    todo, pulled = cells(tmp_path, seeds=3), []
    running = []

    def lazy():
        for cell in todo:
            pulled.append(cell)
            running.append(len(pulled))
            yield cell

    ended = [running[-1] for _ in Local(jobs=2, threads=3).run(lazy())]
    assert ended[0] == 2  # the third was not asked for before there was room
    assert len(pulled) == 3
    calls = (tmp_path / "calls").read_text().splitlines()
    assert len(calls) == 3
    start = "3 -m ganzoo run mlp+bce@ring8 --set=batch=16 --set=latent=4 --images=160 --seed="
    assert all(call.startswith(start) for call in calls)
    assert sorted(call.partition("--seed=")[2][0] for call in calls) == ["0", "1", "2"]


def test_a_worker_that_is_killed_goes_on_and_one_that_fails_does_not(tmp_path, python):
    python(f"echo x >> {tmp_path}/calls; test $(wc -l < {tmp_path}/calls) -gt 2 || kill -9 $$")
    (outcome,) = Local(jobs=1, retries=2).run(cells(tmp_path))
    assert (outcome.code, (tmp_path / "calls").read_text()) == (0, "x\nx\nx\n")
    python("kill -9 $$")
    (outcome,) = Local(jobs=1, retries=1).run(cells(tmp_path))
    assert (outcome.code, outcome.output) == (-signal.SIGKILL, "killed: Killed")
    python(f"echo y >> {tmp_path}/failed; echo nonsense; exit 2")
    (outcome,) = Local(jobs=1, retries=2).run(cells(tmp_path))
    assert (outcome.code, outcome.output, (tmp_path / "failed").read_text()) == (2, "nonsense", "y\n")


def test_closing_stops_the_workers_and_waits_for_them(tmp_path, python):
    python(f'trap "sleep 0.3; echo saved >> {tmp_path}/saved; exit 130" INT\necho x\nwhile :; do sleep 0.01; done')
    running = Local(jobs=2).run(cells(tmp_path, seeds=2))
    thread = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        next(running)
    assert (tmp_path / "saved").read_text() == "saved\nsaved\n"


def test_gpus_are_divided_among_workers(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert [environment["CUDA_VISIBLE_DEVICES"] for environment in Local(per_gpu=2).environments("auto")] == [
        "0",
        "1",
        "0",
        "1",
    ]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,GPU-5")
    assert [environment["CUDA_VISIBLE_DEVICES"] for environment in Local().environments("cuda")] == ["3", "GPU-5"]
    assert Local(jobs=1).environments("cpu") == [{"OMP_NUM_THREADS": "1"}]
    monkeypatch.setattr(local_processes, "cores", lambda: 5)
    assert (Local(threads=2).at_once("cpu"), Local(threads=8).at_once("cpu")) == (2, 1)


# ---------------------------------------------------------------- stopped and killed


def test_a_signal_stops_the_workers_which_write_checkpoints(tmp_path, undisturbed):
    process = start_command(tmp_path)
    wait_for_log_lines(tmp_path, 3, process)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130, output
    assert "rerun the same command to resume" in output
    assert "Traceback" not in output
    results = [json.loads(path.read_text()) for path in tmp_path.glob("*/*/result.json")]
    assert any(result["status"] == "interrupted" for result in results)
    assert all(result["budget"]["images"] > 0 for result in results)


@pytest.mark.slow
def test_two_grids_started_at_once_share_the_work(tmp_path, undisturbed):
    both = [start_command(tmp_path) for _ in range(2)]
    outputs = [process.communicate(timeout=300)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert records(tmp_path / "records.jsonl") == undisturbed


@pytest.mark.skipif(not HAS_PROC, reason="finding the workers to kill needs Linux's /proc")
@pytest.mark.parametrize("kills", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_killed_at_any_moment_the_records_are_the_same(tmp_path, undisturbed, kills):
    chance = random.Random(kills)
    for left in range(kills, 0, -1):
        process = start_command(tmp_path)
        before = count_log_lines(tmp_path)
        wait_for_log_lines(tmp_path, before + chance.randint(0, max(1, (24 - before) // left)), process)
        time.sleep(chance.uniform(0, 0.2))
        everyone = [process.pid, *children(process.pid)] if process.poll() is None else []
        for pid in everyone:
            os.kill(pid, signal.SIGKILL)
        process.communicate()
    process = start_command(tmp_path)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert records(tmp_path / "records.jsonl") == undisturbed
