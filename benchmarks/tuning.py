"""What a setting does to digits, told apart from the luck of 1,500 samples.

    python benchmarks/tuning.py dcgan:g_refine=false+bce batch=128 images=700k [--seed 3]

Trains one recipe in a process of its own and scores its generator by the FID to the train split of 40 draws of 500
samples, as `fid` does with three, and of 20,000 at once, which is nearly the generator's own distance. A row goes to
`benchmarks/results/tuning.jsonl`.
"""

import argparse
import datetime
import json
import statistics
import sys
import tempfile

import torch
from core import RESULTS, timed

import ganzoo
from ganzoo.recipes.recipe import dataset
from ganzoo.runs.environment import commit
from ganzoo.zoo.metrics.gaussian import Gaussian

DRAWS, N = 40, 500


def trained(spec: str, seed: int, options: list[str], folder: str) -> float:
    """Core-seconds of the run, which is left in the folder."""
    settings = [word for option in options for word in ("-s", option)]
    command = ["run", f"{spec}@digits", "--seed", str(seed), *settings, "--device", "cpu", "--out", folder, "--quiet"]
    status, core_s = timed(command)
    if status:
        sys.exit(f"{spec} {' '.join(options)} failed")
    return core_s


def distances(folder: str) -> dict[str, float]:
    """FID to the train split: of draws of 500, their mean and deviation, and of all at once."""
    data = dataset("digits")
    reference = Gaussian.fit([data.extractor(data.train.x)])
    features = data.extractor(ganzoo.load(folder).sample(DRAWS * N, seed=99))
    draws = [reference.distance_to_samples(part) for part in features.split(N)]
    found = {"fid500": statistics.mean(draws), "sd": statistics.stdev(draws)}
    return found | {"fid20000": reference.distance_to_samples(features)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spec")
    parser.add_argument("options", nargs="*", metavar="name=value")
    parser.add_argument("--seed", type=int, default=3, help="not those that the board ranks by")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        took = trained(arguments.spec, arguments.seed, arguments.options, f"{folder}/run")
        found = distances(f"{folder}/run")
    row = {"spec": arguments.spec, "seed": arguments.seed, "options": arguments.options, "core_s": round(took, 1)}
    row |= {name: round(value, 3) for name, value in found.items()}
    row |= {"date": datetime.date.today().isoformat(), "ganzoo": ganzoo.__version__, "torch": str(torch.__version__)}
    row["commit"], _ = commit()
    print(json.dumps(row))
    with open(RESULTS.with_name("tuning.jsonl"), "a") as file:
        file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
