"""How a move scales over processes: measured with one and two of them here, then a model of more on other machines.

    python benchmarks/speed/scaling.py [--write]

Each process has one thread and half of the batch (`shards=2`), so one process does both halves and two do one each. The
model is t(N) = t_shard + 2 (N - 1) / N · bytes / bandwidth + 2 log2(N) · latency, the second and third term being
those of a ring and of a tree all-reduce, and N processes having a shard each (weak scaling). Links of GPUs are assumed,
not measured: NVLink 450 GB/s and 5 µs within a machine of 8, 50 GB/s and 10 µs between machines.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
from rows import keep

import ganzoo
from ganzoo.recipes.recipe import resolve
from ganzoo.training.build import assemble
from ganzoo.training.distributed import ALONE, joined
from ganzoo.training.engine import Engine
from ganzoo.training.networks import Form
from ganzoo.training.prepare import prepare

CASES = {"dcgan+r3@digits": {"batch": 256}, "dcgan:width=32+wgangp@stacked-digits": {"batch": 256}}
LINKS = {8: (450e9, 5e-6), 64: (50e9, 10e-6), 1024: (50e9, 10e-6)}
"""Processes -> bytes a second and seconds, assumed, of the slowest link among them."""
H200 = 64 / 200_000 / 2
"""Seconds of a move of DCGAN-32 at batch 64: an estimate that nobody has measured."""


def worker(spec: str, rounds: int = 30) -> dict | None:
    """What one process measures; the first of them says it."""
    recipe = resolve(spec, None, {**CASES[spec], "shards": 2})
    data = recipe.dataset.build()
    engine = Engine(device="cpu", threads=1, layout="channels_last")
    with engine.active(), joined(lambda: "cpu", 2) as world:
        trainer = prepare(recipe, data, engine, world=world)
        for _ in range(3):
            trainer.round()
        world.wait()
        began = time.perf_counter()
        for _ in range(rounds):
            trainer.round()
        world.wait()
        seconds = (time.perf_counter() - began) / rounds
        sizes = {side: 4 * sum(x.numel() for x in [*player.params, *player.net.buffers()])
                 for side, player in trainer.players.items()}  # fmt: skip
        sums = {side: _all_reduce(world, size) for side, size in sizes.items()} if world is not ALONE else {}
        moves = recipe.settings.d_steps + 1
        return {"round_s": seconds, "bytes": sizes, "all_reduce_s": sums, "moves": moves} if world.first else None


def _all_reduce(world, size: int, times: int = 50) -> float:
    """Seconds of one of so many bytes: the median."""
    x, found = torch.zeros(size // 4), []
    for _ in range(times):
        began = time.perf_counter()
        world.add([x])
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def spawn(n: int, spec: str) -> dict:
    """`worker` in n processes."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={n}", __file__]
    environ = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(ganzoo.__file__).parents[1])}
    done = subprocess.run([*command, "--worker", spec], env=environ, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def model(compute: float, size: float, n: int) -> float:
    """Seconds of a move."""
    bandwidth, latency = LINKS[n]
    return compute + 2 * (n - 1) / n * size / bandwidth + 2 * math.log2(n) * latency


def efficiency(compute: float, size: float) -> dict[str, float]:
    """Share of its time that a process computes, by how many there are."""
    return {str(n): round(compute / model(compute, size, n), 3) for n in LINKS}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--write", action="store_true", help="append to scaling.jsonl")
    arguments = parser.parse_args()
    if arguments.worker:
        found = worker(arguments.worker)
        if found:
            print(json.dumps(found))
        return
    rows = []
    for spec in CASES:
        one, two = spawn(1, spec), spawn(2, spec)
        row = {"spec": spec, **CASES[spec], "one_s": one["round_s"], "two_s": two["round_s"]}
        row |= {"speedup": round(one["round_s"] / two["round_s"], 3), "bytes": two["bytes"]}
        row |= {"gloo_all_reduce_s": two["all_reduce_s"]}
        rows.append(row)
    recipe = resolve("dcgan:width=32+bce")
    networks = assemble(recipe, Form((1, 32, 32)), Engine(device="cpu", threads=1, layout="contiguous"), seed=0).game
    dcgan32 = 4 * networks.d.flat.numel()  # D's gradients
    for batch in (64, 512):
        compute = H200 * batch / 64
        rows.append({"model": f"DCGAN-32, {batch} images a GPU", "move_s": compute, "bytes": dcgan32,
                     "efficiency": efficiency(compute, dcgan32)})  # fmt: skip
    for row in rows:
        keep(row, "python benchmarks/speed/scaling.py", "scaling.jsonl", arguments.write)


if __name__ == "__main__":
    main()
