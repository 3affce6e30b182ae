"""Frozen classifiers that compare images and say which mode they see, pinned by hash and described by a card."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load as read_tensors
from torch import Tensor

from ganzoo.support.errors import DataError
from ganzoo.zoo.judges.network import Classifier

HOME = Path(__file__).parent
NUMBERS = 2**18
"""In one batch: larger ones leave the processor's caches, and take three times as long (measured at 28 x 28)."""


def batched(network: Callable[[Tensor], Tensor], x: Tensor, batch: int | None = None) -> Tensor:
    """`network` on uint8 images scaled to [-1, 1], a batch at a time. Always on the CPU in float32.

    A number must not depend on the device: no TF32, no autocast, no choice of kernels.
    """
    batch = batch or max(1, NUMBERS // math.prod(x.shape[1:]))
    with torch.inference_mode(), torch.autocast("cpu", enabled=False):
        parts = [network(part.cpu().float() / 127.5 - 1) for part in torch.split(x, batch)]
    return torch.cat(parts)  # outside inference mode: an ordinary tensor


class Judge:
    """A classifier of one-channel images. Each channel of an image is judged alone."""

    def __init__(self, network: Classifier, card: Mapping[str, Any]) -> None:
        self.network, self.card = network.eval().requires_grad_(False), card
        self.key = f"{card['name']}@{card['sha256'][:8]}"

    def __call__(self, x: Tensor) -> Tensor:
        """uint8 (N, C, H, W) -> (N, C * F) float32, the activations before the last layer, channel after channel."""
        return batched(self.network.body, self._channels(x)).reshape(len(x), -1)

    def decide(self, features: Tensor) -> Tensor:
        """What `self(x)` gave, (N, C * F) -> logits (N, C, classes) float32: its last layer alone."""
        with torch.no_grad():
            logits: Tensor = self.network.head(features.reshape(len(features), -1, self.network.head.in_features))
        return logits

    def logits(self, x: Tensor) -> Tensor:
        """uint8 (N, C, H, W) -> (N, C, classes) float32."""
        return self.decide(self(x))

    def classify(self, x: Tensor) -> Tensor:
        """uint8 (N, C, H, W) -> (N, C) int64."""
        return self.logits(x).argmax(-1)

    def _channels(self, x: Tensor) -> Tensor:
        return x.reshape(-1, 1, *x.shape[2:])


@cache
def load(name: str, home: Path = HOME) -> Judge:
    """The judge `name`, such as "digits-judge-v1".

    Raises `DataError` when there is no such judge, or when its weights are not those of its card.
    """
    path = home / f"{name}.safetensors"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in home.glob("*.safetensors")))
        raise DataError(f"there is no judge {name!r}; there are: {known}")
    card, weights = json.loads(path.with_suffix(".json").read_text()), path.read_bytes()
    if (found := hashlib.sha256(weights).hexdigest()) != card["sha256"]:
        raise DataError(
            f"{path}: the weights have the sha256 {found[:12]}..., but their card says {card['sha256'][:12]}...; "
            "install ganzoo-core again"
        )
    network = Classifier(**card["network"])
    network.load_state_dict(read_tensors(weights))
    return Judge(network, card)
