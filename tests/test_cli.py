"""The commands that train and draw, as a user types them, in real processes."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

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
    for word in (
        "trained",
        "time",
        "core-seconds",
        "x the floor of real data",
        "memoriser",
        "of 10 with a sample",
        "files",
    ):
        assert word in done.stdout, word
    assert "[digits-judge-v1@" in done.stdout  # not taken for markup


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
        done = ganzoo_cli("sample", out, "-n", 10, "--seed", seed, "--npz", tmp_path / f"{name}.npz")
        assert done.returncode == 0, done.stderr
    a, b, c = (np.load(tmp_path / f"{name}.npz")["samples"] for name in "abc")
    assert a.shape == (10, 8, 8, 1)
    assert a.dtype == np.uint8
    assert (a == b).all()
    assert (a != c).any()


def test_sample_draws_a_grid_of_enlarged_images(digits, tmp_path):
    out, _ = digits
    assert ganzoo_cli("sample", out, "-n", 9, "--grid", tmp_path / "grid.png").returncode == 0
    image = np.asarray(Image.open(tmp_path / "grid.png"))
    assert image.shape[0] == image.shape[1] > 600
    cell = image[1:9, 1:9]  # enlarged without blur: a block of one colour
    assert (cell == cell[0, 0]).all()


def test_eval_of_a_run_gives_its_last_metrics_again(digits):
    out, _ = digits
    done = ganzoo_cli("eval", out, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["metrics"] == json.loads((out / "result.json").read_text())["metrics"]


def test_eval_of_samples_of_any_tool(digits, tmp_path):
    out, _ = digits
    ganzoo_cli("sample", out, "-n", 300, "--npz", tmp_path / "samples.npz")
    done = ganzoo_cli("eval", tmp_path / "samples.npz", "--data", "digits", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["n"] == 300
    assert all(isinstance(value, int | float) for value in found["metrics"].values())
    keys = [key for key in found["metrics"] if key.startswith("fid[digits-judge-v1@")]
    assert len(keys) == 1
    assert keys[0].endswith(",ref=digits/train:1297,n=100]")


def test_eval_of_points(tmp_path):
    np.savez(tmp_path / "points.npz", np.tile([[1.0, 0.0]], (50, 1)))
    done = ganzoo_cli("eval", tmp_path / "points.npz", "--data", "ring8", "--json")
    metrics = json.loads(done.stdout)["metrics"]
    assert metrics["modes@1[n=50]"] == metrics["modes@5[n=50]"] == 1
    assert metrics["hq@3sigma[n=50]"] == 1
    assert metrics["kl[n=50]"] == pytest.approx(np.log(8))


def test_runs_lists_what_there_is(points):
    here, run, _ = points
    done = ganzoo_cli("runs", cwd=here)
    assert "ok" in done.stdout
    assert run.name in done.stdout
    (row,) = (json.loads(line) for line in ganzoo_cli("runs", "--json", cwd=here).stdout.splitlines())
    assert (row["status"], row["images"], row["seed"]) == ("ok", 960, 0)


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
        (["run", "dcgan+wgangp", "--images", "many"], 2, "many"),
        (["run", "dcgan+wgangp", "--images", "0"], 2, "0"),
        (["run", "dcgan+wgangp", "--images", "5k", "--steps", "5"], 2, "steps"),
        (["run", "dcgan+wgangp", "--device", "cuda:99"], 2, "no device 'cuda:99' here; there is auto, cpu"),
        (["run", "dcgan:norm=batch+wgangp"], 2, "norm=layer, norm=none or norm=auto"),
        (["run", "dcgan+bce@ring8"], 2, "mlp"),
        (["run", "dcgann+wgangpp"], 2, "nearest: dcgan"),
        (["run", "dcgan+bce", "--data", "folder:nowhere"], 1, "nowhere"),
        (["run", "dcgan+bce", "-s", "batch=10", "-s", "shards=3"], 2, "shards"),
        (["sample", "nowhere"], 2, "--npz FILE, --grid FILE.png"),
        (["sample", "nowhere", "--grid", "x.png"], 1, "no run directory"),
        (["eval", "nowhere.npz"], 2, "--data digits"),
        (["eval", "nowhere.npz", "--data", "digits"], 1, "no such file"),
    ],
)
def test_wrong_use_gets_a_sentence_and_leaves_nothing(arguments, code, said, tmp_path):
    done = ganzoo_cli(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.rglob("*")) in ([], [tmp_path / "runs"])


def test_a_grid_into_a_missing_folder_is_a_sentence(digits, tmp_path):
    done = ganzoo_cli("sample", digits[0], "--grid", tmp_path / "missing" / "grid.png")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "missing" in done.stderr
