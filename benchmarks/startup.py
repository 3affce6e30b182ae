"""CPU time of `ganzoo --help` against `python -c "import click"`: the median of interleaved runs, and the ratio.

python benchmarks/startup.py [RUNS]
"""

import resource
import statistics
import subprocess
import sys

HELP = [sys.executable, "-c", "from ganzoo.cli import main; main(prog_name='ganzoo')", "--help"]  # as the script does
CLICK = [sys.executable, "-c", "import click"]


def cpu_seconds(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    pairs = [(cpu_seconds(HELP), cpu_seconds(CLICK)) for _ in range(runs + 1)][1:]  # the first writes byte code
    ours, bare = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(f"ganzoo --help {1e3 * ours:.0f} ms, import click {1e3 * bare:.0f} ms, ratio {ours / bare:.2f}")


if __name__ == "__main__":
    main()
