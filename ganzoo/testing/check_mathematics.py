"""Whether the numbers of networks and terms are right."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces.terms import Term
from ganzoo.interfaces.turn import Side
from ganzoo.runs.state import checkpoint_files, restore
from ganzoo.support.errors import Incompatible
from ganzoo.testing.checks import TERMS, check
from ganzoo.testing.trials import SIDES, first_turn, gradients_of, term_under_test, trials
from ganzoo.testing.under_test import PartUnderTest
from ganzoo.training.gradients import minimised
from ganzoo.training.trainer import Trainer

TRAINED = ("architecture", *TERMS, "bundle")
TERM = "help(ganzoo.Term) and help(ganzoo.Turn)"


@check(
    "mathematics", *TRAINED, mend="detach what belongs to the other player; raise ganzoo.Incompatible early", see=TERM
)
def moves_alone(part: PartUnderTest) -> Iterator[str]:
    """A move changes the parameters of its own player, not one bit of the other's, and they stay finite."""
    for trial in trials(part):
        trainer = trial.trainer()
        for side, other in (SIDES, SIDES[::-1]):
            own, others = _weights(trainer, side), _weights(trainer, other)
            for _ in range(3):
                trainer.play(side)
            if not _same(others, _weights(trainer, other)):
                yield f"{trial}: a move of {side.upper()} changes {other.upper()}"
            if _same(own, _weights(trainer, side)):
                yield f"{trial}: a move of {side.upper()} changes nothing"
        if not trainer.finite() or not all(np.isfinite(value) for value in trainer.losses().values()):
            yield f"{trial}: after three moves of each player a weight or a loss is not finite"


def _weights(trainer: Trainer, side: Side) -> list[Tensor]:
    return [p.detach().clone() for p in trainer.players[side].params]


def _same(ours: list[Tensor], others: list[Tensor]) -> bool:
    """Bit for bit; two NaN are the same."""
    pairs = zip(ours, others, strict=True)
    return all(torch.equal(a.isnan(), b.isnan()) and torch.equal(a.nan_to_num(), b.nan_to_num()) for a, b in pairs)


@check("mathematics", *TERMS, mend="end with .mean() over whatever was judged", see=TERM)
def scalars(part: PartUnderTest) -> Iterator[str]:
    """What a player minimises is one number, and a loss returns one for each player."""
    for trial in trials(part):
        trainer = trial.trainer()
        for side in SIDES:
            try:
                value = minimised(term_under_test(trainer, part), side, first_turn(trainer, side))
                if value is None and part.component.kind == "loss":
                    yield f"{trial}: {side}() returns nothing"
            except Incompatible as error:
                yield f"{trial}: {error}"


@check(
    "mathematics",
    "loss",
    mend="check the signs: D's score rises towards what it takes for real",
    see="help(ganzoo.Turn)",
)
def signs(part: PartUnderTest) -> Iterator[str]:
    """All parts agree that a high score means real: at scores of 0, D wants reals higher, and G wants fakes higher."""
    for trial in trials(part):
        trainer = trial.trainer()
        by_real, by_fake = _derivatives(trainer, part, "d")
        _, g_by_fake = _derivatives(trainer, part, "g")
        for method, scores, derivative, sign in (
            ("d", "reals", by_real, "negative"),
            ("d", "fakes", by_fake, "positive"),
            ("g", "fakes", g_by_fake, "negative"),
        ):
            if derivative < 0 if sign == "positive" else derivative >= 0:
                at = f"the derivative of {method}() by the scores of {scores}, at scores of 0,"
                yield f"{trial}: {at} is {derivative:+.3g}; it should be {sign}"


def _derivatives(trainer: Trainer, part: PartUnderTest, side: Side) -> tuple[float, float]:
    """Of what the part adds to the loss of `side`, by the scores of reals and of fakes, where all scores are 0."""
    turn = first_turn(trainer, side)
    zeros = [torch.zeros_like(out["score"]).requires_grad_() for out in (turn.real_out, turn.fake_out)]
    turn.real_out, turn.fake_out = {**turn.real_out, "score": zeros[0]}, {**turn.fake_out, "score": zeros[1]}
    turn.real_score, turn.fake_score = zeros
    value: Tensor = getattr(term_under_test(trainer, part), side)(turn)
    by_real, by_fake = torch.autograd.grad(value, zeros, allow_unused=True)
    return tuple(0.0 if x is None else x.sum().item() for x in (by_real, by_fake))  # type: ignore[return-value]


@check(
    "mathematics",
    *TRAINED,
    mend="draw from torch's default generator; keep what changes in `self.state`, made in `attach`, changed in place",
    see=TERM,
)
def no_hidden_state(part: PartUnderTest) -> Iterator[str]:
    """A resumed run must equal one that never stopped: moves change only weights, buffers and `state`."""
    for trial in trials(part):
        steady, resumed = trial.trainer(), trial.trainer()
        for _ in range(2):
            steady.round()
        before = _attributes(steady.terms)
        with TemporaryDirectory() as folder:
            for name, content in checkpoint_files(steady, {}).items():
                Path(folder, name).write_bytes(content)
            restore(resumed, Path(folder))
        random.random()  # numbers of generators that a part must not use
        np.random.random()
        for trainer in (steady, resumed):
            for _ in range(2):
                trainer.round()
        for side in SIDES:
            if not _same(_weights(steady, side), _weights(resumed, side)):
                yield f"{trial}: two rounds after resuming, {side.upper()} differs from a run that never stopped"
        for name in [name for name, value in _attributes(steady.terms).items() if value != before.get(name)]:
            yield f"{trial}: {name} changes from move to move, but is not in `state`"


def _attributes(terms: Sequence[Term]) -> dict[str, str]:
    """The attributes of terms, without `state`, as text."""
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
def every_parameter_learns(part: PartUnderTest) -> Iterator[str]:
    """A parameter without a gradient is a mistake in wiring, and counts in the size that is reported."""
    for trial in trials(part):
        trainer = trial.trainer()
        for side in SIDES:
            grads, _ = gradients_of(trainer, side)
            player = trainer.players[side]
            named = [pair for module in (player.net, player.companions) for pair in module.named_parameters()]
            names = [name for name, p in named if p.requires_grad]
            for name, grad in zip(names, grads, strict=True):
                if grad is None:
                    yield f"{trial}: {side.upper()}'s {name} has no gradient"
