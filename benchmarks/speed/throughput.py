"""Images a second of the trainer beside others: the same networks and weights, the same work, the same machine.

    python benchmarks/speed/throughput.py [CASE ...] [--threads N] [--starts 4] [--blocks 3] [--write]

Rivals are a hand-written loop with the same draws, the loop of PyTorch's DCGAN example (it reuses its fakes, so it does
less; shown, not gated) and, where it is installed, torchgan 0.1.0. Before anything is timed, parameters are counted and
the gradients of D's first move compared (1e-5; with one layout for both, since another one rounds otherwise). Each is a
process of its own, with the settings that it makes there, and the same threads; each rival is started several times,
since what glibc does with freed memory differs from start to start, and page faults a round are told. Blocks of both
are interleaved; what counts is the median of the ratio of neighbouring blocks. The time to the first round, compilation
included, stands apart.
"""

import argparse
import copy
import importlib.util
import statistics
from contextlib import ExitStack
from dataclasses import replace

import torch
from contestant import Clock, Clocked, Contestant, compared
from rivals import Examples, Handwritten, TorchGAN, count
from rows import keep

from ganzoo.interfaces.datasets import Split
from ganzoo.recipes.recipe import resolve
from ganzoo.support.memory import keep_freed_memory
from ganzoo.training.batches import Batch
from ganzoo.training.build import assemble
from ganzoo.training.engine import Engine
from ganzoo.training.gradients import gradients
from ganzoo.training.networks import Form
from ganzoo.training.prepare import prepare
from ganzoo.training.trainer import Trainer

PLAIN = Engine(device="cpu", threads=1, layout="contiguous")
RIVALS = {"hand-written": Handwritten, "examples": Examples, "torchgan": TorchGAN}
# spec, loss of the rivals, settings, shape of a sample, how moves are run, rival -> the least ratio (None: shown)
CASES = {
    "dcgan32": ("dcgan:width=32+bce", "bce", {"batch": 64}, (1, 32, 32), "eager",
                {"hand-written": 1.25, "examples": None, "torchgan": 1.5}),
    "dcgan32-compile": ("dcgan:width=32+bce", "bce", {"batch": 64}, (1, 32, 32), "compile",
                        {"hand-written": None, "torchgan": 1.5}),
    "dcgan32-wgangp": ("dcgan:width=32+wgan+gp:weight=10", "wgangp", {"batch": 64}, (1, 32, 32), "compile",
                       {"hand-written": 1.35}),
    "dcgan32-wgangp-eager": ("dcgan:width=32+wgan+gp:weight=10", "wgangp", {"batch": 64}, (1, 32, 32), "eager",
                             {"hand-written": None}),
    "dcgan48": ("dcgan:width=48,norm=none+bce", "bce", {"batch": 64}, (3, 32, 32), "eager", {"hand-written": 1.15}),
    "dcgan48-gp": ("dcgan:width=48,norm=none+wgan+gp:weight=10", "wgangp", {"batch": 64}, (3, 32, 32), "eager",
                   {"hand-written": 1.35}),
    "resnet32": ("resnet:width=32+hinge", "hinge", {"batch": 64}, (3, 32, 32), "eager", {"hand-written": 1.1}),
    "ring8": ("mlp+bce@ring8", "bce", {}, (2,), "eager", {"hand-written": 1.3}),
    "ring8-compile": ("mlp+bce@ring8", "bce", {}, (2,), "compile", {"hand-written": 1.3}),
    "dcgan-digits": ("dcgan+bce@digits", "bce", {}, (1, 8, 8), "eager", {"hand-written": 0.97}),
    "mlp-digits": ("mlp+bce@digits", "bce", {}, (1, 8, 8), "eager", {"hand-written": 0.97}),
    "resnet-digits": ("resnet+bce@digits", "bce", {}, (1, 8, 8), "eager", {"hand-written": 0.97}),
    "infogan-digits": ("infogan-net+bce@digits", "bce", {}, (1, 8, 8), "eager", {"hand-written": 0.97}),
    "maxout-ring8": ("fc-maxout+bce@ring8", "bce", {}, (2,), "eager", {"hand-written": 0.97}),
}  # fmt: skip


class Noise:
    """Random data of a shape: what is in the images does not change the time."""

    source = choose = None

    def __init__(self, shape: tuple[int, ...], n: int = 10_000) -> None:
        self.shape, self.labels = shape, 0
        self.image = len(shape) == 3
        draws = torch.Generator().manual_seed(0)
        if self.image:
            x = torch.randint(0, 256, (n, *shape), dtype=torch.uint8, generator=draws)
        else:
            x = torch.randn(n, *shape, generator=draws)
        self.train = Split(x)

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        return x.float().div(127.5).sub(1) if self.image else x.float()


