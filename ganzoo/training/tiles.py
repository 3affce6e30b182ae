"""Images of another size than those that G was trained on: whole, padded, or in tiles that overlap."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from ganzoo.interfaces.datasets import Dataset
from ganzoo.support.errors import Incompatible
from ganzoo.training.sampling import Request, call_generator, seeded

LARGEST = 1024
"""Pixels of a side up to which an image is given to a network whole, if it takes any size."""
Size = tuple[int, ...]
"""Height and width."""
Shape = tuple[int, ...]
"""Channels, height and width."""


@torch.no_grad()
def render_any_size(
    generator: nn.Module, data: Dataset, request: Request, source: Shape, shape: Shape, seed: int = 0
) -> Tensor:
    """As `render`, for images given in any one size: (N, C, H, W) -> (N, C', H r, W r), r being shape / source.

    `source` and `shape` are those of what is given and of a sample in training. A network with an attribute `multiple`
    takes images whose sides are multiples of that; others are padded by reflection. A network without it gets tiles of
    its own size, half of which overlap; so does one that takes any size, for images of more than 1,024 pixels a side.
    Samples are blended where tiles overlap. Raises `Incompatible` for images that are too small.
    """
    assert request.given is not None
    like, ratio = next(generator.parameters()), _ratio(source, shape)
    height, width = request.given.shape[2:]
    multiple: int | None = getattr(generator, "multiple", None)
    tile = source[1:] if multiple is None else (_tile(height, multiple), _tile(width, multiple))
    samples = []
    with seeded(like.device, seed):
        for one in request.split(1):
            assert one.given is not None
            padded = one._replace(given=_padded(one.given, tile, multiple or 1))
            samples.append(_blended(generator, data, padded, tile, ratio, shape[0], like))
    return data.decode(torch.cat(samples)[:, :, : height * ratio, : width * ratio]).cpu()


def _ratio(source: Shape, shape: Shape) -> int:
    """How many times as large as what is given a sample is. Raises `Incompatible` where this is no whole number."""
    ratio = shape[1] // source[1]
    if (source[1] * ratio, source[2] * ratio) != shape[1:]:
        raise Incompatible(
            f"samples of {shape[1]}x{shape[2]} are made of {source[1]}x{source[2]}, which is no whole factor; give "
            "images of that size"
        )
    return ratio


def _tile(side: int, multiple: int) -> int:
    """The side of a tile: the whole image, up to a multiple, unless it is too large."""
    return -(-min(side, LARGEST) // multiple) * multiple


def _padded(given: Tensor, tile: Size, multiple: int) -> Tensor:
    """With sides that are multiples, and no less than a tile, by reflection at the right and the bottom."""
    sides = given.shape[2:]
    missing = [max(least, -(-side // multiple) * multiple) - side for side, least in zip(sides, tile, strict=True)]
    if any(more >= side for more, side in zip(missing, sides, strict=True)):
        raise Incompatible(
            f"images of {sides[0]}x{sides[1]} are given, but this generator works on {tile[0]}x{tile[1]}; enlarge them"
        )
    return pad(given.float(), (0, missing[1], 0, missing[0]), "reflect").to(given.dtype) if any(missing) else given


def _blended(
    generator: nn.Module, data: Dataset, request: Request, tile: Size, ratio: int, channels: int, like: Tensor
) -> Tensor:
    """G of each tile as one image (1, channels, H r, W r), in the network's units: a mean, weighted towards middles."""
    assert request.given is not None
    height, width = request.given.shape[2:]
    if (height, width) == tile:
        return call_generator(generator, data, request, like)
    weight = (_ramp(tile[0] * ratio)[:, None] * _ramp(tile[1] * ratio)).to(like)
    total, weights = (like.new_zeros(1, n, height * ratio, width * ratio) for n in (channels, 1))
    for top in _starts(height, tile[0]):
        for left in _starts(width, tile[1]):
            part = request.given[:, :, top : top + tile[0], left : left + tile[1]]
            sample = call_generator(generator, data, request._replace(given=part), like)
            rows = slice(top * ratio, (top + tile[0]) * ratio)
            columns = slice(left * ratio, (left + tile[1]) * ratio)
            total[:, :, rows, columns] += sample * weight
            weights[:, :, rows, columns] += weight
    return total / weights


def _starts(length: int, tile: int) -> list[int]:
    """Where tiles begin that cover 0 to `length` and overlap by half; the last one ends there."""
    return [*range(0, length - tile, max(1, tile // 2)), length - tile]


def _ramp(n: int) -> Tensor:
    """(n,) rising from the edges to the middle."""
    position = torch.arange(n) + 0.5
    return torch.minimum(position, n - position)
