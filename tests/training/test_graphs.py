"""Rounds recorded once and replayed: the weights and the log of the same moves, one by one.

Without CUDA a tape stands in for its graphs: it repeats operations on the tensors of the recording, and no Python.
"""

from contextlib import contextmanager, nullcontext
from dataclasses import replace

import pytest
import torch
from helpers.executions import LOSSES, TERMS, Asking, TwoJudges, graphed, made, played, same

from ganzoo.interfaces.schedule import Schedule
from ganzoo.interfaces.terms import Regularizer
from ganzoo.support.errors import CaptureError
from ganzoo.testing.trials import FP32, Noise
from ganzoo.training.batches import Prefetcher
from ganzoo.training.compiled import Compiled
from ganzoo.training.distributed import World
from ganzoo.training.execution import Eager
from ganzoo.training.graphs import CudaRecorder, Graphed, causes
from ganzoo.training.prepare import EXECUTIONS
from ganzoo.zoo.architectures.dcgan import DCGAN
from ganzoo.zoo.architectures.mlp import MLP
from ganzoo.zoo.losses import BCE, WGAN, Hinge, RpGAN
from ganzoo.zoo.regularizers.ada import ADA
from ganzoo.zoo.regularizers.clip import GradientClip
from ganzoo.zoo.regularizers.gradient import R1, GradientPenalty
from ganzoo.zoo.regularizers.score_penalties import LeCam


@pytest.mark.filterwarnings("ignore:r1. every=3 with the relativistic loss")
@pytest.mark.parametrize("names", TERMS)
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_a_replayed_round_is_the_moves_one_by_one(loss, names):
    one_by_one = made(Eager(), loss(), *(term() for term in TERMS[names]))
    for _ in range(8):
        one_by_one.schedules.fill(one_by_one.moves["g"])
        for side in ("d", "d", "g"):
            one_by_one.play(side)
        one_by_one.ema.update(one_by_one.images, 16)
    replayed = played(graphed(), loss(), *(term() for term in TERMS[names]))
    assert replayed.execution.recordings
    same(replayed, one_by_one)


@pytest.mark.parametrize(
    "how",
    [
        {"shards": 2},
        {"engine": FP32},
        {"engine": replace(FP32, precision="bf16")},
        {"architecture": DCGAN(width=4, norm="none"), "ema": None},
        {"data": Noise((3, 8, 8), 50, labels=3)},
        {"ttur": Schedule(1.0, 2.0), "lr": Schedule(1e-3, 1e-4, 200)},
    ],
    ids=["shards", "fp32", "bf16", "no average", "labels", "schedules"],
)
def test_whatever_is_trained(how):
    terms = (RpGAN(), R1(), GradientClip(), LeCam())
    same(played(graphed(), *terms, **how), played(Eager(), RpGAN(), R1(), GradientClip(), LeCam(), **how))


def test_second_games_and_a_term_that_adapts():
    for terms in ((BCE, TwoJudges, R1), (BCE, lambda: ADA(speed=200, interval=2))):
        same(played(graphed(), *(term() for term in terms)), played(Eager(), *(term() for term in terms)))


def test_rounds_with_other_terms_have_recordings_of_their_own():
    replayed = played(graphed(), Hinge(), R1(every=4), LeCam(), rounds=12)
    with_r1 = [["r1" in terms for _, *terms in key] for key in replayed.execution.recordings]
    assert sorted(with_r1) == [[False, False, False], [True, False, False]]  # R1 adds nothing to what G minimises
    same(replayed, played(Eager(), Hinge(), R1(every=4), LeCam(), rounds=12))


def test_a_set_that_the_device_does_not_hold():
    fed = made(graphed(), BCE(), d_steps=1)
    fed.batches.load = Prefetcher(fed.batches.load_samples)
    for _ in range(8):
        fed.round()
    same(fed, played(Eager(), BCE(), d_steps=1))


def test_a_resumed_recording_gives_the_same_bits():
    whole = played(Eager(), Hinge(), R1(every=3), LeCam(), rounds=10)
    first = played(graphed(), Hinge(), R1(every=3), LeCam(), rounds=6)
    then = made(graphed(), Hinge(), R1(every=3), LeCam())
    for side in ("g", "d"):
        then.players[side].net.load_state_dict(first.players[side].net.state_dict())
    then.ema.net.load_state_dict(first.ema.net.state_dict())
    then.load_state_dict(first.state_dict())
    for _ in range(4):
        then.round()
    whole.losses(), then.losses()
    same(then, whole)


