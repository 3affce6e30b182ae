"""`ganzoo show`."""

from __future__ import annotations

import inspect
import json
from textwrap import indent
from typing import Any

import click

from ganzoo.cli.list import entry_as_json
from ganzoo.cli.options import data_option, settings_option
from ganzoo.cli.plugin_options import plugin_options
from ganzoo.cli.text import table, warn
from ganzoo.interfaces.component import KINDS, Component
from ganzoo.interfaces.schedule import schedules_in
from ganzoo.recipes.options import Option, as_text
from ganzoo.recipes.parts import class_and_options
from ganzoo.recipes.recipe import Recipe, resolve
from ganzoo.recipes.selection import look_up
from ganzoo.recipes.spec import parse
from ganzoo.registry.registry import Entry, current_registry
from ganzoo.support.messages import listed


@click.command()
@click.argument("what", metavar="NAME|SPEC")
@data_option
@settings_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@plugin_options
def command(what: str, data: str | None, settings: dict[str, str], as_json: bool) -> None:
    """Describe the part NAME and its options, or list all values that SPEC resolves to and where each comes from."""
    if data or settings or any(character in what for character in "+@:"):
        _show_recipe(resolve(what, data, settings), as_json)
    else:
        _show_part(look_up(parse(what).parts[0], KINDS, current_registry()), as_json)
    warn()


# ---------------------------------------------------------------- one part


def _show_part(entry: Entry, as_json: bool) -> None:
    component = entry.component
    cls, options = class_and_options(component) if component.target else (None, {})
    docstring = _docstring(cls) if cls else ""
    if as_json:
        options_as_json = [_option_as_json(option) for option in options.values()]
        described = entry_as_json(entry) | {"doc": docstring, "options": options_as_json}
        click.echo(json.dumps(described, indent=1, default=str))
        return
    click.echo(f"{entry.name}: {component.kind}, {entry.origin}\n")
    click.echo(table([[name, text] for name, text in _facts(component).items() if text]))
    if docstring:
        click.echo("\n" + indent(docstring, "  "))
    if first := next(iter(options.values()), None):
        value = "..." if first.required else _default(first)
        click.echo(f"\noptions, as in {entry.name}:{first.name}={value} (or {entry.name}:{value} for the first one)")
        click.echo(table([[o.name, _default(o), o.admits, o.doc] for o in options.values()]))


def _facts(c: Component) -> dict[str, str]:
    recommends = ", ".join(f"{name}={as_text(value)}" for name, value in c.defaults.items())
    facts = {"what": c.summary, "paper": c.paper, "data": ", ".join(sorted(c.data)), "expands to": c.expands}
    return facts | {"recommends": recommends, "target": c.target, "version": str(c.version)}


def _docstring(cls: type[Any]) -> str:
    """The class's own docstring; not the signature that `dataclass` sets if there is none."""
    text = inspect.cleandoc(vars(cls).get("__doc__") or "")
    return "" if text.startswith(f"{cls.__name__}(") else text


def _default(option: Option) -> str:
    return "(required)" if option.required else as_text(option.default)


def _option_as_json(option: Option) -> dict[str, Any]:
    fields = {name: getattr(option, name) for name in ("name", "type", "bounds", "required", "doc")}
    return fields | {"default": None if option.required else option.default}


# ---------------------------------------------------------------- a recipe


def _show_recipe(recipe: Recipe, as_json: bool) -> None:
    from ganzoo.runs.run import sizes

    if as_json:
        click.echo(json.dumps(recipe.to_dict() | {"sizes": sizes(recipe)}, indent=1))
        return
    click.echo(f"{recipe.spec}\nrecipe {recipe.id}")
    for part in recipe.parts:
        click.echo(f"\n{part.component.kind} {part.name}: {part.component.summary or part.entry.origin}")
        if rows := [[name, _readable(value), part.sources[name]] for name, value in part.params.items()]:
            click.echo(table(rows))
    click.echo("\nsettings")
    values = vars(recipe.settings).items()
    click.echo(table([[name, _readable(value), recipe.setting_sources[name]] for name, value in values]))
    counts = sizes(recipe)
    rows = [["G", f"{counts['g']:,}"], ["D", f"{counts['d']:,}"], *map(list, counts["chosen"].items())]
    click.echo(f"\nparameters, and choices of the architecture and the terms\n{table(rows)}")


def _readable(value: Any) -> str:
    """As in a spec; and in words what the schedules in it do."""
    lengths = dict.fromkeys(f"{s.over:,} images" if s.over else "the budget" for s in schedules_in(value))
    return as_text(value) + (f": half a cosine over {listed(lengths, 'and')}" if lengths else "")
