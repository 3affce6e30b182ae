"""The options --with and --no-plugins: which plugins a command knows."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from ganzoo.cli.options import UserPath

Command = TypeVar("Command", bound=Callable[..., Any])


def plugin_options(command: Command) -> Command:
    """Add --with and --no-plugins. They apply to all code that the command runs, and to the processes it starts."""

    @click.option(
        "--with", "with_files", multiple=True, metavar="FILE.py",
        type=UserPath(exists=True, dir_okay=False),
        help="Also use the parts that a Python file defines; repeat.",
    )  # fmt: skip
    @click.option("--no-plugins", is_flag=True, help="Ignore installed plugins.")
    @wraps(command)
    def with_plugins(*args: Any, with_files: tuple[Path, ...], no_plugins: bool, **options: Any) -> Any:
        if not with_files and not no_plugins:
            return command(*args, **options)
        from unittest.mock import patch  # restores the variables

        from ganzoo.registry.registry import WITH, using

        known = [*os.environ.get(WITH, "").split(os.pathsep), *(str(file.resolve()) for file in with_files)]
        environ = {WITH: os.pathsep.join(filter(None, known))} | ({"GANZOO_PLUGINS": ""} if no_plugins else {})
        with using(with_files, plugins=not no_plugins), patch.dict(os.environ, environ):
            return command(*args, **options)

    return cast(Command, with_plugins)
