"""`ganzoo eval` of runs and of files, alone and side by side."""

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

import ganzoo
from ganzoo.cli import main
from ganzoo.evaluation.comparison import UNDECIDED, verdicts
from ganzoo.evaluation.evaluate import better_of, finder, metric
from ganzoo.interfaces.scores import Score, from_metrics, value_of
from ganzoo.runs.inputs import evaluations
from ganzoo.zoo.datasets.digits import Digits


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "conditional"
    ganzoo.run("mlp+bce+cgan@digits", steps=10, batch=16, out=out)
    return out


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Real digits, class after class, as .npz and as a folder."""
    folder = tmp_path_factory.mktemp("samples")
    data = Digits()
    order = data.test.y.argsort()
    x = data.test.x[order][:, 0].numpy()
    np.savez(folder / "real.npz", x, y=data.test.y[order].numpy())
    np.savez(folder / "few.npz", x[::3])
    (folder / "images").mkdir()
    for i, image in enumerate(x):
        Image.fromarray(image).save(folder / "images" / f"{i:03}.png")
    return folder


def typed(*arguments):
    return CliRunner().invoke(main, ["eval", *map(str, arguments)])


def found(*arguments):
    done = typed(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_run_may_be_told_its_own_data(run, files):
    """As where a file stands beside it."""
    both = found(files / "real.npz", run, "--data", "digits", "--metric", "kid")
    assert both == found(files / "real.npz", run, "--metric", "kid")


def test_one_input_is_an_object_and_several_are_a_list(run, files):
    alone = found(files / "real.npz", "--data", "digits", "--metric", "prdc")
    assert alone.keys() == {"input", "data", "n", "metrics", "notes"}
    assert alone["n"] == 500
    both = found(files / "real.npz", run, "--metric", "prdc")
    assert [row["input"] for row in both] == [str(files / "real.npz"), str(run)]
    assert both[0]["metrics"] == alone["metrics"]
    assert both[0]["n"] == both[1]["n"] == 500  # as many of each
    assert both[0]["metrics"].keys() == both[1]["metrics"].keys()


def test_a_folder_scores_as_the_same_images_in_a_file(files):
    a, b = (
        found(files / name, "--data", "digits", "--metric", "fid", "--metric", "kid") for name in ("real.npz", "images")
    )
    assert a["metrics"] == b["metrics"]


def test_samples_that_were_written_class_after_class_are_mixed(files):
    scores = found(files / "real.npz", "--data", "digits", "--metric", "fid")["metrics"]
    assert (
        value_of(from_metrics(scores), "fid") < 25
    )  # three draws of 166; of a third of the classes each it is above 100


def test_several_are_a_table_with_an_order(run, files):
    done = typed(files / "real.npz", run, "--metric", "fid", "--metric", "fid:extractor=randconv")
    assert done.exit_code == 0, done.output
    title, _, head, *lines = done.stdout.splitlines()
    assert title == "500 samples of each, scored against digits: n = 166"
    assert head.split() == ["score", str(files / "real.npz"), str(run), "floor", "memoriser", "better"]
    rows = [line.split()[0] for line in lines if line]
    assert rows[:8] == ["extractor", "fid", "extractor", "fid.heldout"] * 2
    assert f"fid: {files / 'real.npz'} before {run}" in lines


def test_one_is_a_table_with_baselines(run):
    done = typed(run)
    assert done.exit_code == 0, done.output
    title, _, head, *lines = done.stdout.splitlines()
    assert title == "1,500 samples, scored against digits"
    assert head.split() == ["score", "value", "floor", "memoriser", "held-out", "better"]
    assert lines[0].startswith("extractor digits-judge-v1@")
    assert lines[0].endswith(", reference digits/train (1,297 samples), n = 500")
    fid = lines[1].split()
    assert (fid[0], fid[2], fid[-1]) == ("fid", "±", "lower")
    assert not any("[" in line for line in lines)


def test_a_number_of_samples_is_kept(run, files):
    assert found(run, "-n", 100, "--metric", "modes")["n"] == 100
    more = found(run, "-n", 1600, "--metric", "modes")
    assert more["n"] == 1600
    assert any(key.startswith("kl[") and "n=1600" in key for key in more["metrics"])
    done = typed(files / "few.npz", "--data", "digits", "-n", 300)
    assert done.exit_code == 1
    assert f"{files / 'few.npz'}: 167 samples, but -n is 300" in done.output


def test_a_run_has_a_latent_space_and_classes(run):
    scores = found(run, "--metric", "smoothness:walks=10", "--metric", "cas", "--metric", "augmentation:k=3")
    names = {score.name for score in from_metrics(scores["metrics"])}
    assert names == {"ppl", "ppl.ratio", "jump", "cas", "cas.real", "augmentation", "augmentation.alone"}
    assert None not in scores["metrics"].values()
    assert all("n=1297" in key for key in scores["metrics"] if key.startswith("cas"))


def test_the_run_s_own_scores_come_again(run):
    record = json.loads((run / "result.json").read_text())["metrics"]
    again = found(run)["metrics"]
    assert {key: again[key] for key in record} == record
    assert all("[randconv-v1@" in key for key in again.keys() - record.keys())


def test_a_run_has_a_discriminator(run):
    (e,) = evaluations([run], None, 50, finder())
    d = e.source.discriminator
    scores = d(e.x, e.y)
    assert scores.shape == (50,)
    assert scores.isfinite().all()
    again, y, *_ = e.source.draw(50)
    assert torch.equal(y, e.y)
    assert torch.equal(e.source.draw(20)[1], y[:20])
    assert again.shape == e.x.shape


def test_pictures_are_written_where_they_are_asked_for(run, files, tmp_path):
    arguments = [run, files / "images", "--metric", "distribution"]
    done = typed(*arguments, "--pictures", tmp_path / "p")
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "p").iterdir()) == [
        "conditional.distribution.png",
        "images.distribution.png",
    ]
    done = typed(*arguments)
    assert "not kept; add --pictures FOLDER" in done.stderr


def test_no_picture_is_written_over_another(files, tmp_path):
    (tmp_path / "images.npz").symlink_to(files / "real.npz")
    real = tmp_path / "other" / "images.npz"
    real.parent.mkdir()
    real.write_bytes((files / "real.npz").read_bytes())
    metrics = ["--metric", "distribution", "--metric", "distribution:view=tsne"]
    arguments = [real, files / "images", tmp_path / "images.npz", "-n", 20, *metrics, "--pictures", tmp_path / "p"]
    done = typed(*arguments, "--data", "digits")
    assert done.exit_code == 0, done.output
    stems = ["images-1", "images-2", "real"]
    expected = [f"{stem}.distribution-{i}.png" for stem in stems for i in (1, 2)]
    assert sorted(path.name for path in (tmp_path / "p").iterdir()) == expected


def test_it_is_said_how_many_are_scored(run, files):
    done = typed(files / "real.npz", run, files / "few.npz", "--metric", "kid")
    beside = "digits has 1,297 to train on and 500 held out"
    said = [line for line in done.stderr.splitlines() if "are scored" in line]
    assert said == [f"Note: 167 of {n} samples are scored; {beside}" for n in ("500", "1,500", "167")]
    assert found(files / "images", "--data", "digits", "--metric", "kid")["notes"] == [
        f"500 of 500 samples are scored; {beside}"
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["real.npz"], 2, "to be compared with; add --data, such as --data digits"),
        (["images"], 1, "images is no run directory: it has no recipe.json; to compare its samples"),
        (
            ["RUN", "--data", "stacked-digits"],
            2,
            "its own data, digits, and stacked-digits holds other samples",
        ),
        (["real.npz", "--data", "digits", "--metric", "prdc:j=4"], 2, "prdc has no option 'j'"),
        (["real.npz", "--data", "digits", "--metric", "prdcc"], 2, "no metric is called 'prdcc'; nearest: prdc"),
        (["real.npz", "--data", "digits", "--metric", "smoothness"], 2, "takes a generator; give a run"),
        (["real.npz", "--data", "digits", "--metric", "ms-ssim"], 2, "32 pixels a side or more, and digits has 8 x 8"),
        (["real.npz", "--data", "digits", "--metric", "fid:extractor=judgee"], 2, "no extractor is called 'judgee'"),
        (["real.npz", "--data", "ring8"], 1, "real.npz: the array is uint8 (500, 8, 8), but points are floats"),
        (["few.npz", "real.npz", "--data", "stacked-digits"], 1, "few.npz: samples have the shape (1, 8, 8)"),
        (
            ["real.npz", "--data", "digits", "--metric", "fid:extractor=inception", "--inception-weights", "real.npz"],
            1,
            "real.npz: not the Inception weights of 2015: its sha256 is",
        ),
    ],
)
def test_wrong_use_gets_a_sentence(run, files, monkeypatch, arguments, code, said):
    monkeypatch.chdir(files)
    done = typed(*[run if argument == "RUN" else argument for argument in arguments])
    assert done.exit_code == code, done.output
    assert said in done.output.replace("\n", " ")


def test_runs_of_other_data_are_not_compared(run, tmp_path):
    ganzoo.run("mlp+bce+pack:m=2@ring8", steps=10, batch=16, out=tmp_path / "points")
    done = typed(run, tmp_path / "points")
    assert done.exit_code == 1
    assert "points was trained on ring8, but " in done.output
    assert "on digits; compare runs of the same data" in done.output
    (e,) = evaluations([tmp_path / "points"], None, None, finder())
    assert e.source.discriminator is None  # it judges two at once
    assert len(e) == 2_500


# ---------------------------------------------------------------- order


def test_two_tie_where_extractors_disagree_and_within_their_draws():
    better = {"fid": "lower", "is": "higher"}

    def said(*pairs):
        scores = [from_metrics(dict(pair)) for pair in zip(*pairs, strict=True)]
        return verdicts(dict(zip("ab", scores, strict=True)), better)["fid"]

    one, two = [("fid[x]", 3.0), ("fid[x]", 5.0)], [("fid[y]", 300.0), ("fid[y]", 500.0)]
    sure = [("fid.sd[x]", 0.1), ("fid.sd[x]", 0.1)], [("fid.sd[y]", 1.0), ("fid.sd[y]", 1.0)]
    assert said(one, *sure) == said(one, two, *sure) == ["a before b"]
    assert said(one, two[::-1], *sure) == ["a and b tie: extractors disagree on their order"]
    spread = [("fid.sd[x]", 1.5), ("fid.sd[x]", 1.5)]
    assert said(one, spread) == ["a and b tie: they differ by less than their draws do"]
    assert verdicts({"a": [Score("fid", "x", None)], "b": [Score("fid", "x", 2.0)]}, better) == {}
    assert verdicts({"a": [Score("fid", "x", 2.0)]}, better) == {}
    higher = {name: [Score("is", "x", value), Score("is.sd", "x", 0.1)] for name, value in {"a": 2.0, "b": 3.0}.items()}
    assert verdicts(higher, better) == {"is": ["b before a"]}


def test_two_draws_of_one_generator_are_not_put_in_an_order():
    better = better_of([metric("modes")])
    assert verdicts({"a": [Score("kl", "x", 0.1)], "b": [Score("kl", "x", 0.2)]}, better) == {"kl": [UNDECIDED]}
    assert verdicts({"a": [Score("kl", "x", 0.1)], "b": [Score("kl", "x", 0.1)]}, better)["kl"] == [
        "a and b tie: they differ by less than their draws do"
    ]
