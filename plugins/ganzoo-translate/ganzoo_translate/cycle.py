"""CycleGAN: a second game the other way, by the rules of the first, and what joins the two."""

from dataclasses import dataclass
from typing import Annotated

import torch
from msgspec import Meta

import ganzoo

NonNegative = Annotated[float, Meta(ge=0)]


@dataclass(kw_only=True)
class Cycle(ganzoo.Regularizer):
    """λ (E_x ‖F(G(x)) - x‖₁ + E_y ‖G(F(y)) - y‖₁) and λ ι (E_y ‖G(y) - y‖₁ + E_x ‖F(x) - x‖₁) (Zhu et al. 2017).

    Equations 2 and, of section 5.2, L_identity; norms are divided by the numbers in a sample. F and its judge are like
    G and D. Whatever the recipe does in the game of G and D it does in theirs. F is the companion `back`, whose
    averaged weights a run keeps: `run.network("back")`.
    """

    weight: NonNegative = 10.0
    """λ."""
    identity: NonNegative = 0.5
    """Its weight as a share of λ. 0 where what is given differs in shape from what is made."""
    order = 90  # after the parts that say what D takes
    capturable = True

    def prepare(self, g, d):
        """Add F and its judge."""
        if not g.source:
            raise ganzoo.Incompatible("it translates back to what is given, and this data gives nothing; leave it out")
        if g.classes or d.classes or d.heads:
            raise ganzoo.Incompatible("what is given has no labels; leave out the part that takes or predicts them")
        if g.source != g.shape and not (isinstance(self.identity, float | int) and self.identity == 0):
            raise ganzoo.Incompatible("what is given has another shape than what is made; write cycle:identity=0")
        g.given, back = g.source, {"shape": g.source, "source": g.shape}
        g.companions["back"] = ganzoo.Companion(g.another(**back, given=g.shape), averaged=True)
        judge = d.another(**back, given=g.shape if d.given else None)
        d.companions["judge-of-back"] = ganzoo.Companion(judge, judge=True)

    def turn(self, t):
        """Put the other game beside the player's own."""
        if t.by is None:
            F, judge = t.game.g.companions["back"], t.game.d.companions["judge-of-back"]
            t.back = t.beside(self, real=t.given, given=t.real, y=None, G=F, D=judge)
            t.back.back = t

    def g(self, t) -> "torch.Tensor | None":
        """There and back, from either side."""
        if t.by not in (None, self):
            return None
        cycle = (t.back.generate(t.z, given=t.fake) - t.given).abs().mean()
        if isinstance(self.identity, float | int) and self.identity == 0:
            return cycle
        return cycle + self.identity * (t.generate(t.z, given=t.real) - t.real).abs().mean()
