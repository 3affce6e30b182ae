"""Whether the numbers are what they should be."""

from __future__ import annotations

import copy
import io
import random
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ganzoo.interfaces.terms import Side, Term
from ganzoo.testing import datasets, metrics
from ganzoo.testing.check import TERMS, Check, Skip, check
from ganzoo.testing.draws import Draws
from ganzoo.testing.scenes import FP64, stages, term_of, turn
from ganzoo.testing.subject import Candidate
from ganzoo.training.trainer import Trainer

PLAYS = ("architecture", *TERMS, "bundle")
SIDES: tuple[Side, Side] = ("d", "g")
TERM = "help(ganzoo.Term) and help(ganzoo.Turn)"


@check("mathematics", *PLAYS, mend="detach what belongs to the other player; raise ganzoo.Incompatible early", see=TERM)
def moves_alone(c: Candidate) -> Iterator[str]:
    """A move changes the parameters of the player whose move it is, not one bit of the other's, and stays finite."""
    for scene in stages(c):
        t = scene.trainer()
        for side, other in (SIDES, SIDES[::-1]):
            mine, theirs = _weights(t, side), _weights(t, other)
            for _ in range(3):
                t.move(side)
            if not _same(theirs, _weights(t, other)):
                yield f"{scene}: a move of {side.upper()} changes {other.upper()}"
            if _same(mine, _weights(t, side)):
                yield f"{scene}: a move of {side.upper()} changes nothing"
        if not t.finite() or not all(np.isfinite(value) for value in t.losses().values()):
            yield f"{scene}: after three moves of each player something is not finite"


def _weights(t: Trainer, side: Side) -> list[Tensor]:
    return [p.detach().clone() for p in t.players[side].params]


def _same(some: list[Tensor], others: list[Tensor]) -> bool:
    """Bit for bit, where one is no number the other too."""
    pairs = zip(some, others, strict=True)
    return all(torch.equal(a.isnan(), b.isnan()) and torch.equal(a.nan_to_num(), b.nan_to_num()) for a, b in pairs)


@check("mathematics", *TERMS, mend="end with .mean(), over whatever was judged", see=TERM)
def scalars(c: Candidate) -> Iterator[str]:
    """What the players minimise is one number; a loss gives one to each of them."""
    for scene in stages(c):
        t = scene.trainer()
        for side in SIDES:
            value = getattr(term_of(t, c), side)(turn(t, side))
            if value is None and c.component.kind == "loss":
                yield f"{scene}: {side}() gives nothing"
            elif value is not None and (not isinstance(value, Tensor) or value.dim()):
                shape = f"a tensor of the shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
                yield f"{scene}: {side}() gives {shape}, but should give a tensor without dimensions"


@check(
    "mathematics",
    "loss",
    mend="look at the signs: D's score rises towards what it takes for real",
    see="help(ganzoo.Turn)",
)
def signs(c: Candidate) -> Iterator[str]:
    """All parts agree that a high score means real: at scores of 0, D wants reals higher, and G its fakes."""
    for scene in stages(c):
        t = scene.trainer()
        real, fake = _slopes(t, c, "d")
        if real >= 0:
            yield f"{scene}: the derivative of d() in the scores of reals at 0 is {real:+.3g}; it should be negative"
        if fake < 0:
            yield f"{scene}: the derivative of d() in the scores of fakes at 0 is {fake:+.3g}; it should be positive"
        _, fake = _slopes(t, c, "g")
        if fake >= 0:
            yield f"{scene}: the derivative of g() in the scores of fakes at 0 is {fake:+.3g}; it should be negative"


def _slopes(trainer: Trainer, c: Candidate, side: Side) -> tuple[float, float]:
    """Of the loss of `side`, in the scores of reals and of fakes, all of them 0."""
    t = turn(trainer, side)
    zeros = [torch.zeros_like(out["score"]).requires_grad_() for out in (t.real_out, t.fake_out)]
    t.real_out, t.fake_out = {**t.real_out, "score": zeros[0]}, {**t.fake_out, "score": zeros[1]}
    t.real_score, t.fake_score = zeros
    value: Tensor = getattr(term_of(trainer, c), side)(t)
    found = torch.autograd.grad(value, zeros, allow_unused=True)
    real, fake = (0.0 if x is None else x.sum().item() for x in found)
    return real, fake


