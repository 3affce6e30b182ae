"""What the curves of runs show, and the pictures that a run draws when it ends."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

import ganzoo
from ganzoo.cli import main
from ganzoo.plots.curves import MAX_POINTS, Log, compared_curves, read_log, run_curves
from ganzoo.plots.panels import HEIGHT, WIDTH, draw_panels
from ganzoo.plots.theme import DPI
from ganzoo.runs.album import illustrate
from ganzoo.runs.rundir import RunDir
from ganzoo.support.errors import GanzooWarning

pytestmark = pytest.mark.usefixtures("real_charts")
SMALL = {"device": "cpu", "batch": 16, "latent": 4}


def typed(*arguments):
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done


# ---------------------------------------------------------------- a log

METRICS = {
    "fid[digits,n=500]": 50.0,
    "fid.sd[digits,n=500]": 1.0,
    "fid.floor[digits,n=500,resplits=40]": 3.0,
    "fid.floor[digits,n=5000]": 1.0,
    "modes@1[ref=a/b]": 9,
    "modes@5[ref=a/b]": 8,
}
LOG = [
    {"images": 100, "losses": {"d/wgan": -1.0, "d/gp": 0.5, "g/wgan": 2.0}},
    {"images": 100, "metrics": METRICS},
    {"images": 200, "losses": {"d/wgan": None, "d/gp": 0.4, "g/wgan": 1.0}},
]


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LOG) + '{"images": 300, "los')
    return read_log(path)


@pytest.fixture
def figures(monkeypatch):
    """The panels and the shared names of each figure that is drawn."""
    drawn = []

    def draw(panels, names=()):
        drawn.append((panels, names))
        return draw_panels(panels, names)

    monkeypatch.setattr("ganzoo.plots.curves.draw_panels", draw)
    return drawn


def test_a_log_is_read_except_for_a_line_that_is_not_complete(log, tmp_path):
    assert log.losses["d/wgan"] == [(100, -1.0), (200, None)]
    assert log.scores["modes@1", "ref=a/b"] == [(100, 9)]
    assert read_log(tmp_path / "none.jsonl") == Log({}, {})


def test_one_run_has_panels_by_player_and_by_family(log, figures):
    run_curves(log)
    ((panels, names),) = figures
    assert [(panel.title, list(panel.lines)) for panel in panels] == [
        ("Loss of D, by term", ["wgan", "gp"]),
        ("Loss of G, by term", ["wgan"]),
        ("fid", ["fid"]),
        ("modes", ["modes@1", "modes@5"]),
    ]
    assert (panels[2].level, panels[2].note, panels[3].level) == (3.0, "digits,n=500", None)
    assert names == ()
    assert run_curves(Log({}, {})) is None


def test_a_score_that_is_never_defined_has_no_panel(figures):
    run_curves(Log({"d/wgan": [(100, 1.0)]}, {("fid", "x,n=10"): [(100, None)]}))
    assert [panel.title for panel in figures[0][0]] == ["Loss of D, by term"]


def test_a_score_of_a_name_with_a_dot_has_a_panel_unless_it_belongs_to_another(figures):
    names = ("note.error", "note.error.floor", "note.error.sd", "fid", "fid.sd", "count.3")
    log = Log({}, {(name, "n=9"): [(100, 2.0)] for name in names})
    run_curves(log)
    compared_curves({"a": log, "b": log})
    for panels, *_ in figures:
        assert [panel.title for panel in panels] == ["note.error", "fid"]
        assert panels[0].level == 2.0


def test_several_runs_are_compared_by_what_they_share(log, figures):
    other = Log({"d/hinge": [(100, 1.0)], "g/wgan": [(100, 0.0)]}, {("fid", "digits,n=500"): [(100, 40.0)]})
    compared_curves({"one": log, "other": other})
    ((panels, names),) = figures
    assert [(panel.title, list(panel.lines)) for panel in panels] == [
        ("fid", ["one", "other"]),
        ("modes@1", ["one"]),
        ("modes@5", ["one"]),
        ("Loss of G: wgan", ["one", "other"]),
    ]
    assert names == ["one", "other"]
    assert compared_curves({"one": Log({}, {}), "other": Log({}, {})}) is None


def test_long_logs_are_drawn_as_means_of_neighbours(figures):
    n = 5 * MAX_POINTS
    run_curves(Log({"d/a": [(i, float(i % 5)) for i in range(n)], "d/b": [(i, None) for i in range(n)]}, {}))
    lines = figures[0][0][0].lines
    assert lines["a"] == [(5 * i + 4, 2.0) for i in range(MAX_POINTS)]
    assert lines["b"][0] == (4, None)


# ---------------------------------------------------------------- a run


def trained(out, images=160):
    return ganzoo.run("mlp:width=8+wgangp@ring8", images=images, out=out, decay="none", **SMALL)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("curves") / "run"
    return trained(out)


def size(path):
    with Image.open(path) as image:
        return image.size


def frames(run):
    with Image.open(run.path / "samples" / "progress.gif") as film:
        return film.n_frames


def test_a_run_ends_with_pictures_and_an_extension_draws_them_again(run, tmp_path):
    width, height = size(run.path / "curves.png")
    assert (width, height % (HEIGHT * DPI)) == (2 * WIDTH * DPI, 0)
    assert frames(run) == len(list(run.folder.samples.glob("*.png"))) > 1
    done = trained(shutil.copytree(run.path, tmp_path / "run"), 400)
    assert frames(done) == len(list(done.folder.samples.glob("*.png"))) > frames(run)
    assert (done.path / "curves.png").read_bytes() != (run.path / "curves.png").read_bytes()
    done.folder.clear()
    assert not (done.path / "curves.png").exists()


def test_a_picture_that_cannot_be_drawn_costs_a_warning(tmp_path):
    folder = RunDir(tmp_path)
    folder.samples.mkdir()
    (folder.samples / "000000000100.png").write_text("no picture")
    (tmp_path / "log.jsonl").write_text('{"images": 1, "losses": {"d/a": 1}}\n')
    with pytest.warns(GanzooWarning, match=r"progress.gif was not drawn: UnidentifiedImageError"):
        illustrate(folder, 100)
    assert (tmp_path / "curves.png").exists()
    illustrate(folder, 99)  # the run has not come so far


def test_the_same_log_gives_the_same_picture(run):
    before = (run.path / "curves.png").read_bytes()
    assert typed("plot", run.path).output == f"{run.path / 'curves.png'}\n"
    assert (run.path / "curves.png").read_bytes() == before


def test_plot_compares_runs(run, tmp_path):
    other = ganzoo.load(shutil.copytree(run.path, tmp_path / "run"))
    header = (other.path / "recipe.json").read_text()
    assert typed("plot", run.path, other.path, "--out", tmp_path / "both.png").exit_code == 0  # by path
    (other.path / "recipe.json").write_text(header.replace('"seed": 0', '"seed": 1'))
    assert typed("plot", run.path, other.path, "--out", tmp_path / "both.png").exit_code == 0  # by seed
    assert size(tmp_path / "both.png")[0] == 2 * WIDTH * DPI
    for arguments, said in (
        ([run.path, other.path], "a picture of several runs needs --out FILE.png"),
        ([run.path, "--out", "x.jpg"], "write x.png"),
        ([tmp_path], "is no run directory: it has no recipe.json"),
        ([run.path, "--out", tmp_path / "none" / "x.png"], "cannot write"),
    ):
        done = typed("plot", *arguments)
        assert done.exit_code in (1, 2)
        assert said in done.output
    (other.path / "log.jsonl").unlink()
    assert "nothing is logged yet" in typed("plot", other.path).output


def test_plot_needs_no_torch(run):
    code = "import sys; from ganzoo.cli import main; main(sys.argv[1:], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, "plot", run.path], check=True, capture_output=True, text=True)
    assert not {"torch", "matplotlib.pyplot", "rich"} & set(done.stdout.split())


# ---------------------------------------------------------------- walks of a run


@pytest.mark.parametrize("walk", ["spherical", "linear"])
def test_a_run_walks_from_sample_to_sample(run, walk):
    points = run.interpolate(5, 4, walk=walk, seed=2)
    assert points.shape == (5, 4, 2)
    assert torch.allclose(points[:, 0], run.sample(5, seed=2), atol=1e-6)
    assert not torch.equal(points, run.interpolate(5, 4, walk=walk, seed=3))


def test_sample_writes_walks(run, tmp_path):
    npz, png = tmp_path / "walks.npz", tmp_path / "walks.png"
    done = typed("sample", run.path, "--interpolate", 4, "-n", 3, "--walk", "linear", "--npz", npz, "--grid", png)
    assert done.exit_code == 0, done.output
    assert "3 walks of 4 steps" in done.output
    assert np.allclose(np.load(npz)["samples"], run.interpolate(3, 4, walk="linear"))
    assert size(png) == size(max(run.folder.samples.glob("*.png")))
    assert typed("sample", run.path, "--interpolate", 2, "--npz", npz).exit_code == 0
    assert np.load(npz)["samples"].shape == (8, 2, 2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--walk", "linear"], "--walk needs --interpolate K"),
        (["--interpolate", 1], "x>=2"),
        (["--walk", "round"], "spherical"),
    ],
)
def test_wrong_walks_are_told(run, tmp_path, arguments, said):
    done = typed("sample", run.path, "--npz", tmp_path / "x.npz", *arguments)
    assert done.exit_code == 2
    assert said in done.output
