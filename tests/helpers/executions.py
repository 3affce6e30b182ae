"""Rounds played in several ways, on the CPU or on a CUDA device: what tests and benchmarks compare."""

from dataclasses import dataclass

import torch
from helpers.play import trainer
from helpers.replay import TapeRecorder, difference, recordable

from ganzoo.interfaces.terms import Regularizer
from ganzoo.recipes.settings import Settings
from ganzoo.testing.trials import FP64
from ganzoo.training.engine import Engine
from ganzoo.training.graphs import CudaRecorder, Graphed
from ganzoo.zoo.architectures.dcgan import DCGAN
from ganzoo.zoo.losses import BCE, LSGAN, WGAN, Hinge, Minimax, RaGAN, RpGAN
from ganzoo.zoo.regularizers.augment import DiffAugment
from ganzoo.zoo.regularizers.gradient import R1, R2, GradientPenalty
from ganzoo.zoo.regularizers.score_penalties import LeCam
from ganzoo.zoo.regularizers.spectral import SpectralNorm

LOSSES = (BCE, LSGAN, WGAN, Hinge, Minimax, RaGAN, RpGAN)
TERMS = {
    "none": (),
    "gp": (GradientPenalty,),
    "r1+r2": (R1, R2),
    "sn": (SpectralNorm,),
    "diffaug": (DiffAugment,),
    "lecam": (LeCam,),
    "lazy r1": (lambda: R1(every=3),),
}
CHANGING = {"lr": 1e-3, "decay": "cosine", "images": 400}


def graphed(device="cpu", warm=1, inner=None):
    """Recorded rounds: by CUDA, or on a CPU by the tape that stands in for it. Within `engine.active()`."""
    return Graphed(TapeRecorder() if device == "cpu" else CudaRecorder(), warm, inner)


def engine_on(device, **how):
    """Of small images; float32."""
    return Engine(**{"device": device, "threads": 1, "layout": "channels_last", **how})


def made(execution, *terms, architecture=None, shape=(3, 8, 8), engine=FP64, data=None, **settings):
    settings = Settings(**{"batch": 8, "latent": 4, "d_steps": 2, **CHANGING, **settings})
    t = trainer(architecture or DCGAN(width=4), [*terms], shape, settings, engine, data=data)
    t.execution = execution
    return recordable(t) if engine.device == "cpu" else t


def played(execution, *terms, rounds=8, **how):
    t = made(execution, *terms, **how)
    for _ in range(rounds):
        t.round()
    return t


def same(one, other):
    """Weights, averages, states of terms, and what is to be logged, bit for bit."""
    assert difference(one, other) == 0
    assert all(torch.equal(a, b) for a, b in zip(one.ema.params, other.ema.params, strict=True))
    for a, b in zip(one.terms, other.terms, strict=True):
        assert all(torch.equal(a.state[name], b.state[name]) for name in b.state)
    assert torch.equal(one.means.sums, other.means.sums)
    assert one.means.counts == other.means.counts


@dataclass(kw_only=True)
class TwoJudges(Regularizer):
    """A second D, in a game of its own beside the first."""

    capturable = True

    def prepare(self, g, d):
        d.companions["second"] = d.another()

    def turn(self, t):
        if t.by is None:
            t.beside(self, D=t.game.d.companions["second"])


class Asking(Regularizer):
    """What cannot be recorded."""

    capturable = True

    def d(self, t):
        return t.fake_score.mean() if t.real_score.sum().item() > 0 else t.real_score.mean()
