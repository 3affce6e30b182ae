"""A judge: its features, and the class that it recognises."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load as load_tensors
from torch import Tensor, nn

from ganzoo.support.errors import DataError

JUDGES = Path(__file__).parent
"""The folder of weights and cards."""
BATCH_VALUES = 2**18
"""Pixel values in a batch. Larger batches leave the processor's caches and take three times as long (at 28 x 28)."""


def apply_in_batches(network: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """`network` on uint8 images scaled to [-1, 1], in batches, always on the CPU in float32.

    A score must not depend on the device, so there is no TF32, no autocast and no choice of kernels.
    """
    batch = max(1, BATCH_VALUES // math.prod(x.shape[1:]))
    with torch.inference_mode(), torch.autocast("cpu", enabled=False):
        outputs = [network(part.cpu().float() / 127.5 - 1) for part in torch.split(x, batch)]
    return torch.cat(outputs)  # outside inference mode: an ordinary tensor


class Classifier(nn.Module):
    """Three convolutions, a layer of `features` ReLU units, whose activations metrics compare, and the classes."""

    def __init__(self, *, size: int, width: int, features: int, classes: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(2 * width, 2 * width, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(2 * width * (size // 4) ** 2, features),
            nn.ReLU(),
        )
        self.head = nn.Linear(features, classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 1, size, size) in [-1, 1] -> features (N, F) and logits (N, classes)."""
        features = self.body(x)
        return features, self.head(features)


class Judge:
    """A classifier of one-channel images. Each channel of an image is judged separately."""

    def __init__(self, network: Classifier, card: Mapping[str, Any]) -> None:
        self.network, self.card = network.eval().requires_grad_(False), card
        self.key = f"{card['name']}@{card['sha256'][:8]}"

    def __call__(self, x: Tensor) -> Tensor:
        """uint8 (N, C, H, W) -> (N, C * F) float32: the activations before the last layer, channel by channel."""
        channels = x.reshape(-1, 1, *x.shape[2:])
        return apply_in_batches(self.network.body, channels).reshape(len(x), -1)

    def decide(self, features: Tensor) -> Tensor:
        """The features of images (N, C * F) -> logits (N, C, classes) float32, by the last layer."""
        with torch.no_grad():
            logits: Tensor = self.network.head(features.reshape(len(features), -1, self.network.head.in_features))
        return logits


@cache
def load_judge(name: str, folder: Path = JUDGES) -> Judge:
    """The judge `name`, such as "digits-judge-v1".

    Raises `DataError` if there is no such judge, or if its weights do not have the hash on its card.
    """
    path = folder / f"{name}.safetensors"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.safetensors")))
        raise DataError(f"there is no judge {name!r}; there are: {known}")
    card, weights = json.loads(path.with_suffix(".json").read_text()), path.read_bytes()
    if (digest := hashlib.sha256(weights).hexdigest()) != card["sha256"]:
        raise DataError(
            f"{path}: the weights have the sha256 {digest[:12]}..., but their card says {card['sha256'][:12]}...; "
            "install ganzoo-core again"
        )
    network = Classifier(**card["network"])
    network.load_state_dict(load_tensors(weights))
    return Judge(network, card)
