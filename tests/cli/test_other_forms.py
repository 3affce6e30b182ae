"""`--out FILE` in every form, and a plugin of words through every command, in processes of their own."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import ganzoo
from ganzoo.cli import main
from ganzoo.runs.records import glance
from ganzoo.runs.requests import sample_request

PLUGIN = Path(__file__).parents[1] / "helpers" / "words.py"
PLUGIN_OPTION = ["--with", PLUGIN]


def ganzoo_cli(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "ganzoo", *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def typed(*arguments):
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """A short run of words, and what it said."""
    out = tmp_path_factory.mktemp("words") / "run"
    settings = ["-s", "batch=32", "-s", "latent=8", "-s", "lr=2e-3", "--device", "cpu"]
    return out, ganzoo_cli("run", "gru+hinge@words", "--steps", 100, "--out", out, *settings, *PLUGIN_OPTION)


def share(out):
    return ganzoo.load(out).result.metrics["spelling.share[letters=True,n=600]"]


def test_a_run_shows_the_primary_score(words):
    out, said = words
    lines = said.splitlines()
    assert 0 < share(out) < 1
    assert sum("images/s: spelling.share 0." in line and line.endswith("(floor 1)") for line in lines) == 10
    assert any(line.split()[:3] == ["spelling.share", f"{share(out):.4g}", "1"] for line in lines)
    assert any(line.startswith("more ") and line.endswith(f"--grid grid.png --with {PLUGIN}") for line in lines)
    assert (out / "samples" / "000000003200.png").exists()


def test_a_file_of_words_scores_as_the_samples(words, tmp_path):
    out, _ = words
    path = tmp_path / "x.txt"
    said = ganzoo_cli("sample", out, "-n", 300, "--out", path, *PLUGIN_OPTION)
    assert said == f"300 samples of words/gru+hinge@words/words in {path}\n"
    found = json.loads(ganzoo_cli("eval", path, "--data", "words", "--json", *PLUGIN_OPTION))
    text = path.read_text().split()
    right = [letter in "aeiou" if i % 2 else letter not in "aeiou" for word in text for i, letter in enumerate(word)]
    assert len(text) == found["n"] == 300
    assert found["metrics"]["spelling.share[letters=True,n=300]"] == pytest.approx(np.mean(right))
    with ganzoo.using([PLUGIN]):
        data, samples = ganzoo.dataset("words"), ganzoo.load(out).sample(300)
    assert [data.text(word) for word in samples] == text


def test_lists_boards_and_curves_show_the_primary_score(words, tmp_path):
    out, _ = words
    listed = ganzoo_cli("runs", out.parent)
    assert f"spelling.share {share(out):.3g} (floor" in listed
    assert json.loads(ganzoo_cli("runs", out.parent, "--json"))["primary"] == "spelling.share"
    board = ganzoo_cli("board", out.parent, "--unpublished", *PLUGIN_OPTION)
    assert board.startswith("words/words by spelling.share [letters=True,n=600]\n")
    assert ganzoo_cli("board", out.parent, "--unpublished", "--format", "json", "--no-plugins")
    path = tmp_path / "curves.png"
    assert ganzoo_cli("plot", out, "--out", path, *PLUGIN_OPTION) == f"{path}\n"
    with Image.open(path) as drawn:
        assert drawn.size[0] > 300
    tried = ganzoo_cli("matrix", "gru", "--loss", "hinge", "--data", "words", "--train", *PLUGIN_OPTION)
    assert "combinations trained on noise like words, 5x14: 20 work and" in tried


def test_a_grid_of_another_form_shows_its_primary_score(tmp_path):
    grid = tmp_path / "grid.toml"
    grid.write_text(
        'name = "words"\nspecs = ["gru+hinge@words:n=100"]\nseeds = 1\nimages = 320\n'
        "[settings]\nbatch = 16\nlatent = 4\n"
    )
    said = ganzoo_cli("bench", grid, "--out", tmp_path / "out", "--device", "cpu", *PLUGIN_OPTION)
    assert "spelling.share 0." in said


@pytest.mark.parametrize(
    ("name", "more", "code", "said"),
    [
        ("x.wav", [], 2, "x.wav: samples of words/words are written as .npz, .txt or .png, but its suffix is .wav"),
        ("x.txt", ["--interpolate", 3], 2, "walks of words/words are written as .npz, .png or .gif, but its suffix is"),
        ("gone/x.txt", [], 1, "cannot write"),
    ],
)
def test_files_that_cannot_be_written(words, tmp_path, name, more, code, said):
    done = typed("sample", words[0], "--out", tmp_path / name, *more, *PLUGIN_OPTION)
    assert done.exit_code == code
    assert said in done.output
    assert not [*tmp_path.iterdir()]


def test_pictures_and_films_of_words(words, tmp_path):
    typed("sample", words[0], "-n", 5, "--out", tmp_path / "x.png", *PLUGIN_OPTION)
    typed("sample", words[0], "-n", 5, "--interpolate", 4, "--out", tmp_path / "x.gif", *PLUGIN_OPTION)
    for name in ("x.png", "x.gif"):
        with Image.open(tmp_path / name) as picture:
            assert picture.size == (80, 60)


# ---------------------------------------------------------------- built-in data


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A short conditional run."""
    out = tmp_path_factory.mktemp("digits") / "run"
    small = {"steps": 10, "batch": 16, "latent": 4, "device": "cpu"}
    return ganzoo.run("dcgan:width=4+hinge+cgan@digits", out=out, **small)


