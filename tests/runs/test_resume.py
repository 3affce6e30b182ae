"""Stopping and going on, in real processes: the same weights, bit for bit, as the run that was never stopped."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from types import SimpleNamespace

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

import ganzoo
from ganzoo.cli import main
from ganzoo.runs.rundir import RunDir
from ganzoo.support.errors import GanzooWarning, RunError

SPEC = "dcgan:width=4+bce+sn"
SETTINGS = ["-s", "batch=16", "-s", "latent=4", "--device", "cpu"]

KILLED = """
import os, signal, sys
import ganzoo.support.files as files
left, write = int(sys.argv.pop(1)), files.write
def killed(path, content):
    global left
    left -= 1
    if left == 0:  # half a file, then nothing more
        open(path.with_name(path.name), "wb").write(content[: len(content) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    write(path, content)
files.write = killed
from ganzoo.cli import main
main()
"""


def command(out, images, *more, spec=SPEC):
    return ["run", spec, "--out", str(out), "--images", str(images), *SETTINGS, *more]


def ganzoo_cli(*arguments, **kwargs):
    return subprocess.run(
        [sys.executable, "-m", "ganzoo", *arguments], capture_output=True, text=True, timeout=300, check=False, **kwargs
    )


def typed(*arguments):
    """As `ganzoo_cli`, in this process: where it is not a process that matters."""
    with warnings.catch_warnings():
        warnings.simplefilter("default", GanzooWarning)  # as in a process of its own, where it is printed
        done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done


def run(out, images, spec=SPEC, **more):
    return ganzoo.run(spec, images=images, out=out, batch=16, latent=4, **{"device": "cpu", **more})


def weights(out):
    newest = sorted((out / "checkpoints").glob("[0-9]*"))[-1]
    return {name: load_file(newest / f"{name}.safetensors") for name in ("g", "d", "generator")}


def assert_equal(a, b):
    for name, tensors in weights(a).items():
        other = weights(b)[name]
        assert tensors.keys() == other.keys()
        assert all(torch.equal(x, other[key]) for key, x in tensors.items()), name


def result(out):
    return json.loads((out / "result.json").read_text())


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "undisturbed"
    done = ganzoo_cli(*command(out, 3200))
    assert done.returncode == 0, done.stderr
    return out


def test_a_finished_run_has_everything(undisturbed):
    assert result(undisturbed)["status"] == "ok"
    assert result(undisturbed)["budget"]["images"] == 3200
    assert len(result(undisturbed)["curve"]) == 10
    assert len(list((undisturbed / "samples").glob("*.png"))) == 10
    assert len(list((undisturbed / "checkpoints").iterdir())) == 2
    lines = [json.loads(line) for line in (undisturbed / "log.jsonl").read_text().splitlines()]
    assert any("losses" in line for line in lines)
    assert sum("metrics" in line for line in lines) == 10
    state = torch.load(sorted((undisturbed / "checkpoints").iterdir())[-1] / "state.pt", weights_only=True)
    assert state["trainer"]["moves"] == {"g": 200, "d": 200}


# Calls of `write`: recipe.json, then at each mark five files with the manifest, and a picture.
@pytest.mark.parametrize("write", [2, 4, 9, 14, 20], ids=lambda n: f"write{n}")
def test_killed_in_the_middle_of_a_write(undisturbed, tmp_path, write):
    out = tmp_path / "run"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(write), *command(out, 3200)], capture_output=True, timeout=300, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    run(out, 3200)
    assert_equal(out, undisturbed)
    assert [p["images"] for p in result(out)["curve"]] == [p["images"] for p in result(undisturbed)["curve"]]
    assert result(out)["metrics"] == result(undisturbed)["metrics"]


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_writes_a_checkpoint_and_says_how_to_go_on(undisturbed, tmp_path, signum, code):
    out = tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, "-m", "ganzoo", *command(out, 3200)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not list(out.glob("samples/*.png")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signum)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == code, errors
    assert "rerun the same command to resume" in errors
    assert "Traceback" not in errors
    assert result(out)["status"] == "interrupted"
    assert 0 < result(out)["budget"]["images"] < 3200
    run(out, 3200)
    assert_equal(out, undisturbed)


def test_a_larger_budget_extends_and_a_smaller_one_is_refused(undisturbed, tmp_path):
    out = tmp_path / "run"
    assert typed(*command(out, 1600)).exit_code == 0
    assert "resumes from the checkpoint of 1,600 images" in typed(*command(out, 3200)).output
    assert_equal(out, undisturbed)
    before = (out / "result.json").read_bytes()
    again = typed(*command(out, 3200))
    assert again.exit_code == 0
    assert again.output.startswith("already finished; nothing to do (a larger --images extends it, --force starts")
    assert (out / "result.json").read_bytes() == before
    refused = typed(*command(out, 1600))
    assert refused.exit_code == 1
    assert "already seen 3,200 images" in refused.output
    assert (out / "result.json").read_bytes() == before


# Calls of `write` when a run is extended: log.jsonl, recipe.json, then five files with the manifest, and a picture.
def test_an_extension_that_is_killed_is_an_unfinished_run(undisturbed, tmp_path):
    out = tmp_path / "run"
    run(out, 1600)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, "9", *command(out, 3200)], capture_output=True, timeout=300, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    (row,) = (json.loads(line) for line in typed("runs", tmp_path, "--json").output.splitlines())
    assert (row["status"], row["images"], row["metrics"]) == ("unfinished", 1920, {})
    assert ganzoo.load(out).result is None
    assert typed("eval", out).exit_code == 0
    with pytest.raises(RunError, match=r"already seen 1,920 images, more than the budget of 1,600"):
        run(out, 1600)
    run(out, 3200)
    assert_equal(out, undisturbed)
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [line["images"] for line in lines] == sorted(line["images"] for line in lines)


def test_a_run_that_was_killed_before_its_first_checkpoint_logs_anew(undisturbed, tmp_path):
    out = tmp_path / "run"
    run(out, 160)
    RunDir(out).clear()
    (out / "log.jsonl").write_text('{"images": 16, "losses": {}}\n{"images": 32')
    run(out, 320)
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert lines[0]["images"] == 32
    assert len(lines) == 20


def test_a_damaged_checkpoint_is_passed_over(undisturbed, tmp_path):
    out = tmp_path / "run"
    run(out, 1600)
    newest = sorted((out / "checkpoints").iterdir())[-1]
    content = bytearray((newest / "d.safetensors").read_bytes())
    content[-1] ^= 1
    (newest / "d.safetensors").write_bytes(content)
    resumed = typed(*command(out, 3200)).output
    assert f"Warning: the checkpoint {newest} is damaged: the content of d.safetensors has changed; " in resumed
    assert "000000001440 is used instead" in resumed
    assert "resumes from the checkpoint of 1,440 images" in resumed
    assert_equal(out, undisturbed)


def damage(out):
    """All checkpoints of a run."""
    for checkpoint in (out / "checkpoints").iterdir():
        os.truncate(checkpoint / "generator.safetensors", 100)


def test_a_finished_run_whose_newest_checkpoint_is_damaged_is_repaired_from_the_older_one(undisturbed, tmp_path):
    out = tmp_path / "run"
    shutil.copytree(undisturbed, out)
    newest = sorted((out / "checkpoints").iterdir())[-1]
    os.truncate(newest / "generator.safetensors", 100)
    assert "generator.safetensors has 100 bytes and not" in typed("eval", out).output
    assert "resumes from the checkpoint of 2,880 images" in typed(*command(out, 3200)).output
    assert_equal(out, undisturbed)
    assert result(out)["metrics"] == result(undisturbed)["metrics"]
    assert "Warning" not in typed("sample", out, "--grid", tmp_path / "grid.png").output


def test_where_all_checkpoints_are_damaged_the_advice_works(undisturbed, tmp_path):
    out = tmp_path / "run"
    shutil.copytree(undisturbed, out)
    damage(out)
    before = (out / "result.json").read_bytes()
    for arguments in (["sample", out, "--grid", tmp_path / "grid.png"], ["eval", out], command(out, 3200)):
        done = typed(*arguments)
        assert done.exit_code == 1
        assert "000000002880 is damaged: generator.safetensors has 100 bytes and not" in done.output
        assert "train again with --force" in done.output
    assert (out / "result.json").read_bytes() == before
    assert typed(*command(out, 3200, "--force")).exit_code == 0
    assert_equal(out, undisturbed)


def test_a_run_without_a_checkpoint_says_why(tmp_path):
    early, gone, nan = tmp_path / "early", tmp_path / "gone", tmp_path / "nan"
    run(early, 160)
    shutil.rmtree(early / "checkpoints")
    (early / "result.json").unlink()
    run(gone, 160)
    shutil.rmtree(gone / "checkpoints")
    ganzoo.run("mlp+wgan@ring8", lr=1e18, steps=60, out=nan, device="cpu")
    for out, reason in (
        (early, "has no checkpoint yet: the first is written after a tenth of the budget"),
        (gone, "were removed; train again with --force"),
        (nan, "diverged before its first checkpoint"),
    ):
        with pytest.raises(RunError, match=reason):
            ganzoo.load(out).sample(4)
    assert "already finished" in typed(*command(gone, 160)).output


def test_a_metric_that_raises_loses_nothing_of_the_training(undisturbed, tmp_path, monkeypatch):
    from ganzoo.runs import loop

    out, evaluate, calls = tmp_path / "run", loop.apply_metrics, []

    def broken(*arguments):
        calls.append(1)
        if len(calls) == 4:
            raise MemoryError("no room for features")
        return evaluate(*arguments)

    monkeypatch.setattr(loop, "apply_metrics", broken)
    with pytest.raises(MemoryError):
        run(out, 3200)
    assert RunDir(out).checkpoints.images() == 1280
    assert [line["images"] for line in logged(out) if "metrics" in line] == [320, 640, 960]
    monkeypatch.undo()
    run(out, 3200)
    assert_equal(out, undisturbed)
    assert result(out)["metrics"] == result(undisturbed)["metrics"]
    assert [line for line in logged(out) if "metrics" in line] == [
        line for line in logged(undisturbed) if "metrics" in line
    ]


def logged(out):
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def test_long_runs_are_also_saved_by_the_clock(undisturbed, tmp_path, monkeypatch):
    from ganzoo.runs import loop

    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    saved, save = [], loop.Loop.save
    monkeypatch.setattr(loop.Loop, "save", lambda self: (save(self), saved.append(self.trainer.images)))
    run(tmp_path / "run", 3200)
    assert set(saved) > set(range(320, 3201, 320))
    assert_equal(tmp_path / "run", undisturbed)


def test_reports_of_progress_do_not_put_it_off(tmp_path, monkeypatch):
    from ganzoo.runs import loop

    now = iter(range(10**6))
    monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=lambda: next(now)))  # each look takes a second
    monkeypatch.setattr(loop, "SAVE_EVERY", 10.0)
    saved, save = [], loop.Loop.save
    monkeypatch.setattr(loop.Loop, "save", lambda self: (save(self), saved.append(self.trainer.images)))
    ganzoo.run("mlp:width=8+bce@ring8", steps=200, batch=16, out=tmp_path / "run", device="cpu")
    assert len(saved) > 10


def test_weights_of_another_recipe_are_a_sentence(tmp_path):
    mine, other = tmp_path / "mine", tmp_path / "other"
    run(mine, 160)
    before = (mine / "result.json").read_bytes()
    run(other, 160, "dcgan:width=8+bce+sn")
    checkpoint = RunDir(other).checkpoints.newest()
    RunDir(mine).checkpoint(160, {p.name: p.read_bytes() for p in checkpoint.iterdir() if p.name != "manifest.json"})
    for arguments in (
        command(mine, 320),
        ["sample", mine, "--grid", tmp_path / "grid.png"],
        ["eval", mine],
    ):
        done = typed(*arguments)
        assert done.exit_code == 1
        assert f"{mine}/checkpoints/000000000160 does not fit the recipe of its run" in done.output
    assert (mine / "result.json").read_bytes() == before


def test_a_full_disk_loses_no_earlier_checkpoint(tmp_path, monkeypatch):
    from ganzoo.runs import checkpoints

    out = tmp_path / "run"
    run(out, 800)
    before = weights(out)
    write = checkpoints.write

    def full(path, content):
        if path.name == "state.pt":
            raise OSError(28, "No space left on device")
        write(path, content)

    monkeypatch.setattr(checkpoints, "write", full)
    with pytest.raises(RunError, match=r"No space left on device.*of 800 images is whole.*make room"):
        run(out, 1600)
    after = weights(out)
    assert all(torch.equal(x, after[name][key]) for name, tensors in before.items() for key, x in tensors.items())
    monkeypatch.undo()
    assert run(out, 1600).result.status == "ok"


def test_a_run_that_diverges_says_so_and_is_final(tmp_path):
    out = tmp_path / "run"
    arguments = command(out, 4000, "-s", "lr=1e18", spec="mlp+wgan@ring8")
    done = ganzoo_cli(*arguments)
    assert done.returncode == 1
    assert result(out)["status"] == "diverged"
    assert "not finite after" in result(out)["message"]
    assert "diverged" in done.stdout
    assert "NaN" not in (out / "log.jsonl").read_text()
    before = (out / "result.json").read_bytes()
    again = typed(*arguments)
    assert again.exit_code == 1
    assert "already finished; nothing to do (--force starts again)" in again.output
    assert (out / "result.json").read_bytes() == before


def test_another_run_in_the_directory_is_not_overwritten(undisturbed, tmp_path):
    before = (undisturbed / "recipe.json").read_bytes()
    done = typed(*command(undisturbed, 3200, "--seed", "1"))
    assert done.exit_code == 1
    assert "holds another run" in done.output
    assert (undisturbed / "recipe.json").read_bytes() == before


def test_a_longer_run_whose_rate_decays_is_another_and_says_why(tmp_path):
    ganzoo.run("mlp+bce@ring8", images=512, out=tmp_path / "run")
    with pytest.raises(ganzoo.RunError, match=r"seed 0; there images=512 and not 1024\); use another --out"):
        ganzoo.run("mlp+bce@ring8", images=1024, out=tmp_path / "run")


def test_two_processes_do_not_write_one_directory(tmp_path):
    folder = RunDir(tmp_path / "run")
    with folder.locked():
        done = ganzoo_cli(*command(folder.path, 1600))
    assert done.returncode == 1
    assert "another process is writing" in done.stderr
    assert not os.path.exists(folder.path)  # nothing began there, so nothing is left


# ---------------------------------------------------------------- --force


def test_force_starts_again(tmp_path):
    first = run(tmp_path / "run", 800)
    again = run(tmp_path / "run", 400, force=True)
    assert (first.result.budget.images, again.result.budget.images) == (800, 400)
    assert len(again.result.curve) == 10
    assert len(list((tmp_path / "run" / "samples").glob("*.png"))) == 10


def test_force_clears_nothing_that_is_no_run(tmp_path):
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "mine.png").touch()
    for force in (False, True):
        with pytest.raises(RunError, match="is no run directory"):
            run(tmp_path, 160, force=force)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["mine.png", "samples"]


def test_a_hangup_that_is_ignored_stays_so(tmp_path):
    """As under nohup."""
    previous = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGHUP))
        timer.start()
        assert run(tmp_path / "run", 3200).result.status == "ok"
    finally:
        timer.join()
        signal.signal(signal.SIGHUP, previous)


def contents(out):
    return {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "more",
    [
        {"device": "cuda:99"},
        {"spec": "dcgan:norm=batch+wgangp"},
        {"spec": "dcgan+bce@folder:nowhere"},
    ],
    ids=["device", "incompatible", "data"],
)
def test_force_clears_nothing_before_all_is_ready(undisturbed, more):
    before = contents(undisturbed)
    with pytest.raises(Exception, match=r"cuda:99|norm|nowhere"):
        run(undisturbed, 1600, force=True, **more)
    assert contents(undisturbed) == before


def test_force_takes_what_cannot_be_read(tmp_path):
    out = tmp_path / "run"
    run(out, 160)
    (out / "recipe.json").write_text("null")
    with pytest.raises(RunError, match=r"recipe.json cannot be read .* --force"):
        run(out, 160)
    assert run(out, 160, force=True).result.status == "ok"


# ---------------------------------------------------------------- the engine of a run


def engine_of(out, **change):
    """The recorded engine, changed."""
    header = json.loads((out / "recipe.json").read_text())
    header["engine"] |= change
    (out / "recipe.json").write_text(json.dumps(header))
    return header["engine"]


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_a_run_goes_on_with_the_engine_it_began_with(tmp_path, device):
    out = tmp_path / "run"
    run(out, 160)
    began = engine_of(out, threads=2)
    assert run(out, 320, device=device).result.env.threads == 2
    assert engine_of(out) == began


def test_a_device_that_is_gone_is_a_sentence_and_another_can_be_named(tmp_path):
    out = tmp_path / "run"
    run(out, 160)
    engine_of(out, device="cuda:99", threads=2)
    before = contents(out)
    with pytest.raises(RunError, match=r"no device 'cuda:99' here.*--device"):
        run(out, 320, device="auto")
    assert contents(out) == before
    assert run(out, 320, device="cpu").result.env.threads == 1


def test_a_failed_run_is_recorded_and_resumes(tmp_path, monkeypatch):
    from ganzoo.runs import loop

    monkeypatch.setattr(loop, "apply_metrics", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(tmp_path / "run", 800)
    assert ganzoo.load(tmp_path / "run").result.status == "failed"
    monkeypatch.undo()
    assert run(tmp_path / "run", 800).result.status == "ok"
