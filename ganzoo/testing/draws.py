"""Random numbers that are drawn once for a batch, and given again to each of its samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

DRAWING = {"rand", "randn", "randint", "rand_like", "randn_like", "randint_like", "bernoulli", "normal", "poisson"}
DRAWING |= {"uniform_", "normal_", "bernoulli_", "random_", "exponential_", "dropout", "dropout1d", "dropout2d"}


class _Hook(TorchFunctionMode):
    def __init__(self, on: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.on = on

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        found = func(*args, **(kwargs or {}))
        return self.on(found) if getattr(func, "__name__", "") in DRAWING else found


class Draws:
    """What was drawn, in order."""

    def __init__(self) -> None:
        self.drawn: list[Tensor] = []

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """While active, keep whatever is drawn."""

        def keep(x: Tensor) -> Tensor:
            self.drawn.append(x.detach().clone())
            return x

        with _Hook(keep):
            yield

    @contextmanager
    def replayed(self, row: int) -> Iterator[None]:
        """While active, a draw of one row gives this row of what was drawn."""
        left = iter(self.drawn)

        def give(x: Tensor) -> Tensor:
            kept = next(left, None)
            if kept is None or x.shape != kept[row : row + 1].shape:
                raise ValueError(f"for one sample it draws {tuple(x.shape)}, and for a batch something else")
            with torch.no_grad():
                return x.copy_(kept[row : row + 1])

        with _Hook(give):
            yield
