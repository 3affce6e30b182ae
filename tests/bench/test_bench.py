"""Running grids: processes that end, fail, hang on to a cell, or are killed at any moment."""

import contextlib
import importlib.util
import io
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time

import pytest
from click.testing import CliRunner
from rich.console import Console

import ganzoo
from ganzoo.bench import cluster, local
from ganzoo.bench.execute import Execution
from ganzoo.bench.grid import convert
from ganzoo.bench.launcher import Outcome
from ganzoo.bench.ledger import Ledger
from ganzoo.bench.local import Local
from ganzoo.bench.plan import plan
from ganzoo.bench.progress import Gauge, look, span
from ganzoo.cli import main
from ganzoo.cli.console import GridConsole, _running
from ganzoo.runs.rundir import BUSY

IMAGES = 1600
TINY = ["-s", "batch=16", "-s", "latent=4", "--device", "cpu"]


def typed(*arguments):
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done


def cells(root, *specs, seeds=1, images=160, **settings):
    said = {"name": "test", "specs": specs or ["mlp+bce@ring8"], "images": images, "seeds": seeds}
    return plan(convert(said | {"settings": {"batch": 16, "latent": 4, **settings}}), root, "cpu").cells


def records(path):
    """Without what no two runs have in common: times, and the commit of a checkout that others may be changing."""
    found = [json.loads(line) for line in path.read_text().splitlines()]
    for record in found:
        del record["created"], record["budget"]["wall_s"], record["budget"]["core_s"]
        del record["env"]["git"], record["env"]["dirty"]
    return sorted(found, key=lambda record: (record["run_id"], record["status"]))


class Here:
    """A launcher that runs cells in this process, or does to them what `instead` says."""

    def __init__(self, instead=None):
        self.instead, self.given = instead or (lambda cell: None), []

    def at_once(self, device):
        return 1

    def run(self, cells):
        for cell in cells:
            self.given.append(cell)
            outcome = self.instead(cell)
            if outcome is None:
                ganzoo.run(**cell.arguments)
            yield outcome or Outcome(cell, 0)


def execute(cells, launcher, root, tell=lambda cell, state: None):
    work = Execution(cells, launcher, Ledger(root / "records.jsonl"), tell)
    work.go()
    return work


# ---------------------------------------------------------------- the loop


def test_cells_are_run_recorded_and_not_run_again(tmp_path):
    launcher, told = Here(), []
    work = execute(
        cells(tmp_path, seeds=2), launcher, tmp_path, lambda cell, state: told.append((cell.seed, state.status))
    )
    assert told == [(0, "ok"), (1, "ok")]
    assert work.counts == {"ok": 2}
    kept = [json.loads((cell.path / "result.json").read_text()) for cell in work.cells]
    lines = (tmp_path / "records.jsonl").read_text()
    assert [json.loads(line) for line in lines.splitlines()] == kept
    again = execute(cells(tmp_path, seeds=2), Here(lambda cell: pytest.fail("it is done")), tmp_path)
    assert all(state.before for state in again.states.values())
    assert (tmp_path / "records.jsonl").read_text() == lines


def test_records_that_were_lost_are_written_again(tmp_path):
    execute(cells(tmp_path), Here(), tmp_path)
    before = records(tmp_path / "records.jsonl")
    (tmp_path / "records.jsonl").unlink()
    execute(cells(tmp_path), Here(), tmp_path)
    assert records(tmp_path / "records.jsonl") == before


def test_a_cell_that_fails_is_a_result_and_the_grid_goes_on(tmp_path):
    def fail(cell):
        return Outcome(cell, 1, "one line\nthe reason") if cell.seed == 0 else None

    work = execute(cells(tmp_path, seeds=2), Here(fail), tmp_path)
    assert [state.status for state in work.states.values()] == ["failed", "ok"]
    failed, _ = sorted(records(tmp_path / "records.jsonl"), key=lambda record: record["seed"])
    assert (failed["status"], failed["message"], failed["metrics"]) == ("failed", "one line\nthe reason", {})
    assert failed["components"][0]["name"] == "mlp"
    assert failed["dataset"]["n_train"] > 0
    again = execute(cells(tmp_path, seeds=2), Here(fail), tmp_path)  # tried again, and told only once
    assert again.counts["failed"] == 1
    assert len(records(tmp_path / "records.jsonl")) == 2
    assert execute(cells(tmp_path, seeds=2), Here(), tmp_path).counts == {"ok": 2}
    assert [r["status"] for r in records(tmp_path / "records.jsonl")] == ["failed", "ok", "ok"]


