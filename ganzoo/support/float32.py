"""float32 that is float32, and kernels that no stopwatch chooses, whatever the caller has set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

import torch

PLACES = ("cuda.matmul", "cudnn.conv", "cudnn.rnn", "mkldnn.matmul", "mkldnn.conv", "mkldnn.rnn")
"""Where PyTorch may compute with TF32 or bfloat16 when it is given float32: on CUDA, and on some CPUs."""


@contextmanager
def exact_float32() -> Iterator[None]:
    """Within, float32 is computed in float32, by deterministic kernels; then the caller's settings are restored."""
    before = [(owner, name, _value(owner, name)) for owner, name, _ in _settings()]
    try:
        for owner, name, value in _settings():
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in before:
            if value is not None:
                setattr(owner, name, value)


def _settings() -> list[tuple[Any, str, Any]]:
    """(owner, attribute, value), to be set in this order.

    PyTorch has two interfaces to the same thing, and refuses to read the older one where they disagree: so both are
    set, the older one first, since it overwrites parts of the newer.
    """
    backends: Any = torch.backends
    older = [(backends.cudnn, "allow_tf32", False), (backends.cuda.matmul, "allow_tf32", False)]
    kernels = [(backends.cudnn, "benchmark", False), (backends.cudnn, "deterministic", True)]
    if not hasattr(backends.cuda.matmul, "fp32_precision"):  # before torch 2.9
        return older + kernels
    return older + kernels + [(attrgetter(place)(backends), "fp32_precision", "ieee") for place in PLACES]


def _value(owner: Any, name: str) -> Any:
    """None where PyTorch refuses to say, because the caller has used the newer interface."""
    try:
        return getattr(owner, name)
    except RuntimeError:
        return None
