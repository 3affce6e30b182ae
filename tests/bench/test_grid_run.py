"""Running grids: cells that end, diverge, fail, or are run by another process, and what a person sees of them."""

import io
import json
import subprocess
import threading
import time

import pytest
from helpers.grids import TINY, InProcess, cells, command, records, run_grid
from rich.console import Console

import ganzoo
from ganzoo.bench.grid_run import GridRun
from ganzoo.bench.launcher import Outcome
from ganzoo.bench.progress import Gauge, format_seconds, read_progress
from ganzoo.bench.record_file import RecordFile
from ganzoo.cli.grid_console import GridConsole, running_cells
from ganzoo.runs.rundir import BUSY

# ---------------------------------------------------------------- the loop


def test_cells_are_run_recorded_and_not_run_again(tmp_path):
    ended = []
    grid_run = run_grid(
        cells(tmp_path, seeds=2), InProcess(), tmp_path, lambda cell, state: ended.append((cell.seed, state.status))
    )
    assert ended == [(0, "ok"), (1, "ok")]
    assert grid_run.counts == {"ok": 2}
    results = [json.loads((cell.path / "result.json").read_text()) for cell in grid_run.cells]
    lines = (tmp_path / "records.jsonl").read_text()
    assert [json.loads(line) for line in lines.splitlines()] == results
    again = run_grid(cells(tmp_path, seeds=2), InProcess(lambda cell: pytest.fail("it is done")), tmp_path)
    assert again.counts == {"ok": 2}
    assert (tmp_path / "records.jsonl").read_text() == lines


def test_records_that_were_lost_are_written_again(tmp_path):
    run_grid(cells(tmp_path), InProcess(), tmp_path)
    before = records(tmp_path / "records.jsonl")
    (tmp_path / "records.jsonl").unlink()
    run_grid(cells(tmp_path), InProcess(), tmp_path)
    assert records(tmp_path / "records.jsonl") == before


def test_a_cell_that_fails_is_a_result_and_the_grid_goes_on(tmp_path):
    def fail(cell):
        return Outcome(cell, 1, "one line\nthe reason") if cell.seed == 0 else None

    grid_run = run_grid(cells(tmp_path, seeds=2), InProcess(fail), tmp_path)
    assert [state.status for state in grid_run.states.values()] == ["failed", "ok"]
    failed, _ = sorted(records(tmp_path / "records.jsonl"), key=lambda record: record["seed"])
    assert (failed["status"], failed["message"], failed["metrics"]) == ("failed", "one line\nthe reason", {})
    assert failed["components"][0]["name"] == "mlp"
    assert failed["dataset"]["n_train"] > 0
    again = run_grid(cells(tmp_path, seeds=2), InProcess(fail), tmp_path)  # tried again, and recorded only once
    assert again.counts["failed"] == 1
    assert len(records(tmp_path / "records.jsonl")) == 2
    assert run_grid(cells(tmp_path, seeds=2), InProcess(), tmp_path).counts == {"ok": 2}
    assert [r["status"] for r in records(tmp_path / "records.jsonl")] == ["failed", "ok", "ok"]


