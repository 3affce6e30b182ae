"""Interpolation between latents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

Walk = Literal["spherical", "linear"]


def linear(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """(1 - t) a + t b. Between Gaussian latents it leads through ones shorter than any that G was trained on."""
    return (1 - t) * a + t * b


def spherical(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """sin((1 - t) θ) / sin θ · a + sin(t θ) / sin θ · b, θ the angle between a and b (N, latent).

    Shoemake 1985, doi:10.1145/325165.325242; for latents White 2016, arXiv:1609.04468. Ends of one length stay at it.
    Where a and b lie on one line there is no arc between them: then it is `linear`.
    """
    cosine = torch.nn.functional.cosine_similarity(a, b, dim=-1, eps=0).unsqueeze(-1).clamp(-1, 1)
    angle = cosine.arccos()
    sine = angle.sin()
    arc = (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / sine
    return torch.where(sine > 1e-6, arc, linear(a, b, t))


INTERPOLATIONS: dict[Walk, Callable[[Tensor, Tensor, Tensor], Tensor]] = {"spherical": spherical, "linear": linear}


def walks(n: int, steps: int, latent: int, seed: int, walk: Walk = "spherical") -> Tensor:
    """(n, steps, latent): from n latents to n others, both ends included. The first are those of `sampling.draw`."""
    random = torch.Generator().manual_seed(seed)
    a, b = (torch.randn(n, 1, latent, generator=random, dtype=torch.float32).double() for _ in range(2))
    t = torch.linspace(0, 1, steps, dtype=torch.float64).unsqueeze(-1)
    return INTERPOLATIONS[walk](a, b, t).float()