def test_digits_in_every_form(digits, tmp_path):
    x = digits.sample(1, seed=3, classes=[7])
    for suffix in (".png", ".bmp", ".jpg", ".npz"):
        path = tmp_path / f"x{suffix}"
        done = typed("sample", digits.path, "-n", 1, "--seed", 3, "--classes", 7, "--out", path)
        assert done.exit_code == 0, done.output
    for suffix in (".png", ".bmp"):
        with Image.open(tmp_path / f"x{suffix}") as image:
            assert np.array_equal(image, x[0, 0])
    arrays = np.load(tmp_path / "x.npz")
    assert np.array_equal(arrays["samples"], x.movedim(1, -1))
    assert arrays["labels"].tolist() == [7]
    grid, out = tmp_path / "grid.png", tmp_path / "out.png"
    typed("sample", digits.path, "-n", 20, "--classes", "3,7", "--grid", grid, "--out", out)
    assert grid.read_bytes() == out.read_bytes()
    done = typed("sample", digits.path, "--out", tmp_path / "many.jpg")
    assert done.exit_code == 1
    assert "64 samples, but a file holds one image; take one (-n 1), or write .npz" in done.output


def test_labels_that_were_drawn_are_written_and_scored(digits, tmp_path):
    path = tmp_path / "x.npz"
    typed("sample", digits.path, "-n", 200, "--npz", path)
    assert np.array_equal(np.load(path)["labels"], sample_request(digits, 200, 0).y)
    assert len(np.unique(np.load(path)["labels"])) == 10
    done = typed("eval", path, "--data", "digits", "--metric", "cas")
    assert done.exit_code == 0, done.output
    typed("sample", digits.path, "-n", 3, "--interpolate", 5, "--classes", "4", "--npz", path)
    assert np.load(path)["samples"].shape == (3, 5, 8, 8, 1)
    assert np.load(path)["labels"].tolist() == [4, 4, 4]


def test_points_are_written_as_a_table_and_scored(tmp_path):
    run = ganzoo.run("mlp:width=8+bce@ring8", steps=10, batch=16, latent=4, out=tmp_path / "run", device="cpu")
    done = typed("sample", run.path, "-n", 2500, "--seed", 5, "--out", tmp_path / "x.csv", "--npz", tmp_path / "x.npz")
    assert done.output.endswith(f"@ring8 in {tmp_path / 'x.csv'} and {tmp_path / 'x.npz'}\n")
    scores = [
        json.loads(typed("eval", tmp_path / name, "--data", "ring8", "--json").stdout)["metrics"]
        for name in ("x.csv", "x.npz")
    ]
    assert scores[0] == scores[1]


def test_a_glance_begins_with_the_primary_score():
    metrics = {
        "fid[j,n=9]": 23.12,
        "fid.floor[j,n=9]": 12.8,
        "acc[n=9]": 0.51239,
        "acc.floor[n=9]": None,
        "kl[n=9]": 1.0,
    }
    assert glance(metrics) == glance(metrics, "fid") == glance(metrics, "kl") == "FID 23.1 (floor 12.8) KL 1"
    assert glance(metrics, "acc") == "acc 0.512 FID 23.1 (floor 12.8) KL 1"
    assert glance(metrics | {"acc.floor[n=9]": 0.9}, "acc") == "acc 0.512 (floor 0.9) FID 23.1 (floor 12.8) KL 1"
    assert glance({"a{b}[n=9]": 0.5}, "a{b}") == "a{b} 0.5"
