"""What tests of metrics share: drawn numbers, small data, scores by bare names."""

from dataclasses import dataclass

import torch

from ganzoo.evaluation.evaluate import extractor
from ganzoo.interfaces.datasets import Split
from ganzoo.zoo.datasets.digits import Digits
from ganzoo.zoo.datasets.images import Images
from ganzoo.zoo.datasets.judged import Judged
from ganzoo.zoo.metrics.base import Evaluation


def normal(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def noise(n, *shape, seed=0):
    return torch.randint(0, 256, (n, *shape), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


def rows(n, k, seed=0):
    """k rows of n, with replacement."""
    return torch.randint(n, (k,), generator=torch.Generator().manual_seed(seed))


def scores_of(metric, data, x, y=None, **more):
    """Values by name, without protocol."""
    return {score.name: score.value for score in metric(Evaluation(data, x, y, find_extractor=extractor, **more))}


@dataclass(eq=False)
class Some(Judged):
    """Some of the digits, with an option as a folder has one."""

    first: int = 0
    held_out: int = 100

    name = "some"
    judge = "digits-judge-v1"
    prior = torch.full((10,), 0.1, dtype=torch.float64)

    def load(self):
        train, test = Digits().train, Digits().test
        chosen = slice(self.first, self.first + 200)
        return Split(train.x[chosen], train.y[chosen]), Split(test.x[: self.held_out], test.y[: self.held_out])


class Coloured(Images):
    """Colour images of 32 pixels, drawn at random: smooth, so that they resemble images a little."""

    name = "coloured"

    def __init__(self, n=60, size=32):
        self.n, self.size = n, size

    def load(self):
        coarse = normal(2 * self.n, 3, 8, 8, seed=3, dtype=torch.float32)
        fine = torch.nn.functional.interpolate(coarse, (self.size, self.size), mode="bilinear", align_corners=False)
        x = (fine * 60 + 128).clamp(0, 255).to(torch.uint8)
        return Split(x[: self.n]), Split(x[self.n :])
