"""The look-ahead against closed forms; D itself must not change."""

from types import SimpleNamespace

import pytest
import torch
from ganzoo_unrolled.parts import Unrolled
from torch import nn

import ganzoo

REAL, RATE = torch.tensor([[1.0], [2.0], [6.0]]), 0.25


class Wasserstein(ganzoo.Loss):
    """D: -D(x) + D(G(z)). Its state counts calls, as BEGAN's does."""

    def d(self, t):
        self.state["calls"].add_(1)
        return -t.real_score.mean() + t.fake_score.mean()


class Linear(nn.Module):
    """D(x) = w x, with an unused weight and a buffer that changes with each call."""

    def __init__(self):
        super().__init__()
        self.w, self.idle = nn.Parameter(torch.tensor([[0.5]])), nn.Parameter(torch.ones(1))
        self.register_buffer("seen", torch.zeros(1))

    def forward(self, x, y=None):
        self.seen += len(x)
        return {"score": (x @ self.w).squeeze(1)}


def turn(side="g", view=None, loss=None):
    """A turn in which G returns θ for each of three z."""
    loss = loss or Wasserstein()
    loss.state["calls"] = torch.zeros(1)
    theta = nn.Parameter(torch.tensor([[2.0]]))
    g = SimpleNamespace(net=lambda z, y=None: theta.expand(len(z), 1), params=[theta])
    d = SimpleNamespace(net=Linear())
    game = ganzoo.Game(g=g, d=d, latent=lambda n: torch.zeros(n, 1), device=torch.device("cpu"), loss=loss)
    more = {} if view is None else {"view": view}
    return ganzoo.Turn(game, side, torch.tensor(0), REAL, **more), theta


def ahead(k, **more):
    t, theta = turn(**more)
    Unrolled(steps=k, rate=RATE).turn(t)
    return t, theta


@pytest.mark.parametrize("k", [1, 3])
def test_a_linear_d_moves_by_gradient_descent(k):
    """L = w (θ - mean x), so that each step adds η (mean x - θ) to w, and d/dθ of G's loss -w θ sees it too."""
    t, theta = ahead(k)
    w = 0.5 + k * RATE * (3.0 - theta)
    assert torch.allclose(t.fake_score, (w * theta).squeeze(1).expand(3))
    (slope,) = torch.autograd.grad(-t.fake_score.mean(), theta)
    assert slope.item() == pytest.approx(-(0.5 + k * RATE * (3.0 - 2 * 2.0)))


def test_a_loss_of_twice_the_weight_moves_d_twice_as_far():
    loss = Wasserstein()
    loss.weight = 2.0
    t, theta = ahead(1, loss=loss)
    assert torch.allclose(t.fake_score, ((0.5 + 2 * RATE * (3.0 - theta)) * theta).squeeze(1).expand(3))


def test_d_and_the_loss_do_not_change():
    t, _ = ahead(3)
    t.fake_out, t.real_out  # noqa: B018
    net = t.game.d.net
    assert (net.w.item(), net.idle.item(), net.seen.item()) == (0.5, 1.0, 0.0)
    assert t.game.loss.state["calls"].item() == 0
    assert net.w.grad is None


def test_d_in_its_own_move_is_itself():
    t, _ = turn(side="d")
    Unrolled().turn(t)
    assert t.D is t.game.d.net


def test_it_looks_ahead_through_the_view():
    """Twice as large to D, samples move it twice as far."""
    t, theta = ahead(1, view=lambda x: 2 * x)
    assert torch.allclose(t.fake_score, (0.5 + RATE * 2 * (3.0 - theta)).squeeze(1) * 2 * theta.squeeze(1))


def test_the_turn_of_the_loss_counts_in_the_steps_too():
    class Halved(Wasserstein):
        def turn(self, t):
            judge = t.judge
            t.judge = lambda x, y=None: judge(x / 2, y)

    t, theta = turn(loss=Halved())
    t.game.loss.turn(t)
    Unrolled(steps=1, rate=RATE).turn(t)
    assert torch.allclose(t.fake_score, ((0.5 + RATE * (3.0 - theta) / 2) * theta / 2).squeeze(1).expand(3))
