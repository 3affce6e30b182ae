"""What each trick of the trainer is worth: from the hand-written loop to ganzoo's, one change a row.

    python benchmarks/speed/ladder.py [CASE ...] [--device cpu|cuda] [--blocks 12] [--write]

Each row has all tricks of the rows above. Blocks of a row and of the one before are interleaved; a row states the
median of the paired ratios and the 95 % interval of that median (by order statistics). A trick whose interval holds 1
is worth nothing on that case and device.
"""

import argparse
import statistics
from dataclasses import replace

import torch
from rivals import LOSSES, Handwritten, penalty
from rows import keep
from scipy.stats import binom
from throughput import CASES, Noise, clock

from ganzoo.build import assemble
from ganzoo.engine import Engine
from ganzoo.feed import Feed
from ganzoo.modes import MODES
from ganzoo.recipe import resolve
from ganzoo.trainer import Trainer

LADDER = ("hand-written", "data on device", "no synchronisation", "own gradients", "fused Adam", "channels_last")


class Rung(Handwritten):
    """The hand-written loop with the first tricks of the ladder."""

    def __init__(self, game, data, settings, loss, device, tricks):
        self.tricks, self.device = tricks, device
        layout = torch.channels_last if "channels_last" in tricks and len(data.shape) == 3 else torch.contiguous_format
        self.game, x = game, data.train.x
        super().__init__(*(player.net.to(memory_format=layout) for player in (game.g, game.d)), x, settings, loss)
        if "fused Adam" in tricks:
            how = {"lr": settings.lr, "betas": settings.betas, "fused": True}
            self.adam_g, self.adam_d = (torch.optim.Adam(net.parameters(), **how) for net in (self.g, self.d))
        self.x, self.data, self.at, self.order = x.to(device), data, 0, torch.randperm(len(x), device=device)

    def real(self):
        """From a DataLoader, or from the whole set on the device by a permutation."""
        if "data on device" not in self.tricks:
            return self.data.encode(super().real().to(self.device))
        n = self.settings.batch
        if self.at + n > len(self.order):
            self.at, self.order = 0, torch.randperm(len(self.x), device=self.device)
        self.at += n
        return self.data.encode(self.x[self.order[self.at - n : self.at]])

    def z(self):
        return torch.randn(self.settings.batch, self.settings.latent, device=self.device)

    def learn(self, loss, net, adam):
        """Gradients of all that is reached, or of this player's own parameters, and a step."""
        params = list(net.parameters())
        adam.zero_grad()
        if "own gradients" in self.tricks:
            for p, grad in zip(params, torch.autograd.grad(loss, params), strict=True):
                p.grad = torch.empty_like(p).copy_(grad)  # with the strides that fused Adam needs
        else:
            loss.backward()
        adam.step()
        return loss.detach() if "no synchronisation" in self.tricks else loss.item()

    def round(self):
        """As the settings say."""
        d_loss, g_loss = LOSSES[self.loss]
        for _ in range(self.settings.d_steps):
            real = self.real()
            with torch.no_grad():
                fake = self.g(self.z())
            loss = d_loss(self.d(real)["score"], self.d(fake)["score"])
            loss = loss + penalty(self.d, real, fake) if self.loss == "wgangp" else loss
            self.d_told = self.learn(loss, self.d, self.adam_d)
        self.g_told = self.learn(g_loss(self.d(self.g(self.z()))["score"]), self.g, self.adam_g)


def rungs(name: str, device: str):
    """Name -> something with `round`, bottom first."""
    spec, loss, given, shape, _, _ = CASES[name]
    recipe, data = resolve(spec, None, given), Noise(shape)
    engine = replace(Engine.choose(device, shape, recipe.settings.batch, "fp32"), mode="eager")
    torch.set_num_threads(engine.threads)
    plain = replace(engine, layout="contiguous")
    for k, trick in enumerate(LADDER):
        game = assemble(recipe, shape, 0, plain, seed=0).game
        yield trick, Rung(game, data, recipe.settings, loss, device, LADDER[: k + 1])
    modes = [("ganzoo, eager", "eager", "fp32"), ("compile", "compile", "fp32")]
    if device != "cpu":
        modes += [("graph", "graph", "fp32"), ("graph, bf16", "graph", "bf16")]
    for title, mode, precision in modes:
        chosen = replace(engine, mode=mode, precision=precision)
        built = assemble(recipe, shape, 0, chosen, seed=0)
        yield title, Trainer(built.game, built.terms, Feed(data, chosen, 0), recipe.settings, 0, MODES[mode]())


def interval(values: list[float]) -> list[float]:
    """Of the median, at 95 %, by order statistics."""
    values, n = sorted(values), len(values)
    low = max(0, int(binom.ppf(0.025, n, 0.5)) - 1)
    return [round(values[low], 3), round(values[n - 1 - low], 3)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=["dcgan32"], help=f"of {', '.join(CASES)}")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--blocks", type=int, default=12)
    parser.add_argument("--write", action="store_true", help="append to ladder.jsonl")
    arguments = parser.parse_args()
    for name in arguments.cases:
        before = None
        for title, rung in rungs(name, arguments.device):
            for _ in range(10):
                rung.round()
            rounds = max(3, int(0.5 / clock(rung.round, 5)))
            pairs = [
                (clock((before or rung).round, rounds), clock(rung.round, rounds)) for _ in range(arguments.blocks)
            ]
            ratios = [slow / fast for slow, fast in pairs]
            row = {"case": name, "device": arguments.device, "row": title, "ratio": round(statistics.median(ratios), 3)}
            command = f"python benchmarks/speed/ladder.py {name} --device {arguments.device}"
            keep(row | {"interval": interval(ratios)}, command, "ladder.jsonl", arguments.write)
            before = rung


if __name__ == "__main__":
    main()
