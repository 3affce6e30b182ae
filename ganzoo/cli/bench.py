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
from ganzoo.cli.options import pairs
from ganzoo.cli.plugin_options import plugin_options
from ganzoo.support.errors import Interrupted
from ganzoo.support.stop import Stop

if TYPE_CHECKING:
    from ganzoo.bench.execute import Execution
    from ganzoo.bench.grid import Grid
    from ganzoo.bench.plan import Plan


def _seeds(context: click.Context, parameter: click.Parameter, text: str | None) -> int | list[int] | None:
    try:
        found = [int(part) for part in text.split(",")] if text else []
    except ValueError:
        raise click.BadParameter(f"{text!r} is neither a number nor a list such as 0,3,7", context, parameter) from None
    return found[0] if text and "," not in text else found or None


@click.command()
@click.argument("what", nargs=-1, required=True, metavar="GRID.toml|SPEC...")
@click.option("-s", "--set", "settings", multiple=True, metavar="NAME=VALUE", callback=pairs, help="A setting; repeat.")
@click.option("--data", multiple=True, metavar="DATASET", help="A data set; repeat.")
@click.option(
    "--seeds", metavar="N|LIST", callback=_seeds, help="How many, counted from 0, or which, as in 0,3,7.  [default: 3]"
)
@click.option("--images", metavar="N", help="Budget of a cell in real images shown to D.")
@click.option("--steps", metavar="N", help="Budget of a cell in moves of G.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:N or mps.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Where run directories go.  [default: GANZOO_RUNS or runs]"
)
@click.option("--records", type=click.Path(path_type=Path), help="Append results here.  [default: OUT/records.jsonl]")
@click.option("--launcher", default="local", show_default=True, metavar="PART", help="Such as local:jobs=2 or ray.")
@click.option("--jobs", metavar="N", help="Cells at once, as local:jobs=N.")
@click.option("--per-gpu", metavar="N", help="Cells that share a GPU, as local:per_gpu=N.")
@click.option("-n", "--dry-run", is_flag=True, help="Show the cells, what is done and how long the rest may take.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@plugin_options
def command(
    what: tuple[str, ...],
    settings: dict[str, str],
    data: tuple[str, ...],
    seeds: int | list[int] | None,
    images: str | None,
    steps: str | None,
    device: str,
    out: Path | None,
    records: Path | None,
    launcher: str,
    jobs: str | None,
    per_gpu: str | None,
    dry_run: bool,
    quiet: bool,
) -> None:
    """Train every combination of a grid, each with every seed, and record what came out.

    A grid is a TOML file, or specs: dcgan+{bce,hinge}+{,sn} is four. Options of the command line go before the file's.
    What is done is not done again, so a grid that was stopped goes on when the same command is typed again.
    """
    with importing():
        from ganzoo.bench.execute import Execution
        from ganzoo.bench.launcher import launcher_of
        from ganzoo.bench.ledger import Ledger
        from ganzoo.bench.plan import plan
        from ganzoo.cli.console import GridConsole
        from ganzoo.cli.text import warn
        from ganzoo.runs.listing import root_of_runs

    said = {"data": data, "seeds": seeds, "images": images, "steps": steps, "settings": settings}
    grid = _grid(what, {name: value for name, value in said.items() if value not in (None, (), {})})
    options = {"jobs": jobs, "per_gpu": per_gpu, "threads": str(grid.threads) if grid.threads > 1 else None}
    chosen = launcher_of(launcher, {name: value for name, value in options.items() if value})
    root = out or root_of_runs()
    planned = plan(grid, root, device)
    warn()
    if dry_run:
        _list_plan(planned)
        return
    console = GridConsole(quiet=quiet)
    work = Execution(planned.cells, chosen, Ledger(records or root / "records.jsonl"), console.ended)
    console.say(f"{_counted(planned)}, {_done(work)}; records go to {work.ledger.path}")
    with console.watching(work), _stoppable(work):
        work.go()
    console.say(f"{_done(work)}; records are in {work.ledger.path}")
    if work.counts["failed"]:
        raise click.exceptions.Exit(1)


def _grid(what: tuple[str, ...], said: dict[str, Any]) -> Grid:
    """Of a file or of specs, with what else the command line says."""
    from ganzoo.bench.grid import changed, convert, read

    if not any(text.endswith(".toml") for text in what):
        return convert({"name": "the command line", "specs": list(what), **said})
    if len(what) > 1 or not Path(what[0]).is_file():
        raise click.UsageError("give one grid, a file NAME.toml that exists, or specs such as dcgan+{bce,hinge}")
    return changed(read(Path(what[0])), said)


def _counted(planned: Plan) -> str:
    cells, combinations = len(planned.cells), len(planned.combinations)
    return f"{planned.grid.name}: {cells} cells, {combinations} combinations x {len(planned.grid.all_seeds)} seeds"


def _done(work: Execution) -> str:
    """ "3 of 42 done (2 ok, 1 failed)"."""
    ended = {status: n for status in ("ok", "diverged", "failed") if (n := work.counts[status])}
    listed = ", ".join(f"{n} {status}" for status, n in ended.items())
    return f"{sum(ended.values())} of {len(work.cells)} done" + (f" ({listed})" if ended else "")


@contextmanager
def _stoppable(work: Execution) -> Iterator[None]:
    """SIGINT and SIGTERM stop the workers, which write checkpoints; then us."""

    received = [signal.SIGINT.value]

    def stop(signum: int, frame: FrameType | None) -> None:
        received[:] = [signum]
        raise KeyboardInterrupt

    before = {which: signal.signal(which, stop) for which in Stop.caught}
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(f"stopped with {_done(work)}; run the same command again to go on", received[0]) from None
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)


# ---------------------------------------------------------------- --dry-run


def _list_plan(planned: Plan) -> None:
    """Each combination: its seeds, which of them are done, and the budget of a cell."""
    from ganzoo.cli.text import table

    rows = []
    for label in dict.fromkeys(cell.label for cell in planned.cells):
        cells = [cell for cell in planned.cells if cell.label == label]
        done = [cell.seed for cell in cells if cell.ended()]
        rows.append([label, _numbers([cell.seed for cell in cells]), _numbers(done), f"{cells[0].total:,}"])
    click.echo(_counted(planned))
    click.echo(table([["combination", "seeds", "done", "images"], *rows]))
    for label, reason in planned.excluded:
        click.echo(f"left out: {label}: {reason}")


def _numbers(numbers: list[int]) -> str:
    return " ".join(map(str, numbers)) or "-"
