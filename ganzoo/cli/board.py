"""`ganzoo board`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ganzoo.cli.plugin_options import plugin_options
from ganzoo.cli.text import table as aligned
from ganzoo.runs.listing import root_of_runs

if TYPE_CHECKING:
    from ganzoo.leaderboard.board import Board

FORMATS = ("table", "markdown", "csv", "html", "json")
LEVELS = ("reported", "recomputed", "rerun")
FEW = 20
"""Notes that are said on a terminal; a page has all."""


class _Board(click.Command):
    """`ganzoo board verify` is a command of its own; anything else is about the board."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> click.Context:
        if args[:1] == ["verify"]:
            return verify.make_context(f"{info_name} verify", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


@click.command(cls=_Board, epilog="`ganzoo board verify RECORD|RUN` looks whether a record is right.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--data", multiple=True, metavar="NAME", help="Only this data set; repeat.")
@click.option("--metric", metavar="NAME", help="Rank by it.  [default: FID for images, KL for points]")
@click.option("--match", type=click.Choice(["images", "steps", "core-seconds"]), help="Compare at the same of it.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--html", "out", type=click.Path(file_okay=False, path_type=Path), metavar="OUT", help="Write a site.")
@click.option("--min-level", type=click.Choice(LEVELS), default=LEVELS[0], help="Only records verified so far.")
@click.option("--unpublished", is_flag=True, help="Also rank what a part from a file was used in (--with FILE.py).")
@click.option("--schema", is_flag=True, help="Write the JSON schema of a record.")
def command(
    paths: tuple[Path, ...],
    data: tuple[str, ...],
    metric: str | None,
    match: Any,
    format_: str,
    out: Path | None,
    min_level: str,
    unpublished: bool,
    schema: bool,
) -> None:
    """Rank combinations by records: .jsonl files, or folders of runs (default: GANZOO_RUNS, or runs/).

    A rank is 1 + the number of combinations that are significantly better, over seeds.
    """
    if schema:
        click.echo(_schema())
        return
    from ganzoo.leaderboard.board import Options, build

    options = Options(data=data, metric=metric, match=match, min_level=min_level, unpublished=unpublished)
    board = build(paths or [root_of_runs()], options)
    for problem in board.problems:
        click.echo(f"Not read: {problem}", err=True)
    if out is not None:
        from ganzoo.leaderboard.html.site import write_site

        click.echo(f"{write_site(board, out)} pages; open {out / 'index.html'}")
    else:
        click.echo(_written(board, format_))


def _schema() -> str:
    import msgspec

    from ganzoo.runs.records import Result

    return json.dumps(msgspec.json.schema(Result), indent=1)


def _written(board: Board, format_: str) -> str:
    from ganzoo.leaderboard import formats

    if format_ == "json":
        return formats.as_json(board)
    if format_ == "csv":
        return formats.as_csv(board).rstrip("\n")
    if format_ == "markdown":
        return formats.markdown(board)
    if format_ == "html":
        from ganzoo.leaderboard.html.site import single_page

        return single_page(board)
    return "\n\n".join(_sections(board))


def _sections(board: Board) -> list[str]:
    from ganzoo.leaderboard import formats

    sections = [
        f"{formats.heading(table)}\n\n{aligned(formats.cells(table))}\n\n" + "\n".join(formats.remarks(table))
        for table in board.tables
    ]
    for source in board.published:
        rows = [["method", *source.columns], *([row.method, *row.values] for row in source.rows)]
        head = f"Published, not comparable with the above: {source.title}\n{source.citation}\n{source.protocol}"
        sections.append(f"{head}\n\n{aligned(rows)}")
    if board.notes:
        rest = [f"... and {len(board.notes) - FEW} more; --html has all"] if len(board.notes) > FEW else []
        sections.append("Notes\n" + "\n".join(f"  {note}" for note in [*board.notes[:FEW], *rest]))
    return sections


@click.command()
@click.argument("target", type=click.Path(exists=True, path_type=Path), metavar="RECORD|RUN")
@click.option("--level", type=click.Choice(LEVELS[1:]), default="recomputed", show_default=True, help="How thoroughly.")
@click.option("--run", "run_id", metavar="ID", help="Which record of a file that has several: its run_id.")
@click.option(
    "--beside",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="Records of other seeds, if they are not in the same file or folder.",
)
@click.option("--by", default="", help="Your name, to be written into the verification.")
@plugin_options
def verify(target: Path, level: Any, run_id: str | None, beside: tuple[Path, ...], by: str) -> None:
    """Look whether a record is right, and append what was found to the file, or to the run directory.

    recomputed: the metrics of the stored generator. rerun: the run again, from its seed, in a temporary directory.
    Exits with 1 if the record does not hold.
    """
    from ganzoo.cli.interrupts import importing

    with importing():
        from ganzoo.leaderboard.verify import verify as look

    for found, place in look(target, level, run_id, beside, by):
        verdict = "agrees" if found.agrees else "DOES NOT AGREE"
        click.echo(f"{found.run_id}: {found.level}, {verdict}: {found.note}\nwritten to {place}")
        if not found.agrees:
            raise click.exceptions.Exit(1)
