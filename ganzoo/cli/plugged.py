"""Which plugins a command knows: the options --with and --no-plugins."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def plugged(command: Command) -> Command:
    """Adds --with and --no-plugins: whatever runs within the command, and the processes that it starts, obey them."""
    file = click.Path(exists=True, dir_okay=False, path_type=Path)
    with_ = click.option(
        "--with", "with_files", multiple=True, type=file, callback=_with, expose_value=False, metavar="FILE.py",
        help="Also know the parts of a Python file that holds the hook; repeat.",
    )  # fmt: skip
    none = click.option(
        "--no-plugins", is_flag=True, callback=_without, expose_value=False, help="Know no installed plugins."
    )
    return with_(none(command))


def _with(context: click.Context, parameter: click.Parameter, files: tuple[Path, ...]) -> None:
    if files:
        from ganzoo.registry.registry import WITH, using

        named = [*os.environ.get(WITH, "").split(os.pathsep), *(str(file.resolve()) for file in files)]
        context.with_resource(using(files))
        context.with_resource(_environ(WITH, os.pathsep.join(filter(None, named))))


def _without(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        from ganzoo.registry.registry import using

        context.with_resource(using(plugins=False))
        context.with_resource(_environ("GANZOO_PLUGINS", ""))


@contextmanager
def _environ(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]
        if before is not None:
            os.environ[name] = before
