"""What a person sees of a grid while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from ganzoo.bench.cells import GridCell
from ganzoo.bench.grid_run import CellState, GridRun
from ganzoo.bench.progress import Gauge, format_seconds
from ganzoo.cli.terminal import Terminal
from ganzoo.runs.records import glance

OUTPUT_LINES = 6  # of a worker that failed


class GridConsole:
    """A line for each cell that ends. On a terminal, the running cells are shown below these lines."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.terminal = Terminal(quiet=quiet, highlight=False)
        self.quiet = quiet

    def print_line(self, text: str) -> None:
        """One line, never wrapped."""
        self.terminal.print(text, markup=False, soft_wrap=True)

    def report(self, cell: GridCell, state: CellState) -> None:
        """Status, scores and time of a cell that ended; of a failure, the worker's last lines."""
        assert state.result is not None  # it has ended
        scores = glance(state.result.metrics, state.result.dataset.primary)
        seconds = state.result.budget.wall_s
        summary = f"{scores}  {format_seconds(seconds)}" if scores else state.result.message
        self.print_line(f"{state.status:8}  {cell.name}  {summary}")
        for line in state.output.splitlines()[-OUTPUT_LINES:] if state.status == "failed" else []:
            self.print_line(f"            {line}")

    @contextmanager
    def live_table(self, grid_run: GridRun) -> Iterator[None]:
        """While active, show the running cells."""
        gauge = Gauge(grid_run.states)
        if self.quiet or not self.terminal.is_terminal:
            yield
        else:
            with Live(
                console=self.terminal, get_renderable=lambda: running_cells(gauge), refresh_per_second=2, transient=True
            ):
                yield


def running_cells(gauge: Gauge) -> Table:
    """A row for each running cell, and one for all cells."""
    names, bars = Column(no_wrap=True, ratio=1), Column(width=16)
    numbers = [Column(justify="right", no_wrap=True) for _ in range(3)]
    table = Table.grid(names, bars, *numbers, Column(no_wrap=True, ratio=1), padding=(0, 1), expand=True)
    for cell, state in list(gauge.states.items()):
        if state.status in ("running", "elsewhere") and (measured := gauge.measure(cell)):
            progress, speed = measured
            time_left = format_seconds((cell.total - progress.images) / speed) if speed else ""
            bar = ProgressBar(total=cell.total, completed=progress.images, width=16)
            share = f"{progress.images / cell.total:.0%}"
            scores = Text(glance(progress.metrics, cell.primary), style="bold")
            table.add_row(cell.name, bar, share, f"{speed:,.0f}/s", time_left, scores)
    ended, seconds = sum(state.ended for state in gauge.states.values()), gauge.seconds_left()
    estimate = f"about {format_seconds(seconds)} left" if seconds is not None else ""
    bar = ProgressBar(total=len(gauge.states), completed=ended, width=16)
    table.add_row(Text("all cells", style="bold"), bar, f"{ended} of {len(gauge.states)}", "", "", estimate)
    return table
