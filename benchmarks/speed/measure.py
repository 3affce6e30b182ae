"""All that a GPU can tell in ten minutes, in parts that cannot hurt each other. GPU.md says how to prepare a machine.

    python benchmarks/speed/measure.py probe|main [--out FOLDER] [--device cuda:0|cpu]
    python benchmarks/speed/measure.py part NAME [--limit SECONDS]
    python benchmarks/speed/measure.py table FOLDER

`probe` ends within 150 seconds and shows what fails, `main` within 480. Each part is a process of its own with a limit;
what it finds goes at once to FOLDER/rows.jsonl (by default $OUT, or `measured`), what it says to FOLDER/<part>.log. A
part that fails, hangs or dies is a row, and the others go on. Nothing is installed or downloaded. `--device cpu` tries
every kind of part with tiny sizes: graphs are eager there, and every row says that it is no measurement.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from findings import Findings
from measure_table import table

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
SPEED = ("speed", "knobs", "profile", "larger", "compiled")  # in measure_speed.py; the others in measure_parts.py
LOSSES = ("BCE", "LSGAN", "WGAN", "Hinge", "Minimax", "RaGAN", "RpGAN")
Stages = list[tuple[float, list[str]]]

# seconds in all, and stages: seconds at most, and parts that run side by side; what is timed runs alone
PLANS: dict[str, tuple[float, Stages]] = {
    "probe": (
        150,
        [(25, ["machine"]), (60, ["equal:BCE", "equal:WGAN", "resume", "tests"]), (60, ["speed:dcgan32"])],
    ),
    "main": (
        480,
        [
            (20, ["machine"]),
            (70, [*(f"equal:{loss}" for loss in LOSSES), "resume"]),
            (75, ["speed:dcgan32"]),
            (75, ["speed:resnet32"]),
            (75, ["speed:wgangp"]),
            (45, ["knobs"]),
            (35, ["profile"]),
            (100, ["stacked:r3", "stacked:bce", "stacked:bce+pack", "tests"]),
            (40, ["larger"]),
            (60, ["compiled"]),
        ],
    ),
}
PATIENCE = 10  # times as long on a CPU, which has few cores for many processes
MARGIN = 4.0  # seconds before the end, to stop what still runs
LEAST = 6.0  # seconds that are worth starting a part for


def carry_out(findings: Findings, seconds: float, stages: Stages) -> None:
    """The stages, one after the other, in so many seconds."""
    end = findings.began + seconds - MARGIN
    for limit, parts in stages:
        left = min(limit, end - time.time())
        if left < LEAST:
            findings.tell("plan", skipped=parts, why="no time is left")
        else:
            side_by_side(findings, parts, left)
    findings.tell("plan", ended=round(time.time() - findings.began, 1), of=seconds)


def one_of_each(parts: list[str]) -> list[str]:
    """The first part of each kind."""
    return [*{part.partition(":")[0]: part for part in reversed(parts)}.values()][::-1]


def side_by_side(findings: Findings, parts: list[str], limit: float) -> None:
    """Start parts at once, and end with the limit those that have not ended."""
    began, running = time.time(), {}
    try:
        for part in parts:
            running[part] = start(findings, part, limit)
        for part, process in running.items():
            try:
                code = process.wait(max(0.1, began + limit - time.time()))
                ended = "done" if code == 0 else f"exit code {code}" if code > 0 else signal.Signals(-code).name
            except subprocess.TimeoutExpired:
                ended = "did not end within its limit"
            end(process)
            took = {"took_s": round(time.time() - began, 1), "limit_s": round(limit, 1)}
            said = {} if ended == "done" else {"said": log_of(findings, part).read_text(errors="replace")[-600:]}
            findings.tell("plan", of=part, ended=ended, **took, **said)
    finally:
        for process in running.values():
            end(process)


def start(findings: Findings, part: str, limit: float) -> subprocess.Popen:
    """A part, and whatever it starts, in a group of its own."""
    command = [sys.executable, __file__, "part", part, "--out", findings.folder, "--device", findings.device]
    command += ["--limit", str(limit), "--began", str(findings.began)]
    paths = [str(ROOT), str(ROOT / "tests"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}
    with open(log_of(findings, part), "wb") as log:
        return subprocess.Popen(
            list(map(str, command)), stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environ, process_group=0
        )


def end(process: subprocess.Popen) -> None:
    """All of its group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def log_of(findings: Findings, part: str) -> Path:
    """What a part prints."""
    return findings.folder / f"{part.replace(':', '-').replace('+', '-')}.log"


def play(findings: Findings, part: str, limit: float) -> bool:
    """One part, in this process; whether it came to its end."""
    name, _, given = part.partition(":")
    before = len(findings.rows())
    with findings.trying(part):
        import measure_parts
        import measure_speed
        import torch

        if findings.on_gpu:
            torch.cuda.set_device(findings.device)
        module = measure_speed if name in SPEED else measure_parts
        getattr(module, name)(findings, limit, *([given] if given else []))
    return not any(row["part"] == part and "where" in row for row in findings.rows()[before:])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=[*PLANS, "part", "table"])
    parser.add_argument("name", nargs="?", help="of a part, or the folder of a table")
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("OUT", "measured")))
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--seconds", type=float, help="in all, instead of the plan's")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds of a part, by which it may divide its time")
    parser.add_argument("--began", type=float, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.what == "table":
        print(table(Findings(Path(given.name or given.out), given.device).rows()))
        return 0
    findings = Findings(given.out.resolve(), given.device, given.began)
    if given.what == "part":
        return 0 if play(findings, given.name, given.limit) else 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    seconds, stages = PLANS[given.what]
    if not findings.on_gpu:
        stages = [(limit * PATIENCE, one_of_each(parts)) for limit, parts in stages]
    carry_out(findings, given.seconds or seconds * (1 if findings.on_gpu else PATIENCE), stages)
    print(table(findings.rows()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
