"""Whether a step can be captured as a graph: it must not wait for a number, nor branch on one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx
from torch.overrides import TorchFunctionMode

from ganzoo.interfaces.terms import Side
from ganzoo.testing import devices
from ganzoo.testing.check import TERMS, Check, Skip, check
from ganzoo.testing.devices import where
from ganzoo.testing.scenes import Scene, stages
from ganzoo.testing.subject import Candidate
from ganzoo.training.trainer import gradients

WAITS = {"item", "tolist", "numpy", "cpu", "nonzero", "argwhere", "masked_select", "unique", "equal", "allclose"}
WAITS |= {"unique_consecutive", "is_nonzero", "__bool__", "__float__", "__int__", "__index__", "__contains__"}
"""Functions of torch whose result, or its shape, is known only when the device has computed it."""


class Waited(Exception):
    """A step asked for a number."""


class _Watch(TorchFunctionMode):
    """Raises `Waited` where Python asks for what is in a tensor."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = getattr(func, "__name__", "")
        if name in WAITS or (name in ("__getitem__", "__setitem__") and _masked(args[1])):
            raise Waited(f"{'[mask]' if 'item__' in name else name.strip('_')} {where()}")
        return func(*args, **(kwargs or {}))


def _masked(index: Any) -> bool:
    items = index if isinstance(index, tuple) else (index,)
    return any(isinstance(item, Tensor) and item.dtype == torch.bool for item in items)


@check(
    "capture",
    *TERMS,
    "architecture",
    mend="choose with torch.where, keep numbers that change in `t.step` or `self.state`; or leave capturable False",
    see="help(ganzoo.Term), capturable",
)
def traces(c: Candidate) -> Iterator[str]:
    """A captured step runs several times as fast on a GPU, and may not ask Python what to do next."""
    if c.component.kind in TERMS and not c.part.cls.capturable:
        raise Skip("its class says capturable = False")
    for scene in stages(c):
        for side in ("d", "g"):
            try:
                trace(scene, side)
            except Waited as waited:
                yield f"{scene}: {side.upper()}'s step waits for a number: {waited}"


def trace(scene: Scene, side: Side) -> torch.fx.GraphModule:
    """The step of one player as a graph. Raises `Waited`."""
    t = scene.trainer()
    real, y = t.batches(side, 0, t.settings.batch)

    def step(number: Tensor, real: Tensor) -> list[Tensor]:
        found, _ = gradients(t.game, t.terms, t.terms, side, number, real, y)
        return [grad for grad in found if grad is not None]

    with _Watch():
        made: torch.fx.GraphModule = make_fx(step)(t.steps[side], real)
    return made


CHECKS: tuple[Check, ...] = (traces, *devices.CHECKS)
