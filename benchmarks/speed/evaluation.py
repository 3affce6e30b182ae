"""FID of ganzoo beside torch-fidelity's, on the same features, and what an evaluation takes.

    python benchmarks/speed/evaluation.py [--n 50000] [--width 2048] [--threads N] [--blocks 5] [--write]

Features are drawn from two correlated Gaussians. Timed, in interleaved blocks of processes of their own, whose median
ratio counts:
  distance   from the statistics of both sets to the distance
  features   from features to the distance, the reference's statistics being cached
Each is in seconds on the wall. Further: the judge's pass over 10,000 digits in core-seconds, and the peak memory of a
FID of n features in batches, in a process of its own that imports torch.
"""

import argparse
import datetime
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from contestant import Clocked, Contestant, compared

import ganzoo
from ganzoo.zoo.datasets.digits import Digits
from ganzoo.zoo.metrics.gaussian import Gaussian

RESULTS = Path(__file__).parents[1] / "results" / "evaluation.jsonl"
TARGETS = {"distance": (">=", 2.5), "features": (">=", 2.0), "judge_core_s": ("<=", 10.0), "peak_mb": ("<=", 1500.0)}


def drawn(n: int, width: int, seed: int) -> torch.Tensor:
    """Features (n, width) float32 of full rank."""
    generator = torch.Generator().manual_seed(seed)
    scale = torch.linspace(0.05, 1.5, width)
    mix = torch.randn(width, width, generator=generator) / width**0.5
    return torch.randn(n, width, generator=generator) * scale @ mix + 0.4


class Distance(Clocked):
    """From features to the distance, or from statistics: `round`, and `value` once more."""

    def __init__(self, who: str, what: str, n: int, width: int, threads: int) -> None:
        torch.set_num_threads(threads)
        real, fake = drawn(n, width, 1), drawn(n, width, 2)
        self.round = self.value = (theirs if who == "torch-fidelity" else ours)(what, real, fake)


def theirs(what: str, real: torch.Tensor, fake: torch.Tensor):
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    of_real, of_fake = (fid_features_to_statistics(x) for x in (real, fake))

    def value() -> float:
        found = of_fake if what == "distance" else fid_features_to_statistics(fake)
        return fid_statistics_to_metric(of_real, found, False)["frechet_inception_distance"]

    return value


def ours(what: str, real: torch.Tensor, fake: torch.Tensor):
    from ganzoo.zoo.metrics.cache import stored

    reference, of_fake = (Gaussian.fit(x.split(4_096)) for x in (real, fake))
    home = tempfile.TemporaryDirectory()
    os.environ["XDG_CACHE_HOME"] = home.name
    stored({"what": "benchmark"}, reference.store)

    def distance() -> float:  # the reference's root is part of the work
        return Gaussian(reference.mean, reference.covariance).distance(of_fake.mean, of_fake.covariance)

    def features(_home=home) -> float:
        return Gaussian.restore(stored({"what": "benchmark"}, reference.store)).distance_to_samples(fake)

    return distance if what == "distance" else features


def compare(what: str, n: int, width: int, threads: int, repeats: int) -> dict:
    """Ratios of torch-fidelity's time to ganzoo's, and how far the distances are apart."""
    sides = [Contestant(Distance, who, what, n, width, threads) for who in ("ganzoo", "torch-fidelity")]
    mine, reference = (side.ask("value") for side in sides)
    pairs = [tuple(side.clock(1) for side in sides) for _ in range(repeats)]
    for side in sides:
        side.end()
    row = {what: compared(pairs)["ratio"], f"{what}_interval": compared(pairs)["interval"]}
    row[f"{what}_s"] = [round(statistics.median(times), 3) for times in zip(*pairs, strict=True)]
    return row | {f"{what}_difference": abs(mine / reference - 1)}


def judge() -> float:
    """Core-seconds of the judge's pass over 10,000 digits."""
    data = Digits()
    x = data.train.x.repeat(8, 1, 1, 1)[:10_000]
    data.extractor(x[:10])
    began = time.process_time()
    data.extractor(x)
    return round(time.process_time() - began, 3)


def peak(n: int, width: int) -> None:
    """Prints the megabytes that a FID of n samples takes at most: in a process of its own."""
    from ganzoo.evaluation.evaluate import apply_metrics
    from ganzoo.interfaces.datasets import Split
    from ganzoo.support.memory import return_freed_memory
    from ganzoo.zoo.datasets.images import Images
    from ganzoo.zoo.metrics.base import Evaluation
    from ganzoo.zoo.metrics.fid import FID

    def images(size, seed):
        generator = torch.Generator().manual_seed(seed)
        return torch.randint(0, 256, (size, 3, 32, 32), generator=generator, dtype=torch.uint8)

    class Wide:
        key, slow, batch = "wide@00000000", True, 500

        def __init__(self):
            self.mix = torch.randn(192, width, generator=torch.Generator().manual_seed(0))

        def __call__(self, x):
            small = torch.nn.functional.avg_pool2d(x.float(), 4).flatten(1) / 255
            return (small @ self.mix).relu()

    class Coloured(Images):
        name, extractor = "coloured", Wide()

        def load(self):
            return Split(images(n, 0)), Split(images(min(n, 10_000), 1))

    data = Coloured()
    return_freed_memory()
    scores = apply_metrics(Evaluation(data, images(n, 2)), [FID(n=n, draws=1)])
    assert scores[0].value > 0
    told = Path("/proc/self/status").read_text()  # getrusage says what the process that started this one held
    print(int(re.search(r"VmHWM:\s+(\d+)", told)[1]) / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=50_000)
    parser.add_argument("--width", type=int, default=2_048)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--peak", action="store_true", help="only print the peak memory of this process")
    arguments = parser.parse_args()
    if arguments.peak:
        return peak(arguments.n, arguments.width)
    torch.set_num_threads(arguments.threads)
    row = {"n": arguments.n, "width": arguments.width, "threads": arguments.threads}
    for what in ("distance", "features"):
        row |= compare(what, arguments.n, arguments.width, arguments.threads, arguments.blocks)
    row |= {"judge_core_s": judge()}
    command = [sys.executable, __file__, "--peak", "--n", str(arguments.n), "--width", str(arguments.width)]
    row["peak_mb"] = round(float(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    row |= {"date": datetime.date.today().isoformat(), "ganzoo": ganzoo.__version__, "torch": str(torch.__version__)}
    row["command"] = " ".join(["python benchmarks/speed/evaluation.py", *sys.argv[1:]])
    print(json.dumps(row, indent=1))
    for name, (way, bound) in TARGETS.items():
        reached = row[name] >= bound if way == ">=" else row[name] <= bound
        print(f"{name} {way} {bound}: {'yes' if reached else 'NO'} ({row[name]})")
    if arguments.write:
        with open(RESULTS, "a") as file:
            file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    import evaluation  # by this name, contestants find its classes

    evaluation.main()