@check(
    "mathematics",
    *TERMS,
    mend="take the norm of each sample's gradient (t.slope does), draw for each sample, and .mean() only at the end",
    see="help(ganzoo.Turn.slope)",
)
def mean_of_singletons(c: Candidate) -> Iterator[str]:
    """A penalty on each sample (it sets batch_norm = False) is, for a batch, the mean of what it is for each alone."""
    for scene in stages(c):
        t = scene.trainer(FP64)
        if not _per_sample(c):
            raise Skip("it does not look at each sample alone: it leaves batch_norm as it is")
        for side in SIDES:
            yield from _against_singletons(t, c, side)


def _per_sample(c: Candidate) -> bool:
    from ganzoo.interfaces.networks import NetSpec

    specs = [NetSpec(shape=(2,), labels=4) for _ in range(2)]
    try:
        c.build().prepare(*specs)
    except Exception:
        return False
    return not specs[1].batch_norm


def _against_singletons(trainer: Trainer, c: Candidate, side: Side) -> Iterator[str]:
    term, draws, whole = term_of(trainer, c), Draws(), turn(trainer, side)
    fakes = whole.fake.detach()
    with draws.recorded():
        value = getattr(term, side)(whole)
    if value is None:
        return
    if once := [tuple(x.shape) for x in draws.drawn if len(whole.real) not in x.shape[:1]]:
        yield f"{side}() draws {once[0]} once for a batch of {len(whole.real)}; draw for each sample"
        return
    alone = []
    for i in range(len(whole.real)):
        row, fake = slice(i, i + 1), fakes[i : i + 1].clone()
        one = turn(trainer, side, row)
        one.z, one.fake = whole.z[row], fake.requires_grad_() if side == "d" else fake
        with draws.replayed(i):
            alone.append(getattr(term, side)(one).detach())
    mean = torch.stack(alone).mean()
    if not torch.allclose(mean, value.detach(), rtol=1e-8, atol=1e-10):
        yield f"{side}() of a batch is {value.item():.8g}, but the mean over its samples {mean.item():.8g}"


@check(
    "mathematics",
    *PLAYS,
    mend="draw from torch's default generator; keep what changes in `self.state`, made in `attach`, changed in place",
    see=TERM,
)
def no_hidden_state(c: Candidate) -> Iterator[str]:
    """A run that was stopped must go on exactly: all that a move changes is a weight, a buffer, or in `state`."""
    for scene in stages(c):
        one, other = scene.trainer(), scene.trainer()
        for _ in range(2):
            one.round()
        before = _attributes(one.terms)
        file = io.BytesIO()
        torch.save(one.state_dict(), file)
        file.seek(0)
        for side in SIDES:
            for mine, theirs in zip(_modules(one, side), _modules(other, side), strict=True):
                theirs.load_state_dict(copy.deepcopy(mine.state_dict()))
        other.load_state_dict(torch.load(file, weights_only=True))
        _disturb()
        for t in (one, other):
            for _ in range(2):
                t.round()
        for side in SIDES:
            if not _same(_weights(one, side), _weights(other, side)):
                yield f"{scene}: after two more rounds {side.upper()} is not what it is in a run that never stopped"
        for name in [name for name, value in _attributes(one.terms).items() if value != before.get(name)]:
            yield f"{scene}: {name} changes from move to move, but is not in `state`"


def _modules(t: Trainer, side: Side) -> tuple[nn.Module, nn.Module]:
    return t.players[side].net, t.players[side].companions


def _disturb() -> None:
    """Move on the random numbers that a part must not use."""
    random.random()
    np.random.random()


def _attributes(terms: Sequence[Term]) -> dict[str, str]:
    """What a term holds beside its state, as text."""
    return {
        f"{term.name}.{name}": repr(value.tolist() if isinstance(value, Tensor) else value)
        for term in terms
        for name, value in vars(term).items()
        if name != "state" and isinstance(value, bool | int | float | str | tuple | list | dict | set | Tensor | None)
    }


@check(
    "mathematics",
    "architecture",
    mend="use every parameter in the score, or in the samples",
    see="help(ganzoo.Architecture)",
)
def every_parameter_learns(c: Candidate) -> Iterator[str]:
    """A parameter without a gradient is a mistake in wiring, and counts in the size that is reported."""
    for scene in stages(c):
        t = scene.trainer()
        for side in SIDES:
            found, _ = t.shard(side, t.terms)
            modules = _modules(t, side)
            names = [name for module in modules for name, p in module.named_parameters() if p.requires_grad]
            for name, grad in zip(names, found, strict=True):
                if grad is None:
                    yield f"{scene}: {side.upper()}'s {name} has no gradient"


CHECKS: tuple[Check, ...] = (
    moves_alone,
    scalars,
    signs,
    mean_of_singletons,
    no_hidden_state,
    every_parameter_learns,
    *datasets.MATHEMATICS,
    *metrics.MATHEMATICS,
)
