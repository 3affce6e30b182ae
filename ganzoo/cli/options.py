"""Option types and callbacks that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ganzoo.support.files import expanded


class UserPath(click.Path):
    """A `Path` in which ~ is the user's home, also where no shell expands it, as in --out=~/runs."""

    def __init__(self, **checks: bool) -> None:
        super().__init__(path_type=Path, **checks)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Expand, then check."""
        return super().convert(expanded(value), param, ctx)


File = UserPath(dir_okay=False)


def name_values(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """NAME=VALUE, several times, as a dict."""
    settings: dict[str, str] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{text!r} is not NAME=VALUE, such as lr=1e-3", context, parameter)
        if name in settings:
            raise click.BadParameter(f"{name!r} is given twice", context, parameter)
        settings[name] = value
    return settings


settings_option = click.option(
    "-s", "--set", "settings", multiple=True, metavar="NAME=VALUE", callback=name_values, help="A setting; repeat."
)
data_option = click.option("--data", metavar="DATASET", help="The data set, as after an @.")
device_option = click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:N or mps.")
engine_option = click.option(
    "--engine",
    type=click.Choice(["auto", "eager", "compile", "graph", "graph+compile"]),
    default="auto",
    show_default=True,
    help="How moves are executed: eager, compile (torch.compile), graph (CUDA graphs) or graph+compile.",
)


def png_file(context: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    """A path that ends in .png, or None."""
    if path is not None and path.suffix.lower() != ".png":
        raise click.BadParameter(f"pictures are PNG files; write {path.with_suffix('.png')}", context, parameter)
    return path
