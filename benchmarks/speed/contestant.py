"""Contestants in processes of their own, so that no one's threads, memory or settings help or hurt another's.

Such a process imports what its contestant needs and nothing else: how glibc deals with freed memory depends on what a
process has done before, and a script that knows nothing of ganzoo should fare here as it does at home.
"""

import contextlib
import os
import pickle
import resource
import statistics
import subprocess
import sys
import time


class Contestant:
    """`make(*args)` in a process of its own, whose methods `ask` calls. It sleeps while nobody asks."""

    def __init__(self, make, *args):
        command = [sys.executable, __file__]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.tell((make, args))

    def tell(self, what) -> None:
        pickle.dump(what, self.process.stdin)
        self.process.stdin.flush()

    def ask(self, method: str, *args):
        """What the method returns."""
        self.tell((method, args))
        return pickle.load(self.process.stdout)  # noqa: S301 - of our own making

    def clock(self, rounds: int) -> float:
        """Seconds a round."""
        return self.ask("clock", rounds)[0]

    def end(self):
        for pipe in (self.process.stdin, self.process.stdout):
            pipe.close()
        self.process.wait()


def serve() -> None:
    """Until the other end closes."""
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a contestant prints is no answer
    make, args = pickle.load(asked)  # noqa: S301 - of our own making
    made = make(*args)
    with contextlib.suppress(EOFError):
        while True:
            method, given = pickle.load(asked)  # noqa: S301 - of our own making
            pickle.dump(getattr(made, method)(*given), answers)
            answers.flush()


class Clocked:
    """Something with `round`."""

    def clock(self, rounds: int) -> tuple[float, float]:
        """Seconds and page faults a round."""
        faults, began = resource.getrusage(resource.RUSAGE_SELF).ru_minflt, time.perf_counter()
        for _ in range(rounds):
            self.round()
        self.wait()
        took = time.perf_counter() - began
        return took / rounds, (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults) / rounds

    def wait(self) -> None:
        """For the device."""
        import torch

        if torch.cuda.is_available():
            torch.cuda.synchronize()


class Clock(Clocked):
    """`round` of something made with its own settings."""

    def __init__(self, threads: int, make, *args) -> None:
        import torch

        torch.set_num_threads(threads)
        self.round = make(*args).round


def compared(pairs: list[tuple[float, float]]) -> dict:
    """Of seconds (ours, theirs): the median of theirs / ours, and its 95 % interval by order statistics."""
    from scipy.stats import binom

    ratios, n = sorted(theirs / ours for ours, theirs in pairs), len(pairs)
    low = max(0, int(binom.ppf(0.025, n, 0.5)) - 1)
    interval = [round(ratios[low], 3), round(ratios[n - 1 - low], 3)]
    return {"ratio": round(statistics.median(ratios), 3), "interval": interval}


if __name__ == "__main__":
    sys.modules["contestant"] = sys.modules["__main__"]  # what is unpickled finds its classes here
    serve()
