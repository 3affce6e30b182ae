"""Each recipe gives the same bits as when golden.json was written: weights, metrics, losses, samples.

`recorded/golden.json` was written by the code of commit e7f7ceb, but for `npz-ada`, `topk`, `projection` and
`digits-projection`, since version 2 of ada and that of sn have other numbers, and for the ids of `pack` and `features`
(version 2 of pack and of ortho give them the same bits) and of `digits-acgan` (digits recommend a weight of gp by now,
so its spec states the one that was the default). It holds for one torch and one CPU, which it names; elsewhere the
tests are skipped. To record it again, with code whose numbers are known to be right:

    PYTHONPATH=tests python tests/runs/test_identity.py --write
"""

import json
import os
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

import numpy as np
import pytest
from helpers.bits import Stopper, elsewhere, here, one_thread, read, sha_of_json, sha_of_tensor, weights
from PIL import Image

import ganzoo

FILE = Path(__file__).with_name("recorded") / "golden.json"
GOLDEN = read(FILE) if FILE.exists() else {"where": {"torch": "nothing", "cpu": "nothing"}}

THEN = {"lr": "2e-3", "betas": "0,0.9", "ema": "5e4"}
"""What digits recommended then."""
RECIPES = {
    # points
    "smooth": ("mlp+bce:smooth=0.1+noise:fade=500+gradclip:norm=0.1@ring8", 40, {}),
    "minimax": ("mlp:width=32,dropout=0.2+minimax+dragan@grid25", 40, {"decay": "linear", "lr": "5e-4"}),
    "lsgan": ("mlp:norm=batch,depth=2+lsgan+stddev+drift@spiral", 40, {"decay": "none", "ema": "off"}),
    "wganclip": ("mlp+wganclip@ring8", 12, {}),
    "wgangp": ("mlp+wgangp+drift:weight=0.01@grid25", 12, {"precision": "fp32"}),
    "zero-gp": ("mlp+bce:weight=2+gp:center=0,every=2@moons", 40, {"ema": "300"}),
    "lazy": ("mlp+hinge+r1:every=4,weight=0.5+lecam+noise:fade=900@ring8", 40, {"decay": "none"}),
    "r3-shards": ("mlp+r3@grid25", 40, {"shards": "2", "decay": "cosine"}),
    "lecam-shards": ("mlp:norm=batch+bce+lecam+noise@ring8", 20, {"shards": "4", "d_steps": "2"}),
    "ragan": ("mlp+ragan+mbdisc:kernels=8+r1+r2:weight=0.1@ring8", 40, {"ttur": "2"}),
    "consistency": ("mlp+lsgan+cr+zcr@moons", 40, {"latent": "8"}),
    "pack": ("fc-maxout:width=32,d_width=16+hinge+bcr+pack@swissroll", 30, {"latent": "2", "betas": "0.8,0.999"}),
    "features": ("mlp+bce+featmatch+modeseek+ortho@ring8", 40, {}),
    "topk": ("mlp+hinge+sn+topk:anneal=500@grid25", 40, {"decay": "none"}),
    "bf16": ("mlp:width=32+rpgan+r1@ring8", 20, {"precision": "bf16"}),
    # points with labels
    "cgan": ("mlp+bce+cgan@ring8", 40, {"d_steps": "3"}),
    "acgan-cbn": ("mlp:g_norm=batch+minimax+acgan+cbn@spiral", 40, {}),
    "projection": ("mlp+hinge+sn+projection@grid25", 40, {}),
    # images
    "digits-projection": ("dcgan:width=8+hinge+sn+projection+cbn@digits", 20, {"latent": "16"} | THEN),
    "digits-acgan": (
        "dcgan:width=8,g_refine=true+wgangp+gp:weight=10+acgan@digits",
        4,
        {"d_steps": "5", "ttur": "1"} | THEN,
    ),
    "digits-resnet": ("resnet:width=4+ragan+diffaug+gradclip@digits", 10, {"decay": "cosine"} | THEN),
    "stacked": (
        "infogan-net:width=4,hidden=32+lsgan+bcr@stacked-digits",
        1,
        {"lr": "1.5e-3", "decay": "none"},
    ),
    "npz-ada": (
        "infogan-net:width=8,hidden=32+bce+ada:speed=300,target=-0.5,interval=2@npz:images.npz",
        30,
        {"ttur": "2", "lr": "5e-3"},
    ),
    "npz-labels": ("mlp:width=32+bce+cgan+clip:c=0.1@npz:labelled.npz", 20, {}),
    "folder": ("dcgan:width=4+r3+stddev+noise@folder:pictures,size=8,xflip=true", 20, {"shards": "2"}),
}
SEED = 3
ASKED = ("wgangp", "digits-projection")
"""Recipes whose samples are compared too."""
EXTENDED = ("lazy", "lsgan", "topk", "npz-ada")
"""Recipes whose learning rate does not decay, so that a run of them can be made longer."""
STOPPED = ("smooth", "lazy", "lecam-shards", "wganclip", "digits-projection", "npz-ada", "folder")


