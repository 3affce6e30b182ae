"""Runs on a CUDA device, in graphs. A CPU runs the same lines, with a tape in the place of graphs."""

import pytest
import torch
from helpers.devices import DEVICES, on_cuda
from helpers.executions import graphed
from helpers.replay import recordable

import ganzoo
from ganzoo.runs import loop, train
from ganzoo.training.graphs import Recording
from ganzoo.training.prepare import prepare


@pytest.fixture
def graphs(monkeypatch):
    """Gives `engine=` for runs from graphs on a device, and counts replayed rounds."""
    plain, replayed = Recording.replay, []
    monkeypatch.setattr(loop, "EVALUATIONS", 2)
    monkeypatch.setattr(Recording, "replay", lambda self, shards: replayed.append(1) or plain(self, shards))

    def recorded(*args):
        t = recordable(prepare(*args))
        t.execution = graphed()
        return t

    def choose(device):
        if device == "cpu":
            monkeypatch.setattr(train, "prepare", recorded)
        return {"device": "cpu"} if device == "cpu" else {"device": device, "engine": "graph"}

    choose.replayed = replayed
    return choose


SIZE = {"batch": 16, "decay": "none", "latent": 4}


def equal(one, other):
    """The networks of two runs, bit for bit."""
    for name in ("generator", "discriminator"):
        pairs = zip(one.network(name).state_dict().values(), other.network(name).state_dict().values(), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize(
    ("device", "terms"),
    [
        ("cpu", "hinge+r1:every=3+lecam"),
        *(on_cuda("cuda:0", terms) for terms in ("hinge+r1:every=3+lecam", "bce+ada:geometric=false", "wgangp", "r3")),
    ],
)
def test_a_resumed_run_has_the_bits_of_one_that_was_not_stopped(device, terms, graphs, tmp_path):
    spec, how = f"dcgan:width=4+{terms}@digits", {**graphs(device), **SIZE}
    ganzoo.run(spec, images=320, out=tmp_path / "a", **how)
    stopped = ganzoo.run(spec, images=800, out=tmp_path / "a", **how)
    assert graphs.replayed
    equal(stopped, ganzoo.run(spec, images=800, out=tmp_path / "b", **how))


@pytest.mark.parametrize(
    ("device", "spec"),
    [
        ("cpu", "mlp:width=8+hinge@ring8"),
        *(on_cuda("cuda:0", spec) for spec in ("dcgan+r3", "dcgan+bce+sn+gradclip", "mlp+hinge@ring8")),
    ],
)
def test_trains_samples_and_goes_on(device, spec, graphs, tmp_path):
    how = {**graphs(device), **SIZE, "out": tmp_path / "run"}
    run = ganzoo.run(spec, images=320, **how)
    assert run.result.status == "ok"
    assert device in run.result.env.device
    assert ganzoo.run(spec, images=640, **how).result.status == "ok"
    assert len(run.sample(5)) == 5
    assert graphs.replayed


@pytest.mark.parametrize("device", DEVICES)
def test_the_callers_random_numbers_are_left_alone(device, graphs, tmp_path):
    def draw():
        return torch.rand(3, device=device)

    torch.manual_seed(1)
    expected = draw()
    torch.manual_seed(1)
    ganzoo.run("mlp:width=8+bce@ring8", steps=5, out=tmp_path / "run", **graphs(device))
    assert torch.equal(draw(), expected)


@pytest.mark.parametrize(("device", "mode"), [("cpu", "eager"), on_cuda("cuda:0", "graph")])
def test_auto_takes_graphs_and_a_run_goes_on_with_another_engine(device, mode, tmp_path):
    how = {**SIZE, "out": tmp_path / "run", "device": device}
    assert ganzoo.run("dcgan:width=4+r3", images=320, **how).header.engine.mode == mode
    run = ganzoo.run("dcgan:width=4+r3", images=640, engine="eager", **how)
    assert (run.result.status, run.header.engine.mode) == ("ok", "eager")
