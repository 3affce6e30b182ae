"""The commands that train and draw, as a user types them; in a process of their own where that is the point."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import ganzoo
from ganzoo.cli import main
from ganzoo.runs.rundir import RunDir

SMALL = ["-s", "batch=16", "-s", "latent=4", "--device", "cpu"]


def ganzoo_cli(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "ganzoo", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=cwd,
    )


def typed(*arguments):
    """As `ganzoo_cli`, in this process."""
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done


def everything(path):
    return sorted(str(p.relative_to(path)) for p in path.rglob("*"))


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    """A short run of points, in the default place."""
    here = tmp_path_factory.mktemp("here")
    done = ganzoo_cli("run", "mlp+r3@ring8", "--steps", "60", *SMALL, cwd=here)
    assert done.returncode == 0, done.stderr
    (run,) = (path.parent for path in here.glob("runs/*/*/recipe.json"))
    return here, run, done


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    out = tmp_path_factory.mktemp("digits") / "run"
    done = ganzoo_cli("run", "dcgan:width=4+wgangp", "--images", "4k", "--out", out, *SMALL)
    assert done.returncode == 0, done.stderr
    return out, done


def test_run_says_what_came_out_without_a_terminal(digits):
    _, done = digits
    assert "\x1b" not in done.stdout
    lines = done.stdout.splitlines()
    assert "d.norm=none chosen" in done.stdout
    assert sum("images/s: FID" in line for line in lines) == 10
    for word in ("trained", "time", "core-seconds", "files"):
        assert word in done.stdout, word
    assert any(line.startswith("scores against digits: extractor digits-judge-v1@") for line in lines)
    assert ["score", "value", "floor", "memoriser", "held-out", "better"] in map(str.split, lines)
    assert {"fid", "modes@1", "modes@5", "kl"} <= {line.split()[0] for line in lines if line.startswith("  ")}


def test_steps_are_moves_of_g(points):
    _, run, _ = points
    budget = json.loads((run / "result.json").read_text())["budget"]
    assert (budget["g_moves"], budget["d_moves"], budget["images"]) == (60, 60, 960)


def test_the_directory_is_named_after_recipe_and_seed(points):
    here, run, done = points
    header = json.loads((run / "recipe.json").read_text())
    assert run.name == f"{header['id']}-s0"
    assert run.parent.name == "mlp+rpgan+r1-weight-0.1+r2-weight-0.1@ring8"
    assert str(run.relative_to(here)) in done.stdout


def test_points_have_modes_and_high_quality(points):
    _, run, _ = points
    metrics = json.loads((run / "result.json").read_text())["metrics"]
    assert {key.partition("[")[0] for key in metrics} >= {"modes@1", "modes@5", "hq@3sigma", "kl"}
    assert metrics["hq@3sigma.floor[n=2500]"] == pytest.approx(0.9889, abs=0.006)


def test_quiet_says_nothing(tmp_path):
    done = ganzoo_cli("run", "mlp+bce@ring8", "--steps", "10", "--out", tmp_path / "run", "-q", *SMALL)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_sample_draws_the_same_for_the_same_seed(digits, tmp_path):
    out, _ = digits
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        done = typed("sample", out, "-n", 10, "--seed", seed, "--npz", tmp_path / f"{name}.npz")
        assert done.exit_code == 0, done.output
    a, b, c = (np.load(tmp_path / f"{name}.npz")["samples"] for name in "abc")
    assert a.shape == (10, 8, 8, 1)
    assert a.dtype == np.uint8
    assert (a == b).all()
    assert (a != c).any()


def test_sample_draws_a_grid_of_enlarged_images(digits, tmp_path):
    out, _ = digits
    assert typed("sample", out, "-n", 9, "--grid", tmp_path / "grid.png").exit_code == 0
    image = np.asarray(Image.open(tmp_path / "grid.png"))
    assert image.shape[0] == image.shape[1] > 600
    cell = image[2:10, 2:10]  # enlarged without blur: a block of one colour
    assert (cell == cell[0, 0]).all()


def test_eval_of_a_run_gives_its_last_metrics_again(digits):
    out, _ = digits
    done = ganzoo_cli("eval", out, "--json")
    assert done.returncode == 0, done.stderr
    found, result = json.loads(done.stdout)["metrics"], json.loads((out / "result.json").read_text())["metrics"]
    assert {key: found[key] for key in result} == result
    assert all("[randconv-v1@" in key for key in found.keys() - result.keys())  # and what sees without labels
    assert any(key.startswith("fid[randconv") for key in found)


def test_eval_of_samples_of_any_tool(digits, tmp_path):
    out, _ = digits
    typed("sample", out, "-n", 300, "--npz", tmp_path / "samples.npz")
    done = typed("eval", tmp_path / "samples.npz", "--data", "digits", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["n"] == 300
    assert all(isinstance(value, int | float) for value in found["metrics"].values())
    keys = [key for key in found["metrics"] if key.startswith("fid[digits-judge-v1@")]
    assert len(keys) == 1
    assert keys[0].endswith(",ref=digits/train:1297,n=100]")


def test_eval_of_points(tmp_path):
    np.savez(tmp_path / "points.npz", np.tile([[1.0, 0.0]], (50, 1)))
    metrics = json.loads(typed("eval", tmp_path / "points.npz", "--data", "ring8", "--json").stdout)["metrics"]
    assert metrics["modes@1[n=50]"] == metrics["modes@5[n=50]"] == 1
    assert metrics["hq@3sigma[n=50]"] == 1
    assert metrics["kl[n=50]"] == pytest.approx(np.log(8))


def rows(where):
    return {row["path"]: row for row in map(json.loads, typed("runs", where, "--json").output.splitlines())}


def test_runs_lists_what_there_is(points, monkeypatch):
    here, run, _ = points
    monkeypatch.chdir(here)
    said = typed("runs").output
    assert "ok" in said
    assert "high quality" in said
    assert run.name in said
    assert "scores against ring8: n = 2,500" in said  # a single run is shown with all of its scores
    assert typed("runs", run).output.splitlines()[2:] == said.splitlines()[2:]
    (row,) = rows("runs").values()
    assert (row["status"], row["images"], row["seed"]) == ("ok", 960, 0)


def test_runs_tells_what_runs_from_what_was_killed_and_what_is_damaged(points, tmp_path):
    _, run, _ = points
    for name in ("finished", "running", "killed", "damaged", "result"):
        shutil.copytree(run, tmp_path / name)
    (tmp_path / "damaged" / "recipe.json").write_text("null")
    (tmp_path / "result" / "result.json").write_text('{"metrics": null}')
    (tmp_path / "killed" / "result.json").unlink()
    with RunDir(tmp_path / "running").locked():
        found = {path.removeprefix(f"{tmp_path}/"): row for path, row in rows(tmp_path).items()}
        assert "running" in typed("runs", tmp_path).output
    assert {name: row["status"] for name, row in found.items()} == {
        "finished": "ok",
        "running": "running",
        "killed": "unfinished",
        "damaged": "unreadable",
        "result": "unreadable",
    }
    assert [found[name]["images"] for name in ("finished", "running", "killed", "damaged")] == [960, 960, 960, None]
    assert "damaged/recipe.json cannot be read" in found["damaged"]["message"]
    assert "damaged/recipe.json cannot be read" in typed("runs", tmp_path).output


def test_runs_imports_no_torch(tmp_path):
    code = (
        "import sys; from ganzoo.cli import main; main(['runs'], standalone_mode=False); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.endswith("False\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run", "dcgan+wgangp", "-s", "lr"], 2, "not NAME=VALUE"),
        (["run", "dcgan+wgangp", "-s", "lr=1", "-s", "lr=2"], 2, "given twice"),
        (["run", "dcgan+wgangp", "-s", "learning=1"], 2, "learning"),
        (["run", "dcgan+wgangp", "-s", "bach=1"], 2, "nearest: batch"),
        (["run", "dcgan+wgangp", "-s", "seed=1"], 2, "setting seed: there is no such setting"),
        (["run", "dcgan+wgangp", "-s", "device="], 2, "setting device: there is no such setting"),
        (["run", "dcgan+wgangp", "-s", "out=x", "-s", "spec=y", "-s", "settings=z"], 2, "3 mistakes"),
        (["run", "dcgan+wgangp", "-s", "images=3k", "--images", "3k"], 2, "images is given twice"),
        (["run", "dcgan+wgangp", "-s", "images=3k", "--steps", "3"], 2, "as images and as steps"),
        (["run", "dcgan+wgangp", "--images", "many"], 2, "many"),
        (["run", "dcgan+wgangp", "--images", "0"], 2, "0"),
        (["run", "dcgan+wgangp", "--images", "5k", "--steps", "5"], 2, "steps"),
        (["run", "dcgan+wgangp", "--device", "cuda:99"], 2, "no device 'cuda:99' here; possible: auto, cpu"),
        (["run", "dcgan:norm=batch+wgangp"], 2, "norm=layer, norm=none or norm=auto"),
        (["run", "dcgan+bce@ring8"], 2, "mlp"),
        (["run", "dcgann+wgangpp"], 2, "nearest: dcgan"),
        (["run", "dcgan+bce", "--data", "folder:nowhere"], 1, "nowhere"),
        (["run", "dcgan+bce", "-s", "batch=10", "-s", "shards=3"], 2, "shards"),
        (["sample", "nowhere"], 2, "--npz FILE, --grid FILE.png"),
        (["sample", "nowhere", "--grid", "x.jpg"], 2, "write x.png"),
        (["sample", "nowhere", "--grid", "."], 2, "is a directory"),
        (["sample", "nowhere", "--grid", "x.png"], 1, "nowhere is no run directory: it does not exist"),
        (["sample", ".", "--grid", "x.png"], 1, "no run directory: it has no recipe.json"),
        (["eval", "nowhere.npz"], 2, "'nowhere.npz' does not exist"),
        (["eval", "."], 1, "no run directory: it has no recipe.json"),
        (["eval", ".", "--data", "digits"], 1, "no run directory: it has no recipe.json"),
    ],
)
def test_wrong_use_gets_a_sentence_and_leaves_nothing(arguments, code, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = typed(*arguments)
    assert done.exit_code == code, done.output
    assert said in done.output
    assert everything(tmp_path) == []


def test_a_failed_start_leaves_what_the_user_made(tmp_path):
    (tmp_path / "mine").mkdir()
    done = ganzoo_cli("run", "dcgan+bce", "--data", "folder:nowhere", "--out", tmp_path / "mine")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert everything(tmp_path) == ["mine"]


@pytest.mark.parametrize("option", ["--npz", "--grid"])
def test_a_file_that_cannot_be_written_is_named(digits, tmp_path, option):
    path = tmp_path / "missing" / "grid.png"
    done = typed("sample", digits[0], option, path)
    assert done.exit_code == 1
    assert f"cannot write {path}: No such file" in done.output


@pytest.mark.parametrize("name", ["recipe.json", "result.json"])
@pytest.mark.parametrize("content", ["{}", "[]", "null", '{"metrics": null}', "{", ""])
def test_a_damaged_directory_is_a_sentence_everywhere(points, tmp_path, name, content):
    out = shutil.copytree(points[1], tmp_path / "run")
    (out / name).write_text(content)
    for arguments in (
        ["run", "mlp+r3@ring8", "--steps", 60, "--out", out, *SMALL],
        ["sample", out, "--grid", tmp_path / "x.png"],
        ["eval", out],
    ):
        done = typed(*arguments)
        assert done.exit_code == 1
        assert f"{out / name} cannot be read" in done.output
    assert (out / name).read_text() == content


def test_a_recipe_that_cannot_be_put_together_here_is_a_sentence(points, tmp_path):
    out = shutil.copytree(points[1], tmp_path / "run")
    header = json.loads((out / "recipe.json").read_text())
    (out / "recipe.json").write_text(json.dumps(header | {"spec": "mlp+hers/r4@ring8"}))
    done = typed("sample", out, "--grid", tmp_path / "x.png")
    assert done.exit_code == 1
    assert f"{out} cannot be used here: " in done.output
    assert "hers" in done.output


def test_being_stopped_before_training_is_a_line(monkeypatch):
    from ganzoo.runs import train

    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "resolve", stopped)
    done = typed("run", "dcgan+wgangp")
    assert (done.exit_code, done.output) == (130, "Stopped\n")


def test_being_stopped_while_torch_is_imported_is_a_line(tmp_path):
    code = """
