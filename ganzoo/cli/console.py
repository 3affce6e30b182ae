"""What a person sees of a run."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from ganzoo.cli.scores import of_result
from ganzoo.cli.terminal import Terminal
from ganzoo.interfaces.scores import Score, to_metrics
from ganzoo.interfaces.trackers import Tracker
from ganzoo.registry.registry import given_files
from ganzoo.runs.records import Result, glance
from ganzoo.runs.run import Run


class Console(Tracker):
    """A progress bar on a terminal, plain lines elsewhere, and a table at the end."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        self.terminal = Terminal(quiet=quiet, highlight=False)
        self.verbose, self.live = verbose, self.terminal.is_terminal and not quiet
        self.latest_losses = self.latest_scores = self.primary = ""
        self.task: TaskID | None = None
        self.bar = Progress(
            BarColumn(bar_width=16),
            TaskProgressColumn(),
            TextColumn("{task.fields[speed]}/s"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[score]}", style="bold"),
            TextColumn("{task.fields[losses]}", style="dim", table_column=Column(ratio=1, no_wrap=True)),
            expand=True,
            console=self.terminal,
            disable=not self.live,
        )

    def close(self) -> None:
        """Take the bar away."""
        self.bar.stop()

    def say(self, text: str) -> None:
        """One line, as it is: a path is not broken."""
        self.terminal.print(text, markup=False, soft_wrap=True)

    def start(self, run: Mapping[str, Any]) -> None:
        """Say what is trained, where, and what was chosen."""
        engine, sizes = run["engine"], run["parameters"]
        self.say(f"{run['spec']}  seed {run['seed']}, recipe {run['id']}")
        chosen = "".join(f"; {name}={choice} chosen" for name, choice in run["chosen"].items())
        self.say(f"  G {sizes['g']:,} and D {sizes['d']:,} parameters{chosen}")
        self.say(f"  {run['data']['n_train']:,} samples to train on, {run['held_out']:,} held out")
        plural = "s" if engine["threads"] > 1 else ""
        off = engine["device"].startswith("cuda") and engine["precision"] != "tf32"
        how = [engine["precision"], *(["TF32 off"] if off else []), engine["mode"]]
        together = f" and {engine['ranks']} processes" if engine["ranks"] > 1 else ""
        self.say(f"  on {engine['device']}, {engine['threads']} thread{plural}{together}, {', '.join(how)}")
        self.say(f"  files go to {run['path']}")
        if run["done"]:
            self.say(f"  resumes from the checkpoint of {run['done']:,} images")
        self.total, self.primary = run["budget"], run["primary"]
        self.first = self.seen = run["done"]
        self.began = time.monotonic()
        self.task = self.bar.add_task("training", total=self.total, completed=self.first, speed="", losses="", score="")
        if self.live:
            self.bar.start()

    def progress(self, images: int) -> None:
        """Move the bar."""
        assert self.task is not None  # started
        self.seen = max(self.seen, images)  # scores may come later than the images that they are of
        self.bar.update(
            self.task,
            completed=self.seen,
            speed=self._speed(),
            losses=self.latest_losses,
            score=self.latest_scores,
        )

    def losses(self, images: int, losses: Mapping[str, float]) -> None:
        """Show them beside the bar; as a line only when asked to be verbose."""
        self.latest_losses = " ".join(f"{name} {loss:.3g}" for name, loss in losses.items())
        self.progress(images)
        if self.verbose:
            self._line(images, self.latest_losses)

    def scores(self, images: int, scores: Sequence[Score]) -> None:
        """Show the most important ones."""
        self.latest_scores = glance(to_metrics(scores), self.primary)
        self.progress(images)
        if self.verbose or not self.live:
            self._line(images, self.latest_scores)

    def _speed(self) -> str:
        return f"{(self.seen - self.first) / max(time.monotonic() - self.began, 1e-9):,.0f}"

    def _line(self, images: int, text: str) -> None:
        progress = f"  {images:,} of {self.total:,} images, {self._speed()} images/s"
        self.say(f"{progress}: {text}" if text else progress)

    def image(self, images: int, path: Path) -> None:
        """Mentioned only when asked to be verbose."""
        if self.verbose:
            self.say(f"  {path}")

    def summary(self, run: Run) -> None:
        """What was trained, how long it took, its scores, where the files are: lines that can be copied."""
        if run.result is None:
            return
        if self.task is None:
            extends = run.result.status == "ok" and not run.recipe.counts_budget
            longer = "a larger --images extends it, " if extends else ""
            self.say(f"already finished; nothing to do ({longer}--force starts again)")
        self._facts(_taken(run.result))
        if scores := of_result(run.result):
            self.say(f"\n{scores}\n")
        self._facts(_files(run))

    def _facts(self, facts: Mapping[str, str]) -> None:
        width = max(map(len, facts))
        for name, text in facts.items():
            self.terminal.print(Text.assemble((name.ljust(width), "bold"), "  ", text), soft_wrap=True)


def _taken(result: Result) -> dict[str, str]:
    b = result.budget
    return {
        "trained": f"{result.spec}  (seed {result.seed})",
        "status": f"{result.status}: {result.message}" if result.message else result.status,
        "budget": f"{b.images:,} real images; {b.d_moves:,} moves of D, {b.g_moves:,} of G",
        "time": f"{b.wall_s:,.0f} s, {b.core_s:,.0f} core-seconds",
    }


def _files(run: Run) -> dict[str, str]:
    pictures = sorted(run.folder.samples.glob("*.png"))
    samples = {"samples": str(pictures[-1])} if pictures else {}
    curves = {"curves": str(run.folder.curves_file)} if run.folder.curves_file.exists() else {}
    how = "--grid grid.png" if pictures else "--out samples.npz"
    files = "".join(f" --with {shlex.quote(file)}" for file in given_files(run.header.parts))
    more = f"ganzoo sample {shlex.quote(str(run.path))} -n 64 {how}{files}"
    return {**samples, **curves, "files": str(run.path), "more": more}
