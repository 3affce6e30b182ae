"""Findings of a run on a GPU: each at once a line of JSON in a folder. A failure is a finding too.

Standard library only, so that it also works where ganzoo cannot be imported.
"""

import json
import statistics
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

FILE = "rows.jsonl"
ON_A_CPU = "tried on a CPU: no measurement"


class Findings:
    """What is found on a device, written below `folder`."""

    def __init__(self, folder: Path, device: str, began: float | None = None) -> None:
        self.folder, self.device, self.began = folder, device, began or time.time()
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def on_gpu(self) -> bool:
        return self.device != "cpu"

    def tell(self, part: str, **what) -> dict:
        """Write one finding."""
        row = {"part": part, "t": round(time.time() - self.began, 1), "device": self.device, **what}
        if not self.on_gpu:
            row["note"] = ON_A_CPU
        line = json.dumps(row, default=str)
        print(line, flush=True)
        with open(self.folder / FILE, "a") as file:
            file.write(line + "\n")
        return row

    @contextmanager
    def trying(self, part: str, **what) -> Iterator[None]:
        """An error within becomes a finding, and is not raised."""
        try:
            yield
        except Exception as error:
            self.tell(part, **what, failed=chain(error), where=traceback.format_exc()[-800:])

    def rows(self) -> list[dict]:
        """All that was found."""
        path = self.folder / FILE
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def chain(error: BaseException) -> list[str]:
    """An error, and all that led to it: one that ends a capture hides the one that spoiled it."""
    found: list[str] = []
    following: BaseException | None = error
    while following is not None and len(found) < 8:
        found.append(f"{type(following).__name__}: {following}"[:500])
        following = following.__cause__ or following.__context__
    return found


def clock(findings: Findings, step: Callable[[], object], seconds: float, blocks: int = 5, warm: int = 10) -> dict:
    """Microseconds of a call: the median of blocks, and the least and most."""
    if not findings.on_gpu:
        seconds, blocks, warm = 0.02, 2, 1
    for _ in range(warm):
        step()
    n = max(1, int(seconds / blocks / _block(findings, step, 3)))
    took = [_block(findings, step, n) * 1e6 for _ in range(blocks)]
    return {"us": round(statistics.median(took), 2), "min": round(min(took), 2), "max": round(max(took), 2)}


def _block(findings: Findings, step: Callable[[], object], n: int) -> float:
    """Seconds of a call."""
    wait(findings)
    began = time.perf_counter()
    for _ in range(n):
        step()
    wait(findings)
    return (time.perf_counter() - began) / n


def wait(findings: Findings) -> None:
    """For the device."""
    if findings.on_gpu:
        import torch

        torch.cuda.synchronize()