import os, signal, sys
class Finder:
    def find_spec(self, name, *_):
        if name == "torch._C":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
from ganzoo.cli import main
main(["run", "dcgan+wgangp"])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Stopped\n")
    assert everything(tmp_path) == []


def test_settings_are_given_as_a_budget_is(tmp_path):
    done = typed("run", "mlp+bce@ring8", "-s", "images=160", "--out", tmp_path / "run", *SMALL)
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "run" / "result.json").read_text())["budget"]["images"] == 160


def test_the_closing_lines_can_be_copied_from_a_pipe(tmp_path):
    out = tmp_path / ("a folder of a long name, " * 8) / "run"
    done = typed("run", "mlp+bce@ring8", "--images", 160, "--out", out, *SMALL)
    lines = [line.split(maxsplit=1) for line in done.output.splitlines()]
    assert ["files", str(out)] in lines
    assert ["more", f"ganzoo sample '{out}' -n 64 --grid grid.png"] in lines


def test_a_run_on_a_folder_is_sampled_anywhere_and_scored_where_it_was_begun(tmp_path, monkeypatch):
    images = tmp_path / "here" / "imgs"
    images.mkdir(parents=True)
    for i, x in enumerate(np.random.default_rng(0).integers(0, 256, (12, 8, 8), np.uint8)):
        Image.fromarray(x).save(images / f"{i}.png")
    monkeypatch.chdir(tmp_path / "here")
    out = tmp_path / "run"
    assert typed("run", "dcgan:width=4+bce@folder:imgs", "--images", 160, "--out", out, *SMALL).exit_code == 0
    assert typed("eval", out).exit_code == 0
    monkeypatch.chdir(tmp_path)
    assert typed("sample", out, "--grid", tmp_path / "grid.png").exit_code == 0
    done = typed("eval", out)
    assert done.exit_code == 1
    assert (
        f"imgs: no such folder; give a folder that holds images (this was looked for from {tmp_path}; a relative"
        in done.output
    )
    assert typed("eval", out, "--data", "folder:here/imgs").exit_code == 0  # the same images, from where they are
    monkeypatch.chdir(tmp_path / "here")
    (images / "0.png").unlink()
    done = typed("eval", out)
    assert done.exit_code == 1
    assert "the data of dcgan:width=4+bce@folder:path=imgs changed" in done.output


