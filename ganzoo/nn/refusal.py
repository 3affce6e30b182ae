"""What a builder says of a network that it cannot build."""

from __future__ import annotations

from ganzoo.interfaces import Incompatible, NetSpec


def refuse_unknown(spec: NetSpec, builder: str, needs: frozenset[str] = frozenset()) -> None:
    """Raise `Incompatible` where the spec asks for labels, or for what is not among `needs`."""
    if spec.classes:
        raise Incompatible(f"{builder} takes no labels; leave out the conditional part, or take another architecture")
    if unknown := sorted(spec.needs - needs):
        raise Incompatible(f"{builder} cannot give what the loss needs of it ({', '.join(unknown)}); take another")
