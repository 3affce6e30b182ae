"""Metrics that look at the networks of a run: a curve while it trains, a record, and the same scores afterwards."""

import sys

import pytest

import ganzoo
from ganzoo.evaluation.evaluate import apply_metrics, metrics_of
from ganzoo.interfaces.scores import to_metrics

FILE = '''
from dataclasses import dataclass
import torch
from torch import nn
import ganzoo
from ganzoo.zoo.datasets.mixtures import Ring


@ganzoo.hookimpl
def ganzoo_components():
    def part(kind, name, target, **more):
        return ganzoo.Component(kind=kind, name=name, target=f"{__name__}:{target}", **more)

    return [
        part("regularizer", "inverter", "Inverter"),
        part("dataset", "inverted-ring", "InvertedRing", data={"points"}),
        part("metric", "found", "Found"),
    ]


@dataclass(eq=False)
class InvertedRing(Ring):
    """Ring8, scored by how well z is found again."""

    name = "inverted-ring"
    metrics, primary = ("found:n=100", "modes"), "found"


@dataclass(kw_only=True)
class Inverter(ganzoo.Regularizer):
    """A network finds z again; its average is what metrics see."""

    def prepare(self, g, d):
        build = lambda: nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, g.latent))
        g.companions["inverter"] = ganzoo.Companion(build, averaged=True)

    def g(self, t):
        return (t.game.g.companions["inverter"](t.fake.detach()) - t.z).square().mean()


@dataclass
class Found:
    """The mean square error of z."""

    n: int = 50
    better = {"found": "lower"}

    @torch.no_grad()
    def __call__(self, e):
        if e.source is None or e.source.network is None:
            raise ganzoo.Incompatible("found scores a network; give a run")
        z = torch.randn(self.n, e.source.latent, generator=torch.Generator().manual_seed(0))
        again = e.source.network("inverter")(e.data.encode(e.source.generator(z)))
        assert not again.requires_grad
        return [
            ganzoo.Score("found", f"n={self.n}", (again - z).square().mean().item()),
            ganzoo.Score("found.d", f"n={self.n}", e.source.discriminator(e.x[:9]).mean().item()),
        ]
'''


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inverter")
    (folder / "inverter_file.py").write_text(FILE)
    sys.modules.pop("inverter_file", None)
    with ganzoo.using([folder / "inverter_file.py"]):
        how = {"batch": 32, "latent": 2, "lr": 2e-3, "decay": "none", "ema": 500}
        yield ganzoo.run("mlp:width=16+bce+inverter@inverted-ring", steps=600, out=folder / "run", device="cpu", **how)


def test_it_has_a_curve_and_a_record(run):
    curve = [point.metrics["found[n=100]"] for point in run.result.curve]
    assert len(curve) == 10
    assert len(set(curve)) == 10
    assert run.result.metrics["found[n=100]"] == curve[-1]
    assert run.result.dataset.primary == "found"


def test_a_stored_run_has_the_same_scores(run):
    loaded = ganzoo.load(run.path)
    assert to_metrics(apply_metrics(loaded.evaluation(), metrics_of(loaded.data))) == run.result.metrics


def test_looking_at_the_networks_changes_nothing(run, tmp_path, monkeypatch):
    """With other metrics, the same recipe gives the same weights."""
    how = {"steps": 60, "batch": 32, "latent": 2, "lr": 2e-3, "decay": "none", "device": "cpu"}
    looked_at = ganzoo.run("mlp:width=16+bce+inverter@inverted-ring", out=tmp_path / "a", **how)
    monkeypatch.setattr(type(run.data), "metrics", ("modes",))
    plain = ganzoo.run("mlp:width=16+bce+inverter@inverted-ring", out=tmp_path / "b", **how)
    assert not any(key.startswith("found") for key in plain.result.metrics)
    for name in ("g", "d", "generator", "inverter", "inverter.last"):
        file = f"{name}.safetensors"
        assert (plain.checkpoint / file).read_bytes() == (looked_at.checkpoint / file).read_bytes()


def test_a_network_that_the_recipe_has_not_is_named(run, tmp_path):
    with pytest.raises(ganzoo.RunError, match="has no network 'inverter'"):
        ganzoo.run("mlp:width=16+bce@inverted-ring", steps=20, batch=32, out=tmp_path / "run", device="cpu")
