"""What graphs and runs must do on a CUDA device. A CPU runs the same lines, with a tape in the place of graphs.

So no line here is first run where a GPU is lent for minutes. Left out, by name and reason, where there is no GPU.
"""

import pytest
import torch
from helpers.devices import DEVICES, on_cuda
from helpers.executions import (
    LOSSES,
    TERMS,
    Asking,
    TwoJudges,
    engine_on,
    graphed,
    made,
    played,
    same,
)
from helpers.play import assembled, trainer
from helpers.replay import difference
from torch import distributed as dist

from ganzoo.interfaces.terms import Regularizer
from ganzoo.recipes.settings import Settings
from ganzoo.support.errors import CaptureError
from ganzoo.testing.trials import Noise
from ganzoo.training.batches import Batch, Prefetcher
from ganzoo.training.distributed import World
from ganzoo.training.engine import Engine
from ganzoo.training.execution import Eager
from ganzoo.training.gradients import gradients
from ganzoo.training.trainer import Trainer
from ganzoo.zoo.architectures.dcgan import DCGAN
from ganzoo.zoo.architectures.mlp import MLP
from ganzoo.zoo.losses import BCE, LSGAN, Hinge, RpGAN
from ganzoo.zoo.regularizers.ada import ADA
from ganzoo.zoo.regularizers.conditional import ConditionalGAN, Given
from ganzoo.zoo.regularizers.gradient import R1, R2, GradientPenalty
from ganzoo.zoo.regularizers.score_penalties import LeCam

LEAST = 1e-6  # what two runs may happen to differ by
NOISE = 100  # how much further apart than two eager runs graphs may be, where kernels add up in any order


def compared(device, *terms, rounds=8, **how):
    """The same game played eagerly, eagerly again, and from graphs. Terms are made anew for each."""
    engine = how.pop("engine", None) or engine_on(device)
    with engine.active():
        ways = (Eager(), Eager(), graphed(device))
        found = [played(way, *(term() for term in terms), rounds=rounds, engine=engine, **how) for way in ways]
    assert found[2].execution.recordings
    return found


def check_same(device, *terms, **how):
    eager, again, graph = compared(device, *terms, **how)
    same(again, eager)
    same(graph, eager)


# ---------------------------------------------------------------- graphs are eager, bit for bit

ON_CPU = {("BCE", "lecam"), ("RpGAN", "r1+r2"), ("WGAN", "gp")}  # test_graphs.py has all
EVERY = [(loss, names) for loss in LOSSES for names in TERMS]


@pytest.mark.filterwarnings("ignore:r1. every=3 with the relativistic loss")
@pytest.mark.parametrize(
    ("device", "loss", "names"),
    [
        *(("cpu", *one) for one in EVERY if (one[0].__name__, one[1]) in ON_CPU),
        *(on_cuda("cuda:0", *one, id=f"cuda-{one[0].__name__}-{one[1]}") for one in EVERY),
    ],
)
def test_graphs_give_the_bits_of_eager(device, loss, names):
    check_same(device, loss, *TERMS[names], architecture=DCGAN(width=8), shape=(3, 16, 16))


@pytest.mark.parametrize("precision", ["bf16", "tf32"])
@pytest.mark.parametrize("device", DEVICES)
def test_in_every_precision(device, precision):
    check_same(device, Hinge, R1, engine=engine_on(device, precision=precision))


@pytest.mark.parametrize("device", DEVICES)
def test_lazy_terms_and_states_over_shards(device):
    lazy, lecam = (lambda: R1(every=3)), (lambda: LeCam(decay=0.5))
    check_same(device, Hinge, lazy, lecam, rounds=10, shards=2, architecture=DCGAN(width=4, norm="none"))


@pytest.mark.parametrize("device", DEVICES)
def test_a_state_that_adapts(device):
    """Without `geometric`, whose gradients add up many pixels in any order."""
    check_same(device, LSGAN, lambda: ADA(speed=200, interval=2, geometric=False))


@pytest.mark.parametrize("device", DEVICES)
def test_where_kernels_add_up_in_any_order_graphs_are_as_near_as_eager_is_to_itself(device):
    eager, again, graph = compared(device, BCE, lambda: ADA(speed=200, interval=2), rounds=4)
    assert difference(graph, eager) <= NOISE * max(difference(again, eager), LEAST * (device != "cpu"))


@pytest.mark.parametrize("device", DEVICES)
def test_penalties_that_differentiate_convolutions_of_ours(device, monkeypatch):
    monkeypatch.setattr(Trainer, "eases", True)  # as on CUDA
    check_same(device, BCE, R1, GradientPenalty, architecture=DCGAN(width=4, norm="none"))


