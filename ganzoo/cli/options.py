"""Option types and callbacks that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

File = click.Path(dir_okay=False, path_type=Path)


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


def png_file(context: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    """A path that ends in .png, or None."""
    if path is not None and path.suffix.lower() != ".png":
        raise click.BadParameter(f"pictures are PNG files; write {path.with_suffix('.png')}", context, parameter)
    return path
