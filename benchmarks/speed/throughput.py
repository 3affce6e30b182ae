"""Images a second of the trainer beside others: the same networks and weights, the same work, the same machine.

    python benchmarks/speed/throughput.py [CASE ...] [--threads N] [--blocks 12] [--write]

Rivals are a hand-written loop with the same draws, the loop of PyTorch's DCGAN example (it reuses its fakes, so it does
less; shown, not gated) and, where it is installed, torchgan 0.1.0. Before anything is timed, parameters are counted and
the gradients of D's first move compared (1e-5; with one layout for both, since another one rounds otherwise). Blocks of
both are interleaved, one rival after the other; what counts is the median of the ratio of neighbouring blocks, with the
same threads for both. The time to the first round, compilation included, stands apart.
"""

import argparse
import copy
import importlib.util
import statistics
import time
from dataclasses import replace

import torch
from rivals import Examples, Handwritten, TorchGAN, count
from rows import keep

from ganzoo.build import assemble
from ganzoo.data import Split
from ganzoo.engine import Engine
from ganzoo.feed import Feed
from ganzoo.modes import MODES
from ganzoo.recipe import resolve
from ganzoo.trainer import Trainer, gradients

PLAIN = Engine(device="cpu", threads=1, layout="contiguous")
RIVALS = {"hand-written": Handwritten, "examples": Examples, "torchgan": TorchGAN}
# spec, loss of the rivals, settings, shape of a sample, how moves are run, rival -> the least ratio (None: shown)
CASES = {
    "dcgan32": ("dcgan:width=32+bce", "bce", {"batch": 64}, (1, 32, 32), "eager",
                {"hand-written": 1.25, "examples": None, "torchgan": 1.5}),
    "dcgan32-wgangp": ("dcgan:width=32+wgangp", "wgangp", {"batch": 64}, (1, 32, 32), "compile",
                       {"hand-written": 1.35}),
    "dcgan32-wgangp-eager": ("dcgan:width=32+wgangp", "wgangp", {"batch": 64}, (1, 32, 32), "eager",
                             {"hand-written": None}),
    "resnet32": ("resnet:width=32+hinge", "hinge", {"batch": 64}, (3, 32, 32), "eager", {"hand-written": 1.1}),
    "ring8": ("mlp+bce@ring8", "bce", {}, (2,), "eager", {"hand-written": 1.3}),
    "ring8-compile": ("mlp+bce@ring8", "bce", {}, (2,), "compile", {"hand-written": 1.3}),
    "dcgan-digits": ("dcgan+bce@digits", "bce", {}, (1, 8, 8), "eager", {"hand-written": 0.97}),
    "mlp-digits": ("mlp+bce@digits", "bce", {}, (1, 8, 8), "eager", {"hand-written": 0.97}),
}  # fmt: skip


class Noise:
    """Random data of a shape: what is in the images does not change the time."""

    def __init__(self, shape: tuple[int, ...], n: int = 10_000) -> None:
        self.shape, self.labels = shape, 0
        self.image = len(shape) == 3
        x = torch.randint(0, 256, (n, *shape), dtype=torch.uint8) if self.image else torch.randn(n, *shape)
        self.train = Split(x)

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        return x.float().div(127.5).sub(1) if self.image else x.float()


def same_game(ours: Trainer, rival, real: torch.Tensor) -> None:
    """Raise where the rival does not play the same game with the same networks."""
    torch.manual_seed(7)
    mine, _ = gradients(ours.game, ours.terms, ours.terms, "d", ours.steps["d"], real, None)
    torch.manual_seed(7)
    theirs = rival.gradients(real)
    for a, b in zip(mine, theirs, strict=True):
        assert (a - b).abs().max() <= 1e-5, (a - b).abs().max()


def contest(name: str, blocks: int, threads: int | None) -> dict:
    """Interleaved blocks of about half a second each."""
    spec, loss, given, shape, mode, least = CASES[name]
    recipe, data = resolve(spec, None, given), Noise(shape)
    engine = replace(Engine.choose("cpu", shape, recipe.settings.batch), mode=mode)
    torch.set_num_threads(threads or engine.threads)

    def trainer(engine: Engine = engine) -> Trainer:
        built = assemble(recipe, shape, 0, engine, seed=0)
        return Trainer(built.game, built.terms, Feed(data, engine, 0), recipe.settings, 0, MODES[engine.mode]())

    def rival(kind: str):
        plain = assemble(recipe, shape, 0, PLAIN, seed=0).game
        nets = copy.deepcopy(plain.g.net), copy.deepcopy(plain.d.net)
        return RIVALS[kind](*nets, data.encode(data.train.x), recipe.settings, loss), nets

    there = [kind for kind in least if kind != "torchgan" or importlib.util.find_spec("torchgan")]
    ours, rivals = trainer(), {}
    for kind in there:
        rivals[kind], nets = rival(kind)
        assert [count(net) for net in nets] == [count(ours.game.g.net), count(ours.game.d.net)]
        if kind != "examples":  # it makes its gradients in another order, from the same losses
            same_game(trainer(PLAIN), rival(kind)[0], data.encode(data.train.x[: recipe.settings.batch]))
    began = time.perf_counter()
    ours.round()
    first = time.perf_counter() - began
    for _ in range(20):
        for each in (ours, *rivals.values()):
            each.round()
    rounds, images = max(5, int(0.5 / clock(ours.round, 10))), recipe.settings.round
    row = {"case": name, "spec": spec, "mode": mode, "threads": torch.get_num_threads(), "layout": engine.layout}
    row |= {"first_s": round(first, 2)}
    for kind, other in rivals.items():
        times = [(clock(ours.round, rounds), clock(other.round, rounds)) for _ in range(blocks)]
        ratios = sorted(theirs / mine for mine, theirs in times)
        mine, theirs = (images / statistics.median(column) for column in zip(*times, strict=True))
        row[kind] = {
            "ratio": round(statistics.median(ratios), 3),
            "quartiles": [round(q, 3) for q in statistics.quantiles(ratios, n=4)[::2]],
            "ganzoo_images_per_s": round(mine),
            "images_per_s": round(theirs),
            "least": least[kind],
        }
    return row


def clock(step, rounds: int) -> float:
    """Seconds a round."""
    began = time.perf_counter()
    for _ in range(rounds):
        step()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return (time.perf_counter() - began) / rounds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=list(CASES), help=f"of {', '.join(CASES)}")
    parser.add_argument("--blocks", type=int, default=12)
    parser.add_argument("--threads", type=int, help="for all; by default what ganzoo's rule chooses")
    parser.add_argument("--write", action="store_true", help="append to throughput.jsonl")
    arguments = parser.parse_args()
    for name in arguments.cases:
        row = contest(name, arguments.blocks, arguments.threads)
        keep(row, f"python benchmarks/speed/throughput.py {name}", "throughput.jsonl", arguments.write)


if __name__ == "__main__":
    main()
