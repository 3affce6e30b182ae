"""Whether a part stays on the device of its game. No GPU is needed: it plays where tensors have no numbers."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ganzoo.support.messages import sentence
from ganzoo.testing.check import TERMS, Check, Skip, check
from ganzoo.testing.scenes import FP32, Scene, stages
from ganzoo.testing.subject import Candidate
from ganzoo.training.execution import Eager

META = replace(FP32, device="meta")


def where() -> str:
    """The line of a part, or of the trainer, that is being run."""
    lines = reversed(traceback.extract_stack())
    frame = next(f for f in lines if not any(folder in f.filename for folder in ("/torch/", "/ganzoo/testing/")))
    return f"in {frame.filename}, line {frame.lineno}: {frame.line}"


class Elsewhere(Exception):
    """A step met a tensor of another device."""


class _OneDevice(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Raises `Elsewhere` where a tensor comes in or out that is not on the game's device."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        self._look(func, (args, kwargs))
        found = func(*args, **(kwargs or {}))
        self._look(func, found)
        return found

    def _look(self, func: Any, tensors: Any) -> None:
        for x in tree_leaves(tensors):
            if isinstance(x, Tensor) and x.device.type != META.device:
                raise Elsewhere(f"a tensor of {tuple(x.shape)} on the CPU meets {func} {where()}")


class _Watched(Eager):
    """Moves as they come, watched; optimizers count their steps on the CPU and are left alone."""

    def gradients(self, key: Hashable, function: Callable[..., Any], *inputs: Tensor | None) -> Any:
        """function(*inputs). Raises `Elsewhere`."""
        with _OneDevice():  # type: ignore[no-untyped-call]
            return function(*inputs)


@check(
    "capture",
    *TERMS,
    "architecture",
    mend="make tensors with device=x.device, x.new_zeros or torch.randn_like(x); keep constants with register_buffer, "
    "or in self.state, made in `attach`",
    see="help(ganzoo.Term.attach)",
)
def one_device(c: Candidate) -> Iterator[str]:
    """On a GPU a tensor that was made on the CPU ends the run, or makes the GPU wait for each step."""
    for scene in stages(c):
        if said := elsewhere(scene):
            yield f"{scene}: {said}"


def elsewhere(scene: Scene) -> str:
    """What left the device in two rounds of a game; "" if nothing did. Raises `Skip` where a round needs numbers."""
    try:
        trainer = scene.trainer(META)
        trainer.execution = _Watched()
        for _ in range(2):
            trainer.round()
    except Elsewhere as error:
        return str(error)
    except RuntimeError as error:
        raise Skip(f"{scene} needs numbers, as `traces` may say ({sentence(error)})") from error
    return ""


CHECKS: tuple[Check, ...] = (one_device,)
