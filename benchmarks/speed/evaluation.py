"""FID of ganzoo beside torch-fidelity's, on the same features, and what an evaluation takes.

    python benchmarks/speed/evaluation.py [--n 50000] [--width 2048] [--threads N] [--blocks 5] [--write]

Features are drawn from two correlated Gaussians. Timed, in interleaved blocks, whose median ratio counts:
  distance   from the statistics of both sets to the distance
  features   from features to the distance, the reference's statistics being cached
Each is in seconds on the wall. Further: the judge's pass over 10,000 digits in core-seconds, and the peak memory of a
FID of n features in batches, in a process of its own that imports torch.
"""

import argparse
import datetime
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

import ganzoo
from ganzoo.datasets.digits import Digits
from ganzoo.metrics.gaussian import Gaussian, Moments, centre
from ganzoo.metrics.streams import blocks

RESULTS = Path(__file__).parents[1] / "results" / "evaluation.jsonl"
TARGETS = {"distance": (">=", 2.5), "features": (">=", 2.0), "judge_core_s": ("<=", 10.0), "peak_mb": ("<=", 1500.0)}


def drawn(n: int, width: int, seed: int) -> torch.Tensor:
    """Features (n, width) float32 of full rank."""
    generator = torch.Generator().manual_seed(seed)
    scale = torch.linspace(0.05, 1.5, width)
    mix = torch.randn(width, width, generator=generator) / width**0.5
    return torch.randn(n, width, generator=generator) * scale @ mix + 0.4


def timed(call) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def moments_of(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    shift = centre(x)
    parts = [Moments.of(block, shift) for block in blocks(x)]
    whole = sum(parts[1:], parts[0])
    return whole.mean, whole.covariance


def compare(n: int, width: int, repeats: int) -> dict:
    """Ratios of torch-fidelity's time to ganzoo's, and how far the distances are apart."""
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    real, fake = drawn(n, width, 1), drawn(n, width, 2)
    theirs_real, theirs_fake = (fid_features_to_statistics(x) for x in (real, fake))
    reference, ours_fake = Gaussian.fit(real.split(4_096)), moments_of(fake)
    with tempfile.TemporaryDirectory() as home:
        os.environ["XDG_CACHE_HOME"] = home
        from ganzoo.metrics.cache import stored

        key = {"what": "benchmark"}
        stored(key, reference.store)

        def their_distance() -> float:
            return fid_statistics_to_metric(theirs_real, theirs_fake, False)["frechet_inception_distance"]

        def our_distance() -> float:  # the reference's root is part of the work
            return Gaussian(reference.mean, reference.covariance).distance(*ours_fake)

        def their_features() -> float:
            statistics_ = fid_features_to_statistics(fake)
            return fid_statistics_to_metric(theirs_real, statistics_, False)["frechet_inception_distance"]

        def our_features() -> float:
            return Gaussian.restore(stored(key, reference.store)).distance_to_samples(fake)

        pairs = {"distance": (their_distance, our_distance), "features": (their_features, our_features)}
        times = {name: [(timed(a), timed(b)) for _ in range(repeats)] for name, (a, b) in pairs.items()}
        apart = abs(our_features() / their_features() - 1)
    row = {"relative_difference": apart}
    for name, found in times.items():
        ratios = sorted(a / b for a, b in found)
        row[name] = round(statistics.median(ratios), 2)
        row[f"{name}_ratios"] = [round(ratio, 2) for ratio in ratios]
        row[f"{name}_s"] = [round(statistics.median(times), 3) for times in zip(*found, strict=True)]
    return row


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
    from ganzoo.data import Split
    from ganzoo.datasets.base import Images
    from ganzoo.metrics.base import Evaluation
    from ganzoo.metrics.frechet import FID

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
    scores = FID(n=n, draws=1)(Evaluation(data, images(n, 2)))
    assert next(iter(scores.values())) > 0
    print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


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
    row |= compare(arguments.n, arguments.width, arguments.blocks) | {"judge_core_s": judge()}
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
    main()
