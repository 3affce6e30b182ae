"""Look-ahead for G: it is trained against D as it would be after K more steps."""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import torch
from msgspec import Meta
from torch.func import functional_call

import ganzoo


@dataclass(kw_only=True)
class Unrolled(ganzoo.Regularizer):
    """Unrolled GAN (Metz, Poole, Pfau, Sohl-Dickstein 2017, section 2.2).

    θ⁰ = θ_D; θᵏ⁺¹ = θᵏ - η ∇ L_D(θ_G, θᵏ) (equation 7; L_D is what D minimises). G minimises its loss against D of the
    weights θᴷ (equation 9), and its gradient goes through the K steps too. D's own moves do not change.

    All K steps use the reals and the fakes of G's move. They are plain gradient descent, as in the paper's equations;
    the authors' example code takes Adam steps. They minimise the loss alone, without regularizers.
    """

    steps: Annotated[int, Meta(ge=1, le=100)] = 5
    """K. Time and memory of G's move grow with it."""
    rate: Annotated[float, Meta(gt=0)] = 0.01
    """η, the step size. For plain gradient descent it is much larger than for Adam."""
    order = 20
    capturable = True

    def turn(self, t):
        """In G's move: `t.D` is D of the weights θᴷ. D, its buffers and the state of the loss stay as they are."""
        if t.player == "g":
            net = t.D
            weights = {name: p for name, p in net.named_parameters() if p.requires_grad}
            buffers = {name: x.clone() for name, x in net.named_buffers()}
            with restored_state(t.game.loss):
                for _ in range(self.steps):
                    weights = self.step(t, with_weights(net, weights, buffers), weights)
            t.D = with_weights(net, weights, buffers)

    def step(self, t, d, weights):
        """θ -> θ - η ∇ L_D(θ), differentiable. Weights that the loss does not depend on stay."""
        ahead = ganzoo.Turn(t.game, "g", t.step, t.real.detach().requires_grad_(), t.y, t.view, t.given)
        ahead.D, ahead.z, ahead.fake_y, ahead.fake = d, t.z, t.fake_y, t.fake
        t.game.loss.turn(ahead)
        value = t.game.loss.weight * t.game.loss.d(ahead)
        grads = torch.autograd.grad(value, [*weights.values()], create_graph=True, allow_unused=True)
        pairs = zip(weights.items(), grads, strict=True)
        return {name: p if grad is None else p - self.rate * grad for (name, p), grad in pairs}


def with_weights(net, weights, buffers):
    """D with other weights. It changes these buffers in place, and not those of `net`."""
    return lambda *inputs: functional_call(net, {**buffers, **weights}, inputs)


@contextmanager
def restored_state(loss):
    """Restores the loss's state afterwards: a loss that counts D's moves, as BEGAN does, must not count these steps."""
    state, loss.state = loss.state, {name: x.clone() for name, x in loss.state.items()}
    try:
        yield
    finally:
        loss.state = state
