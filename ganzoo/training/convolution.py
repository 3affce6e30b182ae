"""Convolutions whose double backward is made of convolutions like the forward's.

y = x * w is linear in x and in w. So y, the gradient by x and the gradient by w are closed under differentiation: the
gradients of each are made of the other two. PyTorch has another double backward: penalties on D's slope there become
convolutions whose kernels are as large as feature maps, which are slow on CUDA.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.overrides import TorchFunctionMode

Gradients = tuple[Tensor | None, ...]

FIRST = ("input", "weight", "bias", "stride", "padding")
NAMES: dict[Any, tuple[str, ...]] = {
    **dict.fromkeys((torch.conv1d, torch.conv2d, torch.conv3d), (*FIRST, "dilation", "groups")),
    **dict.fromkeys(
        (torch.conv_transpose1d, torch.conv_transpose2d, torch.conv_transpose3d),
        (*FIRST, "output_padding", "groups", "dilation"),
    ),
}
"""The functions that are replaced, and their arguments in order."""
DEFAULTS = {"bias": None, "stride": 1, "padding": 0, "dilation": 1, "output_padding": 0, "groups": 1}


def twice_differentiable() -> AbstractContextManager[Any]:
    """The context in which every convolution is one of these. What it returns can be differentiated outside of it."""
    return _Replaced()


class _Replaced(TorchFunctionMode):
    """PyTorch's own remain where padding is a word, samples are not in a batch, or torch.func transforms the call."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = {**DEFAULTS, **dict(zip(NAMES.get(func, ()), args, strict=False)), **(kwargs or {})}
        if func not in NAMES or not _replaceable(given):
            return func(*args, **(kwargs or {}))
        x, w, b = (_cast(given[name]) for name in ("input", "weight", "bias"))
        n, transposed = given["input"].dim() - 2, "transpose" in func.__name__
        stride, padding, dilation, more = (
            _sides(given[name], n) for name in ("stride", "padding", "dilation", "output_padding")
        )
        return Convolution.apply(x, w, b, (stride, padding, dilation, transposed, more, given["groups"]))


def _replaceable(given: dict[str, Any]) -> bool:
    batched = given["input"].dim() == given["weight"].dim()
    return batched and not isinstance(given["padding"], str) and not torch._C._are_functorch_transforms_active()


def _sides(size: Any, n: int) -> list[int]:
    """One number for each side of a feature map."""
    sizes = list(size) if isinstance(size, Sequence) else [size]
    return sizes * n if len(sizes) == 1 else sizes


def _cast(x: Tensor | None) -> Tensor | None:
    """As autocast does it for a convolution."""
    if x is None or x.dtype == torch.float64 or not torch.is_autocast_enabled(x.device.type):
        return x
    return x.to(torch.get_autocast_dtype(x.device.type))


class Convolution(Function):
    """y = x * w + b. `how` is all that the ATen operation takes beside its tensors."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor, b: Tensor | None, how: tuple[Any, ...]) -> Tensor:
        """x, w, b -> y."""
        ctx.save_for_backward(x, w)
        ctx.how = how
        y: Tensor = torch.ops.aten.convolution(x, w, b, *how)
        return y

    @staticmethod
    def backward(ctx: Any, gy: Tensor) -> Gradients:
        """dL/dy -> dL/dx, dL/dw, dL/db."""
        x, w = ctx.saved_tensors
        gx = Gradient.apply(gy, x, w, ctx.how, 0) if _needed(ctx, 0) else None
        gw = Gradient.apply(gy, x, w, ctx.how, 1) if _needed(ctx, 1) else None
        gb = gy.sum([0, *range(2, gy.dim())]) if _needed(ctx, 2) else None
        return gx, gw, gb, None


class Gradient(Function):
    """dL/dx (`by` is 0) or dL/dw (1), linear in dL/dy and in the other of x and w; of its own it needs the shape."""

    @staticmethod
    def forward(ctx: Any, gy: Tensor, x: Tensor, w: Tensor, how: tuple[Any, ...], by: int) -> Tensor:
        """dL/dy, x, w -> the gradient."""
        ctx.save_for_backward(gy, (w, x)[by])
        ctx.how, ctx.by = how, by
        mask = [by == 0, by == 1, False]
        gradient: Tensor = torch.ops.aten.convolution_backward(gy, x, w, None, *how, mask)[by]
        return gradient

    @staticmethod
    def backward(ctx: Any, v: Tensor) -> Gradients:
        """dL/d(the gradient), which takes the place of x or of w -> dL/d(dL/dy), and dL/d(the other)."""
        gy, other = ctx.saved_tensors
        x, w = (v, other) if ctx.by == 0 else (other, v)
        ggy = Convolution.apply(x, w, None, ctx.how) if _needed(ctx, 0) else None
        g = Gradient.apply(gy, x, w, ctx.how, 1 - ctx.by) if _needed(ctx, 2 - ctx.by) else None
        return ggy, *((None, g) if ctx.by == 0 else (g, None)), None, None


def _needed(ctx: Any, index: int) -> bool:
    """Whether the gradient of this input is asked for; `ctx.needs_input_grad` says whether it could be."""
    nodes = [node for node, _ in ctx.next_functions]  # of tensors alone
    try:
        return index < len(nodes) and nodes[index] is not None and torch._C._will_engine_execute_node(nodes[index])
    except RuntimeError:  # no answer for a leaf that `torch.autograd.grad` is asked for
        return True
