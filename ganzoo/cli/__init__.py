"""The command `ganzoo`. A command's module is imported when the command is used: `ganzoo --help` imports click only."""

from __future__ import annotations

import errno
import io
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from ganzoo.support.version import __version__

COMMANDS = {
    "run": "Train a recipe such as dcgan+wgangp, and evaluate it.",
    "eval": "Score runs, or samples that any tool made, side by side.",
    "calibrate": "Measure what scores mean on a data set.",
    "sample": "Draw samples from a run's generator.",
    "runs": "List run directories with status and scores.",
    "profile": "Measure where the time of training goes, and suggest what would help.",
    "plot": "Draw losses and scores of runs.",
    "bench": "Train a grid: combinations x data sets x seeds.",
    "board": "Rank combinations by records, and verify them.",
    "list": "List all parts.",
    "show": "Show the options of a part, or every option and setting of a recipe.",
    "matrix": "Try which parts can be combined, and show why others cannot.",
    "plugin": "Create and check plugins, and list those that are installed.",
    "doctor": "Find problems of this installation, and how to solve them.",
}


class Commands(click.Group):
    """Commands by name: `ganzoo.cli.<name>` has each as `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"ganzoo.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Say what the nearest command is."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from ganzoo.support.messages import nearest

            ctx.fail(f"there is no command {args[0]!r}{nearest(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Print errors that carry an exit code without a traceback."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show is no error
        try:
            with _plain_warnings():
                return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except (Exception, KeyboardInterrupt) as error:
            usual = 130 if isinstance(error, KeyboardInterrupt) else 1 if isinstance(error, OSError) else None
            code = getattr(error, "exit_code", usual)
            if code is None or getattr(error, "errno", None) == errno.EPIPE:
                raise  # a bug is shown with its traceback
            click.echo(f"Error: {error}" if str(error) else "Stopped", err=True)
            ctx.exit(code)


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Print each `GanzooWarning` as a line on stderr, and other warnings as usual."""
    from ganzoo.support.errors import GanzooWarning

    with warnings.catch_warnings():
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if issubclass(category, GanzooWarning):
                click.echo(f"Warning: {message}", err=True)
            else:
                usual(message, category, *where, **more)

        warnings.showwarning = show
        yield


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ganzoo")
def main() -> None:
    """Any GAN architecture x any loss x any regularizer: train, score, compare.

    Start with: ganzoo run dcgan+wgangp
    """
