"""`ganzoo show`."""

from __future__ import annotations

import inspect
import json
from textwrap import indent
from typing import Any

import click

from ganzoo.cli.list import described
from ganzoo.cli.options import pairs
from ganzoo.cli.plugged import plugged
from ganzoo.cli.text import table, warn
from ganzoo.interfaces.component import KINDS
from ganzoo.recipes.options import Option, written
from ganzoo.recipes.parts import class_and_options
from ganzoo.recipes.recipe import Recipe, resolve
from ganzoo.recipes.selection import look_up
from ganzoo.recipes.spec import parse
from ganzoo.registry.registry import Entry, default


@click.command()
@click.argument("what", metavar="NAME|SPEC")
@click.option("--data", metavar="DATASET", help="The data set, as after an @.")
@click.option("-s", "--set", "settings", multiple=True, metavar="NAME=VALUE", callback=pairs, help="A setting; repeat.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@plugged
def command(what: str, data: str | None, settings: dict[str, str], as_json: bool) -> None:
    """Show what NAME is and which options it has, or all that SPEC resolves to, and where each value comes from."""
    if data or settings or any(mark in what for mark in "+@:"):
        _show_recipe(resolve(what, data, settings), as_json)
    else:
        _show_part(_entry(what), as_json)
    warn()


def _entry(text: str) -> Entry:
    return look_up(parse(text).parts[0], KINDS, default())


# ---------------------------------------------------------------- one part


def _show_part(entry: Entry, as_json: bool) -> None:
    component = entry.component
    cls, options = class_and_options(component) if component.target else (None, {})
    available, doc = list(options.values()), _doc(cls) if cls else ""
    if as_json:
        said = described(entry) | {"doc": doc, "options": [_described_option(option) for option in available]}
        click.echo(json.dumps(said, indent=1, default=str))
        return
    click.echo(f"{entry.name}: {component.kind}, {entry.origin}\n")
    click.echo(table([[name, text] for name, text in _facts(entry).items() if text]))
    if doc:
        click.echo("\n" + indent(doc, "  "))
    if available:
        first, value = available[0].name, "..." if available[0].required else _usual(available[0])
        click.echo(f"\noptions, as in {entry.name}:{first}={value} or, only for the first, {entry.name}:{value}")
        click.echo(table([[o.name, _usual(o), o.admits, o.doc] for o in available]))


def _facts(entry: Entry) -> dict[str, str]:
    c = entry.component
    recommends = ", ".join(f"{name}={written(value)}" for name, value in c.defaults.items())
    facts = {"what": c.summary, "paper": c.paper, "data": ", ".join(sorted(c.data)), "expands to": c.expands}
    return facts | {"recommends": recommends, "target": c.target, "version": str(c.version)}


def _doc(cls: type[Any]) -> str:
    """What a class says of itself: the equation and where it stands. A dataclass without a docstring is given one."""
    text = inspect.cleandoc(vars(cls).get("__doc__") or "")
    return "" if text.startswith(f"{cls.__name__}(") else text


def _usual(option: Option) -> str:
    return "(required)" if option.required else written(option.default)


def _described_option(option: Option) -> dict[str, Any]:
    default_ = None if option.required else option.default
    said = {"name": option.name, "type": option.type, "bounds": option.bounds, "required": option.required}
    return said | {"default": default_, "doc": option.doc}


# ---------------------------------------------------------------- a recipe


def _show_recipe(recipe: Recipe, as_json: bool) -> None:
    from ganzoo.runs.run import sizes

    if as_json:
        click.echo(json.dumps(recipe.to_dict() | {"sizes": sizes(recipe)}, indent=1))
        return
    click.echo(f"{recipe.spec}\nrecipe {recipe.id}")
    for part in recipe.parts:
        click.echo(f"\n{part.component.kind} {part.name}: {part.component.summary or part.entry.origin}")
        if rows := [[name, written(value), part.sources[name]] for name, value in part.params.items()]:
            click.echo(table(rows))
    click.echo("\nsettings")
    values = vars(recipe.settings).items()
    click.echo(table([[name, written(value), recipe.setting_sources[name]] for name, value in values]))
    counts = sizes(recipe)
    rows = [["G", f"{counts['g']:,}"], ["D", f"{counts['d']:,}"], *map(list, counts["chosen"].items())]
    click.echo(f"\nparameters, and what was chosen\n{table(rows)}")
