"""What a grid is, and reading it from a TOML file. `benchmarks/grids/README.md` shows one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from ganzoo.interfaces.bounds import Count
from ganzoo.support.errors import SpecError
from ganzoo.support.messages import nearest

T = TypeVar("T", bound=msgspec.Struct)
Text = Annotated[str, Meta(min_length=1)]
Seed = Annotated[int, Meta(ge=0)]


class Exclusion(msgspec.Struct, frozen=True, kw_only=True):
    """A combination of the grid that is left out."""

    spec: Text
    """As it stands in the grid, braces allowed; with a data set, only there."""
    reason: Text
    """Why, for those who read the grid."""


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """Every combination x every data set x every seed. The keys of a TOML file are these fields.

    name = "losses"
    specs = ["dcgan+{bce,lsgan,hinge}+{,sn}", "dcgan+r1:weight=5+bce"]
    data = ["digits", "stacked-digits"]
    seeds = 3
    images = "400k"
    settings = { batch = 128 }
    exclude = [{ spec = "dcgan+lsgan+sn", reason = "why not" }]
    """

    name: Text
    """What the grid is called in what is said about it."""
    specs: Annotated[tuple[Text, ...], Meta(min_length=1)]
    """Specs; braces hold whole parts without options, and stand for each of them."""
    data: tuple[Text, ...] = ()
    """Data sets, as after an `@`; none: what the specs name, or digits."""
    seeds: Count | Annotated[tuple[Seed, ...], Meta(min_length=1)] = 3
    """How many, counted from 0, or a list of them."""
    images: Count | Text | None = None
    """Budget of a cell in real images shown to D, such as "400k"; without it and `steps`, the data set's own."""
    steps: Count | Text | None = None
    """Budget of a cell in moves of G."""
    settings: dict[str, Any] = {}
    """As `-s` has them, for every cell."""
    exclude: tuple[Exclusion, ...] = ()
    """Combinations that are left out, each with its reason."""
    threads: Count = 1
    """Of each cell."""

    @property
    def all_seeds(self) -> list[int]:
        """Each once."""
        return list(dict.fromkeys(range(self.seeds) if isinstance(self.seeds, int) else self.seeds))

    @property
    def given(self) -> dict[str, Any]:
        """The settings and the budget: what the recipe of a cell is told."""
        budget = {"images": self.images, "steps": self.steps}
        return self.settings | {name: value for name, value in budget.items() if value is not None}


def read(path: Path) -> Grid:
    """A grid of a TOML file. Raises `SpecError` with all that is wrong in the file, as far as no name is looked up."""
    try:
        return convert(tomllib.loads(path.read_text()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError([f"{path} is no TOML: {error}"]) from None
    except SpecError as error:
        raise SpecError([f"{path}: {fault}" for fault in error.faults]) from None


def convert(said: Mapping[str, Any]) -> Grid:
    """A grid of its keys. Raises `SpecError` with all that is wrong."""
    faults: list[str] = []
    said = dict(said)
    if isinstance(said.get("exclude"), list):
        said["exclude"] = _all(Exclusion, said["exclude"], faults)
    grid = _struct(Grid, said, "", faults)
    if grid is None or faults:
        raise SpecError(faults)
    return grid


def changed(grid: Grid, said: Mapping[str, Any]) -> Grid:
    """With other values; settings are added, and one budget takes the place of the other. Raises `SpecError`."""
    values = convert({"name": grid.name, "specs": grid.specs, **said})
    changes = {name: getattr(values, name) for name in said} | {"settings": grid.settings | values.settings}
    if {"images", "steps"} & said.keys():
        changes |= {"images": values.images, "steps": values.steps}
    return msgspec.structs.replace(grid, **changes)


def _all(kind: type[T], items: Iterable[Any], faults: list[str]) -> list[T]:
    """Those that can be converted."""
    found = []
    for i, item in enumerate(items):
        if not isinstance(item, dict):
            faults.append(f'exclude[{i}]: write {{ spec = "dcgan+bce", reason = "why" }}, not {item!r}')
        elif made := _struct(kind, item, f"exclude[{i}]: ", faults):
            found.append(made)
    return found


def _struct(kind: type[T], said: Mapping[str, Any], where: str, faults: list[str]) -> T | None:
    """Field by field, so that all faults are found: unknown keys, missing ones, values of another type."""
    fields, before = {field.name: field for field in msgspec.structs.fields(kind)}, len(faults)
    faults += [f"{where}there is no key {key!r}{nearest(key, fields)}" for key in said if key not in fields]
    faults += [f"{where}{name} is missing" for name, field in fields.items() if field.required and name not in said]
    values = {}
    for name in [name for name in said if name in fields]:
        try:
            values[name] = msgspec.convert(said[name], fields[name].type)
        except msgspec.ValidationError as error:
            faults.append(f"{where}{name}: {error}")
    return kind(**values) if len(faults) == before else None
