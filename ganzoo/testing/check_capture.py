"""Whether a move can be captured as a graph: it must not wait for a number, branch on one, or leave its device.

No GPU is needed: moves are traced, and made on the "meta" device, where tensors have shapes but no numbers.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ganzoo.interfaces.turn import Side
from ganzoo.support.messages import sentence
from ganzoo.testing.checks import TERMS, Skip, check
from ganzoo.testing.trials import FP32, SIDES, Trial, trials
from ganzoo.testing.under_test import PartUnderTest
from ganzoo.training.execution import Eager
from ganzoo.training.gradients import gradients

META = replace(FP32, device="meta")
WAITING = {"item", "tolist", "numpy", "cpu", "nonzero", "argwhere", "masked_select", "unique", "equal", "allclose"}
WAITING |= {"unique_consecutive", "is_nonzero", "__bool__", "__float__", "__int__", "__index__", "__contains__"}
"""Functions of torch whose result, or its shape, is known only when the device has computed it."""


class WaitsForNumber(Exception):
    """A move asked for a number."""


class LeavesDevice(Exception):
    """A move met a tensor of another device."""


def current_line() -> str:
    """The line of a part, or of the trainer, that is being run."""
    lines = reversed(traceback.extract_stack())
    frame = next(f for f in lines if not any(folder in f.filename for folder in ("/torch/", "/ganzoo/testing/")))
    return f"in {frame.filename}, line {frame.lineno}: {frame.line}"


class _RefuseWaiting(TorchFunctionMode):
    """Raises `WaitsForNumber` where Python asks what is in a tensor."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if name in WAITING:
            raise WaitsForNumber(f"{name.strip('_')} {current_line()}")
        if name in ("__getitem__", "__setitem__"):
            indices = args[1] if isinstance(args[1], tuple) else (args[1],)
            if any(isinstance(index, Tensor) and index.dtype == torch.bool for index in indices):
                raise WaitsForNumber(f"[mask] {current_line()}")
        return func(*args, **(kwargs or {}))


@check(
    "capture",
    *TERMS,
    "architecture",
    mend="choose with torch.where, keep numbers that change in `t.step` or `self.state`; or leave capturable False",
    see="help(ganzoo.Term), capturable",
)
def traces(part: PartUnderTest) -> Iterator[str]:
    """A captured move runs several times as fast on a GPU, but cannot ask Python what to do next."""
    if part.component.kind in TERMS and not part.resolved.cls.capturable:
        raise Skip("its class has capturable = False")
    for trial in trials(part):
        for side in SIDES:
            try:
                trace(trial, side)
            except WaitsForNumber as error:
                yield f"{trial}: {side.upper()}'s move waits for a number: {error}"


def trace(trial: Trial, side: Side) -> torch.fx.GraphModule:
    """The gradients of a player's first move as a graph. Raises `WaitsForNumber`."""
    trainer = trial.trainer()
    batch = trainer.batches(side, 0, trainer.settings.batch)

    def gradients_of(step: Tensor, real: Tensor) -> list[Tensor]:
        grads, _ = gradients(trainer.game, trainer.terms, trainer.terms, side, step, batch._replace(x=real))
        return [grad for grad in grads if grad is not None]

    with _RefuseWaiting():
        graph: torch.fx.GraphModule = make_fx(gradients_of)(trainer.steps[side], batch.x)
    return graph


class _RefuseOtherDevices(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Raises `LeavesDevice` where an operation takes or gives a tensor that is not on the trainer's device."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self._refuse(func, (args, kwargs))
        result = func(*args, **(kwargs or {}))
        self._refuse(func, result)
        return result

    def _refuse(self, func: Any, tensors: Any) -> None:
        for x in tree_leaves(tensors):
            if isinstance(x, Tensor) and x.device.type != META.device:
                raise LeavesDevice(f"a tensor of {tuple(x.shape)} on the CPU meets {func} {current_line()}")


class _OnOneDevice(Eager):
    """Eager moves that must stay on one device, except the optimizers, which count their steps on the CPU."""

    def gradients(self, key: Hashable, function: Callable[..., Any], *inputs: Tensor | None) -> Any:
        """function(*inputs). Raises `LeavesDevice`."""
        with _RefuseOtherDevices():  # type: ignore[no-untyped-call]
            return function(*inputs)


@check(
    "capture",
    *TERMS,
    "architecture",
    mend="make tensors with device=x.device, x.new_zeros or torch.randn_like(x); keep constants with register_buffer, "
    "or in self.state, made in `attach`",
    see="help(ganzoo.Term.attach)",
)
def one_device(part: PartUnderTest) -> Iterator[str]:
    """On a GPU a tensor that was made on the CPU stops the run, or makes the GPU wait in each move."""
    for trial in trials(part):
        try:
            trainer = trial.trainer(META)
            trainer.execution = _OnOneDevice()
            for _ in range(2):
                trainer.round()
        except LeavesDevice as error:
            yield f"{trial}: {error}"
        except RuntimeError as error:
            raise Skip(f"{trial} needs numbers, as `traces` may say ({sentence(error)})") from error
