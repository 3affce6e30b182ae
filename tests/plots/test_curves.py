"""Charts: lines are where the numbers are, and a run's own pictures are drawn when it ends."""

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
from ganzoo.plots.axis import Axis
from ganzoo.plots.canvas import COLOURS
from ganzoo.plots.chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Panel, figure
from ganzoo.plots.curves import MOST, compared, curves, read_log
from ganzoo.runs.album import illustrate
from ganzoo.runs.rundir import RunDir
from ganzoo.support.errors import GanzooWarning

SMALL = {"device": "cpu", "batch": 16, "latent": 4}


def typed(*arguments):
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done


def has(image, x, y, text):
    """Whether the pixel, or one beside it, is of this colour."""
    expected = np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)])
    around = np.asarray(image)[round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3].astype(int)
    return (np.abs(around - expected).max(axis=2) < 60).any()


# ---------------------------------------------------------------- axes


def test_an_axis_maps_its_ends_and_between_them_evenly():
    axis = Axis(10, 20, 100, 300)
    assert [axis(value) for value in (10, 15, 20)] == [100, 200, 300]
    log = Axis(1, 100, 300, 100, log=True)
    assert [log(value) for value in (1, 10, 100)] == pytest.approx([300, 200, 100])


@pytest.mark.parametrize(
    ("values", "low", "log"),
    [
        ([0, 10], 0, False),
        ([1, 10], 0, False),
        ([9, 10], 8.95, False),
        ([-3, 1], -3.2, False),
        ([1, 100], 100**-0.04, True),
        ([5, 5], 0, False),
        ([0, 0], 0, False),
        ([-5, -5], -10, False),
        ([], 0, False),
    ],
)
def test_an_axis_has_room_for_all(values, low, log):
    axis = Axis.around(values, 0, 1)
    assert axis.low == pytest.approx(low)
    assert axis.log == log
    assert all(axis.low <= value < axis.high for value in values)
    assert not Axis.around(values, 0, 1, log=False).log


