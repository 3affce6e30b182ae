"""`import ganzoo`: what is public, and what it costs."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch

import ganzoo
from ganzoo.support.errors import SpecError


def test_public_names_are_sorted_lazy_and_documented():
    assert ganzoo.__all__ == sorted(ganzoo.__all__)
    for name in ganzoo.__all__:
        assert getattr(ganzoo, name).__doc__, name
    assert set(ganzoo.__all__) <= set(dir(ganzoo))
    with pytest.raises(AttributeError, match="it has Architecture, Companion, Component, "):
        ganzoo.nothing  # noqa: B018


def test_building_blocks_are_public():
    spec = ganzoo.NetSpec(shape=(2,), latent=4, classes=3, given=(5,), source=(5,))
    net = ganzoo.nn.Generator(spec, torch.nn.Linear(4 + ganzoo.nn.condition_width(spec), 2))
    assert net(torch.zeros(6, 4), torch.zeros(6, dtype=torch.long), torch.zeros(6, 5)).shape == (6, 2)
    for name in ganzoo.nn.__all__:
        assert getattr(ganzoo.nn, name).__doc__, name


def test_import_ganzoo_imports_nothing_heavy():
    code = "import sys, ganzoo; print(sorted({'torch', 'numpy', 'click', 'rich', 'pluggy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_importing_ganzoo_imports_nothing_heavy():
    code = "import sys, ganzoo; print(sorted({'torch', 'torchvision', 'matplotlib', 'sklearn'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_training_on_digits_imports_no_more_than_it_needs(tmp_path):
    code = f"""
import sys, ganzoo
ganzoo.run("dcgan:width=4+bce", steps=4, out={str(tmp_path / "run")!r}, device="cpu")
print(sorted({{"torch_fidelity", "ray", "submitit", "click"}} & set(sys.modules)))
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_run_and_load(tmp_path):
    run = ganzoo.run("dcgan:width=4+wgangp@digits", images=4000, out=tmp_path / "run", device="cpu", batch=16, latent=4)
    assert run.result.status == "ok"
    assert run.sample(7).shape == (7, 1, 8, 8)
    assert run.sample(7).dtype == torch.uint8
    loaded = ganzoo.load(run.path)
    assert torch.equal(loaded.sample(64), run.sample(64))
    assert not torch.equal(loaded.sample(64), run.sample(64, seed=1))
    assert not loaded.generator.training
    x = loaded.generator(torch.zeros(2, 4))
    assert x.abs().max() <= 1


def test_a_data_set_is_made_from_its_name():
    digits = ganzoo.dataset("digits")
    assert (digits.name, digits.kind, len(digits.train.x)) == ("digits", "image", 1297)
    assert ganzoo.dataset("folder:size=16,path=faces").size == 16
    with pytest.raises(SpecError, match=r"'digit'.*digits"):
        ganzoo.dataset("digit")
    with pytest.raises(SpecError, match="wgan"):
        ganzoo.dataset("wgan")


def test_settings_are_keywords_or_a_mapping(tmp_path):
    more = {"images": 160, "out": tmp_path / "run", "device": "cpu"}
    run = ganzoo.run("mlp+bce@ring8", batch=16, settings={"latent": "4"}, **more)
    assert (run.recipe.settings.batch, run.recipe.settings.latent) == (16, 4)
    with pytest.raises(SpecError, match=r"2 mistakes:\n  - images is given twice.*\n  - lr is given twice"):
        ganzoo.run("mlp+bce@ring8", lr=1, settings={"lr": 1, "images": 3}, **more)
    with pytest.raises(SpecError, match="setting bach: there is no such setting; nearest: batch"):
        ganzoo.run("mlp+bce@ring8", bach=1, **more)


def test_a_seed_is_any_whole_number(tmp_path):
    more = {"images": 160, "out": tmp_path / "run", "device": "cpu", "batch": 16}
    run = ganzoo.run("mlp+bce@ring8", seed=np.int64(3), **more)
    assert (run.header.seed, run.path) == (3, tmp_path / "run")
    assert torch.equal(run.sample(5, seed=np.int64(1)), run.sample(5, seed=1))
    with pytest.raises(TypeError):
        ganzoo.run("mlp+bce@ring8", seed=0.5, **more)


