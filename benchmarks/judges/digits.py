"""Trains the judge of digits on the train split alone: `python benchmarks/judges/digits.py` (ten seconds).

Held-out digits are classified at the end, for the card.
"""

import datetime
import hashlib
import json
import math

import torch
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional as F

from ganzoo.datasets.digits import Digits
from ganzoo.judges import HOME, Judge
from ganzoo.judges.network import Classifier

NAME = "digits-judge-v1"
NETWORK = {"size": 8, "width": 16, "features": 48, "classes": 10}
STEPS, BATCH, RATE = 2_000, 128, 3e-3


def warp(x: Tensor) -> Tensor:
    """Random rotation, shear, scale (10 %), shift (one pixel) and noise: what a writer might do."""
    n = len(x)
    angle, shear = (torch.randn(2, n) * torch.tensor([[math.radians(8)], [0.1]])).clamp(-0.26, 0.26)
    zoom = 1 + 0.1 * (2 * torch.rand(n) - 1)
    shift = 0.25 * (2 * torch.rand(2, n) - 1)
    rows = [
        torch.stack([zoom * angle.cos(), zoom * (shear - angle.sin()), shift[0]], 1),
        torch.stack([zoom * angle.sin(), zoom * angle.cos(), shift[1]], 1),
    ]
    grid = F.affine_grid(torch.stack(rows, 1), list(x.shape), align_corners=False)
    x = F.grid_sample(x + 1, grid, align_corners=False) - 1
    return x + torch.randn_like(x) * 0.2 * torch.rand(n, 1, 1, 1)


def train(x: Tensor, y: Tensor) -> Classifier:
    """Without label smoothing and for not too long: features must also tell apart what is of one class."""
    torch.manual_seed(0)
    network = Classifier(**NETWORK)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, STEPS)
    for _ in range(STEPS):
        rows = torch.randint(len(x), (BATCH,))
        features, _ = network(warp(x[rows]))
        loss = F.cross_entropy(network.head(F.dropout(features, 0.3)), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network


def main() -> None:
    data = Digits()
    network = train(data.encode(data.train.x), data.train.y)
    weights = save({name: value.contiguous() for name, value in network.state_dict().items()})
    card = {"name": NAME, "sha256": hashlib.sha256(weights).hexdigest(), "network": NETWORK}
    judge = Judge(network, card)
    card |= {
        "accuracy": {
            split: round((judge.classify(part.x)[:, 0] == part.y).double().mean().item(), 4)
            for split, part in {"train": data.train, "test": data.test}.items()
        },
        "data": {"name": data.name, "revision": data.revision, "split": "train"},
        "command": "python benchmarks/judges/digits.py",
        "torch": torch.__version__,
        "date": datetime.date.today().isoformat(),
    }
    (HOME / f"{NAME}.safetensors").write_bytes(weights)
    (HOME / f"{NAME}.json").write_text(json.dumps(card, indent=2) + "\n")
    print(json.dumps(card, indent=2))


if __name__ == "__main__":
    main()
