"""From a batch to the gradients of one player's parameters."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ganzoo.interfaces.terms import Loss, Term
from ganzoo.interfaces.turn import Game, Side, Turn
from ganzoo.support.errors import Incompatible
from ganzoo.training.batches import Batch

Gradients = Sequence[Tensor | None]
"""One a parameter; None for a parameter on which nothing depends."""


def due(terms: Sequence[Term], side: Side, move: int) -> list[Term]:
    """The terms that count on this move of a player: those with a method for it, and of lazy ones on each N-th move."""
    return [term for term in terms if move % term.every == 0 and getattr(type(term), side) is not getattr(Term, side)]


def gradients(
    game: Game, terms: Sequence[Term], counted: Sequence[Term], side: Side, step: Tensor, batch: Batch
) -> tuple[Gradients, dict[str, Tensor]]:
    """One turn, and those beside it: d(what `side` minimises)/d(its parameters), each counted term's value, unscaled.

    Pure in tensors: no `.item()`, no branch on a tensor.
    """
    real = batch.x.detach().requires_grad_() if side == "d" else batch.x
    turn = Turn(game, side, step, real, batch.y, given=batch.given)
    for term in terms:
        term.turn(turn)
    for term in terms if turn.also else ():
        for other in turn.also:
            term.turn(other)
    values: dict[str, tuple[Term, Tensor]] = {}
    for term in counted:
        parts = [value for t in (turn, *turn.also) if (value := minimised(term, side, t)) is not None]
        if parts:
            values[term.name] = term, sum(parts[1:], start=parts[0])
    total = sum((value * (term.weight * term.every) for term, value in values.values()), start=real.new_zeros(()))
    params = getattr(game, side).params
    grads = torch.autograd.grad(total, params, allow_unused=True)
    if all(grad is None for grad in grads):
        raise Incompatible(
            f"{', '.join(values)}: nothing that {side.upper()} minimises depends on its weights, so it cannot learn; "
            f"use {'real_score or fake_score' if side == 'd' else 'fake or fake_score'} in {side}()"
        )
    return grads, {f"{side}/{name}": value.detach() for name, (_, value) in values.items()}


def minimised(term: Term, side: Side, turn: Turn) -> Tensor | None:
    """What a term adds to a player's loss: one number, or nothing. Raises `Incompatible` for anything else."""
    value = getattr(term, side)(turn)
    if value is None and turn.by is None and not may_be_silent(term, side):
        raise Incompatible(
            f"{term.name}: {side}() returns nothing: is `return` missing? Where it shall add nothing to what "
            f"{side.upper()} minimises, leave it out, or annotate it with `-> Tensor | None`"
        )
    if isinstance(term, Loss) and isinstance(value, Tensor) and not value.requires_grad:
        raise Incompatible(
            f"{term.name}: {side}() gives a number without a gradient, so that {side.upper()} cannot learn; leave out "
            "detach() and item(), and comparisons such as >"
        )
    if value is not None and (not isinstance(value, Tensor) or value.dim()):
        shape = f"a tensor of the shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
        raise Incompatible(
            f"{term.name}: {side}() gives {shape}, but must give one number as a tensor; end with .mean()"
        )
    return value


def may_be_silent(term: Term, side: Side) -> bool:
    """Whether a term may add nothing: where it has no method of its own for this side, or one annotated with None."""
    method = getattr(type(term), side)
    return method is getattr(Term, side) or "None" in str(getattr(method, "__annotations__", {}).get("return", ""))
