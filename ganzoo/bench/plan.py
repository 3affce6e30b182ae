"""From a grid to cells, or to all the reasons why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ganzoo.bench.braces import expand_all
from ganzoo.bench.cells import Cell
from ganzoo.bench.grid import Grid
from ganzoo.recipes.recipe import Recipe, resolve
from ganzoo.recipes.spec import parse
from ganzoo.runs.run import sizes
from ganzoo.runs.train import default_directory
from ganzoo.support.errors import DataError, Incompatible, RunError, SpecError
from ganzoo.support.messages import listed, nearest, sentence

Written = tuple[str, str | None]
"""A spec and a data set, as the grid has them."""


@dataclass
class Plan:
    """What a grid comes to."""

    grid: Grid
    cells: list[Cell]
    """Seed by seed, so that a grid that is stopped early has something of each combination."""
    excluded: list[tuple[str, str]]
    """Combinations that the grid leaves out, and why."""

    @property
    def combinations(self) -> list[str]:
        """Each once."""
        return list(dict.fromkeys(cell.label for cell in self.cells))


@dataclass
class _Faults:
    """What is wrong, each sentence once, with the combinations that it is about."""

    about: dict[str, list[str]] = field(default_factory=dict)
    plain: list[str] = field(default_factory=list)

    def add(self, label: str, faults: list[str]) -> None:
        for fault in dict.fromkeys(faults):
            self.about.setdefault(fault, []).append(label)

    def sentences(self) -> list[str]:
        said = [f"{_few(dict.fromkeys(labels))}: {fault}" for fault, labels in self.about.items()]
        return [*self.plain, *said]


def plan(grid: Grid, root: Path, device: str = "auto") -> Plan:
    """Check all of a grid, and lay its cells out below `root`.

    Raises `SpecError` with every name that is not there, every option that is wrong and every combination that cannot
    be, found by building its networks; and `RunError` with every run directory that is in the way.
    """
    faults = _Faults()
    specs = expand_all(grid.specs, faults.plain)
    written = [(spec, data) for data in grid.data or (None,) for spec in specs]
    reasons = _excluded(grid, written, faults)
    recipes = dict(_resolved(grid, [combination for combination in written if combination not in reasons], faults))
    cells = {cell.path: cell for seed in grid.all_seeds for cell in _cells(grid, recipes, seed, root, device)}
    _try_out(list({cell.id: cell for cell in cells.values() if not _has_begun(cell)}.values()), faults)
    if not cells and not faults.sentences():
        faults.plain.append("the grid excludes every combination; there is nothing to do")
    if said := faults.sentences():
        raise SpecError(said)
    if blocked := [str(reason) for cell in cells.values() if (reason := _obstacle(cell))]:
        raise RunError("\n".join(blocked))
    return Plan(grid, list(cells.values()), [(_label(*left), why) for left, why in reasons.items()])


def _cells(grid: Grid, recipes: dict[Written, Recipe], seed: int, root: Path, device: str) -> Iterator[Cell]:
    for (spec, data), recipe in recipes.items():
        label = f"{spec.partition('@')[0]}@{recipe.dataset}"
        yield Cell(label, spec, data, grid.given, recipe, seed, default_directory(recipe, seed, root), device)


def _resolved(grid: Grid, written: list[Written], faults: _Faults) -> Iterator[tuple[Written, Recipe]]:
    for spec, data in written:
        try:
            yield (spec, data), resolve(spec, data, grid.given)
        except SpecError as error:
            faults.add(_label(spec, data), error.faults)
        except DataError as error:
            faults.add(_label(spec, data), [str(error)])


def _try_out(cells: list[Cell], faults: _Faults) -> None:
    """Build what would be trained: parts that cannot go together say so."""
    for cell in cells:
        try:
            sizes(cell.recipe)
        except Incompatible as error:
            faults.add(cell.label, str(error).splitlines())
        except DataError as error:
            faults.add(cell.label, [str(error)])
        except Exception as error:  # whatever a plugin's builder raises
            faults.add(cell.label, [sentence(error)])


def _has_begun(cell: Cell) -> bool:
    """A run that has begun was built before."""
    return cell.folder.recipe_file.is_file()


def _obstacle(cell: Cell) -> RunError | None:
    try:
        cell.obstacle()
    except RunError as error:
        return error
    return None


def _excluded(grid: Grid, written: list[Written], faults: _Faults) -> dict[Written, str]:
    """The combinations that are left out, and why. One that leaves out nothing is a fault."""
    reasons: dict[Written, str] = {}
    for exclusion in grid.exclude:
        for spec in expand_all([exclusion.spec], faults.plain):
            found = [combination for combination in written if _covers(spec, *combination)]
            if not found:
                labels = [*(spec for spec, _ in written), *(_label(*combination) for combination in written)]
                faults.plain.append(
                    f"exclude: {spec!r} is not in the grid{nearest(spec, labels, 'it changes nothing')}"
                )
            reasons |= dict.fromkeys(found, exclusion.reason)
    return reasons


def _covers(excluded: str, spec: str, data: str | None) -> bool:
    """The same parts in any order, and the same data set if it names one."""
    try:
        mine, theirs = parse(excluded), parse(_label(spec, data))
    except SpecError:
        return False
    same = sorted(map(str, mine.parts)) == sorted(map(str, theirs.parts))
    return same and str(mine.dataset) in ("None", str(theirs.dataset or "digits"))


def _label(spec: str, data: str | None) -> str:
    return spec if data is None else f"{spec}@{data}"


def _few(labels: dict[str, None], at_most: int = 4) -> str:
    """ "a, b and 12 more"."""
    names = list(labels)
    return listed(
        names if len(names) <= at_most else [*names[: at_most - 1], f"{len(names) - at_most + 1} more"], "and"
    )