def test_a_run_goes_on_when_nobody_reads_its_lines(tmp_path):
    """As after `| head -1`: its record must not say that it failed."""
    command = [sys.executable, "-m", "ganzoo", "run", "mlp+bce@ring8", "--images", "4k", "--out", str(tmp_path / "run")]
    process = subprocess.Popen([*command, "--device", "cpu"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith("mlp+bce@ring8")
    process.stdout.close()
    with process:
        errors = process.stderr.read()
    assert (process.returncode, errors) == (0, "")
    assert ganzoo.load(tmp_path / "run").result.status == "ok"


def test_what_to_do_next_names_the_files_that_were_given(tmp_path):
    code = """
import ganzoo
from ganzoo.zoo.losses import BCE
class Mine(BCE): pass
@ganzoo.hookimpl
def ganzoo_components():
    return [ganzoo.Component(kind="loss", name="mine", target="own_loss:Mine")]
"""
    (tmp_path / "own_loss.py").write_text(code)
    command = ["run", "mlp+mine@ring8", "--images", "2k", "--device", "cpu", "--with", tmp_path / "own_loss.py"]
    done = ganzoo_cli(*command, "--out", tmp_path / "run")
    more = done.stdout.splitlines()[-1].split()
    assert more[:2] == ["more", "ganzoo"]
    assert more[-2:] == ["--with", str((tmp_path / "own_loss.py").resolve())]
    assert ganzoo_cli(*more[2:], cwd=tmp_path).returncode == 0
