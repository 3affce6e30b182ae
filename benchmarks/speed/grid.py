"""How much faster a grid of equal cells is with two one-thread workers than with one, on a machine with nothing else.

    python benchmarks/speed/grid.py [--cells 4] [--images 1m] [--rounds 2]

Grids with one and with two workers alternate. Start-up is excluded: the time of a grid is the sum of its cells' own
wall seconds, which begin when training does, divided by the workers. Beside it stands the time of the whole command,
from which nothing is excluded. A line goes to `benchmarks/results/grid.jsonl`.
"""

import argparse
import datetime
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

import ganzoo

RESULTS = Path(__file__).parents[1] / "results" / "grid.jsonl"
SPEC, TARGET = "mlp+bce@ring8", 1.7


def grid(jobs: int, cells: int, images: str) -> dict[str, float]:
    """Seconds of one grid: of the whole command, and of training alone."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["bench", SPEC, f"--seeds={cells}", f"--images={images}", f"--jobs={jobs}", f"--out={folder}"]
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "ganzoo", *command, "--device=cpu", "--quiet"], check=True)
        whole = time.perf_counter() - began
        records = [json.loads(line) for line in (Path(folder) / "records.jsonl").read_text().splitlines()]
    assert len(records) == cells
    return {"whole_s": whole, "training_s": sum(record["budget"]["wall_s"] for record in records) / jobs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=4, help="even, so that two workers do the same")
    parser.add_argument("--images", default="1m")
    parser.add_argument("--rounds", type=int, default=2, help="of one grid with one worker and one with two")
    arguments = parser.parse_args()
    times = [{jobs: grid(jobs, arguments.cells, arguments.images) for jobs in (1, 2)} for _ in range(arguments.rounds)]
    ratios = {name: [pair[1][name] / pair[2][name] for pair in times] for name in ("training_s", "whole_s")}
    row = {"what": "two workers against one", "spec": SPEC, **vars(arguments), "seconds": times, "ratios": ratios}
    row |= {"ratio": statistics.median(ratios["training_s"]), "to_reach": TARGET, "machine": platform.machine()}
    row |= {"date": datetime.date.today().isoformat(), "torch": str(torch.__version__), "ganzoo": ganzoo.__version__}
    print(json.dumps(row, indent=1))
    with open(RESULTS, "a") as file:
        file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
