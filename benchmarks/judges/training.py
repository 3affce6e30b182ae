"""Training of a judge, on the train split alone. One thread is used, so that the weights are always the same bytes."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
from dataclasses import asdict, dataclass, field

import torch
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional as F

from ganzoo.interfaces.datasets import Dataset, Split
from ganzoo.zoo.judges.judge import JUDGES, Classifier, Judge


@dataclass(frozen=True, kw_only=True)
class Warp:
    """Random changes that keep the class of an image, drawn anew for each image at each call."""

    turn: float = 8.0
    """Standard deviation of the rotation in degrees; rotations are at most 15."""
    shear: float = 0.1
    zoom: float = 0.1
    shift: float = 0.25
    """The longest shift, in halves of the image's side."""
    noise: float = 0.2
    """The largest standard deviation of the noise, for images in [-1, 1]."""
    flip: bool = False
    """Mirror half of the images."""

    def __call__(self, x: Tensor) -> Tensor:
        """(N, 1, H, W) in [-1, 1] -> the same shape, warped."""
        n = len(x)
        angle, shear = (torch.randn(2, n) * torch.tensor([[math.radians(self.turn)], [self.shear]])).clamp(-0.26, 0.26)
        zoom = 1 + self.zoom * (2 * torch.rand(n) - 1)
        shift = self.shift * (2 * torch.rand(2, n) - 1)
        rows = [
            torch.stack([zoom * angle.cos(), zoom * (shear - angle.sin()), shift[0]], 1),
            torch.stack([zoom * angle.sin(), zoom * angle.cos(), shift[1]], 1),
        ]
        grid = F.affine_grid(torch.stack(rows, 1), list(x.shape), align_corners=False)
        x = F.grid_sample(x + 1, grid, align_corners=False) - 1
        x = x + torch.randn_like(x) * self.noise * torch.rand(n, 1, 1, 1)
        return torch.where(torch.rand(n, 1, 1, 1) < 0.5, x.flip(-1), x) if self.flip else x


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What determines a judge, except its data. The network is `Classifier(size, width, features, classes)`."""

    name: str
    script: str
    size: int
    width: int
    features: int
    classes: int = 10
    steps: int
    batch: int = 128
    rate: float = 3e-3
    warp: Warp = field(default_factory=Warp)

    @property
    def network(self) -> dict[str, int]:
        return {name: value for name, value in asdict(self).items() if name in ("size", "width", "features", "classes")}

    def train(self, x: Tensor, y: Tensor) -> Classifier:
        """Without label smoothing and not for long, so that features also tell apart images of the same class."""
        torch.manual_seed(0)
        network = Classifier(**self.network)
        optimizer = torch.optim.AdamW(network.parameters(), lr=self.rate, weight_decay=0.02)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.rate, self.steps)
        for step in range(self.steps):
            rows = torch.randint(len(x), (self.batch,))
            features, _ = network(self.warp(x[rows].float() / 127.5 - 1))
            loss = F.cross_entropy(network.head(F.dropout(features, 0.3)), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            if step % 500 == 0:
                print(f"step {step} of {self.steps}: loss {loss.item():.3f}", flush=True)
        return network

    def write_judge(self, data: Dataset) -> None:
        """Train, and write weights and card to where ganzoo loads them. The card gives the accuracy on both splits."""
        torch.set_num_threads(1)
        assert data.train.y is not None
        network = self.train(data.train.x, data.train.y)
        weights = save({name: value.contiguous() for name, value in network.state_dict().items()})
        card = {"name": self.name, "sha256": hashlib.sha256(weights).hexdigest(), "network": self.network}
        judge = Judge(network, card)
        card |= {
            "accuracy": {"train": accuracy(judge, data.train), "test": accuracy(judge, data.test)},
            "data": {"name": data.name, "revision": data.revision, "split": "train"},
            "command": f"python benchmarks/judges/{self.script}",
            "torch": torch.__version__,
            "date": datetime.date.today().isoformat(),
        }
        (JUDGES / f"{self.name}.safetensors").write_bytes(weights)
        (JUDGES / f"{self.name}.json").write_text(json.dumps(card, indent=2) + "\n")
        print(json.dumps(card, indent=2))


def accuracy(judge: Judge, split: Split) -> float:
    """The share of a split that the judge classifies as labelled."""
    return round((judge.decide(judge(split.x))[:, 0].argmax(-1) == split.y).double().mean().item(), 4)
