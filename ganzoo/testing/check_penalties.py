"""Whether a penalty on each sample is, for a batch, the mean over its samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from ganzoo.interfaces.networks import NetSpec
from ganzoo.interfaces.turn import Side
from ganzoo.testing.checks import TERMS, Skip, check
from ganzoo.testing.trials import FP64, SIDES, first_turn, term_under_test, trials
from ganzoo.testing.under_test import PartUnderTest
from ganzoo.training.trainer import Trainer

DRAWING = {"rand", "randn", "randint", "rand_like", "randn_like", "randint_like", "bernoulli", "normal", "poisson"}
DRAWING |= {"uniform_", "normal_", "bernoulli_", "random_", "exponential_", "dropout", "dropout1d", "dropout2d"}
"""Functions of torch that draw random numbers."""


class _OnDraw(TorchFunctionMode):
    """Passes the result of each function that draws random numbers through `change`."""

    def __init__(self, change: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.change = change

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        return self.change(result) if getattr(func, "__name__", "") in DRAWING else result


def record(drawn: list[Tensor]) -> TorchFunctionMode:
    """A context in which whatever is drawn is also appended to `drawn`."""

    def keep(x: Tensor) -> Tensor:
        drawn.append(x.detach().clone())
        return x

    return _OnDraw(keep)


def replay(drawn: list[Tensor], row: int) -> TorchFunctionMode:
    """A context in which draws for one sample give this row of what was drawn for a batch."""
    remaining = iter(drawn)

    def give(x: Tensor) -> Tensor:
        batch = next(remaining, None)
        if batch is None or x.shape != batch[row : row + 1].shape:
            raise ValueError(f"for one sample it draws {tuple(x.shape)}, which is no row of what it draws for a batch")
        with torch.no_grad():
            return x.copy_(batch[row : row + 1])

    return _OnDraw(give)


@check(
    "mathematics",
    *TERMS,
    mend="take the norm of each sample's gradient (t.slope does), draw for each sample, and .mean() only at the end",
    see="help(ganzoo.Turn.slope)",
)
def mean_of_singletons(part: PartUnderTest) -> Iterator[str]:
    """A penalty on each sample (it sets batch_norm = False) is, for a batch, the mean over each sample alone."""
    for trial in trials(part):
        trainer = trial.trainer(FP64)
        if not _per_sample(part):
            raise Skip("it is no penalty on each sample: it leaves batch_norm as it is")
        for side in SIDES:
            yield from _compare_with_singletons(trainer, part, side)


def _per_sample(part: PartUnderTest) -> bool:
    g_spec, d_spec = (NetSpec(shape=(2,), labels=4) for _ in range(2))
    try:
        part.build().prepare(g_spec, d_spec)
    except Exception:
        return False
    return not d_spec.batch_norm


def _compare_with_singletons(trainer: Trainer, part: PartUnderTest, side: Side) -> Iterator[str]:
    whole, drawn = first_turn(trainer, side), list[Tensor]()
    penalty, n, fakes = getattr(term_under_test(trainer, part), side), len(whole.real), whole.fake.detach()
    with record(drawn):
        value = penalty(whole)
    if value is None:
        return
    if shared := [tuple(x.shape) for x in drawn if n not in x.shape[:1]]:
        yield f"{side}() draws {shared[0]} once for a batch of {n}; draw for each sample"
        return
    singles = []
    for i in range(n):
        row, fake = slice(i, i + 1), fakes[i : i + 1].clone()
        single = first_turn(trainer, side, row)
        single.z, single.fake = whole.z[row], fake.requires_grad_() if side == "d" else fake
        with replay(drawn, i):
            singles.append(penalty(single).detach())
    mean = torch.stack(singles).mean()
    if not torch.allclose(mean, value.detach(), rtol=1e-8, atol=1e-10):
        yield f"{side}() of a batch is {value.item():.8g}, but the mean over its samples is {mean.item():.8g}"