@pytest.mark.parametrize("device", DEVICES)
def test_second_games(device):
    check_same(device, BCE, TwoJudges, R1)


class GivenToG(Regularizer):
    """What is given and belongs to no sample, D does not get."""

    capturable = True

    def prepare(self, g, d):
        g.given = g.source


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("paired", [True, False], ids=["paired", "not paired"])
def test_what_is_given(device, paired):
    data = Noise((4,), 50, labels=3, source=(5,))
    data.__dict__["train"] = data.train._replace(paired=paired)
    given = Given if paired else GivenToG
    check_same(device, BCE, given, ConditionalGAN, architecture=MLP(width=4), shape=None, data=data)


@pytest.mark.parametrize("device", DEVICES)
def test_a_set_that_the_device_does_not_hold(device, monkeypatch):
    with engine_on(device).active():
        held = played(Eager(), Hinge(), engine=engine_on(device))
    monkeypatch.setattr(Engine, "hold", lambda self, x: x)
    with engine_on(device).active():
        fed = made(graphed(device), Hinge(), engine=engine_on(device))
        if device == "cpu":  # where nothing is copied, nothing is loaded ahead
            fed.batches.load = Prefetcher(fed.batches.load_samples)
        for _ in range(8):
            fed.round()
    assert isinstance(fed.batches.load, Prefetcher)
    assert fed.batches.x.device.type == "cpu"
    same(fed, held)


@pytest.mark.parametrize("device", ["cpu", on_cuda("cuda:1", devices=2)])
def test_a_second_device_of_the_same_process(device):
    check_same("cuda:0" if device != "cpu" else device, Hinge, LeCam)
    check_same(device, Hinge, LeCam)


@pytest.mark.parametrize("device", DEVICES)
def test_a_sum_over_processes_lies_between_recorded_pieces(device):
    """A world of one process, whose sums NCCL makes all the same, and whose watchdog runs beside the capture."""

    class All(World):
        def share(self, shards):
            return range(shards)

        def add(self, tensors):
            sums.append(len(tensors))
            super().add(tensors)

    sums, how = [], {"shards": 2, "engine": engine_on(device)}
    backend = "gloo" if device == "cpu" else "nccl"
    dist.init_process_group(backend, store=dist.HashStore(), rank=0, world_size=1)
    try:
        with engine_on(device).active():
            alone = played(Eager(), BCE(), LeCam(), **how)
            several = made(graphed(device), BCE(), LeCam(), **how)
            several.world = All(size=2, device=device)
            for _ in range(8):
                several.round()
            (recording,) = several.execution.recordings.values()
            same(several, alone)
    finally:
        dist.destroy_process_group()
    assert [outside is not None for _, outside in recording.pieces] == [True, True, True, False]
    assert len(sums) == 3 * 8


@pytest.mark.parametrize("device", DEVICES)
def test_a_failed_capture_names_its_cause_and_leaves_the_process_usable(device):
    with pytest.raises(CaptureError, match=r"cannot be captured .*captur.*use --engine eager"):
        compared(device, BCE, Asking)
    assert torch.rand(3, device=device).isfinite().all()
    check_same(device, Hinge, LeCam)


# ---------------------------------------------------------------- one move


@pytest.mark.parametrize("device", DEVICES)
def test_one_move_agrees_with_the_cpu(device):
    found = []
    z, real = torch.randn(8, 64).double(), torch.rand(8, 3, 16, 16).double()
    for place in ("cpu", device):
        engine = engine_on(place, precision="fp64")
        with engine.active():
            built = assembled(DCGAN(width=4), [RpGAN(), R1(), R2()], (3, 16, 16), engine=engine)
            built.game.latent = lambda n, place=place: z.to(place)
            step = torch.tensor(0, device=place)
            grads, _ = gradients(built.game, built.terms, built.terms, "d", step, Batch(real.to(place)))
        found.append([g.cpu() for g in grads if g is not None])
    for a, b in zip(*found, strict=True):
        assert torch.allclose(a, b, atol=1e-10)


@pytest.mark.filterwarnings("ignore:Synchronization debug mode")
@pytest.mark.parametrize("device", DEVICES)
def test_a_round_waits_for_nothing(device):
    """Once recorded, Python runs ahead of the device: nothing asks what a tensor holds."""
    engine = engine_on(device)
    with engine.active():
        t = trainer(DCGAN(width=4), [BCE(), GradientPenalty()], (3, 8, 8), Settings(batch=8, latent=4), engine)
        t.execution = graphed(device)
        for _ in range(4):
            t.round()
        if device != "cpu":
            torch.cuda.set_sync_debug_mode("error")
        try:
            t.round()
        finally:
            if device != "cpu":
                torch.cuda.set_sync_debug_mode("default")