def test_a_failure_that_the_run_recorded_itself_is_that_record(tmp_path, monkeypatch):
    from ganzoo.runs import loop

    def run(cell):
        with monkeypatch.context() as broken:
            broken.setattr(loop, "evaluate", lambda *_, **__: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                ganzoo.run(**cell.arguments)
        return Outcome(cell, 1, "Traceback ...\nZeroDivisionError: division by zero")

    work = execute(cells(tmp_path), Here(run), tmp_path)
    ((cell, state),) = work.states.items()
    assert state.result == cell.folder.result()
    assert "ZeroDivisionError" in state.result.message
    assert state.said.startswith("Traceback")


def test_a_cell_that_diverges_is_a_result(tmp_path):
    work = execute(cells(tmp_path, "mlp+wgan@ring8", lr=1e18), Here(), tmp_path)
    assert work.counts == {"diverged": 1}
    assert execute(cells(tmp_path, "mlp+wgan@ring8", lr=1e18), Here(pytest.fail), tmp_path).counts == {"diverged": 1}


def test_a_cell_that_another_process_holds_is_waited_for(tmp_path):
    held, other = cells(tmp_path, seeds=2)
    launcher, order = Here(), []
    with held.folder.locked():
        thread = threading.Thread(
            target=execute, args=([held, other], launcher, tmp_path, lambda cell, state: order.append(cell.seed))
        )
        thread.start()
        deadline = time.monotonic() + 60
        while not order and time.monotonic() < deadline:
            time.sleep(0.01)
        assert launcher.given == [other]
    thread.join(60)
    assert order == [1, 0]


def test_what_another_grid_finished_meanwhile_is_taken_as_it_is(tmp_path):
    mine, theirs = cells(tmp_path, seeds=2), cells(tmp_path, seeds=2)

    def both(cell):
        ganzoo.run(**theirs[1].arguments)

    launcher = Here(both)
    work = execute(mine, launcher, tmp_path)
    assert (len(launcher.given), work.counts["ok"]) == (1, 2)


def test_a_worker_that_lost_a_race_for_its_cell_looks_again(tmp_path):
    late = []

    def race(cell):
        late.append(cell)
        return Outcome(cell, 1, f"Error: {BUSY} {cell.path}; wait") if len(late) == 1 else None

    assert execute(cells(tmp_path), Here(race), tmp_path).counts == {"ok": 1}
    assert len(late) == 2


# ---------------------------------------------------------------- local workers


@pytest.fixture
def python(tmp_path, monkeypatch):
    """What stands in for the interpreter of a worker: a shell script."""

    def write(text):
        script = tmp_path / "python"
        script.write_text(f"#!/bin/sh\n{text}\n")
        script.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(script))

    return write


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
    assert all(call.startswith("3 -m ganzoo run mlp+bce@ring8 --images=160 --set=batch=16") for call in calls)
    assert sorted(call.partition("--seed=")[2][0] for call in calls) == ["0", "1", "2"]


