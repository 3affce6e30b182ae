"""A history of fakes."""

from dataclasses import dataclass
from typing import Annotated

import torch
from msgspec import Meta

import ganzoo

OWN = "d"


@dataclass(kw_only=True)
class Pool(ganzoo.Regularizer):
    """D judges fakes of which half come from a history of earlier ones (Shrivastava et al. 2017, section 2.3).

    The fakes that they replace take their places in the history. A place that is still empty gives the fake itself.
    Each further judge, as that of `cycle`, has a history of its own. A part that compares a fake with its z in D's
    move, as zcr does, has no meaning beside it.
    """

    size: Annotated[int, Meta(ge=1)] = 50
    """Fakes in the history; 50 in Zhu et al. 2017."""
    order = 5  # before whatever changes what D sees
    capturable = True

    def prepare(self, g, d):
        """Remember the specs, which later parts may still edit."""
        self.specs = g, d

    def attach(self, game):
        """Make the histories. Raises `Incompatible` for what they cannot hold."""
        g, d = self.specs
        if d.given:
            raise ganzoo.Incompatible(
                "pool shows D earlier fakes, of which it does not keep what they were made of; leave out pool, or the "
                "part that gives D what is given"
            )
        if d.classes or d.heads:
            raise ganzoo.Incompatible("pool does not keep the labels of earlier fakes; leave out pool, or the labels")
        if d.batch and d.batch != game.batch:
            raise ganzoo.Incompatible("pool: the shards of a batch cannot share its history; write shards=1")
        shapes = g.shape, g.source or g.shape
        like = next(game.g.net.parameters())
        for judge in (OWN, *sorted(game.d.judging)):
            shape = shapes[judge != OWN]
            self.state[f"fakes of {judge}"] = like.new_zeros(self.size, *shape)
            self.state[f"filled of {judge}"] = torch.zeros(self.size, dtype=torch.int64, device=like.device)

    def turn(self, t):
        """Exchange half of D's fakes."""
        if t.player == "d":
            judges = {id(t.game.d.companions[name]): name for name in t.game.d.judging}
            t.fake = self.exchange(judges.get(id(t.D), OWN), t.fake.detach()).requires_grad_()

    def exchange(self, judge, fakes):
        """(N, ...) fakes, the first half of which change places with random ones of the history."""
        history, filled = self.state[f"fakes of {judge}"], self.state[f"filled of {judge}"]
        if history.shape[1:] != fakes.shape[1:]:
            raise ganzoo.Incompatible("a part adds a game whose samples have another shape; leave out pool")
        n = min((len(fakes) + 1) // 2, self.size)
        places = torch.rand(self.size, device=fakes.device).argsort()[:n]
        is_filled = filled[places].bool().reshape(n, *(1 for _ in fakes.shape[1:]))
        shown = torch.cat([torch.where(is_filled, history[places].to(fakes), fakes[:n]), fakes[n:]])
        history.index_copy_(0, places, fakes[:n].to(history))
        filled.index_fill_(0, places, 1)
        return shown
