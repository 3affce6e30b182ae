"""What a builder says of a network that it cannot build."""

from __future__ import annotations

from ganzoo.interfaces.networks import NetSpec
from ganzoo.interfaces.terms import Side
from ganzoo.support.errors import Incompatible

WAYS = {"g": ("concat", "norm"), "d": ("concat", "projection")}
"""How labels enter the networks that are built of `ganzoo.zoo.nn`."""


def refuse_unknown(spec: NetSpec, builder: str, side: Side, needs: frozenset[str] = frozenset()) -> None:
    """Raise `Incompatible` where labels enter in a way that is not known, or something is not among `needs`."""
    if spec.classes and spec.label not in WAYS[side]:
        known = " and ".join(WAYS[side])
        raise Incompatible(f"{builder} cannot give labels to {side.upper()} by {spec.label!r}; it knows {known}")
    if unknown := sorted(spec.needs - needs):
        raise Incompatible(f"{builder} cannot give what the loss needs of it ({', '.join(unknown)}); take another")


def square_side(spec: NetSpec, builder: str) -> int:
    """The side of square images, a multiple of 4 from 8. Raises `Incompatible` for others."""
    height, width = spec.shape[-2:]
    if height != width or width % 4 or width < 8:
        raise Incompatible(
            f"{builder} builds square images whose side is a multiple of 4, from 8; the data is {height}x{width}; "
            "resize it, or take the architecture mlp"
        )
    return width
