"""What each process of test_distributed.py does under torchrun: it writes what it computed to a file."""

import sys
from pathlib import Path

import torch
from helpers.play import trainer

from ganzoo.recipes.settings import Settings
from ganzoo.training.distributed import ALONE, joined
from ganzoo.zoo.architectures.dcgan import DCGAN
from ganzoo.zoo.losses import RpGAN
from ganzoo.zoo.regularizers.gradient import R1, R2
from ganzoo.zoo.regularizers.score_penalties import LeCam


def played(world=ALONE, rounds=20):
    """D's gradients of its first move, and all weights and state after some rounds."""
    settings = Settings(batch=8, latent=4, shards=4, lr=1e-3)
    made = trainer(DCGAN(width=4, norm="none"), [RpGAN(), R1(), R2(), LeCam()], (1, 8, 8), settings)
    made.world = world
    made.play("d")
    first = [x.clone() for x in made.game.d.grads]
    for _ in range(rounds):
        made.round()
    state = [x for term in made.terms for x in term.state.values()]
    named = [(f"{s}.{name}", p.detach()) for s, side in made.players.items() for name, p in side.net.named_parameters()]
    return {"first": first, "weights": dict(named), "state": state, "losses": made.losses()}


if __name__ == "__main__":
    with joined(lambda: "cpu", 4) as world:
        torch.save(played(world), Path(sys.argv[1]) / f"{world.rank}.pt")