def make_data(place):
    """Images that a fixed seed decides: a file, a file with labels, and a folder."""
    draw = np.random.RandomState(0)  # its stream is fixed for all versions of numpy
    images = draw.randint(0, 256, (600, 8, 8, 3)).astype(np.uint8)
    np.savez(place / "images.npz", images)
    np.savez(place / "labelled.npz", images[:100, :, :, 0], y=np.arange(100) % 3)
    (place / "pictures").mkdir()
    for i, image in enumerate(images[:40]):
        Image.fromarray(image.repeat(2, 0).repeat(2, 1)).save(place / "pictures" / f"{i:02d}.png")


def play(name, out, seed=SEED, steps=None, trackers=()):
    spec, whole, settings = RECIPES[name]
    settings = {"batch": 16, **settings}
    return ganzoo.run(
        spec, steps=steps or whole, seed=seed, out=out, device="cpu", trackers=trackers, settings=settings
    )


def ended(run):
    """What a run ends with, however often it was stopped."""
    result = read(run.path / "result.json")
    assert result["status"] == "ok"
    return {"id": result["recipe_id"], "weights": weights(run.path), "metrics": result["metrics"]}


def curve(run):
    """Numbers as floats: of a run that was stopped, counts of modes are written as 7.0, else as 7."""
    return sha_of_json(json.loads((run.path / "result.json").read_text(), parse_int=float)["curve"])


def seen(run):
    """All that is compared of a run that was not stopped."""
    header = read(run.path / "recipe.json")
    log = [json.loads(line) for line in (run.path / "log.jsonl").read_text().splitlines()]
    said = {name: header[name] for name in ("spec", "parameters", "chosen", "warnings", "settings")}
    return {**ended(run), "curve": curve(run), "log": sha_of_json(log), "header": sha_of_json(said)}


def drawn(path):
    """Samples of a stored run."""
    run = ganzoo.load(path)
    return {
        "sample": sha_of_tensor(run.sample(8, seed=3)),
        "interpolate": sha_of_tensor(run.interpolate(2, 4)),
        "linear": sha_of_tensor(run.interpolate(2, 4, walk="linear", seed=1)),
        "evaluation": sha_of_tensor(run.evaluation().x),
        "generator": {name: sha_of_tensor(x) for name, x in run.generator.state_dict().items()},
    }


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Paths in specs count from here; what the user's cache has is neither read nor written."""
    make_data(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with one_thread():
        yield tmp_path


pytestmark = pytest.mark.skipif(bool(elsewhere(GOLDEN)), reason=elsewhere(GOLDEN))


def test_all_recipes_are_recorded():
    assert GOLDEN["runs"].keys() == RECIPES.keys()
    assert GOLDEN["drawn"].keys() == set(ASKED)


@pytest.mark.parametrize("name", RECIPES)
def test_a_run_gives_the_recorded_bits(place, name):
    run = play(name, place / "run")
    assert seen(run) == GOLDEN["runs"][name]
    if name in ASKED:
        assert drawn(run.path) == GOLDEN["drawn"][name]


@pytest.mark.parametrize("name", EXTENDED)
def test_a_run_that_was_extended_ends_the_same(place, name):
    whole = RECIPES[name][1]
    assert play(name, place / "run", steps=whole // 2 - 1).result.budget.g_moves == whole // 2 - 1
    recorded = GOLDEN["runs"][name]
    assert ended(play(name, place / "run")) == {key: recorded[key] for key in ("id", "weights", "metrics")}


@pytest.mark.parametrize("name", STOPPED)
def test_a_run_that_was_stopped_ends_the_same(place, name):
    recorded = GOLDEN["runs"][name]
    last = recorded["weights"]["images"]
    with pytest.raises(ganzoo.Interrupted):
        play(name, place / "run", trackers=[Stopper(last // 3)])
    assert read(place / "run" / "result.json")["status"] == "interrupted"
    assert last // 3 <= weights(place / "run")["images"] < last
    run = play(name, place / "run")
    assert ended(run) == {key: recorded[key] for key in ("id", "weights", "metrics")}
    assert curve(run) == recorded["curve"]


def test_another_seed_gives_other_bits(place):
    found, recorded = seen(play("lazy", place / "run", seed=SEED + 1)), GOLDEN["runs"]["lazy"]
    assert found["id"] == recorded["id"]
    for part in ("weights", "metrics", "curve", "log"):
        assert found[part] != recorded[part]


def write():
    """Record what the code does now."""
    with tempfile.TemporaryDirectory() as name, chdir(name), one_thread():
        place = Path(name)
        os.environ["XDG_CACHE_HOME"] = str(place / "cache")
        make_data(place)
        runs = {name: seen(play(name, place / name)) for name in RECIPES}
        golden = {"where": here(), "runs": runs, "drawn": {name: drawn(place / name) for name in ASKED}}
    FILE.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(__doc__)
    write()
