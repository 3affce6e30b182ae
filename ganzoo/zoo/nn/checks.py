"""Refusals of networks that an architecture cannot build."""

from __future__ import annotations

from ganzoo.interfaces.networks import NetSpec
from ganzoo.interfaces.turn import Side
from ganzoo.support.errors import Incompatible

LABEL_INPUTS = {"g": ("concat", "norm"), "d": ("concat", "projection")}
"""How labels can enter G and D when they are built of `ganzoo.zoo.nn`."""


def check_supported(spec: NetSpec, builder: str, side: Side) -> None:
    """Raises `Incompatible` where labels enter in an unknown way, or the loss needs an unknown feature."""
    if spec.classes and spec.label not in LABEL_INPUTS[side]:
        known = " and ".join(LABEL_INPUTS[side])
        raise Incompatible(f"{builder} cannot give labels to {side.upper()} by {spec.label!r}; it supports {known}")
    if spec.needs:
        needs = ", ".join(sorted(spec.needs))
        raise Incompatible(f"{builder} does not provide what the loss needs ({needs}); use another architecture")


def square_side(spec: NetSpec, builder: str) -> int:
    """The side of square images, a multiple of 4 and at least 8. Raises `Incompatible` for others."""
    height, width = spec.shape[-2:]
    if height != width or width % 4 or width < 8:
        raise Incompatible(
            f"{builder} builds square images whose side is a multiple of 4, from 8; the data is {height}x{width}; "
            "resize it, or use the architecture mlp"
        )
    return width
