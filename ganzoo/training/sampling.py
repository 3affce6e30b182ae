"""What a generator is asked for, its samples, and the measurement of its normalisation statistics before any are drawn.

All that G itself draws, such as noise or dropout, is a function of the seed too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ganzoo.interfaces.datasets import Dataset
from ganzoo.interfaces.turn import Game
from ganzoo.support.errors import Incompatible
from ganzoo.support.float32 import pinned_float32
from ganzoo.support.messages import listed, nearest
from ganzoo.support.seeds import seed_of
from ganzoo.training.engine import reseed
from ganzoo.zoo.nn.norm import recompute_statistics


class Request(NamedTuple):
    """What a generator is asked for, a row for each sample, on the CPU. What is given is in the data's own units."""

    z: Tensor
    y: Tensor | None = None
    given: Tensor | None = None

    def split(self, size: int) -> Iterator[Request]:
        """Batches of at most `size` rows. Raises `ValueError` where z, y and given differ in length."""
        if len({len(part) for part in self if part is not None}) > 1:
            raise ValueError("z, y and given have a row for each sample, but these differ in length")
        for start in range(0, len(self.z), size):
            yield Request(*(None if part is None else part[start : start + size] for part in self))  # type: ignore[arg-type]


def latents(n: int, latent: int, seed: int) -> Tensor:
    """(n, latent) from a standard normal distribution: a function of the seed."""
    return torch.randn(n, latent, generator=_random(seed), dtype=torch.float32)


@torch.no_grad()
def render(generator: nn.Module, data: Dataset, request: Request, seed: int = 0, batch: int = 500) -> Tensor:
    """The samples that a generator makes of a request, in the data's own units, on the CPU."""
    like = next(generator.parameters())
    with seeded(like.device, seed):
        parts = (call_generator(generator, data, part, like) for part in request.split(batch))
        return torch.cat([data.decode(part).cpu() for part in parts])


def call_generator(generator: nn.Module, data: Dataset, request: Request, like: Tensor) -> Tensor:
    """G(z, y, given), in the network's units."""
    y = None if request.y is None else request.y.to(like.device)
    given = [] if request.given is None else [data.encode_given(request.given.to(like.device)).to(like.dtype)]
    samples: Tensor = generator(request.z.to(like), y, *given)
    return samples


@contextmanager
def sampling_options(generator: nn.Module, options: Mapping[str, Any]) -> Iterator[None]:
    """Within, other values of a generator's attribute `sampling`, such as {"psi": 1.0}; afterwards those from before.

    Values may be texts. Raises `Incompatible` for an option that the generator has not, or a value of another type.
    """
    own: dict[str, Any] = getattr(generator, "sampling", {})
    for name in options:
        if name not in own:
            known = f"it has {listed(list(own), 'and')}{nearest(name, own)}" if own else "it has none"
            raise Incompatible(f"this generator has no option {name!r} of sampling; {known}")
    before = dict(own)
    try:
        own.update({name: _converted(name, value, before[name]) for name, value in options.items()})
        yield
    finally:
        own.update(before)


def _converted(name: str, value: Any, like: Any) -> Any:
    """A value, or the text of one, as the type of another. Raises `Incompatible`."""
    if isinstance(like, bool):
        words = {"on": True, "true": True, "off": False, "false": False}
        value = words.get(str(value).lower(), value)
        if isinstance(value, bool):
            return value
    else:
        try:
            return type(like)(value)
        except (TypeError, ValueError):
            pass
    raise Incompatible(f"{name}={value}: this option of sampling is a {type(like).__name__}, such as {like}")


def classwise(generator: nn.Module, data: Dataset, latent: int, classes: int, rows: int = 8) -> Tensor:
    """(rows, classes, *shape): a column for each class, a row for each z."""
    z = latents(rows, latent, seed_of("classwise")).repeat_interleave(classes, 0)
    samples = render(generator, data, Request(z, torch.arange(classes).repeat(rows)), seed_of("classwise"))
    return samples.reshape(rows, classes, *samples.shape[1:])


def evaluation_labels(data: Dataset, classes: int, n: int | None = None) -> Tensor | None:
    """(n,) labels, by default `data.n_eval`, of every evaluation of a G that takes labels; None for any other G."""
    return _labels(data, n or data.n_eval, _random(seed_of("evaluation", "labels"))) if classes else None


def evaluation_request(data: Dataset, game: Game, latent: int, n: int | None = None) -> tuple[Request, Tensor | None]:
    """What every evaluation asks for, and the answers: the held-out samples that belong to what is given, (n, ...).

    A G that takes what is given is asked for all that the test split has, each as often as any other. A G of labels
    alone is asked for each class as often as the train split has it.
    """
    n = n or data.n_eval
    z = latents(n, latent, seed_of("evaluation"))
    if "g" not in game.takes:
        return Request(z, evaluation_labels(data, game.classes, n)), None
    test, random = data.test, _random(seed_of("evaluation", "given"))
    assert test.given is not None
    size = len(test.given)
    rows = torch.cat([torch.randperm(size, generator=random) for _ in range(-(-n // size))])[:n]
    if not test.paired:
        return Request(z, evaluation_labels(data, game.classes, n), test.given[rows]), None
    asked = test.rows(rows)
    return Request(z, asked.y if game.classes else None, asked.given), asked.x


def calibrate_statistics(
    generator: nn.Module, data: Dataset, latent: int, classes: int, given: bool = False
) -> nn.Module:
    """Put a generator in eval mode, and measure its normalisation statistics, with the same requests each time."""
    like, random = next(generator.parameters()), _random(seed_of("statistics"))
    random_rows = _random(seed_of("statistics", "labels"))

    def forward() -> None:
        z = torch.randn(500, latent, generator=random, dtype=torch.float32)
        if given:
            assert data.train.given is not None
            rows = torch.randint(len(data.train.given), (500,), generator=random_rows)
            y = data.train.y[rows] if classes and data.train.y is not None else None
            call_generator(generator, data, Request(z, y, data.train.given[rows]), like)
        else:
            call_generator(generator, data, Request(z, _labels(data, 500, random_rows) if classes else None), like)

    with seeded(like.device, seed_of("statistics")):
        recompute_statistics(generator, forward)
    return generator


def _labels(data: Dataset, n: int, random: torch.Generator) -> Tensor:
    """(n,) labels of the train split, with replacement: each class as often as the data has it."""
    assert data.train.y is not None
    return data.train.y[torch.randint(len(data.train.y), (n,), generator=random)]


@contextmanager
def seeded(device: torch.device, seed: int) -> Iterator[None]:
    """Within, the generators of the CPU and of a device start from a seed; afterwards they are as before.

    float32 is exact, whatever training computes with.
    """
    with pinned_float32(), torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        reseed(device, seed_of("drawn by G", seed))
        yield


def _random(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
