"""Scores: the numbers that metrics return, each with the protocol by which it was measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

Metrics = dict[str, float | None]
"""Scores as a record holds them: {"fid[digits-judge-v1@1a2b3c4d,ref=digits/train:1297,n=500]": 4.7}."""
ScaleName = Literal["log", "plain", "share", "amount"]
"""How values of a score are compared and averaged: by ratios (positive distances), as they are, as shares from 0 to 1,
or as amounts from 0 on."""


class Score(NamedTuple):
    """One number of a metric. Only scores of the same name and the same protocol may be compared."""

    name: str
    """Such as "fid", or "fid.floor" for what held-out real data scores."""
    protocol: str
    """All that the number depends on besides the samples: "digits-judge-v1@1a2b3c4d,ref=digits/train:1297,n=500"."""
    value: float | None
    """None: not defined, because there are too few samples or the number is not finite."""

    @property
    def key(self) -> str:
        """Name and protocol, as records have them: "fid[digits-judge-v1@1a2b3c4d,n=500]"."""
        return f"{self.name}[{self.protocol}]"

    @classmethod
    def parse(cls, key: str, value: float | None) -> Score:
        """The score that a record holds as `key: value`. A key without a protocol has an empty one."""
        name, _, protocol = key.partition("[")
        return cls(name, protocol.removesuffix("]"), value)


def to_metrics(scores: Iterable[Score]) -> Metrics:
    """Scores as a record holds them."""
    return {score.key: score.value for score in scores}


def from_metrics(metrics: Mapping[str, float | None]) -> list[Score]:
    """The scores that a record holds."""
    return [Score.parse(key, value) for key, value in metrics.items()]


def value_of(scores: Iterable[Score], name: str) -> float | None:
    """The value of the first score of that name, whatever its protocol. None if there is none, or it is not defined."""
    return next((score.value for score in scores if score.name == name), None)
