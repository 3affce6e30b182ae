"""`ganzoo sample --given`: images of any size, folders and arrays; and the scores of what was written."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

import ganzoo
from ganzoo.cli import main

PLUGIN = Path(__file__).parents[1] / "helpers" / "invert.py"


def typed(*arguments, code=0):
    done = CliRunner().invoke(main, [*map(str, arguments), "--with", str(PLUGIN)])
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("negatives") / "run"
    settings = ["-s", "batch=16", "-s", "lr=2e-2", "--device", "cpu"]
    typed("run", "filter+lsgan+given+distance@negatives", "--images", 6400, "--out", out, *settings)
    return out


def test_what_one_run_was_given_can_be_given_again(run, tmp_path):
    """The array `given`, which is written beside the samples, and not the samples."""
    typed("sample", run, "-n", 6, "--out", tmp_path / "a.npz")
    typed("sample", run, "--given", tmp_path / "a.npz", "--out", tmp_path / "b.npz")
    with np.load(tmp_path / "a.npz") as a_file, np.load(tmp_path / "b.npz") as b_file:
        a, b = dict(a_file), dict(b_file)
    assert np.array_equal(a["given"], b["given"])
    assert not np.array_equal(a["given"], a["samples"])


@pytest.mark.parametrize(("metric", "score"), [("smoothness:walks=5,steps=3", "ppl"), ("distribution", "levels.w1")])
def test_metrics_that_call_the_networks_give_them_what_they_take(run, tmp_path, metric, score):
    said = typed("eval", run, "--metric", metric, "--pictures", tmp_path / "pictures")
    assert any(line.startswith(f"{score} ") for line in said.splitlines())
    assert len([*tmp_path.rglob("*.png")]) == (metric == "distribution")


def photo(path, height, width, mode="L"):
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(noise).convert(mode).save(path)
    return np.asarray(Image.fromarray(noise).convert("L"))


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def error(scores, name="answer"):
    return next(value for key, value in scores.items() if key.split("[")[0] == name)


def test_it_learns_what_belongs_to_what_is_given(run):
    result = json.loads((run / "result.json").read_text())
    assert error(result["metrics"]) < 0.2 * error(result["metrics"], "answer.copy")
    assert error(result["curve"][0]["metrics"]) > error(result["metrics"])
    assert json.loads((run / "recipe.json").read_text())["data"]["source"] == [1, 8, 8]


def test_pictures_of_a_run_have_each_sample_beside_what_it_was_made_of(run):
    picture = pixels(max((run / "samples").glob("*.png")))
    assert picture.shape[1] > 1.8 * picture.shape[0]


@pytest.mark.parametrize("size", [(8, 8), (12, 31), (5, 6)])
@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_an_image_of_any_size_and_mode_becomes_one_of_its_size(run, tmp_path, size, mode):
    given = photo(tmp_path / "photo.png", *size, mode=mode)
    typed("sample", run, "--given", tmp_path / "photo.png", "--out", tmp_path / "out.png")
    out = pixels(tmp_path / "out.png").astype(float)
    assert out.shape == size
    assert np.corrcoef(out.ravel(), given.ravel())[0, 1] < -0.9


def test_a_folder_becomes_a_folder_of_the_same_names(run, tmp_path):
    (tmp_path / "in" / "more").mkdir(parents=True)
    sizes = {"a.png": (8, 8), "b.bmp": (12, 16), "more/c.png": (20, 9)}
    for name, size in sizes.items():
        photo(tmp_path / "in" / name, *size)
    assert "3 samples" in typed("sample", run, "--given", tmp_path / "in", "--out", tmp_path / "out")
    assert sorted(p.suffix for p in (tmp_path / "out").rglob("*.*")) == [".png"] * 3
    expected = {"a.png": (8, 8), "b.png": (12, 16), "more/c.png": (20, 9)}
    assert {name: pixels(tmp_path / "out" / name).shape for name in expected} == expected


def test_a_folder_of_several_sizes_cannot_be_one_array(run, tmp_path):
    photo(tmp_path / "a.png", 8, 8)
    photo(tmp_path / "b.png", 8, 9)
    output = typed("sample", run, "--given", tmp_path, "--npz", tmp_path / "x.npz", code=1)
    assert "b.png: is 9 x 8, but" in output
    assert "give them one by one, or a folder as --out" in output


def test_what_was_written_scores_as_the_samples_do(run, tmp_path):
    with ganzoo.using([PLUGIN]):
        loaded = ganzoo.load(run)
        test = loaded.data.test
        expected = (loaded.sample(given=test.given).float() - test.x.float()).abs().mean().item()
    np.savez(tmp_path / "given.npz", test.given.movedim(1, -1).numpy())
    typed("sample", run, "--given", tmp_path / "given.npz", "--out", tmp_path / "x.npz")
    output = typed("eval", tmp_path / "x.npz", "--data", "negatives", "--json")
    scores = json.loads(output[output.index("{") :])
    assert error(scores["metrics"]) == pytest.approx(expected, rel=1e-6)


def test_samples_of_other_rows_have_no_answers(run, tmp_path):
    np.savez(tmp_path / "given.npz", np.zeros((9, 8, 8, 1), np.uint8))
    typed("sample", run, "--given", tmp_path / "given.npz", "--out", tmp_path / "x.npz")
    output = typed("eval", tmp_path / "x.npz", "--data", "negatives", code=2)
    assert "answer scores samples made of held-out pairs" in output


def test_rows_come_in_turn_and_without_any_those_of_the_test_split(run):
    with ganzoo.using([PLUGIN]):
        loaded = ganzoo.load(run)
        given = loaded.data.test.given[:3]
        assert torch.equal(loaded.sample(7, given=given)[:6], loaded.sample(3, given=given).repeat(2, 1, 1, 1))
        assert loaded.sample(given=given).shape == (3, 1, 8, 8)
        assert torch.equal(loaded.sample(5, seed=2), loaded.sample(5, seed=2))
        assert not torch.equal(loaded.sample(5, seed=2), loaded.sample(5, seed=3))


def test_options_of_the_generator_hold_for_one_call(run):
    with ganzoo.using([PLUGIN]):
        loaded = ganzoo.load(run)
        plain = loaded.sample(4)
        noisy = loaded.sample(4, options={"noise": "0.5"})
        assert not torch.equal(plain, noisy)
        assert torch.equal(noisy, loaded.sample(4, options={"noise": 0.5}))  # noise of G is of the seed too
        assert torch.equal(plain, loaded.sample(4))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--g", "noize=1"], 2, "no option 'noize' of sampling; it has noise; nearest: noise"),
        (["--g", "noise=much"], 2, "noise=much: this option of sampling is a float, such as 0.0"),
        (["--g", "noise"], 2, "is not NAME=VALUE"),
        (["--interpolate", "3", "--given", PLUGIN], 2, "goes with neither --given nor --g"),
        (["--given", PLUGIN], 1, "Pillow cannot read .py files here; convert it"),
        (["--given", "nowhere.png"], 2, "does not exist"),
    ],
)
def test_mistakes_are_said(run, tmp_path, arguments, code, said):
    output = " ".join(typed("sample", run, *arguments, "--npz", tmp_path / "x.npz", code=code).split())
    assert said in output
    assert not (tmp_path / "x.npz").exists()


def test_arrays_that_do_not_fit_are_refused(run, tmp_path):
    for array, said in (
        (np.zeros((3, 8, 8, 2), np.uint8), "but what is given is uint8 (N, 1, 8, 8), with channels last"),
        (np.zeros((3, 8, 8, 1)), "the array is float64 (3, 8, 8, 1)"),
    ):
        np.savez(tmp_path / "given.npz", array)
        output = typed("sample", run, "--given", tmp_path / "given.npz", "--npz", tmp_path / "x.npz", code=1)
        assert said in " ".join(output.split())


def test_a_generator_that_takes_nothing_says_so(tmp_path):
    with ganzoo.using([PLUGIN]):
        run = ganzoo.run("mlp:width=4+bce@digits", steps=10, batch=8, out=tmp_path / "run", device="cpu")
    photo(tmp_path / "a.png", 8, 8)
    output = typed("sample", run.path, "--given", tmp_path / "a.png", "--npz", tmp_path / "x.npz", code=2)
    assert "digits gives a generator nothing" in output
    with pytest.raises(ganzoo.Incompatible, match="takes nothing that could be given"):
        run.sample(2, given=torch.zeros(2, 1, 8, 8, dtype=torch.uint8))
