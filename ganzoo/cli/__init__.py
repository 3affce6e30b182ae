"""The command `ganzoo`. A command's module is imported when the command is used: `ganzoo --help` imports click only."""

from __future__ import annotations

import errno
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
    "profile": "Measure where the time of training goes, and what would help.",
    "plot": "Draw losses and scores of runs.",
    "bench": "Train a grid: combinations x data sets x seeds.",
    "board": "Rank combinations by records, and verify them.",
    "list": "List the parts that there are.",
    "show": "Show a part's options, or all that a recipe resolves to.",
    "matrix": "Try which parts go together, and say why others do not.",
    "plugin": "Write a plugin, check it, look at those installed.",
    "doctor": "Look for what is broken here, and how to mend it.",
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
        """Errors of ours, which carry an exit code, are told without a traceback."""
        try:
            with _plain_warnings():
                return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except (Exception, KeyboardInterrupt) as error:
            code = getattr(error, "exit_code", _code(error))
            if code is None or getattr(error, "errno", None) == errno.EPIPE:
                raise
            click.echo(f"Error: {error}" if str(error) else "Stopped", err=True)
            ctx.exit(code)


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Warnings of ours are a line on stderr; others are shown as they always are."""
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


def _code(error: BaseException) -> int | None:
    """Of errors that are not ours; None for those that are mistakes of ours."""
    if isinstance(error, KeyboardInterrupt):
        return 130
    return 1 if isinstance(error, OSError) else None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ganzoo")
def main() -> None:
    """Any GAN architecture x any loss x any regularizer: train, score, compare.

    Start with: ganzoo run dcgan+wgangp
    """
