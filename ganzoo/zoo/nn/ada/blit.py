"""Pixel blitting: whole pixels change their place, and none changes its value."""

from __future__ import annotations

import torch
from torch import Tensor

from ganzoo.zoo.nn.ada.draws import integers, sometimes, uniform

LONGEST = 0.125
"""The longest translation, as a share of a side."""


def blit(x: Tensor, p: Tensor) -> Tensor:
    """Mirror left and right, turn by quarters, shift by up to an eighth of each side; reflections fill the border.

    Images that are not square are turned by halves only: the paper's are square.
    """
    height, width = x.shape[2:]
    flips = sometimes(p, integers(x, 0, 2))
    turns = sometimes(p, integers(x, 0, 4) if height == width else 2 * integers(x, 0, 2))
    shift = sometimes(p, LONGEST * uniform(x, 2))
    return move_pixels(x, flips, turns, (shift[:, 0] * height).round().long(), (shift[:, 1] * width).round().long())


def move_pixels(x: Tensor, flips: Tensor, turns: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """Images (N, C, H, W), mirrored where `flips` is 1, then turned `turns` quarters to the left, then shifted.

    All others are (N,), whole numbers. Where images are not square, `turns` must be even.
    """
    height, width = x.shape[2:]
    # Back from each pixel of the result to its source. Twice the distance from the centre is a whole number.
    at_row = torch.arange(height, device=x.device) - down[:, None]
    at_column = torch.arange(width, device=x.device) - right[:, None]
    rows = (2 * mirror(at_row, height) - height + 1)[:, :, None]
    columns = (2 * mirror(at_column, width) - width + 1)[:, None, :]
    angle = turns * (torch.pi / 2)
    cosine, sine = (part.round().long()[:, None, None] for part in (angle.cos(), angle.sin()))
    source_rows = cosine * rows + sine * columns
    source_columns = (cosine * columns - sine * rows) * (1 - 2 * flips[:, None, None])
    return take_pixels(x, (source_rows + height - 1) // 2, (source_columns + width - 1) // 2)


def mirror(index: Tensor, size: int) -> Tensor:
    """The pixel, 0 to size - 1, that is seen at `index` if a side is reflected at the centres of its outer pixels."""
    period = max(2 * size - 2, 1)
    place = index % period
    return torch.where(place < size, place, period - place)


def take_pixels(x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """(N, C, *P): the pixels of images (N, C, H, W) in these rows and columns (N, *P)."""
    index = (rows * x.shape[3] + columns).flatten(1)[:, None].expand(-1, x.shape[1], -1)
    return x.flatten(2).gather(2, index).reshape(*x.shape[:2], *rows.shape[1:])
