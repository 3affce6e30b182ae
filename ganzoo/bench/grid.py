"""What a grid consists of, read from a TOML file. `benchmarks/grids/README.md` shows one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from ganzoo.interfaces.bounds import Count
from ganzoo.support.errors import SpecError
from ganzoo.support.faults import Faults
from ganzoo.support.messages import nearest

T = TypeVar("T", bound=msgspec.Struct)
Text = Annotated[str, Meta(min_length=1)]
Seed = Annotated[int, Meta(ge=0)]


class Exclusion(msgspec.Struct, frozen=True, kw_only=True):
    """A combination of the grid that is not trained."""

    spec: Text
    """As in `specs`, braces allowed. With a data set, it is excluded on that data set only."""
    reason: Text
    """Why; `--dry-run` shows it."""


class GridConfig(msgspec.Struct, frozen=True, kw_only=True):
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
    """What messages call the grid."""
    specs: Annotated[tuple[Text, ...], Meta(min_length=1)]
    """Specs. Braces hold whole parts without options: "dcgan+{bce,hinge}" is two specs."""
    data: tuple[Text, ...] = ()
    """Data sets. If there are none, those of the specs, or digits."""
    seeds: Count | Annotated[tuple[Seed, ...], Meta(min_length=1)] = 3
    """The number of seeds, counted from 0, or a list of seeds."""
    images: Count | Text | None = None
    """Budget of a cell in real images shown to D, such as "400k". Without it and `steps`, the data set's default."""
    steps: Count | Text | None = None
    """Budget of a cell in moves of G."""
    settings: dict[str, Any] = {}
    """Settings of every cell, as `-s` of `ganzoo run` takes them."""
    exclude: tuple[Exclusion, ...] = ()
    """Combinations that are not trained, each with its reason."""
    threads: Count = 1
    """CPU threads of each cell."""

    @property
    def all_seeds(self) -> list[int]:
        """Each seed once."""
        return list(dict.fromkeys(range(self.seeds) if isinstance(self.seeds, int) else self.seeds))

    @property
    def cell_settings(self) -> dict[str, Any]:
        """The settings and the budget, from which the recipe of a cell is resolved."""
        budget = {"images": self.images, "steps": self.steps}
        return self.settings | {name: value for name, value in budget.items() if value is not None}


def read_grid(path: Path) -> GridConfig:
    """The grid of a TOML file. Raises `SpecError` with every wrong key and value; names are checked by `plan_grid`."""
    try:
        return grid_from(tomllib.loads(path.read_text()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError([f"{path} is not a TOML file: {error}"]) from None
    except SpecError as error:
        raise SpecError([f"{path}: {fault}" for fault in error.faults]) from None


def grid_from(values: Mapping[str, Any]) -> GridConfig:
    """A grid from the keys and values of a file. Raises `SpecError` with all mistakes."""
    faults = Faults()
    if isinstance(items := values.get("exclude"), list):
        exclusions = [faults.collect(_exclusion, item, where=f"exclude[{i}]: ") for i, item in enumerate(items)]
        values = {**values, "exclude": [exclusion for exclusion in exclusions if exclusion]}
    grid: GridConfig | None = faults.collect(_convert, GridConfig, values)
    if grid is None or faults:
        raise SpecError(faults.messages)
    return grid


def override(grid: GridConfig, values: Mapping[str, Any]) -> GridConfig:
    """The grid with other values; settings are added, and one budget replaces the other. Raises `SpecError`."""
    new = grid_from({"name": grid.name, "specs": grid.specs, **values})
    changes = {name: getattr(new, name) for name in values} | {"settings": grid.settings | new.settings}
    if {"images", "steps"} & values.keys():
        changes |= {"images": new.images, "steps": new.steps}
    return msgspec.structs.replace(grid, **changes)


def _exclusion(item: Any) -> Exclusion:
    if not isinstance(item, dict):
        raise SpecError([f'write {{ spec = "dcgan+bce", reason = "why" }}, not {item!r}'])
    return _convert(Exclusion, item)


def _convert(struct: type[T], values: Mapping[str, Any]) -> T:
    """Field by field, because `msgspec.convert` reports only the first mistake. Raises `SpecError` with all."""
    fields, faults = {field.name: field for field in msgspec.structs.fields(struct)}, Faults()
    faults.add(*(f"there is no key {key!r}{nearest(key, fields)}" for key in values if key not in fields))
    faults.add(*(f"{name} is missing" for name, field in fields.items() if field.required and name not in values))
    converted = {}
    for name in [name for name in values if name in fields]:
        try:
            converted[name] = msgspec.convert(values[name], fields[name].type)
        except msgspec.ValidationError as error:
            faults.add(f"{name}: {error}")
    faults.raise_if_any()
    return struct(**converted)