def test_a_failure_that_the_run_recorded_itself_is_that_record(tmp_path, monkeypatch):
    from ganzoo.runs import loop

    def run(cell):
        with monkeypatch.context() as broken:
            broken.setattr(loop, "apply_metrics", lambda *_, **__: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                ganzoo.run(**cell.arguments)
        return Outcome(cell, 1, "Traceback ...\nZeroDivisionError: division by zero")

    grid_run = run_grid(cells(tmp_path), InProcess(run), tmp_path)
    ((cell, state),) = grid_run.states.items()
    assert state.result == cell.folder.result()
    assert "ZeroDivisionError" in state.result.message
    assert state.output.startswith("Traceback")


def test_a_cell_that_diverges_is_a_result(tmp_path):
    grid_run = run_grid(cells(tmp_path, "mlp+wgan@ring8", lr=1e18), InProcess(), tmp_path)
    assert grid_run.counts == {"diverged": 1}
    again = run_grid(cells(tmp_path, "mlp+wgan@ring8", lr=1e18), InProcess(pytest.fail), tmp_path)
    assert again.counts == {"diverged": 1}


def test_a_cell_that_another_process_holds_is_waited_for(tmp_path):
    held, other = cells(tmp_path, seeds=2)
    launcher, order = InProcess(), []
    with held.folder.locked():
        thread = threading.Thread(
            target=run_grid, args=([held, other], launcher, tmp_path, lambda cell, state: order.append(cell.seed))
        )
        thread.start()
        deadline = time.monotonic() + 60
        while not order and time.monotonic() < deadline:
            time.sleep(0.01)
        assert launcher.started == [other]
    thread.join(60)
    assert order == [1, 0]


def test_what_another_grid_finished_meanwhile_is_taken_as_it_is(tmp_path):
    mine, theirs = cells(tmp_path, seeds=2), cells(tmp_path, seeds=2)

    def both(cell):
        ganzoo.run(**theirs[1].arguments)

    launcher = InProcess(both)
    grid_run = run_grid(mine, launcher, tmp_path)
    assert (len(launcher.started), grid_run.counts["ok"]) == (1, 2)


def test_a_worker_that_lost_a_race_for_its_cell_looks_again(tmp_path):
    late = []

    def race(cell):
        late.append(cell)
        return Outcome(cell, 1, f"Error: {BUSY} {cell.path}; wait") if len(late) == 1 else None

    assert run_grid(cells(tmp_path), InProcess(race), tmp_path).counts == {"ok": 1}
    assert len(late) == 2


# ---------------------------------------------------------------- seeing


def test_progress_is_read_from_the_run_directory(tmp_path):
    (cell,) = cells(tmp_path)
    assert read_progress(cell) is None
    ganzoo.run(**cell.arguments)
    progress = read_progress(cell)
    assert progress.images == 160
    assert any(key.startswith("kl[") for key in progress.metrics)
    assert read_progress(cell, since=time.time() + 10) is None
    with open(cell.path / "log.jsonl", "a") as log:
        log.write('{"images": 17')  # still being written
    assert read_progress(cell).images == 160


def test_the_live_table_has_what_runs_and_what_is_left(tmp_path):
    done, running, _ = all_cells = cells(tmp_path, seeds=3)
    ganzoo.run(**done.arguments)
    ganzoo.run(**running.arguments)
    (running.path / "result.json").unlink()
    log = running.path / "log.jsonl"
    log.write_text("".join(f"{line}\n" for line in log.read_text().splitlines()[:10]))
    grid_run = GridRun(all_cells, InProcess(), RecordFile(tmp_path / "records.jsonl"))
    grid_run.states[running].status = "running"
    gauge = Gauge(grid_run.states)
    gauge.first_seen[running] = (time.time() - 2, 0)
    terminal = Console(width=100, record=True, file=io.StringIO())
    terminal.print(running_cells(gauge))
    text = terminal.export_text()
    assert "mlp+bce@ring8 seed 1" in text
    assert "1 of 3" in text
    assert "about" in text
    assert "seed 2" not in text
    console = GridConsole()
    with console.live_table(grid_run):  # no terminal: nothing to watch
        pass


def test_durations_are_readable():
    texts = ["0 s", "59 s", "1 min 01 s", "1 h 00 min", "2 h 05 min"]
    assert [format_seconds(seconds) for seconds in (0.4, 59, 61, 3599.6, 7500)] == texts


# ---------------------------------------------------------------- the command


def test_the_command_trains_a_grid_and_a_finished_one_ends_at_once(tmp_path, monkeypatch):
    options = ["--seeds", 1, "--out", tmp_path / "runs", "--jobs", 2, *TINY, "--images", 160]
    arguments = ["bench", "mlp+{bce,hinge}@ring8", *options]
    dry = command(*arguments, "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "mlp+hinge@ring8  0      -     160" in dry.output
    assert dry.output.endswith("0 of 2 done; at most 2 at once\n")
    assert not (tmp_path / "runs").exists()
    done = command(*arguments)
    assert done.exit_code == 0, done.output
    assert "2 of 2 done (2 ok); records are in" in done.output
    assert "ok        mlp+hinge@ring8 seed 0  modes" in done.output
    before = (tmp_path / "runs" / "records.jsonl").read_bytes()
    monkeypatch.setattr(subprocess, "Popen", pytest.fail)
    began = time.process_time()
    again = command(*arguments)
    assert time.process_time() - began < 2
    assert again.exit_code == 0
    assert (tmp_path / "runs" / "records.jsonl").read_bytes() == before
    dry = command(*arguments, "--dry-run")
    assert "mlp+hinge@ring8  0      0     160" in dry.output
    assert dry.output.endswith("2 of 2 done (2 ok); at most 2 at once\n")


def test_a_grid_with_failures_exits_1_and_says_the_last_lines(tmp_path, python):
    python("echo no luck today >&2; exit 1")
    done = command("bench", "mlp+bce@ring8", "--seeds", 2, "--out", tmp_path, *TINY)
    assert done.exit_code == 1
    assert "failed    mlp+bce@ring8 seed 1  no luck today" in done.output
    assert "2 of 2 done (2 failed)" in done.output


def test_a_file_is_overridden_by_the_command_line(tmp_path):
    path = tmp_path / "grid.toml"
    path.write_text(
        'name = "few"\nspecs = ["mlp+bce@ring8"]\nsteps = 7\nseeds = 5\nsettings = { batch = 64, latent = 3 }'
    )
    done = command("bench", path, "--seeds", "2,9", "--images", 320, "-s", "batch=16", "--out", tmp_path, "-n")
    assert done.exit_code == 0, done.output
    assert "few: 2 cells" in done.output
    assert "mlp+bce@ring8  2 9    -     320" in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
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
def test_wrong_use_is_a_sentence(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = command("bench", *arguments)
    assert done.exit_code == 2
    assert message in done.output
    assert list(tmp_path.iterdir()) == []
