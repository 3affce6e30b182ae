"""What each trick of the trainer is worth: from the hand-written loop to ganzoo's, one change a row.

    python benchmarks/speed/ladder.py [CASE ...] [--device cpu|cuda] [--blocks 12] [--row NAME ...] [--write]

Each row has all tricks of the rows above. Each is a process of its own; blocks of a row and of the one before are
interleaved. A row states the median of the paired ratios and the 95 % interval of that median (by order statistics). A
trick whose interval holds 1 is worth nothing on that case and device.
"""

import argparse
import statistics
from contextlib import ExitStack
from dataclasses import replace

import torch
from contestant import Clocked, Contestant, compared
from rivals import LOSSES, Handwritten, penalty
from rows import keep
from throughput import CASES, Noise

from ganzoo.recipes.recipe import resolve
from ganzoo.support.memory import keep_freed_memory
from ganzoo.training.build import assemble
from ganzoo.training.engine import Engine
from ganzoo.training.networks import Form
from ganzoo.training.prepare import prepare

LADDER = (
    "hand-written",
    "data on device",
    "no synchronisation",
    "own gradients",
    "fused Adam",
    "channels_last",
    "memory kept",
)
MODES_OF = {"ganzoo, eager": ("eager", "fp32"), "compile": ("compile", "fp32")}
ON_CUDA = {"graph": ("graph", "fp32"), "graph, bf16": ("graph", "bf16")}


class Rung(Handwritten):
    """The hand-written loop with the first tricks of the ladder."""

    def __init__(self, game, data, settings, loss, tricks):
        self.tricks = tricks
        layout = torch.channels_last if "channels_last" in tricks and len(data.shape) == 3 else torch.contiguous_format
        self.game, x = game, data.train.x
        super().__init__(*(player.net.to(memory_format=layout) for player in (game.g, game.d)), x, settings, loss)
        if "fused Adam" in tricks:
            how = {"lr": settings.lr, "betas": settings.betas, "fused": True}
            self.adam_g, self.adam_d = (torch.optim.Adam(net.parameters(), **how) for net in (self.g, self.d))
        self.x, self.data, self.at, self.order = x.to(self.device), data, 0, torch.randperm(len(x), device=self.device)

    def real(self):
        """From a DataLoader, or from the whole set on the device by a permutation."""
        if "data on device" not in self.tricks:
            return self.data.encode(super().real())
        n = self.settings.batch
        if self.at + n > len(self.order):
            self.at, self.order = 0, torch.randperm(len(self.x), device=self.device)
        self.at += n
        return self.data.encode(self.x[self.order[self.at - n : self.at]])

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
                fake = self.g(self.z(len(real)))
            loss = d_loss(self.d(real)["score"], self.d(fake)["score"])
            loss = loss + penalty(self.d, real, fake) if self.loss == "wgangp" else loss
            self.d_told = self.learn(loss, self.d, self.adam_d)
        self.g_told = self.learn(g_loss(self.d(self.g(self.z(self.settings.batch)))["score"]), self.g, self.adam_g)


class Climber(Clocked):
    """A row, at home in its own process."""

    def __init__(self, name: str, row: str, device: str) -> None:
        spec, loss, given, shape, _, _ = CASES[name]
        recipe, data, self.open = resolve(spec, None, given), Noise(shape), ExitStack()
        mode, precision = (MODES_OF | ON_CUDA).get(row, ("eager", "fp32"))
        engine = replace(Engine.choose(device, shape, recipe.settings.batch, precision), mode=mode)
        if row in LADDER:
            torch.set_num_threads(engine.threads)
            tricks = LADDER[: LADDER.index(row) + 1]
            if "memory kept" in tricks and device == "cpu":
                keep_freed_memory()
            game = assemble(recipe, Form(shape), replace(engine, layout="contiguous"), seed=0).game
            self.round = Rung(game, data, recipe.settings, loss, tricks).round
        else:
            self.open.enter_context(engine.active())
            self.round = prepare(recipe, data, engine).round


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=["dcgan32"], help=f"of {', '.join(CASES)}")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--blocks", type=int, default=12)
    parser.add_argument("--row", action="append", choices=[*LADDER, *MODES_OF, *ON_CUDA], help="these alone; repeat")
    parser.add_argument("--write", action="store_true", help="append to ladder.jsonl")
    arguments = parser.parse_args()
    for name in arguments.cases:
        before, nothing_to_it = None, set() if len(CASES[name][3]) == 3 else {"channels_last"}
        rows = [*LADDER, *MODES_OF, *(ON_CUDA if arguments.device != "cpu" else {})]
        for title in (row for row in rows if row in (arguments.row or rows) and row not in nothing_to_it):
            rung = Contestant(Climber, name, title, arguments.device)
            rung.clock(10)
            rounds = max(3, int(0.5 / rung.clock(5)))
            told = [[each.ask("clock", rounds) for each in (rung, before or rung)] for _ in range(arguments.blocks)]
            row = {"case": name, "device": arguments.device, "row": title}
            row |= compared([(mine, theirs) for (mine, _), (theirs, _) in told])
            row["faults"] = round(statistics.median(faults for (_, faults), _ in told))
            command = (
                f"python benchmarks/speed/ladder.py {name} --device {arguments.device} --blocks {arguments.blocks}"
            )
            keep(row, command, "ladder.jsonl", arguments.write)
            if before:
                before.end()
            before = rung
        before.end()


if __name__ == "__main__":
    import ladder  # by this name, contestants find its classes

    ladder.main()
