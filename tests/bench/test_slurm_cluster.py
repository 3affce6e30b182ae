"""The launcher slurm: with submitit's local executor, and with stand-ins for Slurm's commands."""

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import submitit
from helpers.grids import HAS_PROC, TINY, InProcess, cells, children, command, run_grid, wait_for_log_lines

from ganzoo.bench.slurm_cluster import Slurm
from ganzoo.support.errors import RunError

LONG = 4_800  # images: long enough to be stopped halfway


def metrics(grid_run):
    return [state.result.metrics for state in grid_run.states.values()]


@pytest.fixture
def local(tmp_path):
    return Slurm(executor="local", logs=str(tmp_path / "logs"), retries=2)


def test_the_launcher_slurm_says_what_is_missing(tmp_path, monkeypatch):
    arguments = ["bench", "mlp+bce@ring8", "--launcher", f"slurm:logs={tmp_path / 'logs'}", "--out", tmp_path, *TINY]
    no_slurm = command(*arguments)
    assert no_slurm.exit_code == 1
    assert "no Slurm on this machine" in no_slurm.output
    monkeypatch.setitem(sys.modules, "submitit", None)
    no_submitit = command(*arguments)
    assert no_submitit.exit_code == 1
    assert "the launcher slurm needs submitit: pip install 'ganzoo-core[slurm]'" in no_submitit.output


def test_neither_ganzoo_nor_its_launchers_import_ray_or_submitit():
    code = "import sys; from ganzoo.bench import ray_cluster, slurm_cluster; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "ganzoo.bench.slurm_cluster" in modules
    assert not {"ray", "submitit"} & set(modules)


def test_jobs_train_cells_and_one_that_fails_is_a_record(tmp_path, local):
    good, bad = cells(tmp_path, seeds=2)
    grid_run = run_grid([good, dataclasses.replace(bad, device="cuda:99")], local, tmp_path)
    assert [state.status for state in grid_run.states.values()] == ["ok", "failed"]
    statuses = {json.loads(line)["status"] for line in (tmp_path / "records.jsonl").read_text().splitlines()}
    assert statuses == {"ok", "failed"}
    (failed,) = [state for state in grid_run.states.values() if state.status == "failed"]
    assert "DeviceError" in failed.output
    assert "cuda:99" in failed.result.message
    assert len(list((tmp_path / "logs").glob("*_submitted.pkl"))) == 2  # a failure is not submitted again


@pytest.mark.skipif(not HAS_PROC, reason="finding the job's process needs Linux's /proc")
@pytest.mark.parametrize("number", [signal.SIGUSR2, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)])
def test_a_job_that_is_warned_or_killed_is_submitted_again_and_resumes(tmp_path, local, monkeypatch, number):
    monkeypatch.setattr(submitit.Job, "_results_timeout_s", 0)  # how long submitit waits for a result on a slow disk
    root, images = tmp_path / "runs", []

    def disturb():
        wait_for_log_lines(root, 4)
        ((task,),) = [children(job) for job in children(os.getpid())]
        os.kill(task, number)
        while os.path.exists(f"/proc/{task}"):
            time.sleep(0.01)
        images.append(cells(root, images=LONG)[0].folder.checkpoints.images())

    thread = threading.Thread(target=disturb)
    thread.start()
    grid_run = run_grid(cells(root, images=LONG), local, root)
    thread.join()
    assert grid_run.counts == {"ok": 1}
    assert 0 < images[0] < LONG
    assert len(list((tmp_path / "logs").glob("*_submitted.pkl"))) == 2
    undisturbed = run_grid(cells(tmp_path / "other", images=LONG), InProcess(), tmp_path / "other")
    assert metrics(grid_run) == metrics(undisturbed)


