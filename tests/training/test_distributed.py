"""Many processes, one run: the weights of one process, and its scores."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from helpers.ranks import played
from safetensors.torch import load_file

import ganzoo
from ganzoo.cli import main
from ganzoo.support.errors import WorldError
from ganzoo.training.distributed import ALONE, World, joined, launch

TESTS = Path(__file__).parents[1]
SPEC = ("dcgan:width=4+hinge+r1+lecam", "--device", "cpu", "-s", "batch=16", "-s", "latent=4")


def torchrun(n, *command, **how):
    """`torchrun` of that many processes of one thread."""
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={n}", *command]
    environ = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": f"{TESTS}:{TESTS.parent}"}
    return subprocess.Popen(
        start, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0, **how
    )


def end(process):
    """What it said."""
    said, _ = process.communicate(timeout=300)
    return said


def test_each_process_has_its_share_of_the_shards():
    assert list(ALONE.share(4)) == [0, 1, 2, 3]
    assert [list(World(rank, 3).share(6)) for rank in range(3)] == [[0, 1], [2, 3], [4, 5]]


def test_shards_that_cannot_be_shared_are_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(WorldError, match="2 processes cannot share 1 shards of a move equally; add -s shards=2"):
        joined(lambda: "cpu", 1).__enter__()


def test_gpus_that_are_not_there_are_refused(tmp_path):
    done = CliRunner().invoke(main, ["run", "mlp+bce@ring8", "--gpus", "1000", "--out", str(tmp_path / "run")])
    assert done.exit_code == 2
    assert "--gpus 1000: " in done.output
    assert "this machine has 0" in done.output
    assert not (tmp_path / "run").exists()


def test_gpus_become_a_torchrun_of_the_same_command(monkeypatch):
    started = []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(os, "execv", lambda program, command: started.append(command))
    monkeypatch.setattr(sys, "argv", ["ganzoo", "run", "dcgan+bce", "--gpus", "2"])
    with pytest.raises(WorldError, match="2 processes cannot share 1 shards"):
        launch(2, 0, shards=1)
    launch(1, 0, shards=1)
    launch(2, 3, shards=4)
    how = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--max-restarts=3"]
    assert started == [[sys.executable, *how, "-m", "ganzoo", "run", "dcgan+bce", "--gpus", "2"]]
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "there")
    launch(2, 0, shards=2)
    assert len(started) == 1


@pytest.mark.slow
@pytest.mark.parametrize("n", [2, 4])
def test_any_number_of_processes_gives_the_weights_of_one(tmp_path, n):
    process = torchrun(n, str(TESTS / "helpers" / "ranks.py"), str(tmp_path))
    said = end(process)
    assert process.returncode == 0, said
    alone = played()
    each = [torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(n)]
    for found in each:
        for a, b in zip(found["first"], alone["first"], strict=True):
            assert (a - b).abs().max() <= 1e-12
        for a, b in zip(found["state"], alone["state"], strict=True):
            assert (a - b).abs().max() <= 1e-9
        for name, weight in alone["weights"].items():
            if name != "d.heads.score.bias":  # rounding noise under rpgan, of which Adam makes steps
                assert (found["weights"][name] - weight).abs().max() <= 1e-9, name
        assert found["losses"] == pytest.approx(alone["losses"], abs=1e-9)


@pytest.mark.slow
def test_a_run_of_two_processes_is_that_of_one(tmp_path):
    more = ("--images", "800", "-s", "shards=2")
    process = torchrun(2, "-m", "ganzoo", "run", *SPEC, *more, "--out", str(tmp_path / "two"))
    said = end(process)
    assert process.returncode == 0, said
    assert said.count("trained ") == 1, said  # the first of them speaks
    done = CliRunner().invoke(main, ["run", *SPEC, *more, "--out", str(tmp_path / "one"), "-q"])
    assert done.exit_code == 0, done.output
    one, two = (ganzoo.load(tmp_path / name) for name in ("one", "two"))
    assert (two.header.engine.ranks, two.result.env.ranks, one.result.env.ranks) == (2, 2, 1)
    assert one.header.id == two.header.id
    for name in ("g", "d", "generator"):
        a, b = (load_file(run.folder.checkpoints.newest() / f"{name}.safetensors") for run in (one, two))
        assert all(torch.allclose(a[key].double(), b[key].double(), atol=1e-5) for key in a)


@pytest.mark.slow
def test_a_killed_process_ends_the_job_and_a_restart_goes_on(tmp_path):
    out = tmp_path / "run"
    command = ("-m", "ganzoo", "run", *SPEC, "-s", "shards=2", "--images", "48k", "--out", str(out), "-q")
    process = torchrun(2, "--max-restarts=1", *command)
    children = f"/proc/{process.pid}/task/{process.pid}/children"
    for _ in range(2400):  # until there is a checkpoint to go on from
        if list((out / "checkpoints").glob("0*")) or process.poll() is not None:
            break
        time.sleep(0.05)
    ranks = [int(pid) for pid in Path(children).read_text().split()]
    second = next(pid for pid in ranks if "RANK=1" in Path(f"/proc/{pid}/environ").read_text().split("\0"))
    os.kill(second, signal.SIGKILL)
    said = end(process)
    assert process.returncode == 0, said
    run = ganzoo.load(out)
    assert (run.result.status, run.result.budget.images) == ("ok", 48_000)
    assert [point.images for point in run.result.curve] == [4_800 * k for k in range(1, 11)]


@pytest.mark.slow
def test_a_signal_stops_them_together_with_one_checkpoint(tmp_path):
    out = tmp_path / "run"
    process = torchrun(2, "-m", "ganzoo", "run", *SPEC, "-s", "shards=2", "--images", "480k", "--out", str(out), "-q")
    for _ in range(2400):
        if (out / "log.jsonl").exists() or process.poll() is not None:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    said = end(process)
    assert process.returncode != 0
    run = ganzoo.load(out)
    assert run.result.status == "interrupted", said
    assert run.folder.checkpoints.images() == run.result.budget.images > 0
