"""What each process of tests/test_world.py does, under torchrun: writes what it found to a file of its own."""

import sys
from pathlib import Path

import torch
from play import trainer

from ganzoo.architectures.dcgan import DCGAN
from ganzoo.crew import at_work
from ganzoo.datasets.digits import Digits
from ganzoo.evaluate import evaluate
from ganzoo.losses import RpGAN
from ganzoo.metrics.frechet import FID
from ganzoo.regularizers.gradient import R1, R2
from ganzoo.regularizers.scores import LeCam
from ganzoo.settings import Settings
from ganzoo.world import ALONE, joined


def played(world=ALONE, rounds=20):
    """D's gradients of its first move, and all weights and state after some rounds."""
    settings = Settings(batch=8, latent=4, shards=4, lr=1e-3)
    made = trainer(DCGAN(width=4, norm="none"), [RpGAN(), R1(), R2(), LeCam()], (1, 8, 8), settings)
    made.world = world
    made.move("d")
    first = [x.clone() for x in made.game.d.grads]
    for _ in range(rounds):
        made.round()
    state = [x for term in made.terms for x in term.state.values()]
    named = [(f"{s}.{name}", p.detach()) for s, side in made.players.items() for name, p in side.net.named_parameters()]
    return {"first": first, "weights": dict(named), "state": state, "losses": made.losses()}


class Pixels:
    """An extractor that knows how many samples it has seen in this process."""

    key, batch = "pixels@0", 32
    mix = torch.randn(64, 16, generator=torch.Generator().manual_seed(0))  # of full rank, as pixels are not
    seen = 0

    def __call__(self, x):
        Pixels.seen += len(x)
        return x.flatten(1).float() / 255 @ self.mix


class Small(Digits):
    extractor = Pixels()


def evaluated(world=ALONE):
    """FID of noise, and how many samples this process has looked at for it."""
    data, before = Small(), Pixels.seen
    noise = torch.randint(0, 256, (450, 1, 8, 8), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    with at_work(world) as leads:
        scores = evaluate(data, noise, [FID()]) if leads else {}
    return {"scores": scores, "seen": Pixels.seen - before}


if __name__ == "__main__":
    from ranks import evaluated  # by this name, the others find its classes

    with joined(lambda: "cpu", 4) as world:
        torch.save({**played(world), **evaluated(world)}, Path(sys.argv[1]) / f"{world.rank}.pt")