def test_a_worker_that_is_killed_goes_on_and_one_that_fails_does_not(tmp_path, python):
    python(f"echo x >> {tmp_path}/calls; test $(wc -l < {tmp_path}/calls) -gt 2 || kill -9 $$")
    (outcome,) = Local(jobs=1, retries=2).run(cells(tmp_path))
    assert (outcome.code, (tmp_path / "calls").read_text()) == (0, "x\nx\nx\n")
    python("kill -9 $$")
    (outcome,) = Local(jobs=1, retries=1).run(cells(tmp_path))
    assert (outcome.code, outcome.said) == (-signal.SIGKILL, "killed: Killed")
    python(f"echo y >> {tmp_path}/failed; echo nonsense; exit 2")
    (outcome,) = Local(jobs=1, retries=2).run(cells(tmp_path))
    assert (outcome.code, outcome.said, (tmp_path / "failed").read_text()) == (2, "nonsense", "y\n")


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
    assert [place["CUDA_VISIBLE_DEVICES"] for place in Local(per_gpu=2).places("auto")] == ["0", "1", "0", "1"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,GPU-5")
    assert [place["CUDA_VISIBLE_DEVICES"] for place in Local().places("cuda")] == ["3", "GPU-5"]
    assert Local(jobs=1).places("cpu") == [{"OMP_NUM_THREADS": "1"}]
    monkeypatch.setattr(local, "cores", lambda: 5)
    assert (Local(threads=2).at_once("cpu"), Local(threads=8).at_once("cpu")) == (2, 1)


# ---------------------------------------------------------------- seeing


def test_progress_is_read_from_the_run_directory(tmp_path):
    (cell,) = cells(tmp_path)
    assert look(cell) is None
    ganzoo.run(**cell.arguments)
    reading = look(cell)
    assert reading.images == 160
    assert any(key.startswith("kl[") for key in reading.metrics)
    assert look(cell, since=time.time() + 10) is None
    with open(cell.path / "log.jsonl", "a") as log:
        log.write('{"images": 17')  # still being written
    assert look(cell).images == 160


def test_the_live_table_has_what_runs_and_what_is_left(tmp_path):
    done, runs, _ = todo = cells(tmp_path, seeds=3)
    ganzoo.run(**done.arguments)
    ganzoo.run(**runs.arguments)
    (runs.path / "result.json").unlink()
    log = runs.path / "log.jsonl"
    log.write_text("".join(f"{line}\n" for line in log.read_text().splitlines()[:10]))
    work = Execution(todo, Here(), Ledger(tmp_path / "records.jsonl"))
    work.states[runs].status = "running"
    gauge = Gauge(work.states)
    gauge.began[runs] = (time.time() - 2, 0)
    terminal = Console(width=100, record=True, file=io.StringIO())
    terminal.print(_running(gauge))
    text = terminal.export_text()
    assert "mlp+bce@ring8 seed 1" in text
    assert "1 of 3" in text
    assert "about" in text
    assert "seed 2" not in text
    console = GridConsole()
    with console.watching(work):  # no terminal: nothing to watch
        pass


def test_spans_are_for_people():
    assert [span(s) for s in (0.4, 59, 61, 3599.6, 7500)] == ["0 s", "59 s", "1 min 01 s", "1 h 00 min", "2 h 05 min"]


# ---------------------------------------------------------------- the command


def test_the_command_trains_a_grid_and_a_finished_one_ends_at_once(tmp_path, monkeypatch):
    arguments = [
        "bench",
        "mlp+{bce,hinge}@ring8",
        "--seeds",
        1,
        "--out",
        tmp_path / "runs",
        "--jobs",
        2,
        *TINY,
        "--images",
        160,
    ]
    dry = typed(*arguments, "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "mlp+hinge@ring8  0      -     160" in dry.output
    assert "an estimate" in dry.output
    assert not (tmp_path / "runs").exists()
    done = typed(*arguments)
    assert done.exit_code == 0, done.output
    assert "2 of 2 done (2 ok); records are in" in done.output
    assert "ok        mlp+hinge@ring8 seed 0  modes" in done.output
    before = (tmp_path / "runs" / "records.jsonl").read_bytes()
    monkeypatch.setattr(subprocess, "Popen", pytest.fail)
    began = time.process_time()
    again = typed(*arguments)
    assert time.process_time() - began < 2
    assert again.exit_code == 0
    assert (tmp_path / "runs" / "records.jsonl").read_bytes() == before
    assert "mlp+hinge@ring8  0      0     160" in typed(*arguments, "--dry-run").output


def test_a_grid_with_failures_exits_1_and_says_the_last_lines(tmp_path, python):
    python("echo no luck today >&2; exit 1")
    done = typed("bench", "mlp+bce@ring8", "--seeds", 2, "--out", tmp_path, *TINY)
    assert done.exit_code == 1
    assert "failed    mlp+bce@ring8 seed 1  no luck today" in done.output
    assert "2 of 2 done (2 failed)" in done.output


def test_a_file_is_overridden_by_the_command_line(tmp_path):
    path = tmp_path / "grid.toml"
    path.write_text(
        'name = "few"\nspecs = ["mlp+bce@ring8"]\nsteps = 7\nseeds = 5\nsettings = { batch = 64, latent = 3 }'
    )
    done = typed("bench", path, "--seeds", "2,9", "--images", 320, "-s", "batch=16", "--out", tmp_path, "-n")
    assert done.exit_code == 0, done.output
    assert "few: 2 cells" in done.output
    assert "mlp+bce@ring8  2 9    -     320" in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.toml"], "a file NAME.toml that exists"),
        (["a.toml", "mlp+bce"], "give one grid"),
        (["mlp+bce@ring8", "--seeds", "x"], "neither a number nor a list"),
        (["mlp+bce@ring8", "--seeds", "0"], "seeds: Expected"),
        (["mlp+{bce,hnge}@ring8"], "mlp+hnge@ring8: no architecture"),
        (["mlp+bce@ring8", "--launcher", "lokal"], "nearest: local"),
        ([], "Missing argument"),
    ],
)
def test_wrong_use_is_a_sentence(arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = typed("bench", *arguments)
    assert done.exit_code == 2
    assert said in done.output
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- stopped and killed


def started(root, *more, jobs=2, env=None):
    more = [*more, *([f"--jobs={jobs}"] if jobs else [])]
    command = ["bench", "mlp+{bce,hinge}@ring8", "--seeds=1", f"--out={root}", *TINY, *more]
    return subprocess.Popen(
        [sys.executable, "-m", "ganzoo", *command, f"--images={IMAGES}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=env,
    )


def marks(root):
    return sum(len(path.read_text().splitlines()) for path in root.glob("*/*/log.jsonl"))


def wait_for(root, lines, process):
    deadline = time.monotonic() + 120
    while marks(root) < lines and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    root = tmp_path_factory.mktemp("undisturbed")
    execute(cells(root, "mlp+{bce,hinge}@ring8", images=IMAGES), Here(), root)
    return records(root / "records.jsonl")


def test_a_signal_stops_the_workers_which_write_checkpoints(tmp_path, undisturbed):
    process = started(tmp_path)
    wait_for(tmp_path, 3, process)
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
    both = [started(tmp_path) for _ in range(2)]
    outputs = [process.communicate(timeout=300)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert records(tmp_path / "records.jsonl") == undisturbed


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="finding the workers to kill needs Linux's /proc")
@pytest.mark.parametrize("kills", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_killed_at_any_moment_the_records_are_the_same(tmp_path, undisturbed, kills):
    chance = random.Random(kills)
    for left in range(kills, 0, -1):
        process = started(tmp_path)
        before = marks(tmp_path)
        wait_for(tmp_path, before + chance.randint(0, max(1, (24 - before) // left)), process)
        time.sleep(chance.uniform(0, 0.2))
        everyone = [process.pid, *children(process.pid)] if process.poll() is None else []
        for pid in everyone:
            os.kill(pid, signal.SIGKILL)
        process.communicate()
    process = started(tmp_path)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert records(tmp_path / "records.jsonl") == undisturbed


# ---------------------------------------------------------------- ray


def test_the_launcher_ray_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    done = typed("bench", "mlp+bce@ring8", "--launcher", "ray", "--out", tmp_path, *TINY)
    assert done.exit_code == 1
    assert "pip install 'ganzoo-core[ray]'" in done.output


def test_a_task_runs_its_cell_and_tells_what_went_wrong(tmp_path, monkeypatch):
    (cell,) = cells(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.chdir("/")
    assert cluster.work(cell.arguments, str(tmp_path), {"OMP_NUM_THREADS": "1"}) == (0, "")
    assert cell.ended()
    assert os.environ["OMP_NUM_THREADS"] == "1"
    code, said = cluster.work({**cell.arguments, "device": "cuda:99"}, "/nowhere", {})
    assert (code, said) == (0, "")  # it is done, whatever the device
    code, said = cluster.work({**cell.arguments, "seed": 1}, "/nowhere", {})
    assert code == 1
    assert "holds another run" in said


def ray_node(name, folder, environ, *options):
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--node-ip-address=127.0.0.1", *options]
    with open(folder / f"{name}.log", "w") as log:
        return subprocess.Popen([*command, "--num-cpus=1"], env=environ, stdout=log, stderr=log)


def tasks_below(parents):
    """Processes that run a task of ours on one of these nodes."""
    found = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    pids = [int(line.split()[0]) for line in found.splitlines() if line.split()[1] == "ray::work"]
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
        process = started(root, f"--launcher=ray:{address}", jobs=None, env=environ)
        wait_for(root, 4, process)
        killed = tasks_below({node.pid for node in nodes})
        assert len(killed) == 2  # one on each node
        os.kill(killed[0], signal.SIGKILL)
        output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert "2 of 2 done (2 ok)" in output
    assert records(root / "records.jsonl") == undisturbed
