"""float32 that is float32, or TF32 if so said, and kernels that no stopwatch chooses, whatever the caller has set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

import torch

PLACES = ("cuda.matmul", "cudnn.conv", "cudnn.rnn", "mkldnn.matmul", "mkldnn.conv", "mkldnn.rnn")
"""Where PyTorch may compute with TF32 or bfloat16 when it is given float32: on CUDA, and on some CPUs."""


@contextmanager
def pinned_float32(tf32: bool = False) -> Iterator[None]:
    """Within, float32 is computed by deterministic kernels in float32, or on CUDA in TF32: products of 10 bits of
    mantissa, added up in float32. New tensors are float32, and autocast is off.
    Then the caller's settings are restored.
    """
    of_new_tensors = torch.get_default_dtype()
    before = [(owner, name, _value(owner, name)) for owner, name, _ in _settings(tf32)]
    try:
        for owner, name, value in _settings(tf32):
            setattr(owner, name, value)
        torch.set_default_dtype(torch.float32)
        with torch.autocast("cpu", enabled=False), torch.autocast("cuda", enabled=False):
            yield
    finally:
        torch.set_default_dtype(of_new_tensors)
        for owner, name, value in before:
            if value is not None:
                setattr(owner, name, value)


def _settings(tf32: bool) -> list[tuple[Any, str, Any]]:
    """(owner, attribute, value), to be set in this order.

    PyTorch has two interfaces to the same thing, and refuses to read the older one where they disagree: so both are
    set, the older one first, since it overwrites parts of the newer.
    """
    backends: Any = torch.backends
    older = [(backends.cudnn, "allow_tf32", tf32), (backends.cuda.matmul, "allow_tf32", tf32)]
    kernels = [(backends.cudnn, "benchmark", False), (backends.cudnn, "deterministic", True)]
    if not hasattr(backends.cuda.matmul, "fp32_precision"):  # before torch 2.9
        return older + kernels
    on_cuda = "tf32" if tf32 else "ieee"
    newer = [(place, on_cuda if place.startswith("cu") else "ieee") for place in PLACES]
    return older + kernels + [(attrgetter(place)(backends), "fp32_precision", value) for place, value in newer]


def _value(owner: Any, name: str) -> Any:
    """None where PyTorch refuses to say, because the caller has used the newer interface."""
    try:
        return getattr(owner, name)
    except RuntimeError:
        return None
