"""`ganzoo bench`."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from ganzoo.cli.interrupts import importing
from ganzoo.cli.options import UserPath, device_option, settings_option
from ganzoo.cli.plugin_options import plugin_options
from ganzoo.support.errors import Interrupted
from ganzoo.support.stop import signals_to_catch

if TYPE_CHECKING:
    from ganzoo.bench.grid import GridConfig
    from ganzoo.bench.grid_run import GridRun
    from ganzoo.bench.plan import GridPlan


def _parse_seeds(context: click.Context, parameter: click.Parameter, text: str | None) -> int | list[int] | None:
    try:
        seeds = [int(part) for part in text.split(",")] if text else []
    except ValueError:
        raise click.BadParameter(f"{text!r} is neither a number nor a list such as 0,3,7", context, parameter) from None
    return seeds[0] if text and "," not in text else seeds or None


@click.command()
@click.argument("grid_or_specs", nargs=-1, required=True, metavar="GRID.toml|SPEC...")
@settings_option
@click.option("--data", multiple=True, metavar="DATASET", help="A data set; repeat.")
@click.option(
    "--seeds", metavar="N|LIST", callback=_parse_seeds,
    help="The number of seeds, counted from 0, or a list such as 0,3,7.  [default: 3]",
)  # fmt: skip
@click.option("--images", metavar="N", help="Budget of a cell in real images shown to D.")
@click.option("--steps", metavar="N", help="Budget of a cell in moves of G.")
@device_option
@click.option("--out", type=UserPath(), help="Folder of the run directories.  [default: GANZOO_RUNS or runs]")
@click.option("--records", type=UserPath(), help="File to append results to.  [default: OUT/records.jsonl]")
@click.option(
    "--launcher", default="local", show_default=True, metavar="PART",
    help="Where cells run: local, ray or slurm, with options such as slurm:partition=gpu,gpus=1.",
)  # fmt: skip
@click.option("--jobs", metavar="N", help="Cells at once; the launcher's option jobs.")
@click.option("--per-gpu", metavar="N", help="Cells that share a GPU; the launcher's option per_gpu.")
@click.option("-n", "--dry-run", is_flag=True, help="Show the cells and which of them are done, and train nothing.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@plugin_options
def command(
    grid_or_specs: tuple[str, ...],
    device: str,
    out: Path | None,
    records: Path | None,
    launcher: str,
    jobs: str | None,
    per_gpu: str | None,
    dry_run: bool,
    quiet: bool,
    **values: Any,
) -> None:
    """Train every combination of a grid with every seed, and record the results.

    A grid is a TOML file, or specs: dcgan+{bce,hinge}+{,sn} is four. Options override what the file says.
    Cells that are done are skipped. Rerun the same command to resume a grid that was stopped.
    """
    with importing():
        from ganzoo.bench.grid_run import GridRun
        from ganzoo.bench.launcher import launcher_of
        from ganzoo.bench.plan import plan_grid
        from ganzoo.bench.record_file import RecordFile
        from ganzoo.cli.grid_console import GridConsole
        from ganzoo.cli.text import warn
        from ganzoo.runs.listing import root_of_runs

    grid = _grid(grid_or_specs, {name: value for name, value in values.items() if value not in (None, (), {})})
    options = {"jobs": jobs, "per_gpu": per_gpu, "threads": str(grid.threads) if grid.threads > 1 else None}
    chosen = launcher_of(launcher, {name: value for name, value in options.items() if value})
    root = out or root_of_runs()
    plan = plan_grid(grid, root, device)
    warn()
    console = GridConsole(quiet=quiet)
    grid_run = GridRun(plan.cells, chosen, RecordFile(records or root / "records.jsonl"), console.report)
    if dry_run:
        _print_plan(plan, grid_run, chosen.at_once(device))
        return
    console.print_line(f"{_size(plan)}, {_done(grid_run)}; records go to {grid_run.records.path}")
    with console.live_table(grid_run), _stoppable(grid_run):
        grid_run.run()
    console.print_line(f"{_done(grid_run)}; records are in {grid_run.records.path}")
    if grid_run.counts["failed"]:
        raise click.exceptions.Exit(1)


def _grid(grid_or_specs: tuple[str, ...], values: dict[str, Any]) -> GridConfig:
    """The grid of a file or of specs, overridden by the values of options."""
    from ganzoo.bench.grid import grid_from, override, read_grid

    if not any(text.endswith(".toml") for text in grid_or_specs):
        return grid_from({"name": "command line", "specs": list(grid_or_specs), **values})
    path = Path(grid_or_specs[0])
    if len(grid_or_specs) > 1 or not path.is_file():
        raise click.UsageError("give one grid, a file NAME.toml that exists, or specs such as dcgan+{bce,hinge}")
    return override(read_grid(path), values)


def _size(plan: GridPlan) -> str:
    combinations, seeds = len(plan.combinations), len(plan.grid.all_seeds)
    return f"{plan.grid.name}: {len(plan.cells)} cells, {combinations} combinations x {seeds} seeds"


def _done(grid_run: GridRun) -> str:
    """ "3 of 42 done (2 ok, 1 failed)"."""
    counts = {status: count for status in ("ok", "diverged", "failed") if (count := grid_run.counts[status])}
    details = ", ".join(f"{count} {status}" for status, count in counts.items())
    return f"{sum(counts.values())} of {len(grid_run.cells)} done" + (f" ({details})" if counts else "")


def _print_plan(plan: GridPlan, grid_run: GridRun, at_once: int) -> None:
    """What `--dry-run` prints."""
    from ganzoo.cli.text import table

    rows = [["combination", "seeds", "done", "images"]]
    for label, cells in plan.combinations.items():
        seeds = " ".join(str(cell.seed) for cell in cells)
        done = " ".join(str(cell.seed) for cell in cells if grid_run.states[cell].ended)
        rows.append([label, seeds, done or "-", f"{cells[0].total:,}"])
    click.echo(_size(plan))
    click.echo(table(rows))
    for label, reason in plan.excluded:
        click.echo(f"excluded: {label}: {reason}")
    click.echo(f"{_done(grid_run)}; at most {at_once} at once")


@contextmanager
def _stoppable(grid_run: GridRun) -> Iterator[None]:
    """While active, SIGINT, SIGTERM and SIGHUP stop the workers, which write checkpoints, and then this process."""
    received = [signal.SIGINT.value]

    def stop(signum: int, frame: FrameType | None) -> None:
        received[:] = [signum]
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in signals_to_catch()}
    try:
        yield
    except KeyboardInterrupt:
        message = f"stopped with {_done(grid_run)}; rerun the same command to resume"
        raise Interrupted(message, received[0]) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