def test_points_come_in_the_datas_own_units(tmp_path):
    run = ganzoo.run("mlp+bce@grid25", steps=20, out=tmp_path / "run", device="cpu", batch=16)
    samples = run.sample(100)
    assert samples.shape == (100, 2)
    assert torch.allclose(samples, run.generator(_z(run, 100)) * run.data.scale)


def _z(run, n):
    from ganzoo.support.seeds import seed_of

    generator = torch.Generator().manual_seed(seed_of("sample", 0))
    return torch.randn(n, run.recipe.settings.latent, generator=generator)


def test_seeds_differ_and_repeat(tmp_path):
    first, again, other = (
        ganzoo.run("mlp+bce@ring8", steps=10, out=tmp_path / f"{i}", device="cpu", seed=seed).sample(10)
        for i, seed in enumerate((0, 0, 1))
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_callers_random_numbers_and_threads_are_left_alone(tmp_path):
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    threads = torch.get_num_threads()
    ganzoo.run("mlp+bce@ring8", steps=5, out=tmp_path / "run", device="cpu")
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads


def test_trackers_are_told_of_everything(tmp_path):
    told = []

    class Tracker(ganzoo.Tracker):
        def start(self, run):
            told.append(("start", run["done"]))

        def losses(self, images, losses):
            assert "d/bce" in losses
            told.append(("losses", images))

        def scores(self, images, scores):
            assert "kl" in {score.name for score in scores}
            told.append(("scores", images))

        def image(self, images, path):
            assert path.exists()
            told.append(("image", images))

        def finish(self, result):
            told.append(("finish", result.status))

    ganzoo.run("mlp+bce@ring8", images=1600, out=tmp_path / "run", device="cpu", batch=16, trackers=[Tracker()])
    assert told[0] == ("start", 0)
    assert told[-1] == ("finish", "ok")
    assert [images for what, images in told if what == "image"] == list(range(160, 1601, 160))
    assert sum(what == "scores" for what, _ in told) == 10


def test_what_cannot_be_sampled_is_refused(tmp_path):
    run = ganzoo.run("mlp+bce@ring8", images=256, out=tmp_path / "run", device="cpu")
    for refused in (
        lambda: run.sample(0),
        lambda: run.sample(-1),
        lambda: run.interpolate(2, 1),
        lambda: run.interpolate(2, 4, walk="round"),
    ):
        with pytest.raises(ganzoo.Incompatible, match=r"n is 1 or more|spherical or linear, in 2 steps or more"):
            refused()


def test_the_callers_types_and_modes_do_not_reach_a_run(tmp_path):
    run = ganzoo.run("mlp+bce@ring8", images=256, out=tmp_path / "run", device="cpu")
    plain = run.sample(5)
    torch.set_default_dtype(torch.float64)
    try:
        again = ganzoo.load(run.path)
        assert torch.equal(again.sample(5), plain)
        assert len(again.evaluation()) == 2500  # the data is what it was
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            other = ganzoo.run("mlp+bce@ring8", images=256, out=tmp_path / "other", device="cpu")
            assert torch.equal(other.sample(5), plain)
        with torch.inference_mode():
            other = ganzoo.run("mlp+bce@ring8", images=256, out=tmp_path / "third", device="cpu")
        assert torch.equal(other.sample(5), plain)
    finally:
        torch.set_default_dtype(torch.float32)


def test_a_checkpoint_that_is_gone_is_read_again(tmp_path):
    run = ganzoo.run("mlp+bce@ring8", images=256, out=tmp_path / "run", device="cpu")
    run.sample(1)
    shutil.move(run.checkpoint, tmp_path / "elsewhere")
    with pytest.raises(ganzoo.RunError, match=r"read the run again with ganzoo\.load"):
        run.network("discriminator")