@pytest.mark.parametrize(
    ("axis", "said"),
    [
        (Axis(0, 1e6, 0, 1), ["0", "200k", "400k", "600k", "800k", "1M"]),
        (Axis(0, 1, 0, 1), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (Axis(-3, 1, 0, 1), ["-3", "-2", "-1", "0", "1"]),
        (Axis(0, 2.2, 0, 1, whole=True), ["0", "1", "2"]),
        (Axis(0, 4e-5, 0, 1), ["0", "1e-5", "2e-5", "3e-5", "4e-5"]),
        (Axis(0.9, 110, 0, 1, log=True), ["1", "3", "10", "30", "100"]),
        (Axis(5, 60, 0, 1, log=True), ["5", "10", "20", "50"]),
        (Axis(1e-9, 1e9, 0, 1, log=True), ["1e-9", "1e-5", "0.1", "1k", "10M"]),
    ],
)
def test_ticks_are_round_numbers(axis, said):
    ticks = axis.ticks()
    assert list(ticks.values()) == said
    assert len(ticks) <= 8
    assert all(axis.low - 1e-9 <= value <= axis.high + 1e-9 for value in ticks)


# ---------------------------------------------------------------- charts


def drawn(panel):
    """A figure of one panel, and its axes."""
    last = max(x for line in panel.lines.values() for x, _ in line)
    rows = 0 if list(panel.lines) == [panel.title] else 22
    return figure([panel]), Axis(0, last, LEFT, WIDTH - RIGHT), panel.axis(HEIGHT - BOTTOM, TOP + rows)


@pytest.mark.parametrize("ys", [[1.0, 3.0, 2.0], [0.01, 1.0, 100.0], [-1.0, 0.0, 5.0]])
def test_lines_are_where_the_numbers_are(ys):
    lines = {"a": list(zip((100, 200, 400), ys, strict=True)), "b": [(x, 0.5) for x in (0, 400)]}
    image, across, up = drawn(Panel("title", lines))
    assert all(has(image, across(x), up(y), COLOURS[0]) for x, y in lines["a"])
    assert has(image, across(300), (up(ys[1]) + up(ys[2])) / 2, COLOURS[0])  # half way in pixels, on either scale
    assert has(image, across(50), up(0.5), COLOURS[1])
    assert not has(image, across(50), up(ys[0]), COLOURS[0])


def test_a_line_breaks_where_there_is_no_number():
    line = [(0, 1.0), (100, 1.0), (200, None), (300, float("nan")), (400, 1.0), (500, 1.0), (600, 2.0)]
    image, across, up = drawn(Panel("a", {"a": line}))
    assert has(image, across(50), up(1), COLOURS[0])
    assert has(image, across(450), up(1), COLOURS[0])
    assert not any(has(image, across(x), up(1), COLOURS[0]) for x in (150, 200, 250, 300, 350))


def test_the_level_of_real_data_decides_the_scale():
    falling = {"fid": [(0, 400.0), (1, 20.0)]}
    assert Panel("fid", falling, level=3.0).axis(1, 0).log
    rising = {"hq": [(0, 0.001), (1, 0.5)]}
    assert not Panel("hq", rising, level=0.989).axis(1, 0).log
    assert Panel("hq", rising).axis(1, 0).log


def test_a_figure_has_two_columns_and_a_legend_of_its_own():
    panel = Panel("a", {"a": [(0, 1.0), (1, 2.0)]})
    assert figure([panel]).size == (WIDTH, HEIGHT)
    assert figure([panel] * 3).size == (2 * WIDTH, 2 * HEIGHT)
    assert figure([panel] * 3, names=["a"]).size[1] > 2 * HEIGHT
    assert figure([Panel("nothing", {"a": [(0, None)]})]).size == (WIDTH, HEIGHT)


# ---------------------------------------------------------------- a log

METRICS = {
    "fid[digits,n=500]": 50.0,
    "fid.sd[digits,n=500]": 1.0,
    "fid.floor[digits,n=500,resplits=40]": 3.0,
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
def panels(monkeypatch):
    """The panels of each figure that is made."""
    made = []

    def figure_of(panels, names=()):
        made.append((panels, names))
        return figure(panels, names)

    monkeypatch.setattr("ganzoo.plots.curves.figure", figure_of)
    return made


def test_a_log_is_read_as_far_as_it_is_whole(log, tmp_path):
    assert log["d/wgan"] == [(100, -1.0), (200, None)]
    assert log["modes@1[ref=a/b]"] == [(100, 9)]
    assert read_log(tmp_path / "none.jsonl") == {}


def test_one_run_has_panels_by_player_and_by_family(log, panels):
    curves(log)
    ((made, names),) = panels
    assert [(panel.title, list(panel.lines)) for panel in made] == [
        ("Loss of D, by term", ["wgan", "gp"]),
        ("Loss of G, by term", ["wgan"]),
        ("fid", ["fid"]),
        ("modes", ["modes@1", "modes@5"]),
    ]
    assert (made[2].level, made[2].note, made[3].level) == (3.0, "digits,n=500", None)
    assert names == ()
    assert curves({}) is None
    panels.clear()
    curves({"d/wgan": [(100, 1.0)], "fid[x,n=10]": [(100, None)]})  # of data too few for a number
    assert [panel.title for panel in panels[0][0]] == ["Loss of D, by term"]


def test_several_runs_are_compared_by_what_they_share(log, panels):
    other = {"d/hinge": [(100, 1.0)], "g/wgan": [(100, 0.0)], "fid[digits,n=500]": [(100, 40.0)]}
    compared({"one": log, "other": other})
    ((made, names),) = panels
    assert [(panel.title, list(panel.lines)) for panel in made] == [
        ("fid", ["one", "other"]),
        ("modes@1", ["one"]),
        ("modes@5", ["one"]),
        ("Loss of G: wgan", ["one", "other"]),
    ]
    assert names == ["one", "other"]
    assert compared({"one": {}, "other": {}}) is None


def test_long_logs_are_drawn_as_means_of_neighbours(panels):
    n = 5 * MOST
    curves({"d/a": [(i, float(i % 5)) for i in range(n)], "d/b": [(i, None) for i in range(n)]})
    lines = panels[0][0][0].lines
    assert lines["a"] == [(5 * i + 4, 2.0) for i in range(MOST)]
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
    assert (width, height % HEIGHT) == (2 * WIDTH, 0)
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
    assert size(tmp_path / "both.png")[0] == 2 * WIDTH
    for arguments, said in (
        ([run.path, other.path], "where shall the picture of several runs go? Add --out FILE.png"),
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
    assert not {"torch", "matplotlib", "rich"} & set(done.stdout.split())


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
    [(["--walk", "linear"], "add --interpolate K"), (["--interpolate", 1], "x>=2"), (["--walk", "round"], "spherical")],
)
def test_wrong_walks_are_told(run, tmp_path, arguments, said):
    done = typed("sample", run.path, "--npz", tmp_path / "x.npz", *arguments)
    assert done.exit_code == 2
    assert said in done.output
