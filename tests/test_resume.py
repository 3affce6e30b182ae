"""Stopping and going on, in real processes: the same weights, bit for bit, as the run that was never stopped."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import load_file

import ganzoo
from ganzoo.rundir import RunDir, RunError

SPEC = "dcgan:width=4+bce+sn"
SETTINGS = ["-s", "batch=16", "-s", "latent=4", "--device", "cpu"]

KILLED = """
import os, signal, sys
import ganzoo.rundir as rundir
left, write = int(sys.argv.pop(1)), rundir.write
def killed(path, content):
    global left
    left -= 1
    if left == 0:  # half a file, then nothing more
        open(path.with_name(path.name), "wb").write(content[: len(content) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    write(path, content)
rundir.write = killed
from ganzoo.cli import main
main()
"""


def command(out, images, *more, spec=SPEC):
    return ["run", spec, "--out", str(out), "--images", str(images), *SETTINGS, *more]


def ganzoo_cli(*arguments, **kwargs):
    return subprocess.run(
        [sys.executable, "-m", "ganzoo", *arguments], capture_output=True, text=True, timeout=300, check=False, **kwargs
    )


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


# Calls of `write`: recipe.json, then at each mark a picture and five files with the manifest.
@pytest.mark.parametrize("write", [2, 4, 9, 14, 20], ids=lambda n: f"write{n}")
def test_killed_in_the_middle_of_a_write(undisturbed, tmp_path, write):
    out = tmp_path / "run"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(write), *command(out, 3200)], capture_output=True, timeout=300, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    done = ganzoo_cli(*command(out, 3200))
    assert done.returncode == 0, done.stderr
    assert_equal(out, undisturbed)
    assert [p["images"] for p in result(out)["curve"]] == [p["images"] for p in result(undisturbed)["curve"]]
    assert result(out)["metrics"] == result(undisturbed)["metrics"]


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_writes_a_checkpoint_and_says_how_to_go_on(undisturbed, tmp_path, signum, code):
    out = tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, "-m", "ganzoo", *command(out, 3200)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not list(out.glob("samples/*.png")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signum)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == code, errors
    assert "run the same command again to go on" in errors
    assert "Traceback" not in errors
    assert result(out)["status"] == "interrupted"
    assert 0 < result(out)["budget"]["images"] < 3200
    assert ganzoo_cli(*command(out, 3200)).returncode == 0
    assert_equal(out, undisturbed)


def test_a_larger_budget_extends_and_a_smaller_one_is_refused(undisturbed, tmp_path):
    out = tmp_path / "run"
    assert ganzoo_cli(*command(out, 1600)).returncode == 0
    extended = ganzoo_cli(*command(out, 3200))
    assert "going on at 1,600 images" in extended.stdout
    assert_equal(out, undisturbed)
    before = (out / "result.json").read_bytes()
    again = ganzoo_cli(*command(out, 3200))
    assert again.returncode == 0
    assert (out / "result.json").read_bytes() == before
    refused = ganzoo_cli(*command(out, 1600))
    assert refused.returncode == 1
    assert "already seen 3,200 images" in refused.stderr
    assert (out / "result.json").read_bytes() == before


def test_a_damaged_checkpoint_is_passed_over(undisturbed, tmp_path):
    out = tmp_path / "run"
    assert ganzoo_cli(*command(out, 1600)).returncode == 0
    newest = sorted((out / "checkpoints").iterdir())[-1]
    content = bytearray((newest / "d.safetensors").read_bytes())
    content[-1] ^= 1
    (newest / "d.safetensors").write_bytes(content)
    done = ganzoo_cli(*command(out, 3200))
    assert "going on at 1,440 images" in done.stdout
    assert_equal(out, undisturbed)


def test_a_full_disk_loses_no_earlier_checkpoint(tmp_path, monkeypatch):
    import ganzoo.rundir as rundir

    run = {"out": tmp_path / "run", "device": "cpu", "batch": 16, "latent": 4}
    ganzoo.run(SPEC, images=800, **run)
    before = weights(tmp_path / "run")
    write = rundir.write

    def full(path, content):
        if path.name == "state.pt":
            raise OSError(28, "No space left on device")
        write(path, content)

    monkeypatch.setattr(rundir, "write", full)
    with pytest.raises(RunError, match=r"No space left on device.*that of 800 images is whole.*make room"):
        ganzoo.run(SPEC, images=1600, **run)
    after = weights(tmp_path / "run")
    assert all(torch.equal(x, after[name][key]) for name, tensors in before.items() for key, x in tensors.items())
    monkeypatch.undo()
    assert ganzoo.run(SPEC, images=1600, **run).result.status == "ok"


def test_a_run_that_diverges_says_so_and_is_final(tmp_path):
    out = tmp_path / "run"
    arguments = command(out, 4000, "-s", "lr=1e18", spec="mlp+wgan@ring8")
    done = ganzoo_cli(*arguments)
    assert done.returncode == 1
    assert result(out)["status"] == "diverged"
    assert "not finite after" in result(out)["message"]
    assert "diverged" in done.stdout
    before = (out / "result.json").read_bytes()
    assert ganzoo_cli(*arguments).returncode == 1
    assert (out / "result.json").read_bytes() == before


def test_another_run_in_the_directory_is_not_overwritten(undisturbed, tmp_path):
    before = (undisturbed / "recipe.json").read_bytes()
    done = ganzoo_cli(*command(undisturbed, 3200, "--seed", "1"))
    assert done.returncode == 1
    assert "holds another run" in done.stderr
    assert (undisturbed / "recipe.json").read_bytes() == before


def test_two_processes_do_not_write_one_directory(tmp_path):
    folder = RunDir(tmp_path / "run")
    with folder.locked():
        done = ganzoo_cli(*command(folder.path, 1600))
    assert done.returncode == 1
    assert "another process is writing" in done.stderr
    assert not os.path.exists(folder.path)  # nothing began there, so nothing is left


def test_force_starts_again(tmp_path):
    run = {"out": tmp_path / "run", "device": "cpu", "batch": 16, "latent": 4}
    first = ganzoo.run(SPEC, images=800, **run)
    again = ganzoo.run(SPEC, images=400, force=True, **run)
    assert (first.result.budget.images, again.result.budget.images) == (800, 400)
    assert len(again.result.curve) == 10


def test_a_failed_run_is_recorded_and_resumes(tmp_path, monkeypatch):
    import ganzoo.session as session

    run = {"out": tmp_path / "run", "device": "cpu", "batch": 16, "latent": 4}
    monkeypatch.setattr(session, "evaluate", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ganzoo.run(SPEC, images=800, **run)
    assert ganzoo.load(tmp_path / "run").result.status == "failed"
    monkeypatch.undo()
    assert ganzoo.run(SPEC, images=800, **run).result.status == "ok"
