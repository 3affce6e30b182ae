"""Samples of a generator, and the measurement of its normalisation statistics before any are drawn.

All that G itself draws, such as noise or dropout, is a function of the seed too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ganzoo.interfaces.datasets import Dataset
from ganzoo.support.seeds import seed_of
from ganzoo.training.engine import reseed
from ganzoo.zoo.nn.norm import recompute_statistics


def draw(
    generator: nn.Module, data: Dataset, latent: int, n: int, seed: int, y: Tensor | None = None, batch: int = 500
) -> Tensor:
    """Draw n samples, in the data's own units, on the CPU: a function of the generator, the seed and y."""
    return render(generator, data, torch.randn(n, latent, generator=_random(seed)), y, seed, batch)


@torch.no_grad()
def render(
    generator: nn.Module, data: Dataset, z: Tensor, y: Tensor | None = None, seed: int = 0, batch: int = 500
) -> Tensor:
    """G(z, y) for z (N, latent) and, if G takes labels, y (N,): in the data's own units, on the CPU."""
    like = next(generator.parameters())
    parts = torch.split(z, batch)
    labels = [None] * len(parts) if y is None else [part.to(like.device) for part in torch.split(y, batch)]
    pairs = zip(parts, labels, strict=True)
    with _seeded(like.device, seed):
        return torch.cat([data.decode(generator(part.to(like), label)).cpu() for part, label in pairs])


def classwise(generator: nn.Module, data: Dataset, latent: int, classes: int, rows: int = 8) -> Tensor:
    """(rows, classes, *shape): a column for each class, a row for each z."""
    z = torch.randn(rows, latent, generator=_random(seed_of("classwise")))
    y = torch.arange(classes).repeat(rows)
    samples = render(generator, data, z.repeat_interleave(classes, 0), y, seed_of("classwise"))
    return samples.reshape(rows, classes, *samples.shape[1:])


def evaluation_labels(data: Dataset, classes: int) -> Tensor | None:
    """(data.n_eval,) the labels of every evaluation of a G that takes labels; None for any other G."""
    return _labels(data, data.n_eval, _random(seed_of("evaluation", "labels"))) if classes else None


def calibrate_statistics(generator: nn.Module, data: Dataset, latent: int, classes: int) -> nn.Module:
    """Put a generator in eval mode, and measure its normalisation statistics, with the same z and y each time."""
    like, random = next(generator.parameters()), _random(seed_of("statistics"))
    random_y = _random(seed_of("statistics", "labels"))

    def forward() -> None:
        y = _labels(data, 500, random_y).to(like.device) if classes else None
        generator(torch.randn(500, latent, generator=random).to(like), y)

    with _seeded(like.device, seed_of("statistics")):
        recompute_statistics(generator, forward)
    return generator


def _labels(data: Dataset, n: int, random: torch.Generator) -> Tensor:
    """(n,) labels of the train split, with replacement: each class as often as the data has it."""
    assert data.train.y is not None
    return data.train.y[torch.randint(len(data.train.y), (n,), generator=random)]


@contextmanager
def _seeded(device: torch.device, seed: int) -> Iterator[None]:
    """Within, the generators of the CPU and of a device start from a seed; afterwards they are as before."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        reseed(device, seed_of("drawn by G", seed))
        yield


def _random(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