def test_a_cell_is_submitted_again_only_as_often_as_retries_allows(tmp_path, monkeypatch):
    monkeypatch.setattr(submitit.Job, "_results_timeout_s", 0)
    monkeypatch.setattr("ganzoo.bench.slurm_cluster.run_job", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    local = Slurm(executor="local", logs=str(tmp_path / "logs"), retries=1)
    (outcome,) = local.run(cells(tmp_path))
    assert outcome.code == -signal.SIGKILL
    assert "has not produced any output" in outcome.output
    assert len(list((tmp_path / "logs").glob("*_submitted.pkl"))) == 2


# ---------------------------------------------------------------- stand-ins for Slurm's commands

SCRIPTS = {
    # starts the tasks of an array, each of which writes its process id where scancel finds it
    "sbatch": """
        cp "$1" {folder}/batch.sh
        for task in $(seq 0 $(sed -n 's/^#SBATCH --array=0-\\([0-9]*\\)%.*/\\1/p' "$1")); do
            SLURM_JOB_ID=7$task SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=$task bash "$1" > /dev/null 2>&1 &
        done
        echo Submitted batch job 7""",
    "srun": """
        while [ "$1" != {python} ]; do shift; done
        echo $$ > {folder}/7_$SLURM_ARRAY_TASK_ID.pid
        exec "$@" """,
    "scancel": """
        echo "$1" >> {folder}/cancelled
        kill -TERM $(cat {folder}/$1.pid)""",
    "sacct": "echo 'JobID|State|NodeList'",
}


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    folder = tmp_path / "slurm"
    folder.mkdir()
    for name, text in SCRIPTS.items():
        (folder / name).write_text("#!/bin/sh\n" + text.format(folder=folder, python=sys.executable))
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


@pytest.mark.slow
def test_an_array_of_jobs_trains_the_cells(tmp_path, slurm):
    todo = cells(tmp_path, seeds=2)
    outcomes = {outcome.cell: outcome.code for outcome in Slurm(logs=str(tmp_path / "logs")).run(todo)}
    assert outcomes == dict.fromkeys(todo, 0)
    assert all(cell.final_result() for cell in todo)


def test_closing_cancels_the_jobs_and_waits_for_their_checkpoints(tmp_path, slurm):
    todo = cells(tmp_path / "runs", seeds=2, images=100 * LONG)
    outcomes = Slurm(logs=str(tmp_path / "logs")).run(todo)
    threading.Timer(
        1.0, lambda: (wait_for_log_lines(tmp_path / "runs", 6), os.kill(os.getpid(), signal.SIGINT))
    ).start()
    with pytest.raises(KeyboardInterrupt), contextlib.closing(outcomes):
        next(outcomes)
    assert sorted((slurm / "cancelled").read_text().split()) == ["7_0", "7_1"]
    results = [cell.folder.result() for cell in todo]
    assert any(result and result.status == "interrupted" and result.budget.images for result in results)
    assert not any(cell.folder.running() for cell in todo)


def test_what_sbatch_is_given_and_that_it_may_refuse(tmp_path, slurm):
    (slurm / "sbatch").write_text(f'#!/bin/sh\ncp "$1" {slurm}/batch.sh; echo invalid partition >&2; exit 1')

    def sbatch_options(**options):
        with pytest.raises(RunError, match=r"Slurm did not accept the jobs: .*invalid partition"):
            next(Slurm(logs=str(tmp_path / "logs"), **options).run(cells(tmp_path, seeds=3)))
        lines = [line for line in (slurm / "batch.sh").read_text().splitlines() if line.startswith("#SBATCH --")]
        return dict(line.removeprefix("#SBATCH --").partition("=")[::2] for line in lines)

    given = sbatch_options(partition="small", minutes=30, threads=2, gpus=1, memory=1.5, jobs=2)
    expected = {"array": "0-2%2", "partition": "small", "time": "30", "cpus-per-task": "2", "gpus-per-node": "1"}
    expected |= {"mem": "1536MB", "signal": "USR2@90", "no-requeue": "", "job-name": "ganzoo", "nodes": "1"}
    assert expected.items() <= given.items()
    assert given["output"].startswith(str(tmp_path / "logs"))
    assert not {"partition", "mem", "gpus-per-node"} & sbatch_options().keys()  # left to Slurm