def test_decay_rates_that_change_are_not_recorded():
    """A recorded step would keep those with which it was recorded, so that steps stay between recorded pieces."""
    betas = (0.0, Schedule(0.9, 0.99))
    replayed = played(graphed(), BCE(), betas=betas)
    (recording,) = replayed.execution.recordings.values()
    assert [outside is not None for _, outside in recording.pieces] == [True, True, True, False]
    same(replayed, played(Eager(), BCE(), betas=betas))


def test_what_processes_add_up_lies_between_recorded_pieces():
    class Two(World):
        """Two processes that compute the same shards, so that half of their sum is what each has."""

        def share(self, shards):
            return range(shards)

        def add(self, tensors):
            sums.append(len(tensors))
            for x in tensors:
                x.copy_((x + x) / 2)

    sums = []
    how = {"shards": 2, "architecture": MLP(width=4), "shape": (2,)}
    several = made(graphed(), BCE(), LeCam(), **how)
    several.world = Two(size=2)
    for _ in range(8):
        several.round()
    (recording,) = several.execution.recordings.values()
    assert [outside is not None for _, outside in recording.pieces] == [True, True, True, False]
    assert len(sums) == 3 * 8
    same(several, played(Eager(), BCE(), LeCam(), **how))


def test_gradients_are_computed_as_the_inner_execution_says():
    """Compiled ones, say. Their code is called while a round warms up and while it is recorded, and no more."""
    asked = []

    class Inner(Eager):
        def gradients(self, key, function, *inputs):
            asked.append(key)
            return super().gradients(key, function, *inputs)

    both = played(graphed(warm=2, inner=Inner()), WGAN(), GradientPenalty(), architecture=DCGAN(norm="none"))
    assert asked == 3 * [*2 * [("d", "wgan", "gradientpenalty")], ("g", "wgan")]
    same(both, played(Eager(), WGAN(), GradientPenalty(), architecture=DCGAN(norm="none")))
    assert isinstance(EXECUTIONS["graph+compile"]().inner, Compiled)


def test_what_cannot_be_recorded_is_told_with_what_to_do():
    with pytest.raises(CaptureError, match=r"cannot be captured .RuntimeError: operation not .*use --engine eager"):
        played(graphed(), BCE(), Asking())


def ended_badly():
    try:
        raise ValueError("x is on another device")
    finally:
        raise RuntimeError("capture was invalidated")


def test_the_error_that_a_capture_hides_is_told():
    with pytest.raises(RuntimeError) as raised:
        ended_badly()
    assert causes(raised.value) == "RuntimeError: capture was invalidated, since: ValueError: x is on another device"


def test_a_failed_capture_leaves_the_callers_stream(monkeypatch):
    """As PyTorch's context does, this one fails again when it is left, before it restores the stream."""
    streams = ["the caller's"]

    @contextmanager
    def capture(*_, **__):
        streams.append("that of captures")
        try:
            yield
        finally:
            raise RuntimeError("capture was invalidated")

    class Graph:
        def register_generator_state(self, state):
            pass

        def replay(self):
            raise AssertionError("never")

    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(torch.cuda, "graph", capture)
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: 1)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: streams[-1])
    monkeypatch.setattr(torch.cuda, "set_stream", streams.append)
    monkeypatch.setattr(CudaRecorder, "warming", lambda self: nullcontext())
    monkeypatch.setattr(CudaRecorder, "draws", lambda self, shards: FakeDraws())
    with pytest.raises(CaptureError, match="capture was invalidated, since: RuntimeError: no such kernel"):
        played(Graphed(warm=1), BCE(), Failing(), rounds=2)
    assert streams[-1] == "the caller's"
    assert FakeDraws.ended


class FakeDraws:
    states = ()
    ended = False

    def seed(self, seeds):
        pass

    def start(self, index):
        pass

    def end(self):
        FakeDraws.ended = True

    def abandon(self):
        pass


class Failing(Regularizer):
    """Fails on its second move."""

    capturable = True
    moves = 0

    def d(self, t):
        self.moves += 1
        if self.moves > 2:
            raise RuntimeError("no such kernel")
        return t.fake_score.mean()
