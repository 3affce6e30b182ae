"""What options of several commands share."""

from __future__ import annotations

import re

import click


def pairs(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """NAME=VALUE, several times, as a dict."""
    found: dict[str, str] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{text!r} is not NAME=VALUE, such as lr=1e-3", context, parameter)
        if name in found:
            raise click.BadParameter(f"{name!r} is given twice", context, parameter)
        found[name] = value
    return found


def count(text: str | None, option: str) -> int | None:
    """A positive whole number; "200k" and "1.5m" are thousands and millions."""
    if text is None:
        return None
    match = re.fullmatch(r"([\d_]+(?:\.\d+)?)([km]?)", text.strip().lower())
    number = float(match[1]) * {"": 1, "k": 1_000, "m": 1_000_000}[match[2]] if match else 0
    if number < 1 or number != int(number):
        raise click.BadParameter(
            f"{text!r} is not a positive number of images or steps, such as 5000, 200k or 1.5m", param_hint=option
        )
    return int(number)
