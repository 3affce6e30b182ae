"""Images a second of the trainer beside a plain hand-written loop: the same networks, the same draws, the same machine.

    python benchmarks/speed/throughput.py [--threads N] [--blocks 12] [--write]

The loop is what a tutorial writes: a DataLoader that shuffles, `zero_grad`, `backward`, `step`, unfused Adam, `.item()`
each step, fresh reals and fresh z for each move of D. Blocks of both are interleaved, and what counts is the median of
the ratio of neighbouring blocks. Both train copies of the same initial networks, with the same threads.
"""

import argparse
import copy
import datetime
import json
import statistics
import time
from pathlib import Path

import torch
from torch.nn.functional import softplus
from torch.utils.data import DataLoader, TensorDataset

import ganzoo
from ganzoo.build import assemble
from ganzoo.data import Split
from ganzoo.engine import Engine
from ganzoo.feed import Feed
from ganzoo.recipe import resolve
from ganzoo.trainer import Trainer

RESULTS = Path(__file__).parents[1] / "results" / "throughput.jsonl"
# spec, settings, shape of a sample, the least ratio
CASES = {
    "dcgan 32x32, width 32, batch 64": ("dcgan:width=32+bce", {"batch": 64}, (1, 32, 32), 1.2),
    "dcgan at its defaults (digits)": ("dcgan+bce@digits", {}, (1, 8, 8), 0.97),
    "mlp at its defaults (digits)": ("mlp+bce@digits", {}, (1, 8, 8), 0.97),
    "mlp at its defaults (ring8)": ("mlp+bce@ring8", {}, (2,), 0.97),
}


class Noise:
    """Random data of a shape: what is in the images does not change the time."""

    def __init__(self, shape: tuple[int, ...], n: int = 10_000) -> None:
        self.shape, self.labels = shape, 0
        self.image = len(shape) == 3
        x = torch.randint(0, 256, (n, *shape), dtype=torch.uint8) if self.image else torch.randn(n, *shape)
        self.train = Split(x)

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        return x.float().div(127.5).sub(1) if self.image else x.float()


class Naive:
    """The hand-written loop, with the non-saturating loss."""

    def __init__(self, g, d, data: Noise, settings) -> None:
        self.g, self.d, self.settings = g, d, settings
        self.adam_g = torch.optim.Adam(g.parameters(), settings.lr, settings.betas, foreach=False, fused=False)
        self.adam_d = torch.optim.Adam(d.parameters(), settings.lr, settings.betas, foreach=False, fused=False)
        self.loader = DataLoader(TensorDataset(data.encode(data.train.x)), settings.batch, shuffle=True, drop_last=True)
        self.reals = iter(self.loader)

    def real(self) -> torch.Tensor:
        try:
            return next(self.reals)[0]
        except StopIteration:
            self.reals = iter(self.loader)
            return next(self.reals)[0]

    def round(self) -> None:
        real, latent = self.real(), self.settings.latent
        with torch.no_grad():
            fake = self.g(torch.randn(len(real), latent))
        self.adam_d.zero_grad()
        loss = softplus(-self.d(real)["score"]).mean() + softplus(self.d(fake)["score"]).mean()
        loss.backward()
        self.adam_d.step()
        self.d_loss = loss.item()
        self.adam_g.zero_grad()
        loss = softplus(-self.d(self.g(torch.randn(len(real), latent)))["score"]).mean()
        loss.backward()
        self.adam_g.step()
        self.g_loss = loss.item()


def contest(spec: str, settings: dict, shape: tuple[int, ...], blocks: int, threads: int | None) -> dict:
    """Interleaved blocks of about half a second each."""
    recipe = resolve(spec, None, settings)
    data = Noise(shape)
    engine = Engine.choose("cpu", shape, recipe.settings.batch)
    torch.set_num_threads(threads or engine.threads)
    built = assemble(recipe, shape, 0, engine, seed=0)
    rival = assemble(recipe, shape, 0, Engine(device="cpu", threads=1, layout="contiguous"), seed=0).game
    ours = Trainer(built.game, built.terms, Feed(data, engine, 0), recipe.settings, 0)
    naive = Naive(copy.deepcopy(rival.g.net), copy.deepcopy(rival.d.net), data, recipe.settings)
    for _ in range(20):
        ours.round()
        naive.round()
    rounds = max(5, int(0.5 / clock(naive.round, 10)))
    pairs = [(clock(naive.round, rounds), clock(ours.round, rounds)) for _ in range(blocks)]
    ratios = sorted(slow / fast for slow, fast in pairs)
    speed = [recipe.settings.batch / statistics.median(times) for times in zip(*pairs, strict=True)]
    return {
        "ratio": round(statistics.median(ratios), 3),
        "quartiles": [round(q, 3) for q in statistics.quantiles(ratios, n=4)[::2]],
        "naive_images_per_s": round(speed[0]),
        "ganzoo_images_per_s": round(speed[1]),
        "threads": torch.get_num_threads(),
        "layout": engine.layout,
    }


def clock(step, rounds: int) -> float:
    """Seconds a round."""
    began = time.perf_counter()
    for _ in range(rounds):
        step()
    return (time.perf_counter() - began) / rounds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=12)
    parser.add_argument("--threads", type=int, help="for both; by default what ganzoo's rule chooses")
    parser.add_argument("--write", action="store_true", help=f"append to {RESULTS.name}")
    arguments = parser.parse_args()
    for name, (spec, settings, shape, least) in CASES.items():
        row = {"case": name, "spec": spec, **contest(spec, settings, shape, arguments.blocks, arguments.threads)}
        row |= {"least": least, "date": datetime.date.today().isoformat(), "torch": str(torch.__version__)}
        row |= {"ganzoo": ganzoo.__version__, "command": "python benchmarks/speed/throughput.py"}
        print(json.dumps(row), flush=True)
        if arguments.write:
            with open(RESULTS, "a") as file:
                file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
