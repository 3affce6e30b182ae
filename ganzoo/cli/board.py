"""`ganzoo board`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ganzoo.cli.options import UserPath
from ganzoo.cli.plugin_options import plugin_options
from ganzoo.cli.text import table as aligned
from ganzoo.leaderboard.record_files import LEVELS
from ganzoo.runs.listing import root_of_runs

if TYPE_CHECKING:
    from ganzoo.leaderboard.board import Board

FORMATS = ("table", "markdown", "csv", "html", "json")
FEW = 20
"""Notes that are written to a terminal; a page has all."""


class _BoardCommand(click.Command):
    """`ganzoo board verify` is a command of its own; all other arguments belong to `ganzoo board`."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> click.Context:
        if args[:1] == ["verify"]:
            return verify.make_context(f"{info_name} verify", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


@click.command(cls=_BoardCommand, epilog="`ganzoo board verify RECORD|RUN` checks whether a record is right.")
@click.argument("paths", nargs=-1, type=UserPath())
@click.option("--data", multiple=True, metavar="NAME", help="Show only this data set; repeat for several.")
@click.option("--metric", metavar="NAME", help="Rank by this metric.  [default: the data set's own]")
@click.option(
    "--match",
    type=click.Choice(["images", "steps", "core-seconds"]),
    help="Compare runs at equal numbers of real images, of steps (moves of G), or of core-seconds.",
)
@click.option("--format", "format_", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("--html", "out", type=UserPath(file_okay=False), metavar="OUT", help="Write pages to this folder.")
@click.option(
    "--min-level", type=click.Choice(LEVELS), default=LEVELS[0], help="Rank only records verified at this level."
)
@click.option("--unpublished", is_flag=True, help="Also rank records with a part from an unpublished file (--with).")
@click.option("--schema", is_flag=True, help="Write the JSON schema of a record.")
@plugin_options
def command(paths: tuple[Path, ...], format_: str, out: Path | None, schema: bool, **options: Any) -> None:
    """Rank combinations by their records: .jsonl files, or folders of runs (default: GANZOO_RUNS, or runs/).

    A rank is 1 + the number of combinations that are significantly better over seeds; what chance can explain is a tie.
    """
    if schema:
        import msgspec

        from ganzoo.runs.records import Result

        click.echo(json.dumps(msgspec.json.schema(Result), indent=1))
        return
    from ganzoo.leaderboard.board import BoardOptions, build_board

    board = build_board(paths or [root_of_runs()], BoardOptions(**options))
    for line in board.unread:
        click.echo(f"Not read: {line}", err=True)
    if out is not None:
        from ganzoo.leaderboard.html.site import write_site
        from ganzoo.support.files import writing

        with writing(out, "choose another folder"):
            pages = write_site(board, out)
        click.echo(f"{pages} pages; open {out / 'index.html'}")
    else:
        click.echo(_text(board, format_))


def _text(board: Board, format_: str) -> str:
    from ganzoo.leaderboard import formats

    writers = {"json": formats.as_json, "csv": formats.as_csv, "markdown": formats.as_markdown}
    if format_ in writers:
        return writers[format_](board).rstrip("\n")
    if format_ == "html":
        from ganzoo.leaderboard.html.site import first_page

        return first_page(board, linked=False)
    sections = [
        "\n\n".join([formats.table_heading(t), aligned(formats.table_texts(t)), "\n".join(formats.table_remarks(t))])
        for t in board.tables
    ]
    for paper in board.published:
        head = f"Published, not comparable with the above: {paper.title}\n{paper.citation}\n{paper.protocol}"
        sections.append(f"{head}\n\n{aligned(formats.published_texts(paper))}")
    if board.notes:
        rest = [f"... and {len(board.notes) - FEW} more; --html shows all"] if len(board.notes) > FEW else []
        sections.append("Notes\n" + "\n".join(f"  {note}" for note in [*board.notes[:FEW], *rest]))
    return "\n\n".join(sections)


@click.command()
@click.argument("target", type=UserPath(exists=True), metavar="RECORD|RUN")
@click.option(
    "--level",
    type=click.Choice(LEVELS[1:]),
    default="recomputed",
    show_default=True,
    help="Recompute the metrics, or rerun the training.",
)
@click.option("--run", "run_id", metavar="ID", help="Check only the record with this run_id, if a file has several.")
@click.option(
    "--beside",
    multiple=True,
    type=UserPath(exists=True),
    metavar="PATH",
    help="Records of other seeds, if they are not in the same file or folder; repeat for several.",
)
@click.option("--by", default="", help="Your name, for the verification.")
@plugin_options
def verify(target: Path, level: Any, run_id: str | None, beside: tuple[Path, ...], by: str) -> None:
    """Check whether a record is right, and append the verification to its file, or to the run directory.

    recomputed: computes the metrics of the stored generator again. rerun: trains the run again, from its seed, in a
    temporary directory. The exit code is 1 if the record does not hold.
    """
    from ganzoo.cli.interrupts import importing

    with importing():
        from ganzoo.leaderboard.verify import verify_records

    for verification, file in verify_records(target, level, run_id, beside, by):
        verdict = "agrees" if verification.agrees else "DOES NOT AGREE"
        click.echo(f"{verification.run_id}: {verification.level}, {verdict}: {verification.note}\nwritten to {file}")
        if not verification.agrees:
            raise click.exceptions.Exit(1)