def same_game(ours: Trainer, rival, real: torch.Tensor) -> None:
    """Raise where the rival does not play the same game with the same networks."""
    torch.manual_seed(7)
    mine, _ = gradients(ours.game, ours.terms, ours.terms, "d", ours.steps["d"], Batch(real))
    torch.manual_seed(7)
    theirs = rival.gradients(real)
    for a, b in zip(mine, theirs, strict=True):
        assert (a - b).abs().max() <= 1e-5, (a - b).abs().max()


def setting(name: str):
    """Recipe, data, and the engine that ganzoo has there."""
    spec, _, given, shape, mode, _ = CASES[name]
    recipe = resolve(spec, None, given)
    return recipe, Noise(shape), replace(Engine.choose("cpu", shape, recipe.settings.batch), mode=mode)


def ganzoo_of(name: str, engine: Engine) -> Trainer:
    recipe, data, _ = setting(name)
    return prepare(recipe, data, engine)


def rival_of(name: str, kind: str) -> tuple:
    """What makes it: its class, and copies of the same networks, the data, settings and loss."""
    recipe, data, _ = setting(name)
    plain = assemble(recipe, Form(data.shape), PLAIN, seed=0).game
    nets = copy.deepcopy(plain.g.net), copy.deepcopy(plain.d.net)
    return RIVALS[kind], *nets, data.encode(data.train.x), recipe.settings, CASES[name][1]


class Ours(Clocked):
    """ganzoo, at home in its own process, as `ganzoo run` starts."""

    def __init__(self, name: str, threads: int) -> None:
        keep_freed_memory()
        _, _, engine = setting(name)
        engine, self.open = replace(engine, threads=threads), ExitStack()
        self.open.enter_context(engine.active())
        self.round = ganzoo_of(name, engine).round


def checked(name: str, kind: str) -> None:
    """Raise where the rival has other networks, or makes other gradients."""
    recipe, data, _ = setting(name)
    make, g, d, *rest = rival_of(name, kind)
    ours = ganzoo_of(name, PLAIN)
    assert [count(g), count(d)] == [count(ours.game.g.net), count(ours.game.d.net)]
    if kind != "examples":  # it makes its gradients in another order, from the same losses
        same_game(ours, make(g, d, *rest), data.encode(data.train.x[: recipe.settings.batch]))


def contest(name: str, threads: int | None, starts: int, blocks: int) -> dict:
    """Interleaved blocks of about half a second each."""
    spec, _, _, _, mode, least = CASES[name]
    recipe, _, engine = setting(name)
    threads = threads or engine.threads
    ours = Contestant(Ours, name, threads)
    row = {"case": name, "spec": spec, "mode": mode, "threads": threads, "layout": engine.layout}
    row |= {"first_s": round(ours.clock(1), 2)}
    warm = max(1, min(20, int(2 / ours.clock(1))))
    ours.clock(warm)
    rounds = max(1, int(0.5 / ours.clock(max(1, warm // 2))))
    for kind in least:
        if kind == "torchgan" and not importlib.util.find_spec("torchgan"):
            continue
        checked(name, kind)
        told = []
        for _ in range(starts):
            other = Contestant(Clock, threads, *rival_of(name, kind))
            other.clock(warm)
            told += [(ours.ask("clock", rounds), other.ask("clock", rounds)) for _ in range(blocks)]
            other.end()
        row[kind] = summary(told, recipe.settings.round) | {"least": least[kind]}
    ours.end()
    return row


def summary(told: list, images: int) -> dict:
    """Of (seconds, faults) a round of both."""
    (mine, my_faults), (theirs, their_faults) = (zip(*column, strict=True) for column in zip(*told, strict=True))
    return compared(list(zip(mine, theirs, strict=True))) | {
        "ganzoo_images_per_s": round(images / statistics.median(mine)),
        "images_per_s": round(images / statistics.median(theirs)),
        "faults": [round(statistics.median(faults)) for faults in (my_faults, their_faults)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=list(CASES), help=f"of {', '.join(CASES)}")
    parser.add_argument("--starts", type=int, default=4, help="of each rival")
    parser.add_argument("--blocks", type=int, default=3, help="a start")
    parser.add_argument("--threads", type=int, help="for all; by default what ganzoo's rule chooses")
    parser.add_argument("--write", action="store_true", help="append to throughput.jsonl")
    arguments = parser.parse_args()
    for name in arguments.cases:
        row = contest(name, arguments.threads, arguments.starts, arguments.blocks)
        keep(row, f"python benchmarks/speed/throughput.py {name}", "throughput.jsonl", arguments.write)


if __name__ == "__main__":
    import throughput  # by this name, contestants find its classes

    throughput.main()
