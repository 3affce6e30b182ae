"""Where the time of a round goes, operation by operation, in ganzoo's trainer and in the hand-written loop.

    OMP_NUM_THREADS=1 python benchmarks/speed/account.py [CASE ...] [--rounds 10] [--write]

Each is a process of its own, with one thread; they take turns of three rounds, on one core. The first round of a turn
is left out, the second is timed as a whole, and in the third each ATen operation is timed where it is dispatched;
"around" is what the second takes beyond that: Python and autograd. The first is left out because a process that slept
for half a second is slower for a round (1.4 times on 2026-11-28; why was not found), which training never does: without
it, and on two cores that fall asleep in turn, the ratio of `bce` was 0.9 to 1.0. Time is that of the thread.
Convolutions are told apart by the gradients that they make. Their speed, and that of matrix products, is a share of the
speed of a large matrix product.
"""

import argparse
import os
import statistics
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace

import torch
from contestant import Contestant, compared
from rows import keep
from throughput import CASES, ganzoo_of, rival_of, setting
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from ganzoo.support.memory import keep_freed_memory

KINDS = {
    "activations": ("leaky_relu", "relu", "threshold", "tanh", "sigmoid", "softplus"),
    "batch norm": ("batch_norm",),
    "optimizer": ("adam", "addcdiv", "addcmul", "lerp", "sqrt"),
    "copies": ("copy", "clone", "cat", "stack"),
    "fills": ("zero", "fill", "ones", "full", "empty"),
    "draws": ("rand", "normal", "uniform"),
}
"""A kind, and what is in the names of its operations. Moving averages (lerp) are counted with the optimizer."""


def kind(name: str, args: tuple) -> str:
    """What an operation is for."""
    if name == "convolution":
        return "convolution"
    if name == "convolution_backward":
        return "convolution, gradient by " + ", ".join(what for what, made in zip("xwb", args[10], strict=True) if made)
    if name in ("mm", "addmm", "bmm"):
        return "matrix product"
    return next((kind for kind, parts in KINDS.items() if any(part in name for part in parts)), "the rest")


class Clock(TorchDispatchMode):
    """Seconds, calls and arithmetic, by kind of operation."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds, self.calls, self.flop = Counter(), Counter(), Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        began = time.thread_time()
        out = func(*args, **(kwargs or {}))
        took, what = time.thread_time() - began, kind(func.overloadpacket.__name__, args)
        self.seconds[what] += took
        self.calls[what] += not func.is_view
        if (count := flop_registry.get(func.overloadpacket)) is not None:
            self.flop[what] += count(*args, **(kwargs or {}), out_val=out)
        return out


class Books:
    """`round` of something, and what it spends."""

    def __init__(self, make, *args) -> None:
        torch.set_num_threads(1)
        self.round, self.clock = make(*args).round, Clock()

    def play(self) -> float:
        """Seconds of this thread for the second of two rounds."""
        self.round()
        began = time.thread_time()
        self.round()
        return time.thread_time() - began

    def account(self):
        """The clock, after one more round by it."""
        with self.clock:
            self.round()
        return self.clock.seconds, self.clock.calls, self.clock.flop

    def matrix_product(self, n: int = 1024) -> float:
        """Multiplications and additions of a large one in a second of this thread."""
        x = torch.randn(n, n)
        began = time.thread_time()
        torch.mm(x, x)
        return 2 * n**3 / (time.thread_time() - began)


def trainer(name: str):
    """ganzoo's, at home in its own process, as `ganzoo run` has it."""
    keep_freed_memory()
    engine = replace(setting(name)[2], threads=1)
    ExitStack().enter_context(engine.active())
    return ganzoo_of(name, engine)


def contest(name: str, rounds: int) -> dict:
    """Turns of both."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    both = {"ganzoo": Contestant(Books, trainer, name), "hand": Contestant(Books, *rival_of(name, "hand-written"))}
    for side in both.values():
        side.ask("play")
        side.ask("play")
    told, found = [], {}
    speed = max(side.ask("matrix_product") for side in both.values() for _ in range(5))
    for _ in range(rounds):
        turn = {}
        for who, side in both.items():
            turn[who], found[who] = side.ask("play"), side.ask("account")
        told.append(turn)
    row = {"case": name, "spec": CASES[name][0], "rounds": rounds, "matrix_product_gflop_per_s": round(speed / 1e9, 1)}
    row |= {"cpu_time": compared([(pair["ganzoo"], pair["hand"]) for pair in told])}
    for who, side in both.items():
        row[f"of {who}"] = shares(statistics.mean(pair[who] for pair in told), rounds, speed, *found[who])
        side.end()
    return row


def shares(whole: float, rounds: int, speed: float, seconds: Counter, calls: Counter, flop: Counter) -> dict:
    """Of a round that takes so long: each kind's share of its time, its calls, and its speed."""
    share = {what: spent / rounds / whole for what, spent in seconds.most_common()}
    return {
        "round_ms": round(1e3 * whole, 1),
        "gflop": round(flop.total() / rounds / 1e9, 2),
        "share": {what: round(part, 4) for what, part in (share | {"around": 1 - sum(share.values())}).items()},
        "calls": {what: round(n / rounds, 1) for what, n in calls.items()},
        "of_matrix_product": {what: round(n / seconds[what] / speed, 3) for what, n in flop.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=["dcgan48", "dcgan48-gp"], help=f"of {', '.join(CASES)}")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--write", action="store_true", help="append to account.jsonl")
    arguments = parser.parse_args()
    for name in arguments.cases:
        row = contest(name, arguments.rounds)
        command = f"OMP_NUM_THREADS=1 python benchmarks/speed/account.py {name} --rounds {arguments.rounds}"
        keep(row, command, "account.jsonl", arguments.write)


if __name__ == "__main__":
    import account  # by this name, contestants find its classes

    account.main()
