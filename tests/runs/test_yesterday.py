"""Run directories that the code of commit e7f7ceb wrote are read, sampled and resumed as by that code.

They, and `recorded.json` beside them, were written by this script with `--write` and that code; the pictures and all
but the newest checkpoint of each run were then removed. To write them with newer code would prove nothing.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import torch
from helpers.bits import Stopper, elsewhere, here, newest, one_thread, read, sha_of_tensor, weights

import ganzoo

FOLDER = Path(__file__).with_name("recorded") / "yesterday"
RECORDED = read(FOLDER / "recorded.json") if FOLDER.exists() else {"where": {"torch": "nothing", "cpu": "nothing"}}

RUNS = {
    "ring": ("mlp:width=8+hinge+sn+noise:fade=900@ring8", 30, {"decay": "none"}),
    "stopped": ("mlp:width=8+wgangp+lecam@ring8", 20, {"shards": "2"}),
    "digits": ("dcgan:width=2+hinge+sn+projection+cbn@digits", 10, {}),
    "ada": ("dcgan:width=2+bce+ada:speed=700,target=0+lecam@digits", 20, {"lr": "5e-3"}),
}
STATUS = {"ring": "ok", "stopped": "interrupted", "digits": "ok", "ada": "ok"}
LONGER = {"ring": 45, "stopped": 20, "digits": 14, "ada": 30}
"""Moves of G after which runs are compared that went on: `stopped` to its own end, the others further."""
CHANGED = {"ada": "ada", "ring": "sn", "digits": "sn"}
"""Runs of a part whose numbers have changed since, its version 2: they can be read and sampled, but do not go on."""
pytestmark = pytest.mark.filterwarnings("ignore:(ada|sn) changed since:ganzoo.GanzooWarning")
same_machine = pytest.mark.skipif(bool(elsewhere(RECORDED)), reason=elsewhere(RECORDED))


def play(name, out, steps, trackers=()):
    spec, _, settings = RUNS[name]
    settings = {"batch": 16, "latent": 4, **settings}
    return ganzoo.run(spec, steps=steps, seed=1, out=out, device="cpu", trackers=trackers, settings=settings)


def ended(path):
    result = read(path / "result.json")
    return {"status": result["status"], "weights": weights(path), "metrics": result["metrics"]}


def kept(path):
    """What was stored, whatever the machine that reads it."""
    run = ganzoo.load(path)
    state = {name: sha_of_tensor(x) for name, x in run.generator.state_dict().items()}
    return {"id": run.recipe.id, "generator": state, "discriminator": judge(run)}


def judge(run):
    return {name: sha_of_tensor(x) for name, x in run.network("discriminator").state_dict().items()}


def drawn(path):
    run = ganzoo.load(path)
    drawn = {"sample": run.sample(4), "seed": run.sample(4, seed=9), "interpolate": run.interpolate(2, 4)}
    return {name: sha_of_tensor(x) for name, x in drawn.items()}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with one_thread():
        yield


@pytest.fixture
def runs(tmp_path):
    """Copies, since a run that goes on is written to."""
    return shutil.copytree(FOLDER, tmp_path / "yesterday")


@pytest.mark.parametrize("name", CHANGED)
def test_a_run_of_a_part_that_has_changed_says_so(runs, name):
    match = f"{CHANGED[name]} changed since .*{name} was trained; it is used as it is now"
    with pytest.warns(ganzoo.GanzooWarning, match=match):
        assert ganzoo.load(runs / name).recipe


@pytest.mark.parametrize("name", RUNS)
def test_a_stored_run_is_read_as_it_was_written(runs, name):
    run, header = ganzoo.load(runs / name), read(runs / name / "recipe.json")
    assert (run.recipe.id == header["id"]) == (name not in CHANGED)
    assert run.recipe.spec == header["spec"]
    assert run.result.status == STATUS[name]
    assert run.result.metrics == read(runs / name / "result.json")["metrics"]
    assert run.result.budget.images == int(newest(runs / name).name)
    recorded = RECORDED["runs"][name]["kept"]
    assert kept(runs / name) == (recorded | {"id": run.recipe.id} if name in CHANGED else recorded)


@pytest.mark.parametrize("name", RUNS)
def test_a_stored_run_can_be_sampled(runs, name):
    run = ganzoo.load(runs / name)
    shape, kind = ((2,), torch.float32) if "ring8" in RUNS[name][0] else ((1, 8, 8), torch.uint8)
    assert run.sample(4).shape == (4, *shape)
    assert run.sample(4).dtype == kind
    assert run.interpolate(2, 4).shape == (2, 4, *shape)
    assert run.classes == (10 if name == "digits" else 0)


@same_machine
@pytest.mark.parametrize("name", RUNS)
def test_its_samples_are_the_same(runs, name):
    assert drawn(runs / name) == RECORDED["runs"][name]["drawn"]


@pytest.mark.parametrize("name", CHANGED)
def test_a_run_of_a_part_that_has_changed_does_not_go_on(runs, name):
    with pytest.raises(ganzoo.RunError, match=f"version 1 of {CHANGED[name]} and not 2.; use another"):
        play(name, runs / name, LONGER[name])


@pytest.mark.parametrize("name", sorted(RUNS.keys() - CHANGED.keys()))
def test_a_stored_run_is_resumed(runs, name):
    before = int(newest(runs / name).name)
    run = play(name, runs / name, LONGER[name])
    assert run.result.status == "ok"
    assert run.result.budget.g_moves == LONGER[name]
    assert run.result.budget.images > before
    assert run.recipe.id == RECORDED["runs"][name]["kept"]["id"]
    assert json.loads((runs / name / "log.jsonl").read_text().splitlines()[-1])["images"] == run.result.budget.images


@same_machine
@pytest.mark.parametrize("name", sorted(RUNS.keys() - CHANGED.keys()))
def test_a_resumed_run_has_the_bits_of_one_that_was_never_stopped(runs, name):
    play(name, runs / name, LONGER[name])
    assert ended(runs / name) == RECORDED["runs"][name]["ended"]


@pytest.mark.parametrize("name", sorted(RUNS.keys() - CHANGED.keys()))
def test_a_finished_run_is_left_as_it_is(runs, name):
    play(name, runs / name, LONGER[name])
    before = (runs / name / "result.json").read_bytes()
    assert play(name, runs / name, LONGER[name]).result.status == "ok"
    assert (runs / name / "result.json").read_bytes() == before


def test_all_of_them_are_listed(runs):
    command = [sys.executable, "-m", "ganzoo", "runs", str(runs), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    rows = {Path(row["path"]).name: row for row in map(json.loads, done.stdout.splitlines())}
    assert {name: row["status"] for name, row in rows.items()} == STATUS
    for name, row in rows.items():
        result = read(runs / name / "result.json")
        assert row["recipe_id"] == RECORDED["runs"][name]["kept"]["id"]
        assert (row["seed"], row["images"]) == (1, result["budget"]["images"])
        assert row["metrics"] == result["metrics"]


def trim(path):
    """Remove what takes space and is not needed to go on."""
    for old in (path / "checkpoints").iterdir():
        if old != newest(path):
            shutil.rmtree(old)
    shutil.rmtree(path / "samples")
    for name in ("curves.png", ".ganzoo.lock"):
        (path / name).unlink(missing_ok=True)


def make(name, path):
    if STATUS[name] == "ok":
        play(name, path, RUNS[name][1])
    else:
        try:
            play(name, path, RUNS[name][1], [Stopper(RUNS[name][1] * 5 * 16 // 3)])
        except ganzoo.Interrupted:
            assert read(path / "result.json")["status"] == STATUS[name]
    trim(path)


def write():
    """Make the runs, and record what the code that made them does with them."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    with tempfile.TemporaryDirectory() as place, one_thread():
        os.environ["XDG_CACHE_HOME"] = f"{place}/cache"
        recorded = {}
        for name in RUNS:
            make(name, FOLDER / name)
            play(name, Path(place) / name, LONGER[name])
            found = {"kept": kept(FOLDER / name), "drawn": drawn(FOLDER / name)}
            recorded[name] = {**found, "ended": ended(Path(place) / name)}
    (FOLDER / "recorded.json").write_text(json.dumps({"where": here(), "runs": recorded}, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(__doc__)
    write()
